"""What Gradio leaves open in an app that is mounted rather than launched, closed (found in gradio 6.31)."""

import asyncio
import time
from pathlib import Path
from typing import NoReturn

import gradio as gr
from gradio import processing_utils

KEPT = 1_800
"""Seconds after which a file in the folder of uploads is removed, whoever left it there."""


def close_gaps(page: gr.Blocks) -> None:
    """Let only uploaded files be inputs: no file of the host, and no address to fetch.

    Gradio checks the paths that clients send only in apps that were launched (`has_launched`), and
    downloads any public address that stands where a file should.
    """
    page.has_launched = True
    processing_utils.async_ssrf_protected_download = _refuse


async def _refuse(url: str, cache_dir: str) -> NoReturn:
    raise gr.Error("addresses are not fetched; upload the file", print_exception=False)


async def sweep(folder: Path, every: float = 60.0, kept: float = KEPT) -> None:
    """Remove old files of the folder, again and again: what was uploaded and never read, too."""
    while True:
        await asyncio.to_thread(remove_old, folder, time.time() - kept)
        await asyncio.sleep(every)


def remove_old(folder: Path, before: float) -> None:
    """Remove the files that were last changed before a time, and the folders left empty by that."""
    for path in sorted(folder.rglob("*"), reverse=True):
        try:
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()
            elif path.is_dir() and path.stat().st_mtime < before:
                path.rmdir()
        except OSError:  # not empty, or gone meanwhile
            continue

"""Checkpoints that are whole or not there: staged, flushed to disk, marked complete, renamed.

transformers 5.24 writes its checkpoint files one by one into their final folder and resumes from the
highest number without looking inside. Here a checkpoint is written into `staged/`; when every file is
on disk, `complete.json` with their sizes is added, and the folder is renamed to `checkpoint-STEP`.
A run that is killed at any moment leaves whole checkpoints and perhaps a `staged/`, which nobody reads.
"""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

STATE = "trainer_state.json"
STAGED = "staged"
MARK = "complete.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def checkpoint(folder: Path, step: int) -> Path:
    """Where the checkpoint of an update is."""
    return folder / f"checkpoint-{step}"


def is_complete(path: Path) -> bool:
    """Whether a checkpoint's mark is there and every file has the size that it was written with."""
    try:
        sizes: dict[str, int] = json.loads((path / MARK).read_text(encoding="utf-8"))
        return all((path / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def newest_complete(folder: Path) -> Path | None:
    """The complete checkpoint of the latest update, or None."""
    steps = _steps(folder)
    return next((path for _, path in sorted(steps.items(), reverse=True) if is_complete(path)), None)


def read_state(path: Path) -> dict[str, Any]:
    """The Trainer's state in a checkpoint: its `global_step`, `max_steps`, `log_history` and more."""
    state: dict[str, Any] = json.loads((path / STATE).read_text(encoding="utf-8"))
    return state


def publish(staged: Path, final: Path) -> None:
    """Flush a staged checkpoint to disk, mark it complete and give it its name."""
    sizes = {}
    for path in sorted(staged.rglob("*")):
        if path.is_file():
            _flush(path)
            sizes[path.relative_to(staged).as_posix()] = path.stat().st_size
    mark = staged / MARK
    mark.write_text(json.dumps(sizes), encoding="utf-8")
    _flush(mark)
    _flush(staged)
    if final.exists():  # an incomplete one of the same step
        shutil.rmtree(final)
    staged.rename(final)
    _flush(final.parent)


def prune(folder: Path, keep: set[int]) -> None:
    """Remove the checkpoints of all updates but these."""
    for step, path in _steps(folder).items():
        if step not in keep:
            (path / MARK).unlink(missing_ok=True)  # first: a half removed checkpoint is no checkpoint
            shutil.rmtree(path, ignore_errors=True)


def replace_file(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    _flush(part)
    part.replace(path)
    _flush(path.parent)


def flush_tree(folder: Path) -> None:
    """Flush every file under a folder, and the folders, to disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        _flush(path)
    _flush(folder)


def _steps(folder: Path) -> dict[int, Path]:
    if not folder.is_dir():
        return {}
    found = {path: _NAME.fullmatch(path.name) for path in folder.iterdir() if path.is_dir()}
    return {int(match.group(1)): path for path, match in found.items() if match}


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

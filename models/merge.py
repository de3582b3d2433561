"""Putting tasks that were trained apart into one bundle."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from models.bundle import LAYOUT, BundleInfo, verify, write_manifest
from models.errors import BundleError


def merge_bundles(parts: Sequence[Path], out: Path, *, name: str, version: str) -> BundleInfo:
    """Write a bundle with the tasks of `parts`; of a task that several have, the last one's is taken.

    Encoders of the same folder name must be the same, byte for byte; they are stored once. Files of
    an older bundle in `out` that the new one does not need are removed. Raises `BundleError`.
    """
    infos = [verify(part) for part in parts]
    sources: dict[str, Path] = {}
    tasks, encoders = {}, {}
    for part, info in zip(parts, infos, strict=True):
        for task in info.tasks:
            tasks[task] = info.tasks[task]
            sources[task] = part / task
        for encoder in info.encoders:
            for other, known in zip(parts, infos, strict=True):
                _check_same(encoder, part, info, other, known)
            encoders[encoder] = info.encoders[encoder]
            sources[encoder] = part / encoder
    used = {task.encoder for task in tasks.values()}
    encoders = {encoder: encoders[encoder] for encoder in encoders if encoder in used}
    out.mkdir(parents=True, exist_ok=True)
    (out / LAYOUT.manifest).unlink(missing_ok=True)  # while files change there is no valid bundle here
    for folder in (*encoders, *tasks):
        target = out / folder
        if target.resolve() != sources[folder].resolve():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(sources[folder], target)
    return write_manifest(out, BundleInfo(name, version, encoders, tasks))


def _check_same(encoder: str, part: Path, info: BundleInfo, other: Path, known: BundleInfo) -> None:
    if encoder not in known.encoders:
        return
    if _files(encoder, info) != _files(encoder, known):
        raise BundleError(
            f"{part} and {other} have different encoders in {encoder}/; train them from one base"
        )
    if known.encoders[encoder] != info.encoders[encoder]:
        raise BundleError(
            f"{part} and {other} describe or normalise for {encoder}/ differently; train them again"
        )


def _files(encoder: str, info: BundleInfo) -> dict[str, str]:
    return {file: sha256 for file, sha256 in info.files.items() if file.startswith(f"{encoder}/")}

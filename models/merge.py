"""Putting tasks that were trained apart into one bundle."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.bundle import LAYOUT, BundleInfo, EncoderInfo, read_manifest, verify, write_manifest
from models.errors import BundleError


def merge_bundles(parts: Sequence[Path], out: Path, *, name: str, version: str) -> BundleInfo:
    """Write a bundle with the tasks of `parts`; of a task that several have, the last one's is taken.

    Encoders of the same folder name must be the same, byte for byte; they are stored once. Files of
    an older bundle in `out` that the new one does not need are removed. Raises `BundleError`.
    """
    infos = {part: verify(part) for part in parts}
    owners = {task: part for part, info in infos.items() for task in info.tasks}
    tasks = {task: infos[part].tasks[task] for task, part in owners.items()}
    sources: dict[str, Path] = {task: part / task for task, part in owners.items()}
    encoders: dict[str, EncoderInfo] = {}
    for task, part in owners.items():
        encoder = tasks[task].encoder
        if encoder in encoders:
            check_same(encoder, sources[encoder].parent, part, infos)
        else:
            encoders[encoder] = infos[part].encoders[encoder]
            sources[encoder] = part / encoder
    out.mkdir(parents=True, exist_ok=True)
    stale = _owned(out) - set(sources)
    (out / LAYOUT.manifest).unlink(missing_ok=True)  # while files change there is no valid bundle here
    for folder, source in sources.items():
        target = out / folder
        if target.resolve() != source.resolve():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
    for folder in stale:
        shutil.rmtree(out / folder, ignore_errors=True)
    return write_manifest(out, BundleInfo(name, version, encoders, tasks))


def _owned(folder: Path) -> set[str]:
    """The folders of the bundle in `folder`; none where there is no bundle, or only a damaged one."""
    try:
        info = read_manifest(folder)
    except BundleError:
        return set()
    return {*info.encoders, *info.tasks}


def check_same(encoder: str, part: Path, other: Path, infos: Mapping[Path, BundleInfo]) -> None:
    """Raise `BundleError` unless two bundles hold the same encoder, made and used alike."""
    if _files(encoder, infos[part]) != _files(encoder, infos[other]):
        raise BundleError(
            f"{part} and {other} have different encoders in {encoder}/; train them from one base"
        )
    if infos[part].encoders[encoder] != infos[other].encoders[encoder]:
        raise BundleError(
            f"{part} and {other} describe or normalise for {encoder}/ differently; train them again"
        )


def _files(encoder: str, info: BundleInfo) -> dict[str, str]:
    return {file: sha256 for file, sha256 in info.files.items() if file.startswith(f"{encoder}/")}

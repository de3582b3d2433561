"""Putting tasks that were trained apart into one bundle."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.bundle import LAYOUT, BundleInfo, EncoderInfo, TaskInfo, read_manifest, verify, write_manifest
from models.errors import BundleError
from models.label_sets import load_labels

SIDES = ("sides", "sure_opposite")
"""The decoding options of a stance model that has a second one."""
_READING = ("respell", "headings")


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


def add_sides(bundle: Path, second: Path, out: Path, *, sure: float) -> BundleInfo:
    """Write `bundle` to `out` with the stance model of `second` as a second opinion on the side.

    Its side counts where its log-odds that the target's opposite is named are over `sure`; one that
    `bundle` has by now is replaced. The figures in the manifest stay those of the first model alone.
    Raises `BundleError`.
    """
    infos = {part: verify(part) for part in (bundle, second)}
    for part in (bundle, second):
        found = infos[part].tasks.get("stance")
        if found is None or found.method != "lora" or found.labels != load_labels("stance").ids:
            raise BundleError(f"{part} has no stance adapter with favor, against, neutral and unrelated")
    first, other = (infos[part].tasks["stance"] for part in (bundle, second))
    if not other.tells_opposites:
        raise BundleError(
            f"{second} does not score opposites (trained before 0.8?); train it with sides=true"
        )
    check_same(first.encoder, second, bundle, infos)
    _check_reading(first, other, second)
    if out.resolve() != bundle.resolve():
        merge_bundles([bundle], out, name=infos[bundle].name, version=infos[bundle].version)
    target = out / "stance" / LAYOUT.sides
    (out / LAYOUT.manifest).unlink()  # while files change there is no valid bundle here
    target.mkdir(exist_ok=True)
    for file in (LAYOUT.head, LAYOUT.adapter_config, LAYOUT.adapter_weights):
        shutil.copyfile(second / "stance" / file, target / file)
    task = replace(
        first,
        decoding={**first.decoding, "sides": True, "sure_opposite": sure},
        data=tuple(dict.fromkeys((*first.data, *other.data))),
        config={**first.config, "second": other.config},
    )
    return write_manifest(out, replace(infos[bundle], tasks={**infos[bundle].tasks, "stance": task}))


def _check_reading(first: TaskInfo, other: TaskInfo, second: Path) -> None:
    """Raise `BundleError` unless two stance models are given the same tokens of a pair."""
    for name in _READING:
        if bool(first.config.get(name)) != bool(other.config.get(name)):
            raise BundleError(
                f"{second} was trained with another {name} than the first model; train it alike"
            )
    if first.max_length != other.max_length:
        raise BundleError(f"{second} reads {other.max_length} tokens, the first model {first.max_length}")


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

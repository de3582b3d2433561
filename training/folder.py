"""The out folder of a run: what runs there, what may go on there, and how the bundle gets in.

run.json       the settings of an unfinished run
checkpoints/   its checkpoints
search/        the trials of a hyper-parameter search before it; stays beside the bundle
tensorboard/   curves, where they are asked for; stay too
bundle.part/   the bundle while it is written; then its folders move up, `bundle.json` last
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from arabic.errors import InputError
from models.bundle import LAYOUT, file_sha256, read_manifest
from training.card import write_card
from training.checkpoints import flush_tree, replace_file

RECORD = "run.json"
CHECKPOINTS = "checkpoints"
SEARCH = "search"
TENSORBOARD = "tensorboard"
DECIDED = "decided_dtype"
_PART = "bundle.part"
Record = dict[str, Any]
"""What makes a run this run and no other, as JSON."""


def data_sha256(path: Path) -> str:
    """The SHA-256 of a file, or of the names and contents of the files in a folder."""
    if path.is_file():
        return file_sha256(path)
    total = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        total.update(f"{file.relative_to(path).as_posix()} {file_sha256(file)}\n".encode())
    return total.hexdigest()


def check_free(out: Path, record: Record, *, resume: bool) -> None:
    """Raise `InputError` unless the run may start in `out`, or go on there."""
    if not out.exists() or (out.is_dir() and not any(path.name != SEARCH for path in out.iterdir())):
        return
    known = out / RECORD
    if not known.is_file():
        what = "holds a finished bundle" if (out / LAYOUT.manifest).is_file() else "is not empty"
        raise InputError(f"{out} {what}; name a new folder, or remove this one")
    there = {key: value for key, value in _read(known).items() if key != DECIDED}
    different = differences(there, record)
    if different:
        raise InputError(
            f"{out} holds another run ({'; '.join(different)}); name a new folder, or give the same settings "
            "and --resume"
        )
    if not resume:
        raise InputError(f"{out} holds this run, not finished; go on with --resume, or remove it")


def claim(out: Path, record: Record, decide: Callable[[], str]) -> str:
    """Make the folder the run's, or find it so. Raises `InputError` where it cannot be written.

    `decide` gives the number format; what was decided at the run's start holds to its end.
    """
    try:
        (out / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
        if not (out / RECORD).is_file():
            text = json.dumps({**record, DECIDED: decide()}, ensure_ascii=False, indent=1)
            replace_file(out / RECORD, text + "\n")
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}); name another folder") from error
    return str(_read(out / RECORD)[DECIDED])


def finished(out: Path, record: Record, task: str) -> dict[str, Any] | None:
    """The dev figures of the bundle that this very run left in `out`, or None."""
    if not (out / LAYOUT.manifest).is_file():
        return None
    info = read_manifest(out).tasks.get(task)  # type: ignore[call-overload]
    if info is None or [data.sha256 for data in info.data] != [record["train"]]:
        return None
    settings = {**info.config, "dtype": record["config"]["dtype"]}  # the bundle has what "auto" became
    if differences(settings, record["config"]):
        return None
    clean(out)
    figures: dict[str, Any] = info.metrics
    return figures


def check_new(out: Path) -> None:
    """Raise `InputError` unless `out` is a folder that is empty or not there yet."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not empty; name a new folder, or remove this one")


def publish_bundle(out: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a folder with a bundle, add its card, and move all into `out`, the manifest last.

    Raises `InputError` where the disk is full; the checkpoints stay then.
    """
    part = out / _PART
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        write(part)
        write_card(part)
        flush_tree(part)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(
            f"{out}: the bundle could not be written ({error.strerror or error}); free some space and go on "
            "with --resume"
        ) from error
    for path in sorted(part.iterdir(), key=lambda path: path.name == LAYOUT.manifest):
        if (out / path.name).is_dir():
            shutil.rmtree(out / path.name)
        path.rename(out / path.name)
    descriptor = os.open(out, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    clean(out)


def clean(out: Path) -> None:
    """Remove what a finished run needs no more."""
    for name in (CHECKPOINTS, _PART):
        shutil.rmtree(out / name, ignore_errors=True)
    (out / RECORD).unlink(missing_ok=True)


def differences(there: Record, now: Record) -> list[str]:
    """What two records differ in, each as `key: there, now`."""
    flat_there, flat_now = _flat(there), _flat(now)
    return [
        f"{key}: {_short(flat_there.get(key))} there, {_short(flat_now.get(key))} now"
        for key in dict.fromkeys([*flat_there, *flat_now])
        if flat_there.get(key) != flat_now.get(key)
    ]


def _flat(record: Record) -> Record:
    inner: Record = record.get("config", {})
    return {key: value for key, value in record.items() if key != "config"} | inner


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == 64 else text  # a hash


def _read(path: Path) -> Record:
    try:
        return cast(Record, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); remove its folder and start again") from error

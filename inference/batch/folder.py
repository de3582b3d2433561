"""The output folder of a run: what is in it, and how it stays true whatever dies.

    part-000000.jsonl …  the shards, in the input's order
    _manifest.json       input, bundle and options of the run, written before the first shard
    _input.jsonl         the input's files with their hashes
    _shards.jsonl        the journal: a line for every shard that is done; a shard without one is not done
    _log.jsonl           what happened, a JSON object a line
    _SUCCESS             the counts; written when all shards are there and their rows are those of the input
    _lock, _fence, _tmp/ for one writer at a time

A shard's file is written under another name, synced, and renamed; then the journal gets its line. What dies
in between is done again and gives the same file. The driver holds `_lock`. A worker may outlive its driver
for a moment, so it publishes only while `_fence` still names the attempt that it works for.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from arabic.errors import InputError

MANIFEST, INPUT, JOURNAL, LOG, SUCCESS = (
    "_manifest.json",
    "_input.jsonl",
    "_shards.jsonl",
    "_log.jsonl",
    "_SUCCESS",
)
LOCK, FENCE, TEMP = "_lock", "_fence", "_tmp"


_TRACES = (LOCK, FENCE, TEMP, INPUT, LOG)


class FencedError(Exception):
    """Another attempt has taken the folder over; this worker's result is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A shard that is done: its place in the input, errors by code, hashes of what went in and out."""

    index: int
    start: int
    rows: int
    errors: dict[str, int]
    input_sha256: str
    file: str
    bytes: int
    sha256: str
    seconds: float


def part_name(index: int, format: str) -> str:
    """The file name of a shard."""
    return f"part-{index:06d}.{format}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder where it is missing, and hold its lock; a lock that a dead process held is free.

    Raises `InputError` where another process holds it or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / LOCK, "a+", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{str(folder)!r} cannot be written ({error.strerror}); give another --out"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read(200).strip() or "another process"
            raise InputError(
                f"{str(folder)!r} is being written by {holder}; wait for it, or give another --out"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        yield


@contextmanager
def _fence(folder: Path, kind: int) -> Iterator[int]:
    descriptor = os.open(folder / FENCE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        os.close(descriptor)


def take_over(folder: Path, attempt: str) -> None:
    """Shut out the workers of earlier attempts and clear away what they left half-written."""
    with _fence(folder, fcntl.LOCK_EX) as descriptor:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, attempt.encode(), 0)
        os.fsync(descriptor)
    shutil.rmtree(folder / TEMP, ignore_errors=True)
    (folder / TEMP).mkdir(exist_ok=True)


def publish(folder: Path, name: str, data: bytes, attempt: str) -> None:
    """Put a whole file in place, durably, or nothing. Raises `FencedError`, `OSError`."""
    staged = folder / TEMP / f"{name}.{uuid4().hex}"
    try:
        with staged.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with _fence(folder, fcntl.LOCK_SH) as descriptor:
            if os.pread(descriptor, 100, 0).decode() != attempt:
                raise FencedError(f"{folder} was taken over by another run")
            os.replace(staged, folder / name)
            sync(folder)
    finally:
        staged.unlink(missing_ok=True)


def adopt(folder: Path, staged: Path, name: str) -> None:
    """Put a file that was written below `_tmp` in place, durably."""
    with staged.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(staged, folder / name)
    sync(folder)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish_json(folder: Path, name: str, content: Mapping[str, Any], attempt: str) -> None:
    """`publish` for a JSON object."""
    data = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    publish(folder, name, data.encode("utf-8", errors="replace"), attempt)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where the file is missing. Raises `InputError` for anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read ({error}); give --restart") from None
    if not isinstance(content, dict):
        raise InputError(f"{str(path)!r} is damaged (not an object); give --restart")
    return content


def check_empty(folder: Path) -> None:
    """Raise `InputError` where the folder holds anything but the traces of a run that did not begin."""
    other = sorted(path.name for path in folder.iterdir() if path.name not in _TRACES)
    if other:
        raise InputError(
            f"{str(folder)!r} is not empty ({', '.join(other[:3])}) and no run of mujaz; give a new --out"
        )


def clear(folder: Path) -> None:
    """Remove a run's files, in an order that at any point leaves a run to be resumed or cleared."""
    for name in (SUCCESS, JOURNAL):
        (folder / name).unlink(missing_ok=True)
    sync(folder)
    for path in folder.glob("part-*"):
        path.unlink()
    for name in (INPUT, LOG, MANIFEST):
        (folder / name).unlink(missing_ok=True)
    sync(folder)


class Journal:
    """The shards that are done.

    Opening it drops a last line that was cut off, and shards whose file is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.done: dict[int, Receipt] = {}
        self._file = open(folder / JOURNAL, "a+b", buffering=0)
        self._file.seek(0)
        whole = 0
        for line in self._file.readlines():
            try:
                receipt = Receipt(**json.loads(line))
            except (ValueError, TypeError):
                break
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            self.done[receipt.index] = receipt
        self._file.truncate(whole)
        for index in [index for index, receipt in self.done.items() if not self.holds(receipt)]:
            del self.done[index]

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, receipt: Receipt) -> None:
        """Count a shard as done, durably."""
        line = json.dumps(asdict(receipt)).encode() + b"\n"
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, "No space left on device")
        os.fsync(self._file.fileno())
        self.done[receipt.index] = receipt

    def holds(self, receipt: Receipt) -> bool:
        """Whether the shard's file is there, byte for byte."""
        try:
            with open(self._folder / receipt.file, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == receipt.sha256
        except OSError:
            return False

    def check_no_other(self) -> None:
        """Raise `InputError` where the folder has a shard's file that no receipt is for."""
        known = {receipt.file for receipt in self.done.values()}
        other = sorted(path.name for path in self._folder.glob("part-*") if path.name not in known)
        if other:
            raise InputError(
                f"{self._folder / other[0]} is no file of this run; remove it, then give --resume"
            )

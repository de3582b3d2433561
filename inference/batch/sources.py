"""The input as files: which there are, in which order, and their fingerprint."""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from arabic.errors import InputError

Kind = Literal["jsonl", "csv", "tsv", "parquet", "text"]
STDIN = "-"
KINDS: dict[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "text",
    ".html": "text",
    ".htm": "text",
    ".md": "text",
}
PACKED = (".gz", ".zst")
_READ = ", ".join([*KINDS, *(f"….{end[1:]}" for end in PACKED)])
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of the input. `name` is its path below what all inputs share, `-` is standard input."""

    path: str
    name: str
    kind: Kind
    size: int
    mtime_ns: int
    sha256: str = ""

    def check_unchanged(self, found: os.stat_result) -> None:
        """Raise `InputError` where the file is not the one that the run began with."""
        if self.path != STDIN and (found.st_size, found.st_mtime_ns) != (self.size, self.mtime_ns):
            raise InputError(
                f"{self.name!r} changed while the run was reading it; leave the input alone, "
                "put the old file back and give --resume, or begin again with --restart"
            )


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How many files and bytes, and one hash of all names and contents in their order."""

    files: int
    bytes: int
    sha256: str


def kind_of(name: str) -> Kind | None:
    """The kind of a file by its name; None where it is none that is read."""
    stem, end = os.path.splitext(name.lower())
    if end in PACKED:
        inner = KINDS.get(os.path.splitext(stem)[1])
        return None if inner == "parquet" else inner  # Parquet compresses by itself
    return KINDS.get(end)


def walk(inputs: Sequence[Path], *, ignored: Callable[[str], None] = lambda _: None) -> Iterator[InputFile]:
    """Find the files of the inputs, folders in the order of their names; of one folder's names only are held.

    In folders, names that begin with a dot or an underscore are passed over, as Hadoop and Spark do;
    every other file that is not read is told to `ignored`.

    Raises:
        InputError: an input is missing, of an unknown kind, given twice, or a folder without a file to read.

    """
    _check_distinct(inputs)
    base = Path(os.path.commonpath([os.path.abspath(p if p.is_dir() else p.parent) for p in inputs]))
    for path in inputs:
        if path.is_dir():
            files = _walk_folder(path, base, ignored)
            first = next(files, None)
            if first is None:
                raise InputError(f"{str(path)!r} holds no file that is read ({_READ}); check the path")
            yield first
            yield from files
        else:
            yield _input_file(path, base)


def _check_distinct(inputs: Sequence[Path]) -> None:
    resolved = [path.resolve() for path in inputs]
    for number, path in enumerate(resolved):
        if any(
            path == other or path in other.parents for other in resolved[:number] + resolved[number + 1 :]
        ):
            raise InputError(f"{str(inputs[number])!r} is given twice, or with a part of it; give it once")


def _walk_folder(folder: Path, base: Path, ignored: Callable[[str], None]) -> Iterator[InputFile]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith((".", "_")))
    except OSError as error:
        raise InputError(
            f"{str(folder)!r} cannot be read ({error.strerror}); check its permissions"
        ) from None
    for name in names:
        path = folder / name
        if path.is_dir() and not path.is_symlink():  # a link may lead in a circle
            yield from _walk_folder(path, base, ignored)
        elif path.is_file() and kind_of(name) is not None:
            yield _input_file(path, base)
        else:
            ignored(str(path))


def _input_file(path: Path, base: Path) -> InputFile:
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error.strerror}); check the path") from None
    kind = kind_of(path.name)
    if kind is None:
        raise InputError(f"{str(path)!r} is of no kind that is read ({_READ}); rename or convert it")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{str(path)!r} is no regular file; pipe it in as standard input (-)")
    name = Path(os.path.abspath(path)).relative_to(base).as_posix()
    return InputFile(os.path.abspath(path), name, kind, found.st_size, found.st_mtime_ns)


def fingerprint(files: Iterable[InputFile], out: Path, *, hashed: Callable[[int], None]) -> Fingerprint:
    """Hash every file and write the list of them to `out`, a JSON object a line.

    `hashed` is told of the bytes as they are read. Raises `InputError` for a file that cannot be read.
    """
    whole = hashlib.sha256()
    count = size = 0
    with out.open("w", encoding="utf-8") as file:
        for found in files:
            sha256 = _sha256(found, hashed)
            file.write(json.dumps(asdict(found) | {"sha256": sha256}) + "\n")
            whole.update(json.dumps([found.name, found.size, sha256]).encode())
            count, size = count + 1, size + found.size
    return Fingerprint(count, size, whole.hexdigest())


def _sha256(file: InputFile, hashed: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    try:
        with open(file.path, "rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                hashed(len(block))
            file.check_unchanged(os.fstat(stream.fileno()))
    except OSError as error:
        raise InputError(
            f"{file.name!r} cannot be read ({error.strerror}); mend that, or take it out of the input"
        ) from None
    return digest.hexdigest()


def read_list(path: Path) -> Iterator[InputFile]:
    """Read back what `fingerprint` wrote."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield InputFile(**json.loads(line))


def difference(old: Path, new: Path, limit: int = 5) -> list[str]:
    """Say how two lists of files differ, in at most `limit` lines and one for the rest."""
    before, after = ({file.name: file for file in read_list(path)} for path in (old, new))
    lines = [f"{name}: is gone" for name in before if name not in after]
    lines += [f"{name}: is new" for name in after if name not in before]
    for name, file in before.items():
        if name in after and after[name].sha256 != file.sha256:
            sizes = f"{file.size:,} bytes before, {after[name].size:,} now"
            lines.append(f"{name}: its content changed ({sizes})")
    if not lines and list(before) != list(after):
        lines = ["the files are in another order"]
    return lines[:limit] + ([f"and {len(lines) - limit} more"] if len(lines) > limit else [])

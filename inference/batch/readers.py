"""From files to rows, as a stream: of a file only the current row is held, whatever its size."""

import csv
import gzip
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from arabic.decode import decode
from arabic.errors import InputError
from inference.batch.parquet import read_parquet
from inference.batch.rows import (
    MAX_ROW_BYTES,
    Columns,
    ErrorCode,
    Row,
    RowError,
    bad_row,
    parse_json,
    to_row,
    too_large_message,
)
from inference.batch.sources import STDIN, InputFile, Kind
from inference.batch.streams import Lines, RowTooLargeError, unpack

_BUFFER = 1 << 18


@dataclass(slots=True)
class Position:
    """How many bytes of the input, as it lies on disk, have been read."""

    bytes: int = 0


def stdin_file(kind: Kind) -> InputFile:
    """Standard input as a file of the input."""
    return InputFile(STDIN, "stdin", kind, 0, 0)


def read_rows(
    files: Iterable[InputFile], columns: Columns, position: Position | None = None
) -> Iterator[Row]:
    """Yield the rows of all files in order; what cannot be read is a row with an error.

    A file that is damaged gives the rows before the damage and one error row for the rest. Raises
    `InputError` where a file is not the one in the list any more, and `OSError` where a disk or
    network fails: the rows are still there, another run can read them.
    """
    position = position or Position()
    before = 0
    for file in files:
        with _open(file) as stream:
            file.check_unchanged(os.fstat(stream.fileno()))
            for row in _read_file(file, stream, columns):
                if file.path != STDIN:
                    position.bytes = before + min(stream.tell(), file.size)
                yield row
            file.check_unchanged(os.fstat(stream.fileno()))
        before += file.size
        position.bytes = before


def _open(file: InputFile) -> IO[bytes]:
    if file.path == STDIN:
        return cast(IO[bytes], sys.stdin.buffer)
    try:
        return open(file.path, "rb", buffering=_BUFFER)
    except OSError as error:
        raise InputError(f"{file.name!r} cannot be read any more ({error.strerror})") from None


def _read_file(file: InputFile, stream: IO[bytes], columns: Columns) -> Iterator[Row]:
    place = f"{file.name}:end of what could be read"
    try:
        if file.kind == "parquet":
            yield from read_parquet(stream, file.name, columns)
            return
        unpacked = unpack(stream)
        if file.kind == "text":
            yield _read_text(unpacked, file.name)
        else:
            lines = Lines(unpacked, file.name)
            place = ""
            yield from (
                read_jsonl(lines, columns)
                if file.kind == "jsonl"
                else read_csv(lines, columns, "\t" if file.kind == "tsv" else ",")
            )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield bad_row(place or lines.place, "damaged_file", _damage(error))
    except OSError as error:
        if error.errno is not None:
            raise  # the disk, not the data
        yield bad_row(place or lines.place, "damaged_file", _damage(error))


def _damage(error: Exception) -> str:
    return f"the file is damaged and its rows from here on are lost ({error}); give an undamaged copy"


def read_jsonl(lines: Lines, columns: Columns) -> Iterator[Row]:
    """Yield a row for every line that is not blank."""
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except RowTooLargeError:
            yield bad_row(lines.place, "too_large", too_large_message())
            continue
        if lines.number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
            yield bad_row(lines.place, "invalid_utf8", "the file is UTF-16; save it as UTF-8")
            return
        if not line.isspace():
            yield parse_json(line, columns, lines.place)


class _Text:
    """Lines as text for the csv module; bytes that are no UTF-8 become lone surrogates."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __iter__(self) -> "_Text":
        return self

    def __next__(self) -> str:
        return next(self._lines).decode("utf-8", errors="surrogateescape")


def read_csv(lines: Lines, columns: Columns, delimiter: str) -> Iterator[Row]:
    """Yield a row for every record below the header; `;` is understood where the header has no comma."""
    csv.field_size_limit(MAX_ROW_BYTES)
    text = _Text(lines)
    try:
        first = next(text, "")
    except RowTooLargeError:
        first = ""
    if delimiter == "," and ";" in first and "," not in first:
        delimiter = ";"
    try:
        header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error as problem:  # such as a carriage return in the middle of the line
        yield bad_row(lines.place, "missing_column", f"the header cannot be read ({problem}); save it anew")
        return
    if (error := _check_header(header, columns)) is not None:
        yield bad_row(lines.place, error.code, error.message)
        return
    records = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        start = lines.number + 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except RowTooLargeError:
            yield bad_row(lines.place, "too_large", too_large_message())
            continue
        except csv.Error as problem:
            yield _bad_csv(lines, start, problem)
            continue
        if cells:
            yield _csv_row(header, cells, columns, lines.place)


def _check_header(header: list[str], columns: Columns) -> RowError | None:
    has = f"it has {', '.join(map(repr, header[:10])) or 'none'}"
    if any("\udc80" <= letter <= "\udcff" or letter == "\0" for name in header for letter in name):
        return RowError("invalid_utf8", "the header is not UTF-8; save the file as UTF-8")
    if columns.text not in header:
        return RowError("missing_column", f"no column {columns.text!r}; {has}; see --text-column")
    if twice := next((name for name in columns.wanted if header.count(name) > 1), None):
        return RowError("missing_column", f"two columns are called {twice!r}; {has}; rename one")
    return None


def _bad_csv(lines: Lines, start: int, problem: csv.Error) -> Row:
    code: ErrorCode = "too_large" if "field limit" in str(problem) else "invalid_csv"
    message = too_large_message() if code == "too_large" else f"not CSV ({problem}); check the quotes"
    return bad_row(lines.place, code, f"lines {start} to {lines.number}: {message}")


def _csv_row(header: list[str], cells: list[str], columns: Columns, place: str) -> Row:
    if len(cells) != len(header):
        return bad_row(place, "invalid_csv", f"expected {len(header)} cells, came {len(cells)}")
    record: dict[str, object] = dict(zip(header, cells, strict=True))
    try:
        "".join(cells).encode("utf-8")
    except UnicodeEncodeError:
        return bad_row(place, "invalid_utf8", "not UTF-8; save the file as UTF-8")
    given = record.get(columns.targets)
    if isinstance(given, str):  # an empty cell asks for nothing of its own
        record[columns.targets] = [part.strip() for part in given.split("|") if part.strip()] or None
    return to_row(record, columns, place)


def _read_text(stream: IO[bytes], name: str) -> Row:
    data = stream.read(MAX_ROW_BYTES + 1)
    if len(data) > MAX_ROW_BYTES:
        return bad_row(name, "too_large", too_large_message())
    try:
        return Row(name, decode(data, name).text)
    except InputError as error:
        return Row(name, error=RowError("unsuitable_text", str(error)))

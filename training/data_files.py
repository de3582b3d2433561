"""The rows of a file as they stand there: CSV, TSV, JSON lines, Parquet, a saved `datasets` folder.

Everything is read as a stream, so memory does not grow with the file. A row that cannot be read is
handed on with its reason: training stops at it, `mujaz data check` goes on and counts it.
"""

import codecs
import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from arabic.errors import InputError

FORMATS = ".csv, .tsv, .jsonl, .parquet, or a folder saved by datasets"
MAX_ROW = 4_000_000
"""Characters of a CSV cell or bytes of a JSON line; more is a broken quote or no JSON lines."""
_MAX_BROKEN = 1000
_BATCH = 1000
_NUMBERS = ("holder_start", "evidence_start")
_LISTS = ("stances", "units", "key", "important")
_BAD_BYTE = re.compile("[\udc80-\udcff]")  # what `surrogateescape` makes of bytes that are not UTF-8


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file: its values under our names, or the problem that kept it from being read.

    `line` is where it begins, from 1: a line of a text file, a row of a Parquet file or a data set.
    """

    line: int
    values: dict[str, Any]
    problem: str = ""
    raw: str = ""


def splits(path: Path) -> list[Path]:
    """The data sets in a folder that `DatasetDict.save_to_disk` wrote; any other path is one itself."""
    listing = path / "dataset_dict.json"
    if not listing.is_file():
        return [path]
    return [path / name for name in json.loads(listing.read_text(encoding="utf-8"))["splits"]]


def read_records(path: Path, columns: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Read the rows of a file one by one; `columns` tells the file's name of a column of ours.

    Raises `InputError` where the file as a whole cannot be read.
    """
    read = _reader(path)
    try:
        for record in read(path):
            for ours, theirs in (columns or {}).items():
                if theirs in record.values:
                    record.values[ours] = record.values.pop(theirs)
            yield _with_cells(record) if path.suffix.lower() in (".csv", ".tsv") else record
    except OSError as error:
        raise InputError(f"{path}: the data could not be read ({error.strerror or error})") from error


def _reader(path: Path) -> Any:
    suffix = path.suffix.lower()
    if path.is_dir():
        return _saved_dataset
    if suffix in (".jsonl", ".ndjson", ".json"):
        return _json_lines
    if suffix in (".csv", ".tsv"):
        return _csv
    if suffix == ".parquet":
        return _parquet
    raise InputError(f"{path}: unknown format {suffix or 'without an ending'}; expected {FORMATS}")


def _json_lines(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_ROW + 1), b""), start=1):
            if len(line) > MAX_ROW:
                raise InputError(
                    f"{path}:{number}: a line of more than {MAX_ROW:,} bytes; expected one JSON object a line"
                )
            line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not line.strip():
                continue
            try:
                values = json.loads(line.decode("utf-8"))
                problem = "" if isinstance(values, dict) else f"expected a JSON object, was {values!r:.60}"
            except UnicodeDecodeError as error:
                problem = f"expected UTF-8 ({error.reason} at byte {error.start}); convert the file"
            except (ValueError, RecursionError) as error:
                problem = f"expected one JSON object a line ({error})"
            if problem:
                yield Record(number, {}, problem, line.decode("utf-8", errors="replace").rstrip("\r\n"))
            else:
                yield Record(number, values)


class _Lines:
    """The lines of a text file for `csv.reader`, which can be taken back when a row proves broken."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self.first = 1
        self.row: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.row.append(self._waiting.popleft() if self._waiting else next(self._file))
        return self.row[-1]

    def begin(self) -> None:
        """Say that the next line begins a row."""
        self.first += len(self.row)
        self.row = []

    def take_back(self) -> None:
        """Give up the first line of the row only: those after it may be rows of their own."""
        self._waiting.extendleft(reversed(self.row[1:]))
        self.row = self.row[:1]


def _csv(path: Path) -> Iterator[Record]:
    csv.field_size_limit(MAX_ROW)  # the default, 131,072, is less than a long article
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file)
        header = _header(path, lines)
        delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count)
        names = next(csv.reader([header], delimiter=delimiter), [])
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise InputError(f"{path}:1: the column {min(twice)!r} stands twice; rename one of them")
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        broken = 0
        while True:
            lines.begin()
            try:
                cells = next(reader)
                problem = _cell_problem(cells, names)
            except StopIteration:
                return
            except csv.Error as error:
                problem = _quote_problem(error, lines)
                lines.take_back()
                broken += 1
                if broken > _MAX_BROKEN:
                    raise InputError(
                        f"{path}:{lines.first}: {problem}; this is the {broken}th row that cannot be read, "
                        "so the file is not what its ending says"
                    ) from error
            if problem:
                yield Record(
                    lines.first, {}, problem, _BAD_BYTE.sub("\ufffd", "".join(lines.row)).rstrip("\r\n")
                )
            elif cells:
                yield Record(lines.first, {n: c or None for n, c in zip(names, cells, strict=True)})


def _header(path: Path, lines: _Lines) -> str:
    header = next(lines, "").rstrip("\r\n")
    if _BAD_BYTE.search(header) or "\0" in header:
        raise InputError(f"{path}: expected UTF-8; save or convert the file as UTF-8")
    return header


def _cell_problem(cells: list[str], names: list[str]) -> str:
    if cells and len(cells) != len(names):
        return (
            f"the row has {len(cells)} cells, the header {len(names)}; "
            "put cells with separators or line breaks in them into double quotes"
        )
    bad = next((cell for cell in cells if _BAD_BYTE.search(cell)), None)
    return "" if bad is None else f"expected UTF-8, found other bytes in {bad!r:.40}; convert the file"


def _quote_problem(error: csv.Error, lines: _Lines) -> str:
    if "field limit" in str(error):
        return f"a cell of more than {MAX_ROW:,} characters begins here: a double quote is never closed"
    noticed = lines.first + max(len(lines.row) - 1, 0)
    return (
        f"a double quote is not closed as it should be, noticed on line {noticed} ({error}); "
        'close the quote that opens in this row, and write " inside a quoted cell as ""'
    )


def _with_cells(record: Record) -> Record:
    """Read the cells of a text table that hold numbers or JSON lists."""
    values = record.values
    for name in (*_NUMBERS, *_LISTS):
        cell = values.get(name)
        if not isinstance(cell, str):
            continue
        try:
            values[name] = int(float(cell)) if name in _NUMBERS else json.loads(cell)
        except (ValueError, OverflowError, RecursionError):
            kind = "a number" if name in _NUMBERS else "a JSON list such as [0, 2]"
            return Record(record.line, values, f"{name} must be {kind}, was {cell!r:.60}")
    return record


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        names = _class_names(file.schema_arrow)
        batches = (batch.to_pylist() for batch in file.iter_batches(batch_size=_BATCH))
        yield from _table_records(batches, names)
    except pa.ArrowException as error:
        raise InputError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from error


def _saved_dataset(path: Path) -> Iterator[Record]:
    parts = splits(path)
    if parts != [path]:
        raise InputError(f"{path} holds several data sets; name one: {', '.join(map(str, parts))}"[:500])
    from datasets import load_from_disk

    try:
        data = load_from_disk(str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path} is a folder, but not one saved by datasets; expected {FORMATS}") from error
    names = _class_names(data.features.arrow_schema)
    batches = (batch.to_pylist() for batch in data.with_format("arrow").iter(_BATCH))
    yield from _table_records(batches, names)


def _class_names(schema: Any) -> dict[str, list[str]]:
    """The names behind the numbers of `ClassLabel` columns, which datasets keeps in the schema."""
    if b"huggingface" not in (schema.metadata or {}):
        return {}
    features = json.loads(schema.metadata[b"huggingface"]).get("info", {}).get("features") or {}
    return {
        column: feature["names"]
        for column, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    }


def _table_records(
    batches: Iterable[list[dict[str, Any]]], names: Mapping[str, list[str]]
) -> Iterator[Record]:
    number = 0
    for batch in batches:
        for values in batch:
            number += 1
            for column, labels in names.items():
                code = values.get(column)
                if isinstance(code, int):
                    values[column] = labels[code] if 0 <= code < len(labels) else None
            yield Record(number, values)


def head(path: Path, columns: Mapping[str, str] | None = None, rows: int = 1) -> list[Record]:
    """The first rows of a file."""
    return list(islice(read_records(path, columns), rows))

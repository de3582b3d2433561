"""Records to compare: a small JSONL or CSV file of articles with outlet and date."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arabic.decode import decode
from arabic.errors import InputError
from serving.settings import MAX_UPLOAD_BYTES

MAX_RECORDS = 12


@dataclass(frozen=True, slots=True)
class Record:
    """An article, who published it and when; both may be empty."""

    text: str
    outlet: str = ""
    date: str = ""


def read_records(path: str | Path) -> list[Record]:
    """Read at most `MAX_RECORDS` records with `text` and perhaps `outlet` and `date`.

    Raises:
        InputError: not such a file, or more records; the message has the line.

    """
    path = Path(path)
    with path.open("rb") as file:
        data = file.read(MAX_UPLOAD_BYTES + 1)
    if len(data) > MAX_UPLOAD_BYTES:
        raise InputError(f"the file is larger than {MAX_UPLOAD_BYTES // 1_000_000} MB")
    text = decode(data, "the file").text
    rows = _csv_rows(text) if path.suffix.lower() == ".csv" else _json_rows(text)
    if not rows or len(rows) > MAX_RECORDS:
        raise InputError(f"the file has {len(rows)} records; give 2 to {MAX_RECORDS}")
    return [_record(row, number) for number, row in enumerate(rows, start=1)]


def _csv_rows(text: str) -> list[Any]:
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(f"the file is no CSV ({error}); save it again with quoted fields") from None


def _json_rows(text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError):
                raise InputError(f"line {number} is no JSON object; give one object a line") from None
    return rows


def _record(row: Any, number: int) -> Record:
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
        raise InputError(f"record {number} has no text; every record needs the field text")
    outlet, date = (str(row.get(name) or "")[:100] for name in ("outlet", "date"))
    return Record(row["text"], outlet, date)

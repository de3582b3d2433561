"""A row of the input: what is asked, or what is wrong with it."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from arabic.decode import MAX_BYTES

MAX_ROW_BYTES = MAX_BYTES
"""The largest row that is taken, in bytes of the input; decompressed, as it would be in a file of its own."""

ErrorCode = Literal[
    "invalid_utf8",
    "invalid_json",
    "invalid_csv",
    "invalid_record",
    "missing_column",
    "too_large",
    "damaged_file",
    "unsuitable_text",
    "worker_died",
    "internal_error",
]
ERROR_CODES: tuple[ErrorCode, ...] = get_args(ErrorCode)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row has no analysis."""

    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the text and what is asked of it, or an error. `kept` are the columns to hand through."""

    id: str
    text: str = ""
    targets: tuple[str, ...] | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)
    error: RowError | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a record has what."""

    text: str = "text"
    id: str = "id"
    targets: str = "targets"
    keep: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        return tuple(dict.fromkeys((self.id, self.text, self.targets, *self.keep)))


def bad_row(place: str, code: ErrorCode, message: str) -> Row:
    """A row that could not be read; its place (file and line) stands for the id."""
    return Row(place, error=RowError(code, f"{place}: {message}"))


def to_row(record: object, columns: Columns, place: str) -> Row:
    """Take a row out of a record; what is wrong with the record is the row's error."""
    if not isinstance(record, dict):
        return bad_row(place, "invalid_record", f"expected an object, came {_kind(record)}")
    given = record.get(columns.id)
    kept = {name: plain(record.get(name)) for name in columns.keep}
    error = _check_id(given) or _check_text(record, columns) or _check_targets(record.get(columns.targets))
    id_ = clean(str(given)) if _check_id(given) is None and given not in (None, "") else place
    if error:
        return Row(id_, kept=kept, error=RowError(error.code, f"{place}: {error.message}"))
    targets = record.get(columns.targets)
    return Row(id_, record[columns.text], None if targets is None else tuple(targets), kept)


def _check_id(given: object) -> RowError | None:
    if given is None or (isinstance(given, str | int) and not isinstance(given, bool)):
        return None
    return RowError("invalid_record", f"the id must be text or a whole number, came {_kind(given)}")


def _check_text(record: Mapping[str, object], columns: Columns) -> RowError | None:
    if columns.text not in record:
        has = ", ".join(map(repr, list(record)[:10])) or "none"
        return RowError("missing_column", f"no column {columns.text!r}; it has {has}; see --text-column")
    text = record[columns.text]
    if not isinstance(text, str):
        return RowError("invalid_record", f"{columns.text!r} must be text, came {_kind(text)}")
    if len(text.encode("utf-8", errors="surrogatepass")) > MAX_ROW_BYTES:
        return RowError("too_large", too_large_message())
    return None


def _check_targets(targets: object) -> RowError | None:
    if targets is None or (isinstance(targets, list) and all(isinstance(target, str) for target in targets)):
        return None
    return RowError("invalid_record", f"targets must be a list of texts, came {_kind(targets)}")


def too_large_message() -> str:
    """What an overlong row is told."""
    return f"larger than {MAX_ROW_BYTES // 1_000_000} MB; give one article a row"


def clean(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 file can hold, by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def plain(value: object) -> Any:
    """Make a value of a kept column JSON: dates and other types as text, NaN and infinities as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return value if value is None or isinstance(value, bool | int) else str(value)


def parse_json(line: bytes, columns: Columns, place: str) -> Row:
    """Take a row out of a line of JSON."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return bad_row(place, "invalid_utf8", f"not UTF-8 at byte {error.start}; save the input as UTF-8")
    try:
        record = json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        return bad_row(place, "invalid_json", "nested too deeply")
    except ValueError as error:
        return bad_row(place, "invalid_json", f"not JSON ({error})")
    return to_row(record, columns, place)


def _kind(value: object) -> str:
    return {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
        type(None): "null",
    }.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)

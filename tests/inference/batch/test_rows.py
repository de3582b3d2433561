"""What a record may be, and what is said of one that it may not."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.batch.rows import ERROR_CODES, Columns, RowError, bad_row, parse_json, plain, to_row

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_record_with_everything() -> None:
    """Ids that are numbers are taken as text, targets and kept columns handed through."""
    record = {"id": 7, "text": "نص", "targets": ["هدف"], "section": "sport", "other": 1}
    row = to_row(record, Columns(keep=("section", "missing")), "f:1")
    assert (row.id, row.text, row.targets, row.error) == ("7", "نص", ("هدف",), None)
    assert row.kept == {"section": "sport", "missing": None}


@pytest.mark.parametrize("given", [{}, {"id": None}, {"id": ""}])
def test_place_stands_in_for_a_missing_id(given: dict[str, Any]) -> None:
    assert to_row({"text": "نص"} | given, Columns(), "f.jsonl:3").id == "f.jsonl:3"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (["text"], "invalid_record"),
        ({"id": "x", "body": "نص"}, "missing_column"),
        ({"id": "x", "text": None}, "invalid_record"),
        ({"id": "x", "text": 5}, "invalid_record"),
        ({"id": ["x"], "text": "نص"}, "invalid_record"),
        ({"id": True, "text": "نص"}, "invalid_record"),
        ({"id": "x", "text": "نص", "targets": "هدف"}, "invalid_record"),
        ({"id": "x", "text": "نص", "targets": [1]}, "invalid_record"),
        ({"id": "x", "text": "ا" * 10_000_001}, "too_large"),
    ],
)
def test_records_that_are_not_taken(record: object, code: str) -> None:
    """Each is an error row that names its place, and keeps the id where there is one."""
    row = to_row(record, Columns(), "f:1")
    assert row.error is not None
    assert row.error.code == code
    assert row.error.message.startswith("f:1: ")
    assert row.id == ("x" if isinstance(record, dict) and record["id"] == "x" else "f:1")


@pytest.mark.parametrize(
    "line", [b"{", b"", b"nan", b"[" * 100_000, b"1" * 5000, b'{"text": 1} x', b'"\xff"']
)
def test_lines_that_are_no_record(line: bytes) -> None:
    row = parse_json(line, Columns(), "f:1")
    assert row.error is not None
    assert row.error.code in ERROR_CODES


@settings(deadline=None)
@given(JSON_VALUES)
def test_any_record_is_a_row(value: object) -> None:
    """No JSON value makes the reader fail, and a row is either good or in error."""
    row = to_row({"text": value, "id": value, "targets": value, "k": value}, Columns(keep=("k",)), "f:1")
    assert (row.error is None) == (isinstance(value, str) and row.targets is not None) or row.error is None
    json.dumps(row.kept, allow_nan=False).encode()


@settings(deadline=None)
@given(JSON_VALUES)
def test_kept_values_are_plain_json(value: object) -> None:
    """NaN, infinities and lone surrogates cannot get into the output."""
    assert json.loads(json.dumps(plain(value), allow_nan=False, ensure_ascii=False).encode()) == plain(value)


def test_plain_of_other_types() -> None:
    """Parquet has dates and bytes."""
    from datetime import date

    assert plain({"d": date(2024, 5, 1), "b": b"\xd8\xa7\xff", "x": float("nan")}) == {
        "d": "2024-05-01",
        "b": "ا\ufffd",
        "x": None,
    }


def test_bad_row_names_its_place() -> None:
    assert bad_row("f:2", "invalid_csv", "no").error == RowError("invalid_csv", "f:2: no")

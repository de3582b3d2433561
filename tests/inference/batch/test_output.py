"""What a row of the output looks like, in three formats."""

import csv
import io
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from inference.batch.output import CSV_COLUMNS, encode, guard, row_schema, to_answer
from inference.batch.rows import ERROR_CODES, Row, RowError
from inference.results import Analysis

FORMULA = "=+-@\t\r\n＝＋－＠"


@pytest.fixture
def answers(analysis: Analysis) -> list[dict[str, Any]]:
    """A good row and a bad one, with kept columns."""
    kept = {"section": "=cmd|' /C calc'!A0", "n": 5}
    error = RowError("invalid_json", "f:2: not JSON")
    return [to_answer(0, Row("a", kept=kept), analysis), to_answer(1, Row("-b\ud800"), error)]


def without_nulls(value: object) -> object:
    """Parquet fills in the fields that other blocks of an article have."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_jsonl_is_an_analysis_with_an_id(answers: list[dict[str, Any]], analysis: Analysis) -> None:
    """Raw: nothing is escaped or guarded; one line a row, id and row first."""
    good, bad = (json.loads(line) for line in encode(answers, "jsonl", ()).decode().splitlines())
    assert list(good)[:3] == ["id", "row", "input"]
    assert good["input"] == {"section": "=cmd|' /C calc'!A0", "n": 5}
    assert {key: good[key] for key in json.loads(analysis.to_json())} == json.loads(analysis.to_json())
    assert bad == {"id": "-b\ufffd", "row": 1, "error": {"code": "invalid_json", "message": "f:2: not JSON"}}


def test_rows_obey_the_published_schema(answers: list[dict[str, Any]]) -> None:
    validator = jsonschema.Draft202012Validator(row_schema())
    for answer in answers:
        validator.validate(json.loads(json.dumps(answer)))
    for wrong in (
        {"id": "x"},
        {"id": "x", "row": 0, "error": {"code": "other", "message": ""}},
        answers[0] | {"error": {}},
    ):
        assert not validator.is_valid(json.loads(json.dumps(wrong)))


def test_parquet_holds_what_jsonl_holds(answers: list[dict[str, Any]]) -> None:
    """Typed columns; kept columns are text."""
    data = encode(answers, "parquet", ("section", "n"))
    good, bad = parquet.read_table(io.BytesIO(data)).to_pylist()
    expected = without_nulls(answers[0] | {"input": {"section": "=cmd|' /C calc'!A0", "n": "5"}})
    assert without_nulls(good) == json.loads(json.dumps(expected))
    assert without_nulls(bad) == {"input": {}} | answers[1]


def test_parquet_schema_is_that_of_all_shards(answers: list[dict[str, Any]]) -> None:
    """A shard of errors alone has the columns of every other: a folder is one table."""
    one, other = (
        parquet.read_schema(io.BytesIO(encode(rows, "parquet", ("n",))))
        for rows in ([answers[0]], [answers[1]])
    )
    assert one == other


def test_csv_is_for_spreadsheets(answers: list[dict[str, Any]], analysis: Analysis) -> None:
    """Findings in cells, guarded; the mark that Excel needs to see Arabic."""
    data = encode(answers, "csv", ("section", "n"))
    assert data.startswith(b"\xef\xbb\xbf")
    header, good, bad = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert header == [*CSV_COLUMNS, "input.section", "input.n"]
    found = dict(zip(header, good, strict=True))
    assert found["topic"] == "economy_business_finance"
    assert found["headline"] == analysis.headline.text if analysis.headline else False
    assert json.loads(found["stances"])[0]["holder"]["text"] == "رئيس البلدية سالم حداد"
    assert found["input.section"] == "'=cmd|' /C calc'!A0"
    assert bad[:4] == ["'-b\ufffd", "1", "invalid_json", "f:2: not JSON"]


@settings(deadline=None)
@given(st.text(), st.sampled_from(["", *FORMULA, " =", "  -"]))
def test_no_cell_is_a_formula(text: str, start: str) -> None:
    """And what a guard has to be put before is otherwise as it was."""
    cell = guard(start + text)
    assert not cell.lstrip(" ").startswith(tuple(FORMULA))
    assert cell in (start + text, f"'{start}{text}")


@pytest.mark.parametrize("format", ["jsonl", "parquet", "csv"])
def test_same_answers_same_bytes(answers: list[dict[str, Any]], format: Any) -> None:
    """What resuming and Ray rely on."""
    assert encode(answers, format, ("n",)) == encode(answers, format, ("n",))


def test_schema_names_every_error() -> None:
    assert row_schema()["oneOf"][1]["properties"]["error"]["properties"]["code"]["enum"] == list(ERROR_CODES)

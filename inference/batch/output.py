"""The output: a row for every row of the input, as JSON Lines, Parquet or CSV.

A row is what `mujaz schema` describes with `id` and `row` before it, and `input` where columns are kept;
a row that failed has `error` in the place of an analysis. JSON Lines and Parquet hold the same. CSV is for
spreadsheets: the findings without the article's text, guarded against formula injection.
"""

import csv
import dataclasses
import io
import json
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from inference.batch.options import OutputFormat
from inference.batch.rows import ERROR_CODES, Row, RowError, clean
from inference.results import Analysis, json_schema

Answer = dict[str, Any]
_ANALYSIS = TypeAdapter(Analysis)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CSV_COLUMNS = (
    "id",
    "row",
    "error_code",
    "error_message",
    "topic",
    "topic_share",
    "headline",
    "summary",
    "topics",
    "stances",
    "warnings",
    "model_sha256",
)


def to_answer(number: int, row: Row, outcome: Analysis | RowError) -> Answer:
    """Make the output row for row `number` of the input."""
    answer: Answer = {"id": clean(row.id), "row": number}
    if row.kept:
        answer["input"] = dict(row.kept)
    if isinstance(outcome, RowError):
        return answer | {"error": {"code": outcome.code, "message": clean(outcome.message)}}
    analysis: Answer = _ANALYSIS.dump_python(outcome, mode="json")
    return answer | analysis


def encode(answers: Sequence[Answer], format: OutputFormat, kept: Sequence[str]) -> bytes:
    """The content of a shard's file; the same answers give the same bytes."""
    encoders: dict[OutputFormat, Callable[[], bytes]] = {
        "jsonl": lambda: _jsonl(answers),
        "parquet": lambda: _parquet(answers, kept),
        "csv": lambda: _csv(answers, kept),
    }
    return encoders[format]()


def row_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an output row in JSON Lines."""
    analysis = json_schema()
    common = {
        "id": {"type": "string", "description": "the input row's id, or its file and line"},
        "row": {"type": "integer", "minimum": 0, "description": "its place in the input, from 0"},
        "input": {"type": "object", "description": "the columns that were kept"},
    }
    error = {
        "type": "object",
        "properties": {"code": {"enum": list(ERROR_CODES)}, "message": {"type": "string"}},
        "required": ["code", "message"],
    }
    return {
        "title": "BatchRow",
        "$defs": analysis["$defs"],
        "oneOf": [
            {
                "type": "object",
                "properties": common | analysis["properties"],
                "required": ["id", "row", *analysis["required"]],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": common | {"error": error},
                "required": ["id", "row", "error"],
                "additionalProperties": False,
            },
        ],
    }


def _jsonl(answers: Sequence[Answer]) -> bytes:
    lines = [json.dumps(answer, ensure_ascii=False, separators=(",", ":")) for answer in answers]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _parquet(answers: Sequence[Answer], kept: Sequence[str]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    schema = parquet_schema(kept)
    rows = [answer | {"input": _as_text(answer.get("input", {}))} for answer in answers]
    table = pyarrow.Table.from_pylist(rows, schema=schema)
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def parquet_schema(kept: Sequence[str]) -> Any:
    """The Arrow schema of the output, the same for all shards: that of `Analysis`; kept columns are text."""
    import pyarrow

    error = pyarrow.struct([("code", pyarrow.string()), ("message", pyarrow.string())])
    fields = [("id", pyarrow.string()), ("row", pyarrow.int64()), ("error", error)]
    if kept:
        fields.append(("input", pyarrow.struct([(name, pyarrow.string()) for name in kept])))
    return pyarrow.schema([*fields, *_arrow_fields(Analysis).items()])


def _arrow_fields(datatype: type) -> dict[str, Any]:
    return {name: _arrow(hint) for name, hint in get_type_hints(datatype).items()}


def _arrow(hint: Any) -> Any:
    """The Arrow type of an annotation; a union of dataclasses is a struct with the fields of all."""
    import pyarrow

    if get_origin(hint) is tuple:
        return pyarrow.list_(_arrow(get_args(hint)[0]))
    if get_origin(hint) is Literal:
        return pyarrow.string()
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        if len(members) == 1:
            return _arrow(members[0])
        return pyarrow.struct(dict(pair for member in members for pair in _arrow_fields(member).items()))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return pyarrow.struct(_arrow_fields(hint))
    return {
        str: pyarrow.string(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
    }[hint]


def _as_text(kept: Mapping[str, Any]) -> dict[str, str | None]:
    """Kept columns where a column has one type: text as it is, anything else as JSON."""
    return {
        name: value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in kept.items()
    }


def _csv(answers: Sequence[Answer], kept: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*CSV_COLUMNS, *(guard(f"input.{name}") for name in kept)])
    for answer in answers:
        found = _as_text(answer.get("input", {}))
        cells = [*_csv_cells(answer), *(found.get(name) for name in kept)]
        writer.writerow([guard(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel reads Arabic as Windows-1252


def _csv_cells(answer: Answer) -> list[object]:
    if "error" in answer:
        error = answer["error"]
        return [answer["id"], answer["row"], error["code"], error["message"], *[None] * 8]
    first = answer["topics"][0] if answer["topics"] else {"id": None, "share": None}
    return [
        answer["id"],
        answer["row"],
        None,
        None,
        first["id"],
        first["share"],
        answer["headline"] and answer["headline"]["text"],
        " ".join(sentence["text"] for sentence in answer["summary"]),
        json.dumps(answer["topics"], ensure_ascii=False),
        json.dumps(answer["stances"], ensure_ascii=False),
        " ".join(answer["article"]["warnings"]),
        answer["model"]["sha256"],
    ]


def guard(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula (OWASP: CSV injection)."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell

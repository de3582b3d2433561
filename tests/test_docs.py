"""What the documents show must be what the code reads and writes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from arabic.checks import MAX_CHARS, MESSAGES
from arabic.parse import MAX_PARAGRAPHS
from inference.results import Analysis
from training.data import read_stance, read_summary, read_topic

DOCS = Path(__file__).resolve().parents[1] / "docs"


def examples(name: str) -> list[str]:
    """Give the JSON blocks of a document."""
    return re.findall(r"```json\n(.*?)\n```", (DOCS / name).read_text(encoding="utf-8"), re.S)


def spans(value: object) -> list[dict[str, Any]]:
    """Find every object that has text and offsets."""
    if isinstance(value, list):
        return [span for item in value for span in spans(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if {"text", "start", "end"} <= value.keys() else []
    return own + [span for item in value.values() for span in spans(item)]


def test_output_example_is_a_valid_analysis() -> None:
    """Every key is there and known, and the law of offsets holds."""
    (example,) = examples("output.md")
    data = json.loads(example)
    analysis = TypeAdapter(Analysis).validate_json(example, strict=True)
    assert json.loads(analysis.to_json()) == data
    text = data["article"]["text"]
    assert len(spans(data)) > 10
    for span in spans(data):
        assert text[span["start"] : span["end"]] == span["text"]


def test_output_tells_all_warnings_and_limits() -> None:
    """Codes and figures in the document are those of the code."""
    document = (DOCS / "output.md").read_text(encoding="utf-8")
    assert all(f"`{code}`" in document for code in MESSAGES)
    assert f"{MAX_CHARS:,} characters" in document and f"{MAX_PARAGRAPHS:,} paragraphs" in document


def test_data_examples_are_read(tmp_path: Path) -> None:
    """One row of each task, with spans where the document says they are."""
    rows = examples("data.md")
    for row, read in zip(rows, (read_topic, read_stance, read_summary), strict=True):
        (tmp_path / "row.jsonl").write_text(row + "\n", encoding="utf-8")
        assert len(read(tmp_path / "row.jsonl").rows) == 1
    (tmp_path / "row.jsonl").write_text(rows[1], encoding="utf-8")
    (stance,) = read_stance(tmp_path / "row.jsonl").rows
    assert [stance.text[slice(*record.holder or (0, 0))] for record in stance.stances] == [
        "اتحاد المزارعين",
        "جمعية المياه",
    ]


@pytest.mark.parametrize(
    "document",
    [
        "output.md",
        "data.md",
        "serving.md",
        *(f"decisions/{p.name}" for p in (DOCS / "decisions").glob("*.md")),
    ],
)
def test_links_lead_somewhere(document: str) -> None:
    """Relative links name files that exist."""
    path = DOCS / document
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link

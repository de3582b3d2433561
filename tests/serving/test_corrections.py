"""Corrections: appended whole, in the form that training reads."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from arabic.errors import InputError
from inference.results import ModelInfo
from serving.corrections import Corrections
from training.check import check
from training.data import read_stance, read_topic

MODEL = ModelInfo("fake", "1.0", "ab" * 32)
TEXT = "رحبت البلدية بالجسر الجديد"
TOPIC = {"task": "topic", "text": TEXT, "predicted": "sport", "corrected": "health", "annotator": "هدى"}
STANCE = {
    "task": "stance",
    "text": TEXT,
    "target": "الجسر",
    "predicted": "against",
    "corrected": "favor",
    "holder": "البلدية",
    "evidence": "رحبت البلدية",
}


def append(corrections: Corrections, correction: dict[str, Any] | str) -> str:
    """Append as the page does."""
    text = correction if isinstance(correction, str) else json.dumps(correction)
    return asyncio.run(corrections.append(text))


def test_rows_have_bundle_time_and_id(tmp_path: Path) -> None:
    """Both tasks stand in one file; a paragraph keeps its id; keys that are not ours are dropped."""
    path = tmp_path / "c.jsonl"
    corrections = Corrections(path, MODEL)
    ids = [append(corrections, TOPIC | {"nonce": "1"}), append(corrections, STANCE)]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ids and ids[0] == ids[1]
    assert rows[0]["bundle"] == "fake 1.0 abababababab" and rows[0]["time"].endswith("+00:00")
    assert "nonce" not in rows[0] and rows[0]["annotator"] == "هدى"
    assert rows[1]["holder"] == "البلدية" and "الجسر" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "correction",
    [
        "no json",
        "{}",
        "[" * 10_000,
        TOPIC | {"corrected": "nothing"},
        TOPIC | {"task": "summary"},
        TOPIC | {"text": "س" * 20_001},
        STANCE | {"corrected": "maybe"},
        STANCE | {"holder": "الحكومة"},
        STANCE | {"evidence": "رفضت"},
        STANCE | {"target": ""},
        STANCE | {"target": "  "},
        STANCE | {"holder_start": 3},
        STANCE | {"evidence": "", "evidence_start": 1_000},
    ],
)
def test_wrong_corrections_are_refused(tmp_path: Path, correction: dict[str, Any] | str) -> None:
    """Nothing is written that training would stumble over."""
    corrections = Corrections(tmp_path / "c.jsonl", MODEL)
    with pytest.raises(InputError):
        append(corrections, correction)
    assert (tmp_path / "c.jsonl").read_bytes() == b""


def test_appending_at_once_mixes_nothing(tmp_path: Path) -> None:
    """Two hundred from eight threads and two objects: every line is whole."""
    both = [Corrections(tmp_path / "c.jsonl", MODEL) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(both[n % 2], TOPIC | {"annotator": str(n)}), range(200)))
    rows = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    assert sorted(int(row["annotator"]) for row in rows) == list(range(200))


def test_a_line_cut_off_by_a_crash_spoils_no_other(tmp_path: Path) -> None:
    """The next correction begins on a line of its own."""
    path = tmp_path / "c.jsonl"
    path.write_text('{"task": "topic", "te')
    append(Corrections(path, MODEL), TOPIC)
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[1])["corrected"] == "health"


def test_where_nothing_can_be_written_is_found_at_the_start(tmp_path: Path) -> None:
    """Not when the first analyst has done their work."""
    with pytest.raises(InputError, match="cannot be written"):
        Corrections(tmp_path / "missing" / "c.jsonl", MODEL)


def test_training_takes_the_file_as_it_is(tmp_path: Path) -> None:
    """Both tasks from one file, a missed stance with the place of its words beside a corrected one."""
    path = tmp_path / "c.jsonl"
    corrections = Corrections(path, MODEL)
    text = "قال الوزير إن الجسر ضرورة، ثم رفض الوزير مدّ الطريق"
    missed = {"text": text, "target": "الطريق", "predicted": "unrelated", "corrected": "against"}
    start = text.rindex("الوزير")
    for given in (
        TOPIC,
        STANCE,
        STANCE | missed | {"holder": "الوزير", "holder_start": start, "evidence": ""},
    ):
        append(corrections, given)
    assert [row.label for row in read_topic(path).rows] == ["health"]
    first, second = read_stance(path).rows
    assert first.stances[0].holder == (5, 12)
    (stance,) = second.stances
    assert (stance.target, stance.stance, stance.holder) == ("الطريق", "against", (start, start + 6))
    assert {finding.code for finding in check("stance", [path]).errors} <= {"few_rows"}

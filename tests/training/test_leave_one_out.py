"""Leaving a target out: no document that speaks of it is trained on, and it alone is judged."""

import json
from pathlib import Path
from typing import Any

import pytest

from arabic.errors import InputError
from tests.tiny import AGAINST, FAVOR, ROWS, train_tiny, write_rows
from training import leave_one_out
from training.data import read_stance
from training.leave_one_out import leave_one_target_out
from training.run import train


def test_the_target_is_never_seen(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document with the target and another one is left out whole: its text would give it away."""
    both: dict[str, object] = {
        "id": "doc0#1",
        "text": AGAINST,
        "stances": [{"target": "مشروع الميناء", "stance": "against"}],
    }
    numbers = (n for n in range(100, 200) if leave_one_out._in_dev(f"doc{n}"))  # one document in ten
    dev = [{**row, "id": f"doc{next(numbers)}#0"} for row in ROWS["stance"][1:3]]
    more = [{**ROWS["stance"][0], "id": f"more{i}#0"} for i in range(3)]  # makes it the most frequent
    data = write_rows(tmp_path / "rows.jsonl", [*ROWS["stance"], *more, both, *dev])
    seen: list[str] = []

    def spy(task: Any, train_file: Path, dev_file: Path, *args: Any, **options: Any) -> Any:
        parts = [read_stance(file).rows for file in (train_file, dev_file)]
        documents = [{row.document for row in part} for part in parts]
        assert not documents[0] & documents[1] and all(documents)
        seen.extend(row.document for part in parts for row in part)
        assert "مشروع الجسر" not in {s.target for part in parts for row in part for s in row.stances}
        return train(task, train_file, dev_file, *args, **options)

    monkeypatch.setattr(leave_one_out, "train", spy)
    found = leave_one_target_out(tiny_bundle, data, targets=1)
    assert list(found["targets"]) == ["مشروع الجسر"] and "doc0" not in seen and "doc1" in seen
    figures = found["targets"]["مشروع الجسر"]
    assert figures["n"] == 9 and sum(row["support"] for row in figures["per_class"].values()) == 9
    assert found["mean"]["accuracy"] == figures["accuracy"]
    json.dumps(found, allow_nan=False)


def test_what_is_trained_on_is_what_was_labelled(tmp_path: Path) -> None:
    """Nothing of a record is lost on the way, least of all that the opposite is named."""
    record = {"target": "إغلاق الميناء", "stance": "favor", "holder": "نقابة الصيادين", "opposite": True}
    row = {"id": "doc0#0", "text": AGAINST, "stances": [record, {"target": "الجسر", "stance": "neutral"}]}
    rows = read_stance(write_rows(tmp_path / "rows.jsonl", [row])).rows
    again = tmp_path / "again.jsonl"
    again.write_text("".join(leave_one_out._lines(rows)), encoding="utf-8")
    assert read_stance(again).rows == rows and rows[0].stances[0].opposite


def test_what_cannot_be_left_out_is_refused(
    tiny_bundle: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """One target leaves nothing to train on; an encoder fine-tuned in full has seen them all."""
    one = write_rows(tmp_path / "one.jsonl", [row for row in ROWS["stance"] if row["text"] == FAVOR])
    with pytest.raises(InputError, match="at least two targets, found 1"):
        leave_one_target_out(tiny_bundle, one, targets=1)
    full = train_tiny("stance", tiny_rows["stance"], tmp_path / "full", tiny_base, epochs=1, method="full")
    assert "all weights fine-tuned" in (full / "README.md").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="has seen them"):
        leave_one_target_out(tiny_bundle.parent / "topic", one, targets=1)
    with pytest.raises(InputError, match="has seen them"):
        leave_one_target_out(full, tiny_rows["stance"], targets=1)

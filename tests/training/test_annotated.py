"""Our annotations find their texts again, and never the wrong ones."""

import json
from pathlib import Path

import pytest

from arabic.errors import InputError
from models.decoding import POLARITIES
from models.label_sets import load_labels
from training.annotated import ANNOTATIONS_DIR, annotated_rows
from training.data import read_stance, read_topic


def _annotations(task: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (ANNOTATIONS_DIR / f"{task}.jsonl").read_text().splitlines()]


def test_the_annotations_hold_labels_of_ours_and_no_text() -> None:
    topics, stances = _annotations("topic"), _annotations("stance")
    assert {row["label"] for row in topics} <= set(load_labels("topic").ids)
    assert {record["stance"] for row in stances for record in row["stances"]} <= set(POLARITIES)
    assert not any("text" in row for row in [*topics, *stances])
    for rows in (topics, stances):
        assert len({row["id"] for row in rows}) == len(rows)


def test_another_text_under_the_same_id_is_refused(tmp_path: Path) -> None:
    document = str(_annotations("topic")[0]["id"]).split("#")[0]
    sentence = "افتتح المعرض أبوابه صباح اليوم في قاعة البلدية بحضور جمع من الأهالي وتلاميذ المدارس. "
    articles = tmp_path / "articles.jsonl"
    articles.write_text(json.dumps({"id": document, "text": sentence * 40}), encoding="utf-8")
    with pytest.raises(InputError, match="not the one that was labelled"):
        list(annotated_rows("topic", [articles]))


@pytest.mark.shared
@pytest.mark.parametrize("task", ["topic", "stance"])
def test_every_annotation_finds_its_text(task: str, shared: Path, tmp_path: Path) -> None:
    corpora = [shared / "data/ant_topic/all.jsonl", *sorted((shared / "data/sanad_khaleej").glob("*.jsonl"))]
    rows = list(annotated_rows(task, corpora))
    out = tmp_path / "rows.jsonl"
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = read_topic(out) if task == "topic" else read_stance(out)
    assert len(read.rows) == len(_annotations(task))

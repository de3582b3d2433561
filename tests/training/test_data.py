"""Labelled rows are read as they are meant, and a bad row is named by file and line."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arabic.errors import InputError
from tests.tiny import ROWS, write_rows
from training.data import LabelledData, read_stance, read_summary, read_topic

READERS: dict[str, Callable[[Path], LabelledData[Any]]] = {
    "topic": read_topic,
    "stance": read_stance,
    "summary": read_summary,
}
TASKS = sorted(READERS)


def _changed(task: str, **fields: object) -> list[dict[str, Any]]:
    """Three good rows, with fields of the second one changed: of its stance, where it has one."""
    rows = copy.deepcopy(ROWS[task][:3])
    (rows[1]["stances"][0] if task == "stance" and "text" not in fields else rows[1]).update(fields)
    return rows


def _refused(task: str, path: Path) -> str:
    with pytest.raises(InputError) as caught:
        READERS[task](path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("task", TASKS)
def test_good_rows_are_all_read_in_order(task: str, tiny_rows: dict[str, Path]) -> None:
    rows = READERS[task](tiny_rows[task]).rows
    assert [row.id for row in rows] == [row["id"] for row in ROWS[task]]


def test_stance_spans_are_offsets_into_the_text_as_given(tiny_rows: dict[str, Path]) -> None:
    for row, source in zip(read_stance(tiny_rows["stance"]).rows, ROWS["stance"], strict=True):
        for label, record in zip(row.stances, source["stances"], strict=True):
            assert row.text == source["text"] and label.target == record["target"]
            assert row.text[slice(*label.evidence)] == record["evidence"]
            assert (row.text[slice(*label.holder)] if label.holder else "") == record["holder"]


def test_a_stance_row_knows_its_article(tiny_rows: dict[str, Path]) -> None:
    assert read_stance(tiny_rows["stance"]).rows[0].document == "doc0"


def test_summary_rows_keep_units_keys_and_title(tiny_rows: dict[str, Path]) -> None:
    first, second = read_summary(tiny_rows["summary"]).rows[:2]
    assert (first.title, second.title) == ("", "الجسر الجديد")
    assert first.key == (0, 2) and first.important == (1,) and len(first.units) == 4


def test_blank_lines_are_skipped_and_still_counted(tmp_path: Path) -> None:
    path = tmp_path / "gaps.jsonl"
    good = json.dumps(ROWS["topic"][0], ensure_ascii=False)
    path.write_text(f"\n{good}\n \n{good}\n", encoding="utf-8")
    assert len(read_topic(path).rows) == 2
    path.write_text(f"\n{good}\n\n{{}}\n", encoding="utf-8")
    assert f"{path}:4: " in _refused("topic", path)


REQUIRED = {
    "topic": ("text", "label"),
    "stance": ("text", "stances"),
    "summary": ("units", "key", "summary"),
}


@pytest.mark.parametrize(("task", "field"), [(task, f) for task in TASKS for f in REQUIRED[task]])
def test_a_missing_field_is_named_with_its_line(tmp_path: Path, task: str, field: str) -> None:
    rows = copy.deepcopy(ROWS[task][:3])
    del rows[1][field]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    message = _refused(task, path)
    assert f"{path}:2: " in message and f"'{field}'" in message


@pytest.mark.parametrize("field", ["target", "stance"])
def test_a_missing_field_of_a_stance_is_named(tmp_path: Path, field: str) -> None:
    rows = copy.deepcopy(ROWS["stance"][:2])
    del rows[1]["stances"][0][field]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    assert _refused("stance", path).startswith(f"{path}:2: the field '{field}' is missing; the row has: ")


@pytest.mark.parametrize(
    ("task", "fields", "said"),
    [
        ("topic", {"label": "sports"}, "sports"),
        ("topic", {"label": ["sport"]}, "sport"),
        ("topic", {"label": None}, "label"),
        ("topic", {"second": "sports"}, "sports"),
        ("topic", {"text": " \n"}, "text"),
        ("topic", {"text": None}, "text"),
        ("topic", {"text": 5}, "5"),
        ("stance", {"text": ""}, "text"),
        ("stance", {"stance": "pro"}, "pro"),
        ("stance", {"target": " "}, "target"),
        ("stance", {"evidence": "كلام لم يقله أحد", "evidence_start": -1}, "evidence"),
        ("stance", {"holder": "وزير غائب", "holder_start": -1}, "holder"),
        ("stance", {"holder_start": "0"}, "str"),
        ("stance", {"holder": 5}, "int"),
        ("stance", {"opposite": "yes"}, "opposite"),
        ("summary", {"key": [4]}, "0 to 3"),
        ("summary", {"key": [-1]}, "-1"),
        ("summary", {"key": ["0"]}, "0"),
        ("summary", {"important": [9]}, "important"),
        ("summary", {"units": ["جملة", " "]}, "unit"),
        ("summary", {"units": [], "key": [], "important": []}, "at least one"),
        ("summary", {"title": 5}, "title"),
        ("summary", {"summary": ""}, "summary"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(
    tmp_path: Path, task: str, fields: dict[str, object], said: str
) -> None:
    path = write_rows(tmp_path / "rows.jsonl", _changed(task, **fields))
    message = _refused(task, path)
    assert f"{path}:2: " in message and said in message


def test_the_known_labels_are_listed(tmp_path: Path) -> None:
    topic = _refused("topic", write_rows(tmp_path / "t.jsonl", _changed("topic", label="sports")))
    stance = _refused("stance", write_rows(tmp_path / "s.jsonl", _changed("stance", stance="pro")))
    assert "economy_business_finance" in topic and "favor, against, neutral, unrelated" in stance


@pytest.mark.parametrize("start", [1, 40, 10_000])
def test_a_wrong_start_is_an_error_though_the_words_stand_elsewhere(tmp_path: Path, start: int) -> None:
    path = write_rows(tmp_path / "rows.jsonl", _changed("stance", holder_start=start))
    assert f"holder_start={start}" in _refused("stance", path)


@pytest.mark.parametrize("fields", [{"holder_start": -1}, {"holder_start": None}, {}])
def test_a_missing_start_is_looked_up(tmp_path: Path, fields: dict[str, object]) -> None:
    rows = copy.deepcopy(ROWS["stance"][:1])
    wanted = rows[0]["stances"][0].pop("holder_start")
    rows[0]["stances"][0].update(fields)
    (row,) = read_stance(write_rows(tmp_path / "rows.jsonl", rows)).rows
    assert row.stances[0].holder == (wanted, wanted + len("رئيس البلدية"))


@pytest.mark.parametrize("holder", ["", None])
def test_no_holder_is_none(tmp_path: Path, holder: str | None) -> None:
    path = write_rows(tmp_path / "rows.jsonl", _changed("stance", holder=holder, holder_start=-1))
    assert read_stance(path).rows[1].stances[0].holder is None


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("line", ['{"id": "a"', "لا شيء", "[]", "5", "null", '"نص"', '{"id": 1} {"id": 2}'])
def test_a_line_that_is_no_json_object_is_named(tmp_path: Path, task: str, line: str) -> None:
    path = write_rows(tmp_path / "rows.jsonl", ROWS[task][:1])
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    assert f"{path}:2: " in _refused(task, path)


def test_stance_data_without_a_single_stance_is_refused(tmp_path: Path) -> None:
    bare = {"id": "a#0", "text": "نص", "stances": []}
    path = write_rows(tmp_path / "bare.jsonl", [bare])
    assert str(path) in (message := _refused("stance", path)) and "no row has a stance" in message
    assert len(read_stance(write_rows(path, [bare, ROWS["stance"][0]])).rows) == 2


@pytest.mark.parametrize("task", TASKS)
def test_files_that_hold_no_text_are_named(tmp_path: Path, task: str) -> None:
    old = tmp_path / "old.jsonl"
    old.write_bytes(json.dumps(ROWS[task][0], ensure_ascii=False).encode("cp1256"))
    assert str(old) in (message := _refused(task, old)) and "UTF-8" in message
    empty = write_rows(tmp_path / "empty.jsonl", [])
    assert str(empty) in (message := _refused(task, empty)) and "no rows" in message
    missing = tmp_path / "missing.jsonl"
    assert str(missing) in (message := _refused(task, missing)) and "could not be read" in message
    assert str(tmp_path) in _refused(task, tmp_path)


def test_a_teachers_shares_are_read_and_make_one(tmp_path: Path) -> None:
    row = {"text": "فاز الفريق", "label": "sport", "probabilities": {"sport": 0.75, "health": 0.245}}
    (topic,) = read_topic(write_rows(tmp_path / "t.jsonl", [row])).rows
    assert dict(topic.probabilities) == pytest.approx({"sport": 0.75 / 0.995, "health": 0.245 / 0.995})
    record = {"target": "الفريق", "stance": "neutral", "probabilities": {"neutral": 1}}
    (stance,) = read_stance(
        write_rows(tmp_path / "s.jsonl", [{"text": "فاز الفريق", "stances": [record]}])
    ).rows
    assert stance.stances[0].probabilities == (("neutral", 1.0),)


@pytest.mark.parametrize("shares", [{"sport": 0.5}, {"sport": -1, "health": 2}, {"sport": True}, ["sport"]])
def test_shares_that_are_none_are_refused(tmp_path: Path, shares: object) -> None:
    row = {"text": "فاز الفريق", "label": "sport", "probabilities": shares}
    with pytest.raises(InputError, match=r"t\.jsonl:1: probabilities must be shares"):
        read_topic(write_rows(tmp_path / "t.jsonl", [row]))


def test_a_share_of_an_unknown_label_is_refused(tmp_path: Path) -> None:
    row = {"text": "فاز الفريق", "label": "sport", "probabilities": {"sport": 0.5, "spurt": 0.5}}
    with pytest.raises(InputError, match=r"t\.jsonl:1: unknown topic 'spurt'"):
        read_topic(write_rows(tmp_path / "t.jsonl", [row]))

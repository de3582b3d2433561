"""What the words of a labelled record name, and the other pole of its target: sides turn exactly once."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import training.annotated
from arabic.errors import InputError
from training.annotated import ANNOTATIONS_DIR, opposite_rows, pole_rows
from training.data import StanceRow, read_stance

OPPOSITES = ("opposites", "opposites_articles", "opposites_random", "opposites_dev", "opposites_test")
POLES = ("poles", "poles_random", "poles_dev", "poles_test")
JUDGED = ("_dev", "_test")
TEXT = "طالب الاتحاد بإغلاق المصنع، فيما أيدت النقابة عمله، ولم يعلق الوزير."


def _annotations(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ANNOTATIONS_DIR / f"{name}.jsonl").read_text().splitlines()]


def _write(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def _row() -> dict[str, object]:
    sides = (("against", "الاتحاد"), ("favor", "النقابة"), ("neutral", "الوزير"))
    records = [
        {"target": "عمل المصنع", "stance": stance, "holder": holder, "evidence": holder}
        for stance, holder in sides
    ]
    other = {"target": "الاتحاد", "stance": "neutral", "holder": "", "evidence": ""}
    return {"id": "a#0", "title": "", "text": TEXT, "stances": [*records, other]}


@pytest.fixture
def annotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of annotations of one row whose first record asks for the plant's closing."""
    found = {"id": "a#0", "text_sha256": hashlib.sha256(TEXT.encode()).hexdigest()[:8]}
    _write(tmp_path / "opposites.jsonl", [{**found, "opposite": [0]}])
    _write(tmp_path / "poles.jsonl", [{**found, "poles": {"عمل المصنع": "إغلاق المصنع"}}])
    monkeypatch.setattr(training.annotated, "ANNOTATIONS_DIR", tmp_path)
    return tmp_path


def test_whoever_is_for_a_target_is_against_its_other_pole(annotations: Path, tmp_path: Path) -> None:
    """He who asks for the closing names it, she who is for the plant its opposite; nobody else turns."""
    read = list(opposite_rows("opposites", [_write(tmp_path / "rows.jsonl", [_row()])]))
    poles = list(pole_rows("poles", [_write(tmp_path / "read.jsonl", read)]))
    rows = read_stance(_write(tmp_path / "all.jsonl", [*read, *poles])).rows
    sides = [[(r.target, r.stance, r.opposite) for r in row.stances] for row in rows]
    assert [row.id for row in rows] == ["a#0", "a#0#pole"]
    assert sides[0][:3] == [
        ("عمل المصنع", "against", True),
        ("عمل المصنع", "favor", False),
        ("عمل المصنع", "neutral", False),
    ]
    assert sides[1] == [
        ("إغلاق المصنع", "favor", False),
        ("إغلاق المصنع", "against", True),
        ("إغلاق المصنع", "neutral", False),
    ]


def test_rows_that_nobody_read_are_left_out(annotations: Path, tmp_path: Path) -> None:
    """An unread row would be learnt as one that names its target."""
    path = _write(tmp_path / "rows.jsonl", [{**_row(), "id": "b#0"}])
    assert not list(opposite_rows("opposites", [path])) and not list(pole_rows("poles", [path]))


def test_another_text_or_other_targets_under_the_same_id_are_refused(
    annotations: Path, tmp_path: Path
) -> None:
    path = _write(tmp_path / "rows.jsonl", [{**_row(), "text": "أيد المجلس الخطة."}])
    for read, name in ((opposite_rows, "opposites"), (pole_rows, "poles")):
        with pytest.raises(InputError, match="not the one that was labelled"):
            list(read(name, [path]))
    path = _write(tmp_path / "rows.jsonl", [{**_row(), "stances": []}])
    with pytest.raises(InputError, match="no stance"):
        list(pole_rows("poles", [path]))


def test_the_annotations_hold_no_text_and_no_target_is_its_own_pole() -> None:
    for name in OPPOSITES:
        rows = _annotations(name)
        assert all(set(row) == {"id", "text_sha256", "opposite"} for row in rows)
        assert len({row["id"] for row in rows}) == len(rows) and any(row["opposite"] for row in rows)
    for name in POLES:
        for row in _annotations(name):
            poles = row["poles"]
            assert set(row) == {"id", "text_sha256", "poles"} and poles
            assert len({*poles, *poles.values()}) == 2 * len(poles)


@pytest.mark.parametrize("names", [OPPOSITES, POLES])
def test_what_is_to_judge_by_is_in_no_other_file(names: tuple[str, ...]) -> None:
    learnt = {_document(row) for name in names if not name.endswith(JUDGED) for row in _annotations(name)}
    judged = [{_document(row) for row in _annotations(name)} for name in names if name.endswith(JUDGED)]
    assert len(judged) == 2 and not judged[0] & judged[1]
    assert all(documents and not documents & learnt for documents in judged)


def _document(row: dict[str, Any]) -> str:
    return str(row["id"].split("#")[0])


@pytest.mark.shared
def test_opposites_are_said_of_records_with_a_side_and_change_nothing_else(
    shared: Path, tmp_path: Path
) -> None:
    source = shared / "data/stance_news/train.jsonl"
    rows = list(opposite_rows("opposites", [source]))
    read = _records(read_stance(_write(tmp_path / "rows.jsonl", rows)).rows)
    found = [record for record in read if record.opposite]
    assert [replace(record, opposite=False) for record in read] == _records(read_stance(source).rows)
    assert {record.stance for record in found} == {"favor", "against"}
    known = {row["id"]: row["opposite"] for row in _annotations("opposites")}
    assert len(found) == sum(len(known[row["id"]]) for row in rows)
    assert all(row.text for row in read_stance(_write(tmp_path / "poles.jsonl", _poles(source))).rows)


def _records(rows: Iterable[StanceRow]) -> list[Any]:
    return [record for row in rows for record in row.stances]


def _poles(source: Path) -> list[dict[str, Any]]:
    rows = list(pole_rows("poles", [source]))
    train = {json.loads(line)["id"] for line in source.read_text(encoding="utf-8").splitlines()}
    assert len(rows) == sum(row["id"] in train for row in _annotations("poles"))
    return rows

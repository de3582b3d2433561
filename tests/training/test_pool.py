"""Rows without labels: what counts as labelled, what is read, and what is refused with its line."""

from pathlib import Path
from typing import Any

import pytest

from arabic.errors import InputError
from tests.tiny import AGAINST, FAVOR, write_rows
from training.pool import is_labelled, read_articles, read_items


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_training_rows_are_labelled_and_bare_ones_are_not(
    task: Any, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    assert is_labelled(task, tiny_rows[task], None)
    bare: dict[str, object] = {"text": FAVOR, "target": "الجسر", "label": "", "summary": "", "stances": []}
    assert not is_labelled(task, write_rows(tmp_path / "bare.jsonl", [bare]), None)


def test_a_text_has_an_item_for_every_target_once(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "a#0", "text": FAVOR, "targets": ["الجسر", "المدينة", "الجسر"]},
        {"text": AGAINST, "target": "الميناء"},
        {"text": AGAINST, "stances": [{"target": "الشاطئ", "stance": "against"}]},
    ]
    items = list(read_items("stance", write_rows(tmp_path / "pool.jsonl", rows), None))
    assert [(item.id, item.target) for item in items] == [
        ("a#0", "الجسر"),
        ("a#0", "المدينة"),
        ("pool-2", "الميناء"),
        ("pool-3", "الشاطئ"),
    ]


def test_labels_do_not_get_into_a_pool(tiny_rows: dict[str, Path]) -> None:
    assert {item.target for item in read_items("topic", tiny_rows["topic"], None)} == {""}
    articles = read_articles(tiny_rows["summary"], None)
    assert all(not row.key and not row.summary and len(row.units) == 4 for row in articles)


def test_bad_rows_are_named_by_file_and_line(tmp_path: Path) -> None:
    bad = write_rows(tmp_path / "bad.jsonl", [{"text": FAVOR, "target": "الجسر"}, {"text": FAVOR}])
    with pytest.raises(InputError, match=r"bad\.jsonl:2: "):
        list(read_items("stance", bad, None))
    wrong = write_rows(tmp_path / "wrong.jsonl", [{"text": FAVOR, "targets": "الجسر"}])
    with pytest.raises(InputError, match="targets must be a list"):
        list(read_items("stance", wrong, None))
    empty = write_rows(tmp_path / "empty.jsonl", [])
    for read in (lambda: list(read_items("topic", empty, None)), lambda: read_articles(empty, None)):
        with pytest.raises(InputError, match="no rows"):
            read()

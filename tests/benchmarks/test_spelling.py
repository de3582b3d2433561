"""What is counted when a text is respelled."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from arabic.normalize import normalize
from benchmarks.respelling import RESPELLINGS
from benchmarks.spelling import Item, as_json, compare, measure
from models.load import OpenBundle
from tests.tiny import ROWS


def by_spelling(items: Sequence[Item], texts: Sequence[str]) -> list[str]:
    """A model that looks for one word as it was spelled in training."""
    return ["culture" if "الثقافة" in normalize(text).text else "other" for text in texts]


def test_counts_labels_that_change() -> None:
    """A model that hangs on one spelling loses its label where that spelling reaches it."""
    items = [
        Item("افتتحت وزيرة الثقافة المعرض", "culture"),
        Item("ربح الفريق بهدفين دون رد", "other"),
        Item("الثقافة لنا", None),
    ]
    figures = {figure.respelling: figure for figure in compare("topic", items, by_spelling, normalize)}
    assert list(figures) == list(RESPELLINGS)
    ta = figures["ta marbuta"]
    assert (ta.items, ta.respelled, ta.reached, ta.changed) == (3, 2, 2, 2)
    assert (ta.accuracy_before, ta.accuracy_after) == (1.0, 0.5)
    assert (ta.of_respelled, ta.of_all) == (1.0, pytest.approx(2 / 3))
    marks = figures["diacritics"]
    assert (marks.respelled, marks.reached, marks.changed, marks.accuracy_after) == (3, 0, 0, 1.0)
    assert figures["digits"].respelled == 0 and figures["digits"].of_respelled == 0.0


def test_nothing_to_ask() -> None:
    """No items, no figures."""
    assert compare("topic", [], by_spelling, normalize) == []


def test_measures_a_bundle(tiny_bundle: Path, tiny_rows: dict[str, Path]) -> None:
    """Topics, annotated pairs and unrelated pairs of a real bundle, as JSON."""
    figures = measure(OpenBundle.open(tiny_bundle, "auto"), tiny_rows["topic"], tiny_rows["stance"])
    found = json.loads(json.dumps([as_json(figure) for figure in figures]))
    assert len(found) == 3 * len(RESPELLINGS)
    assert {figure["labels"]: figure["items"] for figure in found} == {
        "topic": len(ROWS["topic"]),
        "stance, annotated": len(ROWS["stance"]),
        "stance, unrelated": len(ROWS["stance"]),
    }
    for figure in found:
        assert figure["changed"] <= figure["reached"] <= figure["respelled"] <= figure["items"]

"""A target moved to another country, and nothing else moved."""

import random

from training.data import StanceLabel
from training.pairs import Pair
from training.places import elsewhere, moved_pairs

TEXT = "رحبت الحكومة بالحوار في تونس وبدعم فرنسا له"
RECORD = StanceLabel("الحوار في تونس", "favor", None, None)


def pair(target: str, text: str = TEXT) -> Pair:
    return Pair(text, target, (RECORD,), "عنوان")


def test_the_country_is_exchanged_in_every_form() -> None:
    """Noun, adjective, with article and proclitic; the paragraph's other countries are not taken."""
    for seed in range(60):
        moved = elsewhere(pair("الحوار في تونس والحكومة التونسية"), random.Random(seed))
        assert moved is not None and (moved.text, moved.heading, moved.records) == (TEXT, "عنوان", ())
        assert moved.labels == {"unrelated"}
        name = moved.target.split()[2]
        assert name not in TEXT
        adjective = moved.target.split()[4].removeprefix("ال").removesuffix("ة")
        assert moved.target.startswith(f"الحوار في {name} والحكومة ال{adjective}ة")
        assert "تونسي" not in moved.target and name not in ("تونس", "فرنسا")


def test_only_the_first_country_moves() -> None:
    moved = elsewhere(pair("دعم فرنسا لليبيا وليبيا"), random.Random(1))
    assert moved is not None
    assert moved.target.split()[0] == "دعم" and moved.target.split()[1] != "فرنسا"
    assert moved.target.endswith("لليبيا وليبيا")


def test_without_a_country_nothing_is_made() -> None:
    assert elsewhere(pair("الحوار الوطني"), random.Random(1)) is None
    assert elsewhere(pair("تونسيون"), random.Random(1)) is None


def test_a_share_of_the_related_pairs() -> None:
    pairs = [pair("الحوار في تونس"), Pair(TEXT, "الحوار في مصر", ()), pair("الحوار")] * 200
    moved = moved_pairs(pairs, 0.5, seed=3)
    assert 70 < len(moved) < 130
    assert all(not made.records and made.target != "الحوار في تونس" for made in moved)
    assert moved == moved_pairs(pairs, 0.5, seed=3) != moved_pairs(pairs, 0.5, seed=4)
    assert moved_pairs(pairs, 0.0, seed=3) == []

"""A target's opposite, with the sides exchanged and nothing else changed."""

import random

from training.data import StanceLabel
from training.pairs import Pair
from training.poles import opposite, opposite_pairs

TEXT = "رحبت الحكومة بإغلاق المصنع، ورفضته النقابة، ووصفته الصحيفة"
RECORDS = (
    StanceLabel("إغلاق المصنع", "favor", (5, 12), (0, 26)),
    StanceLabel("إغلاق المصنع", "against", (35, 42), (28, 42)),
    StanceLabel("إغلاق المصنع", "neutral", (51, 58), (44, 58)),
)


def pair(target: str, records: tuple[StanceLabel, ...] = RECORDS) -> Pair:
    return Pair(TEXT, target, records, "عنوان")


def test_sides_are_exchanged_and_nothing_else() -> None:
    """Neutral stays, holders and evidence stay where they are."""
    made = opposite(pair("إغلاق المصنع"), random.Random(1))
    assert (made.text, made.heading) == (TEXT, "عنوان")
    assert [record.stance for record in made.records] == ["against", "favor", "neutral"]
    assert [(r.holder, r.evidence) for r in made.records] == [(r.holder, r.evidence) for r in RECORDS]
    assert [record.stance for record in made.named] == [record.stance for record in RECORDS]
    assert all(record.opposite for record in made.records)
    assert not any(record.opposite for record in opposite(made, random.Random(1)).records)


def test_a_target_gets_a_word_of_rejection() -> None:
    """Only an action can be stopped: a person or a country is opposed."""
    for seed in range(40):
        assert opposite(pair("الولايات المتحدة"), random.Random(seed)).target.split()[0] in (
            "رفض",
            "معارضة",
            "مناهضة",
        )
    first = {opposite(pair("تعيين الوزير"), random.Random(seed)).target.split()[0] for seed in range(60)}
    assert {"وقف", "إلغاء", "رفض"} < first
    assert opposite(pair("تعيين الوزير"), random.Random(1)).target.endswith(" تعيين الوزير")


def test_a_word_of_rejection_is_taken_away() -> None:
    assert opposite(pair("مكافحة الفساد"), random.Random(1)).target == "الفساد"
    assert opposite(pair("وقف إطلاق النار"), random.Random(1)).target == "إطلاق النار"
    assert len(opposite(pair("رفض"), random.Random(1)).target.split()) == 2


def test_a_share_of_the_related_pairs() -> None:
    """Unrelated pairs have no sides, and a teacher's shares are not exchanged."""
    taught = Pair(TEXT, "الحوار", RECORDS, "", (("favor", 1.0),))
    pairs = [pair("إغلاق المصنع"), pair("إغلاق المصنع", ()), taught] * 200
    made = opposite_pairs(pairs, 0.5, seed=3)
    assert 70 < len(made) < 130
    assert all(p.records and not p.probabilities for p in made)
    assert made == opposite_pairs(pairs, 0.5, seed=3) != opposite_pairs(pairs, 0.5, seed=4)
    assert opposite_pairs(pairs, 0.0, seed=3) == []

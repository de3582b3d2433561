"""Clauses put into training paragraphs: offsets stay true and labels follow from what was written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from training.augment import add_clauses
from training.data import StanceLabel
from training.pairs import Pair

FRONT = "أيد رئيس البلدية مشروع الجسر، وقال إن الأهالي ينتظرونه منذ سنوات."
BACK = "رفضت نقابة الصيادين توسعة الميناء في جلسة عقدت أمس."


def _pair(text: str, target: str, holder: str, stance: str, evidence: str) -> Pair:
    def span(words: str) -> tuple[int, int]:
        return text.index(words), text.index(words) + len(words)

    return Pair(text, target, (StanceLabel(target, stance, span(holder), span(evidence)),))


PAIRS = [
    _pair(FRONT, "مشروع الجسر", "رئيس البلدية", "favor", "أيد رئيس البلدية مشروع الجسر"),
    _pair(BACK, "توسعة الميناء", "نقابة الصيادين", "against", "رفضت نقابة الصيادين توسعة الميناء"),
    Pair(FRONT, "قانون المياه", ()),
]
SPANS = {"رئيس البلدية", "نقابة الصيادين"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_offsets_stay_true(seed: int) -> None:
    for before, pair in zip(PAIRS, add_clauses(PAIRS, 1.0, seed), strict=True):
        for record in pair.records:
            assert record.holder and record.evidence
            assert pair.text[slice(*record.holder)] in SPANS
            start, end = record.evidence
            assert start <= record.holder[0] and record.holder[1] <= end
        kept = {pair.text[slice(*r.evidence)] for r in pair.records if r.evidence}
        if pair.target == before.target:
            assert {before.text[slice(*r.evidence)] for r in before.records if r.evidence} <= kept


def test_opposing_holders_become_frequent_and_unrelated_pairs_stay() -> None:
    varied = [add_clauses(PAIRS, 1.0, seed) for seed in range(200)]
    mixed = sum({"favor", "against"} <= pair.labels for pairs in varied for pair in pairs)
    assert mixed > 100
    assert all(pairs[2] == PAIRS[2] for pairs in varied)


def test_a_clause_on_another_target_says_nothing_of_this_one() -> None:
    for seed in range(200):
        pair = add_clauses(PAIRS, 1.0, seed)[0]
        if "توسعة الميناء" in pair.text and pair.target == "مشروع الجسر":
            assert pair.labels == {"favor"}
            return
    raise AssertionError("no such clause in 200 tries")


def test_nothing_changes_without_a_share_or_without_holders() -> None:
    assert add_clauses(PAIRS, 0.0, 1) == PAIRS
    assert add_clauses(PAIRS[2:], 1.0, 1) == PAIRS[2:]

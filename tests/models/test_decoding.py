"""Spans and pair labels in, stances out, on cases made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decoding import StanceDecoding, StanceRecord, decode_stances, join_passages
from models.tagged_spans import TaggedSpan
from models.tags import POLARITIES, Polarity

OPTIONS = StanceDecoding()


def test_further_holders_must_be_sure() -> None:
    """The surest holder is always kept, another one only from `further_holder` on."""
    holders = [TaggedSpan(0, 3, (1, 0, 0), 0.6), TaggedSpan(5, 8, (1, 0, 0), 0.5)]
    pair = np.array([0.9, 0.05, 0.03, 0.02])
    assert [r.holder for r in decode_stances(pair, holders, [], StanceDecoding(further_holder=0.8))] == [
        (0, 3)
    ]
    assert len(decode_stances(pair, holders, [], StanceDecoding(further_holder=0.5))) == 2


def test_mixed_pair_is_reported_on_both_sides() -> None:
    """The other side with a weak holder, never one that overlaps a kept holder, else with none."""
    kept = [TaggedSpan(0, 3, (0.9, 0.1, 0), 0.9)]
    weak = [TaggedSpan(0, 3, (0.1, 0.9, 0), 0.9), TaggedSpan(5, 8, (0.1, 0.9, 0), 0.5)]
    mixed, clear = np.array([0.5, 0.45, 0.03, 0.02]), np.array([0.9, 0.05, 0.03, 0.02])
    found = decode_stances(mixed, kept, [], StanceDecoding(), weak)
    assert [(r.holder, r.label) for r in found] == [((0, 3), "favor"), ((5, 8), "against")]
    assert len(decode_stances(clear, kept, [], StanceDecoding(), weak)) == 1
    unnamed = decode_stances(mixed, kept, [], StanceDecoding(weak_holder=0.6), weak)
    assert [(r.holder, r.label) for r in unnamed] == [((0, 3), "favor"), (None, "against")]
    assert [r.label for r in decode_stances(mixed, [], [], StanceDecoding())] == ["favor", "against"]
    assert unnamed[1].probability == pytest.approx(0.45)


def _span(start: int, end: int, polarity: str) -> TaggedSpan:
    return TaggedSpan(start, end, tuple(0.8 if name == polarity else 0.1 for name in POLARITIES))


def test_unrelated_gives_nothing() -> None:
    holders, evidence = [_span(0, 3, "favor")], [_span(4, 9, "favor")]
    assert decode_stances(np.array([0.1, 0.2, 0.1, 0.6]), holders, evidence, OPTIONS) == []


def test_two_holders_of_opposite_polarity_are_two_stances() -> None:
    """Each with the evidence of its own side, even where the other's stands nearer."""
    holders = [_span(0, 5, "favor"), _span(40, 45, "against")]
    evidence = [_span(6, 15, "against"), _span(20, 30, "favor")]
    records = decode_stances(np.array([0.45, 0.45, 0.05, 0.05]), holders, evidence, OPTIONS)
    assert [(r.holder, r.label, r.evidence) for r in records] == [
        ((0, 5), "favor", (20, 30)),
        ((40, 45), "against", (6, 15)),
    ]
    assert all(0 < r.probability <= 1 for r in records)


def test_without_a_holder_the_pair_decides() -> None:
    (record,) = decode_stances(np.array([0.1, 0.7, 0.1, 0.1]), [], [_span(4, 9, "against")], OPTIONS)
    assert record == StanceRecord(None, "against", pytest.approx(0.7), (4, 9))


def test_without_evidence_the_stance_stands() -> None:
    (record,) = decode_stances(np.array([0.7, 0.1, 0.1, 0.1]), [_span(0, 3, "favor")], [], OPTIONS)
    assert (record.holder, record.label, record.evidence) == ((0, 3), "favor", None)


def test_evidence_of_another_side_is_better_than_none() -> None:
    (record,) = decode_stances(
        np.array([0.7, 0.1, 0.1, 0.1]), [_span(0, 3, "favor")], [_span(4, 9, "neutral")], OPTIONS
    )
    assert record.evidence == (4, 9)


def test_of_two_pieces_of_evidence_the_nearer_is_taken() -> None:
    evidence = [_span(0, 10, "favor"), _span(55, 70, "favor")]
    (record,) = decode_stances(np.array([0.7, 0.1, 0.1, 0.1]), [_span(50, 54, "favor")], evidence, OPTIONS)
    assert record.evidence == (55, 70)


@pytest.mark.parametrize(("weight", "label"), [(1.0, "favor"), (0.0, "against")])
def test_the_pair_weighs_against_the_holders_own_polarity(weight: float, label: str) -> None:
    (record,) = decode_stances(
        np.array([0.8, 0.1, 0.05, 0.05]), [_span(0, 3, "against")], [], StanceDecoding(pair_weight=weight)
    )
    assert record.label == label


@given(
    st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    st.lists(st.sampled_from(POLARITIES), max_size=3),
    st.lists(st.sampled_from(POLARITIES), max_size=3),
)
def test_probabilities_stay_probabilities(pair: list[float], holders: list[str], evidence: list[str]) -> None:
    records = decode_stances(
        np.array(pair) / sum(pair),
        [_span(10 * i, 10 * i + 5, p) for i, p in enumerate(holders)],
        [_span(10 * i, 10 * i + 9, p) for i, p in enumerate(evidence)],
        OPTIONS,
    )
    assert all(0 <= record.probability <= 1 + 1e-6 for record in records)
    assert bool(records) == (int(np.argmax(pair)) != 3)


def test_passages_join_into_one_paragraph() -> None:
    """A party that is named once is not reported again without its name, and a side outweighs none."""

    def record(label: Polarity, probability: float, holder: tuple[int, int] | None = None) -> StanceRecord:
        return StanceRecord(holder, label, probability, (0, 9))

    named, other = record("favor", 0.6, (0, 4)), record("against", 0.5, (7, 9))
    nobody, surer, neutral = record("favor", 0.9), record("against", 0.8), record("neutral", 0.9)
    assert join_passages([nobody, named, neutral, other]) == [named, other]
    assert join_passages([named, record("against", 0.7), surer, neutral]) == [named, surer]
    assert join_passages([neutral, nobody]) == [nobody]
    assert join_passages([record("neutral", 0.5), neutral]) == [neutral]
    aside = record("neutral", 0.7, (2, 5))
    assert join_passages([aside, neutral, named]) == [aside, named]
    assert join_passages([]) == []


def test_a_record_moves_to_where_its_passage_stands() -> None:
    record = StanceRecord((2, 5), "favor", 0.9, None)
    assert record.moved(10) == StanceRecord((12, 15), "favor", 0.9, None)
    assert record.moved(10).moved(-10) == record

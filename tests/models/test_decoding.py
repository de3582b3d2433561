"""Probabilities in, spans and stances out, on cases made by hand."""

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.decoding import (
    POLARITIES,
    Polarity,
    StanceDecoding,
    StanceRecord,
    TaggedSpan,
    decode_spans,
    decode_stances,
    first_mentions,
    join_close,
    join_passages,
    merge_spans,
    snap,
)
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS

TEXT = 'قال وزير المالية: "أيد نواب ومصر القانون"، ورفضته النقابة.'
OPTIONS = StanceDecoding()


def _tokens(text: str, *, with_space: bool) -> NDArray[np.int64]:
    """Offsets of tokens of three letters at most; `with_space`, the space before a word is in its first."""
    offsets, start = [(0, 0)], 0
    while start < len(text):
        end = start + 1
        while end < len(text) and end - start < 3 and not text[end].isspace():
            end += 1
        if with_space or not text[start].isspace():
            offsets.append((start, end))
        start = end
    return np.array([*offsets, (0, 0)], np.int64)


def _tagged(
    offsets: NDArray[np.int64], tags: tuple[str, ...], spans: list[tuple[int, int, str]], sure: float = 0.9
) -> NDArray[np.float64]:
    """Token probabilities that put `spans` where they are, each with its tag for the first and the rest."""
    best = np.zeros(len(offsets), int)
    for start, end, polarity in spans:
        inside = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
        best[inside] = tags.index(f"I-{polarity}")
        if f"B-{polarity}" in tags:
            best[inside[0]] = tags.index(f"B-{polarity}")
    table = np.full((len(offsets), len(tags)), (1 - sure) / (len(tags) - 1))
    table[np.arange(len(offsets)), best] = sure
    return table


def _at(piece: str, polarity: str = "favor", text: str = TEXT) -> tuple[int, int, str]:
    start = text.index(piece)
    return start, start + len(piece), polarity


def _pieces(spans: list[TaggedSpan], text: str = TEXT) -> list[str]:
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize("with_space", [True, False])
@pytest.mark.parametrize("piece", ["وزير المالية", "نواب", "مصر", "النقابة", "أيد نواب ومصر القانون"])
@pytest.mark.parametrize("tags", [HOLDER_TAGS, EVIDENCE_TAGS])
def test_a_tagged_span_is_found_as_it_stands(with_space: bool, piece: str, tags: tuple[str, ...]) -> None:
    """Whether or not a tokenizer counts the space before a word as the word's."""
    offsets = _tokens(TEXT, with_space=with_space)
    if piece == "مصر":  # a token may begin inside «ومصر», at the name itself
        at = TEXT.index("ومصر")
        cut = [(s, e) for s, e in offsets if e <= at or s >= at + 4]
        offsets = np.array(sorted([*cut, (at, at + 1), (at + 1, at + 4)], key=lambda o: o[0]), np.int64)
    spans = decode_spans(_tagged(offsets, tags, [_at(piece)]), offsets, tags, TEXT)
    assert _pieces(spans) == [piece]
    assert int(np.argmax(spans[0].polarity)) == 0 and abs(sum(spans[0].polarity) - 1) < 1e-6


@pytest.mark.parametrize("polarity", POLARITIES)
def test_a_span_carries_its_polarity(polarity: str) -> None:
    offsets = _tokens(TEXT, with_space=True)
    table = _tagged(offsets, HOLDER_TAGS, [_at("النقابة", polarity)])
    (span,) = decode_spans(table, offsets, HOLDER_TAGS, TEXT)
    assert POLARITIES[int(np.argmax(span.polarity))] == polarity


def test_neighbours_that_a_begin_tag_parts_are_two_spans() -> None:
    """«مصر وقطر» are two holders; the second begins with its conjunction, which is not part of it."""
    text = "رحبت مصر وقطر بالقرار"
    offsets = _tokens(text, with_space=True)
    table = _tagged(offsets, HOLDER_TAGS, [_at("مصر", text=text), _at("وقطر", text=text)])
    spans = decode_spans(table, offsets, HOLDER_TAGS, text)
    assert [piece.removeprefix("و") for piece in _pieces(spans, text)] == ["مصر", "قطر"]


def test_change_of_polarity_within_a_run_is_a_slip() -> None:
    """One span, with the mean of its tokens' polarities."""
    text = "أيدته مصر علنا"
    offsets = _tokens(text, with_space=True)
    tagged = [_at("أيدته مصر", text=text), _at("علنا", "against", text)]
    spans = decode_spans(_tagged(offsets, EVIDENCE_TAGS, tagged), offsets, EVIDENCE_TAGS, text)
    assert _pieces(spans, text) == [text]
    assert int(np.argmax(spans[0].polarity)) == 0


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


def test_a_party_named_twice_is_one_at_its_first_mention() -> None:
    text = "قالت مصرف: إن مصر ترحب، وإن مصر تدعو"  # the first three letters are another word's
    places = [m.start() for m in re.finditer("مصر", text)]
    spans = [TaggedSpan(p, p + 3, (1, 0, 0), score) for p, score in zip(places[1:], (0.5, 0.9), strict=True)]
    (found,) = first_mentions(spans, text)
    assert (found.start, found.end, found.score) == (places[1], places[1] + 3, 0.9)
    again = "رحبت ومصر ثم مصر أيضا"
    (joined,) = first_mentions([TaggedSpan(13, 16, (1, 0, 0), 0.5)], again)
    assert text[found.start : found.end] == "مصر" and (joined.start, joined.end) == (6, 9)


def test_a_gap_parts_two_spans() -> None:
    offsets = _tokens(TEXT, with_space=True)
    table = _tagged(offsets, EVIDENCE_TAGS, [_at("وزير"), _at("نواب")])
    assert _pieces(decode_spans(table, offsets, EVIDENCE_TAGS, TEXT)) == ["وزير", "نواب"]


def test_the_bias_decides_unsure_tokens() -> None:
    offsets = _tokens(TEXT, with_space=True)
    table = _tagged(offsets, EVIDENCE_TAGS, [_at("نواب")], sure=0.4)
    assert decode_spans(table, offsets, EVIDENCE_TAGS, TEXT, bias=1.0) == []
    assert len(decode_spans(table, offsets, EVIDENCE_TAGS, TEXT)) == 1
    outside = _tagged(offsets, EVIDENCE_TAGS, [], sure=0.4)
    assert decode_spans(outside, offsets, EVIDENCE_TAGS, TEXT) == []
    assert len(decode_spans(outside, offsets, EVIDENCE_TAGS, TEXT, bias=-1.0)) >= 1


def test_tokens_outside_the_text_are_no_spans() -> None:
    """The target's tokens and the specials have (0, 0)."""
    offsets = np.zeros((3, 2), np.int64)
    table = np.array([[0.0, 1.0, 0.0, 0.0]] * 3)
    assert decode_spans(table, offsets, EVIDENCE_TAGS, TEXT) == []
    assert decode_spans(table[:0], offsets[:0], EVIDENCE_TAGS, TEXT) == []


@given(st.data())
def test_any_probabilities_give_whole_spans_in_order(data: st.DataObject) -> None:
    text = data.draw(st.text('وزير ،."«» النقابة-', min_size=1, max_size=60))
    offsets = _tokens(text, with_space=data.draw(st.booleans()))
    best = data.draw(
        st.lists(st.integers(0, len(HOLDER_TAGS) - 1), min_size=len(offsets), max_size=len(offsets))
    )
    table = np.full((len(offsets), len(HOLDER_TAGS)), 0.05)
    table[np.arange(len(offsets)), best] = 0.7
    spans = decode_spans(table, offsets, HOLDER_TAGS, text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))
    assert all(piece == piece.strip(' ،."«»-') for piece in _pieces(spans, text))


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        pytest.param("ير المال", "وزير المالية", id="to whole words"),
        pytest.param(" وزير المالية", "وزير المالية", id="not to the word before a leading space"),
        pytest.param("وزير المالية: ", "وزير المالية", id="without a space at its end"),
        pytest.param('المالية: "', "المالية", id="without punctuation"),
        pytest.param(': "أيد نواب', "أيد نواب", id="without quotation marks"),
        pytest.param("مصر", "مصر", id="without the conjunction before it"),
        pytest.param("صر", "ومصر", id="the whole word from its middle"),
        pytest.param("النقابة", "النقابة", id="the full stop stays out"),
        pytest.param(': "', "", id="nothing but punctuation"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_snapping(given_: str, expected: str) -> None:
    start = TEXT.index(given_)
    start, end = snap(TEXT, start, start + len(given_))
    assert TEXT[start:end] == expected


@pytest.mark.parametrize("prefix", ["و", "ف", "ب", "ل", "ك", "لل"])
def test_every_proclitic_stays_out(prefix: str) -> None:
    text = f"ثم {prefix}مصر أيدت"
    start = 3 + len(prefix)
    assert snap(text, start, start + 3) == (start, start + 3)


@given(st.text("وزير ،.مصر\n«", max_size=40), st.data())
def test_snapping_again_changes_nothing(text: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(text)))
    start, end = snap(text, data.draw(st.integers(0, end)), end)
    assert 0 <= start <= end <= len(text)
    assert snap(text, start, end) == (start, end)


def test_megabytes_without_a_space_are_not_searched_to_their_ends() -> None:
    text = "ابجد" * 1_000_000
    start = time.perf_counter()
    for at in range(0, len(text), 20_000):
        left, right = snap(text, at, at + 4)
        assert left <= at < at + 4 <= right <= at + 100
    assert time.perf_counter() - start < 5


def test_overlapping_spans_are_one() -> None:
    """What stands in the overlap of two windows is seen twice, sometimes cut at the window's end."""
    sure = (1.0, 0.0, 0.0)
    spans = [TaggedSpan(0, 5, sure), TaggedSpan(3, 9, sure), TaggedSpan(4, 6, sure), TaggedSpan(9, 12, sure)]
    assert [(s.start, s.end) for s in merge_spans(spans)] == [(0, 9), (9, 12)]


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


def test_holes_in_evidence_are_closed_within_a_sentence_and_a_side() -> None:
    text = "الأمر الذي تعتبره تجاوزا. رفضت هي بشدة كل ذلك"

    def span(words: str, side: int = 1, score: float = 0.9) -> TaggedSpan:
        start = text.index(words)
        return TaggedSpan(start, start + len(words), tuple(float(i == side) for i in range(3)), score)

    first, second = span("الأمر"), span("تعتبره تجاوزا", score=0.7)
    (whole,) = join_close([first, second], text)
    assert text[whole.start : whole.end] == "الأمر الذي تعتبره تجاوزا"
    assert (whole.polarity, whole.score) == (first.polarity, 0.7)
    apart = [
        [second, span("رفضت")],  # another sentence
        [first, span("تعتبره تجاوزا", side=0)],  # another side
        [span("رفضت"), span("ذلك")],  # three words between them
    ]
    assert [join_close(spans, text) for spans in apart] == apart
    assert join_close([], text) == []

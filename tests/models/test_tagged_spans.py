"""Token probabilities in, spans of whole words out, on cases made by hand."""

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.tagged_spans import TaggedSpan, decode_spans, first_mentions, join_close, merge_spans, snap
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS, POLARITIES

TEXT = 'قال وزير المالية: "أيد نواب ومصر القانون"، ورفضته النقابة.'


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

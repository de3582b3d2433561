"""Scores of first and last tokens in, holders out: they stand in the text, and nobody is a choice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.choices import apart, chosen_spans
from models.tagged_spans import TaggedSpan
from models.tags import HOLDER_TAGS, POLARITIES

TEXT = "رحبت مصر وقطر بالاتفاق الذي رفضته حركة العدل أمس"
WORDS = TEXT.split(" ")


def _tokens() -> NDArray[np.int64]:
    """A token a word, but the conjunction of «وقطر» apart; specials around them."""
    offsets, at = [(0, 0)], 0
    for word in WORDS:
        cut = 1 if word == "وقطر" else 0
        offsets += [(at, at + 1), (at + 1, at + len(word))] if cut else [(at, at + len(word))]
        at += len(word) + 1
    return np.array([*offsets, (0, 0)], np.int64)


OFFSETS = _tokens()


def _scores(*holders: tuple[str, str], sure: float = 9.0) -> NDArray[np.float32]:
    """Scores that choose the holders, each of its polarity; nobody where a polarity has none."""
    scores = np.zeros((len(OFFSETS), len(HOLDER_TAGS)), np.float32)
    for number, polarity in enumerate(POLARITIES):
        spans = [TEXT.index(words) for words, side in holders if side == polarity]
        lengths = [len(words) for words, side in holders if side == polarity]
        for start, length in zip(spans, lengths, strict=True):
            inside = np.flatnonzero((OFFSETS[:, 0] >= start) & (OFFSETS[:, 1] <= start + length))
            scores[inside[inside > 0][0], 1 + 2 * number] = sure
            scores[inside[-1], 2 + 2 * number] = sure
        if not spans:
            scores[0, 1 + 2 * number : 3 + 2 * number] = sure
    return scores


def _found(spans: list[TaggedSpan]) -> list[tuple[str, str]]:
    return [(TEXT[s.start : s.end], POLARITIES[int(np.argmax(s.polarity))]) for s in spans]


@pytest.mark.parametrize("polarity", POLARITIES)
@pytest.mark.parametrize("words", ["مصر", "قطر", "حركة العدل"])
def test_the_chosen_holder_is_found_with_its_side(words: str, polarity: str) -> None:
    """«قطر» is found without its conjunction."""
    (span,) = chosen_spans(_scores((words, polarity)), OFFSETS, TEXT)
    assert _found([span]) == [(words, polarity)] and span.score > 0.9


def test_holders_on_opposite_sides_are_both_found() -> None:
    """Each polarity has a choice of its own."""
    spans = chosen_spans(_scores(("مصر", "favor"), ("حركة العدل", "against")), OFFSETS, TEXT)
    assert _found(spans) == [("مصر", "favor"), ("حركة العدل", "against")]


def test_holders_on_one_side_share_the_choice() -> None:
    """Also where the first token of one and the last of another are the likeliest ends."""
    scores = _scores(("مصر", "favor"), ("حركة العدل", "favor"))
    for first, last in ((9.0, 9.0), (9.3, 9.2), (8.8, 9.2)):
        scores[OFFSETS[:, 0] == TEXT.index("مصر"), 1] = first
        scores[OFFSETS[:, 0] == TEXT.index("العدل"), 2] = last
        spans = chosen_spans(scores, OFFSETS, TEXT)
        assert _found(spans) == [("مصر", "favor"), ("حركة العدل", "favor")]
        assert all(0.2 < span.score < 0.7 for span in spans)


def test_where_spans_touch_the_surer_one_stands() -> None:
    spans = [
        TaggedSpan(0, 9, (1, 0, 0), 0.3),
        TaggedSpan(5, 12, (0, 1, 0), 0.9),
        TaggedSpan(12, 15, (1, 0, 0)),
    ]
    assert apart(spans) == spans[1:]


def test_nobody_is_a_choice_that_the_bias_weighs() -> None:
    scores = _scores()
    assert chosen_spans(scores, OFFSETS, TEXT) == []
    torn = _scores(("مصر", "favor"), sure=4.0)
    torn[0, 1:3] = 4.5  # nobody is a little likelier than «مصر»
    assert chosen_spans(torn, OFFSETS, TEXT, bias=1.0) == []
    assert _found(chosen_spans(torn, OFFSETS, TEXT, bias=-3.0))[0] == ("مصر", "favor")


def test_a_text_without_tokens_has_no_holders() -> None:
    assert chosen_spans(np.zeros((2, len(HOLDER_TAGS)), np.float32), OFFSETS[[0, -1]], " ") == []


@given(
    arrays(np.float32, (len(OFFSETS), len(HOLDER_TAGS)), elements=st.floats(-30, 30, width=32)),
    st.floats(-5, 5),
)
def test_whatever_the_scores_spans_are_apart_and_whole_words(
    scores: NDArray[np.float32], bias: float
) -> None:
    """They stand in order and apart, begin and end with words; shares sum to one, scores to no more."""
    spans = chosen_spans(scores, OFFSETS, TEXT, bias)
    for span in spans:
        words = TEXT[span.start : span.end].split(" ")
        assert all(word in WORDS or f"و{word}" in WORDS for word in words)
        assert abs(sum(span.polarity) - 1) < 1e-6 and 0 < span.score <= 1
    assert all(left.end <= right.start for left, right in zip(spans, spans[1:], strict=False))

"""A side is turned where the target's opposite is named, as a whole or for one party of several."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.opposites import turned_logits, turned_span
from models.predict import softmax
from models.tagged_spans import TaggedSpan

LOGIT = st.floats(-12, 12, width=32)
OFFSETS = np.array([[0, 0], [0, 4], [5, 9], [10, 14], [15, 20], [0, 0]])


@given(st.lists(LOGIT, min_size=4, max_size=4), st.lists(LOGIT, min_size=1, max_size=9))
def test_favor_and_against_share_what_they_had(values: list[float], opposite: list[float]) -> None:
    """Neither "neutral" nor "unrelated" gains or loses, and the likelier side turns above even odds only."""
    logits = np.array(values, np.float32)
    turned = turned_logits(logits, np.array(opposite, np.float32))
    before, after = softmax(logits[None])[0], softmax(turned[None])[0]
    np.testing.assert_allclose(after[2:], before[2:], atol=1e-5)
    odds, gap = float(np.mean(opposite)), float(logits[0] - logits[1])
    if abs(odds) > 0.01 and abs(gap) > 0.01:
        assert (turned[0] > turned[1]) == ((gap > 0) != (odds > 0))


def test_sure_scores_change_nothing_or_everything() -> None:
    logits = np.array([3, -1, 0, 1], np.float32)
    np.testing.assert_allclose(turned_logits(logits, np.full(5, -30, np.float32)), logits, atol=1e-5)
    turned = turned_logits(logits, np.full(5, 30, np.float32))
    np.testing.assert_allclose(turned, logits[[1, 0, 2, 3]], atol=1e-5)


def test_one_party_turns_and_the_other_does_not() -> None:
    """Each by its own tokens: «يطالب هذا بالإغلاق ويرفضه ذاك» asked for what is to stay open."""
    opposite = np.array([9, 9, 9, -9, -9, 9], np.float32)  # tokens outside the text have no say
    first = TaggedSpan(0, 9, (0.7, 0.2, 0.1), 0.9)
    second = TaggedSpan(10, 20, (0.7, 0.2, 0.1), 0.9)
    assert turned_span(first, opposite, OFFSETS) == TaggedSpan(0, 9, (0.2, 0.7, 0.1), 0.9)
    assert turned_span(second, opposite, OFFSETS) == second
    assert turned_span(TaggedSpan(30, 33, (1, 0, 0)), opposite, OFFSETS).polarity == (1, 0, 0)

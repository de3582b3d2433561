"""Sides of a target whose opposite the paragraph names.

Who demands that a plant be closed is against its going on, however warm his words for the closure. The label,
the holders and the evidence of a model with `opposites` say how somebody stands on what his words name; the
scores `opposite`, one a token, say whether that is the opposite of the target (log-odds), and turn the side.

A model that learns this beside everything else takes strange words for the opposite. So a bundle may have a
second one, `sides`, which learnt from pairs with a side alone and is asked where the first model found one.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.predict import Floats
from models.tagged_spans import TaggedSpan


def turned_logits(logits: Floats, opposite: Floats) -> Floats:
    """The label's logits once the chance that the opposite is named has changed sides.

    `logits` (4,) are of favor, against, neutral, unrelated, `opposite` (T,) of all tokens of the pair, whose
    mean speaks for the pair.
    """
    log_odds = float(opposite.mean())
    stays, turns = -np.logaddexp(0, log_odds), -np.logaddexp(0, -log_odds)
    favor, against = logits[:2]
    result = logits.copy()
    result[0] = np.logaddexp(favor + stays, against + turns)
    result[1] = np.logaddexp(against + stays, favor + turns)
    return result


def turned_span(span: TaggedSpan, opposite: Floats, offsets: NDArray[np.int64]) -> TaggedSpan:
    """The span, on the other side where its tokens name the opposite.

    `opposite` (T,) and `offsets` (T, 2) are of all tokens, `span` is in the same text as the offsets.
    """
    inside = (offsets[:, 0] < span.end) & (offsets[:, 1] > span.start)
    if not inside.any() or opposite[inside].mean() <= 0:
        return span
    return other_side(span)


def other_side(span: TaggedSpan) -> TaggedSpan:
    """The span with favor and against exchanged."""
    favor, against, neutral = span.polarity
    return replace(span, polarity=(against, favor, neutral))

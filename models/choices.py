"""Holders as a choice: which words name who is on each side, or nobody."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.predict import Floats
from models.tagged_spans import TaggedSpan, snap

_LONGEST = 24  # tokens of a holder
_LIKELIEST = 8
_LEAST = 0.1
_SHARED = 0.5


def chosen_spans(
    logits: Floats, offsets: NDArray[np.int64], text: str, bias: float = 0.0
) -> list[TaggedSpan]:
    """Decode scores of first and last tokens into spans that begin and end with words.

    `logits` (T, 7) hold a first and a last score for each of the polarities, after a column that counts
    nothing here, and `offsets` (T, 2) point into `text`; tokens outside the text have (0, 0). For each
    polarity the tokens compete, and with them token 0, which stands for nobody (Devlin et al. 2019,
    BERT, on SQuAD 2.0). A span's score is the geometric mean of its ends' probabilities, summed over the
    polarities. The best span counts where its log-odds against nobody are over `bias`; others that do
    not touch it follow from a score of 0.1 on.
    """
    inside = offsets[:, 1] > offsets[:, 0]
    inside[:1] = True
    first, last = _log_shares(logits[:, 1::2], inside), _log_shares(logits[:, 2::2], inside)  # (T, 3)
    nobody = float((first[0] + last[0]).sum()) / 2
    shares = {
        (start, end): np.exp((first[start] + last[end]) / 2)  # (3,)
        for start, end in product(_likeliest(first), _likeliest(last))
        if start <= end < start + _LONGEST
    }
    scores = {span: float(share.sum()) for span, share in shares.items()}
    spans: list[TaggedSpan] = []
    for start, end in sorted(scores, key=lambda span: (-scores[span], span)):
        score = scores[start, end]
        if spans and score < _LEAST:
            break
        at, to = snap(text, int(offsets[start, 0]), int(offsets[end, 1]))
        if at < to and not _spans_two((start, end), scores):
            polarity = tuple((shares[start, end] / score).tolist())
            spans.append(TaggedSpan(at, to, polarity, min(score, 1.0)))
    if not spans or np.log(spans[0].score + 1e-9) - nobody <= bias:
        return []
    return apart(spans)


def apart(spans: Sequence[TaggedSpan]) -> list[TaggedSpan]:
    """The spans without those that touch a surer one, in the text's order."""
    kept: list[TaggedSpan] = []
    for span in sorted(spans, key=lambda span: -span.score):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _spans_two(span: tuple[int, int], scores: Mapping[tuple[int, int], float]) -> bool:
    """Whether a span runs from the first token of one likely holder to the last one of another.

    Ends are scored apart, so that it scores as high as each of the two.
    """
    start, end = span
    enough = _SHARED * scores[span]
    inner = [last for (first, last), score in scores.items() if first == start and score >= enough]
    outer = [first for (first, last), score in scores.items() if last == end and score >= enough]
    return any(last + 1 < first for last in inner for first in outer)


def _log_shares(scores: Floats, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Log-probabilities of the tokens that take part, a polarity a column. scores (T, 3) → (T, 3)."""
    masked = np.where(inside[:, None], scores.astype(np.float64), -1e4)
    shifted = masked - masked.max(0)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(0)), np.float64)


def _likeliest(log_shares: NDArray[np.float64]) -> list[int]:
    """The tokens with the highest share for any polarity, without token 0."""
    order = np.argsort(-log_shares.max(1), kind="stable")[: _LIKELIEST + 1]
    return [int(token) for token in order if token > 0]

"""Holders as a choice: which words name who is on each side, or nobody."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.decoding import TaggedSpan, merge_spans, snap
from models.predict import Floats

_LONGEST = 24  # tokens of a holder
_LIKELIEST = 8
_LEAST = 0.1


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
    found = []
    for start, end in product(_likeliest(first), _likeliest(last)):
        if start <= end < start + _LONGEST:
            shares = np.exp((first[start] + last[end]) / 2)  # (3,)
            found.append((float(shares.sum()), start, end, shares))
    found.sort(key=lambda span: -span[0])
    if not found or np.log(found[0][0] + 1e-9) - nobody <= bias:
        return []
    kept: list[tuple[int, int]] = []
    spans = []
    for score, start, end, shares in found:
        if kept and (score < _LEAST or any(start <= b and end >= a for a, b in kept)):
            continue
        kept.append((start, end))
        at, to = snap(text, int(offsets[start, 0]), int(offsets[end, 1]))
        if at < to:
            spans.append(TaggedSpan(at, to, tuple((shares / score).tolist()), min(score, 1.0)))
    return merge_spans(sorted(spans, key=lambda span: span.start))


def _log_shares(scores: Floats, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Log-probabilities of the tokens that take part, a polarity a column. scores (T, 3) → (T, 3)."""
    masked = np.where(inside[:, None], scores.astype(np.float64), -1e4)
    shifted = masked - masked.max(0)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(0)), np.float64)


def _likeliest(log_shares: NDArray[np.float64]) -> list[int]:
    """The tokens with the highest share for any polarity, without token 0."""
    order = np.argsort(-log_shares.max(1), kind="stable")[: _LIKELIEST + 1]
    return [int(token) for token in order if token > 0]

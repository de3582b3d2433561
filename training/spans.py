"""Holder and evidence spans against the annotated ones, end to end."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decoding import StanceDecoding, StanceRecord
from models.stance import PairOutput, StancePredictor
from models.tags import POLARITIES
from training.bootstrap import Statistic, Weights
from training.metrics import SpanCounts, words_in
from training.pairs import Pair

Counts = NDArray[np.float64]
_SPANS = 6  # counts of a SpanCounts


def span_counts(
    predictor: StancePredictor, pairs: Sequence[Pair], outputs: Sequence[PairOutput], options: StanceDecoding
) -> Counts:
    """What was right, found and annotated in every pair, (N, 20), see `span_figures`."""
    records = [predictor.records(output.decode(options), options) for output in outputs]
    return np.array([_pair_counts(pair, found) for pair, found in zip(pairs, records, strict=True)], float)


def _pair_counts(pair: Pair, found: Sequence[StanceRecord]) -> list[int]:
    holder, evidence, polar = SpanCounts(), SpanCounts(), SpanCounts()
    text = pair.text
    holder.add(text, {r.holder for r in pair.records if r.holder}, {r.holder for r in found if r.holder})
    evidence.add(
        text, {r.evidence for r in pair.records if r.evidence}, {r.evidence for r in found if r.evidence}
    )
    for polarity in POLARITIES:
        polar.add(
            text,
            {r.holder for r in pair.records if r.holder and r.stance == polarity},
            {r.holder for r in found if r.holder and r.label == polarity},
        )
    right = matched = 0
    for record in pair.records:
        if record.holder is None:
            continue
        words = words_in(text, record.holder)
        other = next((r for r in found if r.holder and words & words_in(text, r.holder)), None)
        matched += other is not None
        right += other is not None and other.label == record.stance
    return [*astuple(holder), *astuple(evidence), *astuple(polar), right, matched]


def span_figures(counts: Counts) -> dict[str, Any]:
    """Span figures of counts summed over pairs, (20,)."""
    holder, evidence, polar = (SpanCounts(*counts[i * _SPANS : (i + 1) * _SPANS].tolist()) for i in range(3))
    right, matched = counts[3 * _SPANS :].tolist()
    return {
        "holder_token_f1": holder.token_f1,
        "holder_exact_f1": holder.exact_f1,
        "holder_with_polarity_token_f1": polar.token_f1,
        "holder_polarity_accuracy": right / matched if matched else None,
        "evidence_token_f1": evidence.token_f1,
        "evidence_exact_f1": evidence.exact_f1,
    }


def span_statistic(counts: Counts) -> Statistic:
    """The span figures of weighted pairs, without the one that may not exist."""

    def statistic(weights: Weights) -> dict[str, float]:
        figures = span_figures(weights @ counts)
        return {name: value for name, value in figures.items() if value is not None}

    return statistic

"""95 % intervals by the bootstrap (Efron 1979) over documents: paragraphs of an article are one sample."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.answers import Answers
from training.metrics import BINS

RESAMPLES = 1000
_SEED = 2026
Weights = NDArray[np.float64]
Statistic = Callable[[Weights], Mapping[str, float]]
"""Figures of the rows, each counted as often as its weight says, (N,)."""


def intervals(documents: Sequence[str], statistic: Statistic) -> dict[str, list[float]]:
    """The 2.5th and 97.5th percentile of every figure over 1,000 resamples, always the same ones."""
    found: dict[str, list[float]] = {}
    for weights in resamples(documents):
        for name, value in statistic(weights).items():
            found.setdefault(name, []).append(value)
    return {name: [float(q) for q in np.nanpercentile(values, [2.5, 97.5])] for name, values in found.items()}


def resamples(documents: Sequence[str]) -> Iterator[Weights]:
    """Draw the documents anew, with replacement; gives how often each row is drawn."""
    _, number = np.unique(np.asarray(documents), return_inverse=True)
    count = int(number.max()) + 1 if len(documents) else 0
    rng = np.random.default_rng(_SEED)
    for _ in range(RESAMPLES if count else 0):
        drawn = np.bincount(rng.integers(0, count, count), minlength=count)
        yield drawn[number].astype(np.float64)


def classification_statistic(answers: Answers) -> Statistic:
    """Accuracy, macro-F1, ECE and every label's F1 (as `f1:<label>`) of weighted answers."""
    names = sorted({*answers.gold, *answers.predicted})
    number = {name: i for i, name in enumerate(names)}
    cells = np.array(
        [number[g] * len(names) + number[p] for g, p in zip(answers.gold, answers.predicted, strict=True)]
    )
    confidence = answers.confidence.astype(np.float64)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = confidence - answers.correct

    def statistic(weights: Weights) -> dict[str, float]:
        table = np.bincount(cells, weights, len(names) ** 2).reshape(len(names), len(names))
        marginals = table.sum(0) + table.sum(1)
        f1 = 2 * table.diagonal() / np.maximum(marginals, 1e-12)
        present = marginals > 0
        total = weights.sum()
        return {
            "accuracy": float(table.trace() / total),
            "macro_f1": float(f1[present].mean()),
            "ece": float(np.abs(np.bincount(bins, weights * gap, BINS)).sum() / total),
            **{f"f1:{name}": float(f1[i]) if present[i] else float("nan") for name, i in number.items()},
        }

    return statistic


def mean_statistic(columns: Mapping[str, NDArray[np.float64]]) -> Statistic:
    """Weighted means of columns of figures, one value a row."""

    def statistic(weights: Weights) -> dict[str, float]:
        return {name: float(values @ weights / weights.sum()) for name, values in columns.items()}

    return statistic

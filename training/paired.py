"""Is one model better than another on the same rows: paired tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from training.bootstrap import Statistic, mean_statistic, resamples

Columns = Mapping[str, NDArray[np.float64]]


def mcnemar(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> dict[str, Any]:
    """McNemar's exact test (1947) on which rows each of two models has right, (N,)."""
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    p = float(binomtest(only_a, only_a + only_b, 0.5).pvalue) if only_a + only_b else 1.0
    return {"only_a_right": only_a, "only_b_right": only_b, "p": p}


def paired_figures(
    documents: Sequence[str], names: Sequence[str], a: Statistic, b: Statistic
) -> dict[str, dict[str, Any]]:
    """Figures of both, the difference b − a and its 95 % interval by the paired bootstrap."""
    drawn: dict[str, list[float]] = {name: [] for name in names}
    for weights in resamples(documents):
        of_a, of_b = a(weights), b(weights)
        for name, values in drawn.items():
            values.append(of_b[name] - of_a[name])
    once = np.ones(len(documents))
    of_a, of_b = a(once), b(once)
    return {
        name: {
            "a": of_a[name],
            "b": of_b[name],
            "difference": of_b[name] - of_a[name],
            "interval": [float(q) for q in np.percentile(values, [2.5, 97.5])],
        }
        for name, values in drawn.items()
    }


def paired_means(documents: Sequence[str], a: Columns, b: Columns) -> dict[str, dict[str, Any]]:
    """The same for means of columns of figures, one value a row."""
    return paired_figures(documents, list(a), mean_statistic(a), mean_statistic(b))

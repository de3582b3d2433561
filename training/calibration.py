"""Temperature scaling (Guo et al. 2017), expected calibration error, the abstention threshold."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.model_selection import KFold

from models.predict import softmax

BINS = 15


def expected_calibration_error(probabilities: NDArray[np.float32], correct: NDArray[np.bool_]) -> float:
    """ECE of the likeliest class over 15 equal-width bins. probabilities (N, C), correct (N,)."""
    confidence = probabilities.max(1)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    error = 0.0
    for b in range(BINS):
        members = bins == b
        if members.any():
            error += members.mean() * abs(confidence[members].mean() - correct[members].mean())
    return float(error)


def fit_temperature(logits: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    """The temperature that minimises the negative log-likelihood. logits (N, C), gold (N,)."""

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature))
        return float(-np.log(probabilities[np.arange(len(gold)), gold] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def cross_fitted_ece(logits: NDArray[np.float32], gold: NDArray[np.int64], folds: int = 5) -> float:
    """ECE after scaling where every row's temperature was fitted on the other folds."""
    scaled = np.zeros_like(logits)
    for fit, rest in KFold(folds, shuffle=True, random_state=0).split(logits):
        scaled[rest] = logits[rest] / fit_temperature(logits[fit], gold[fit])
    probabilities = softmax(scaled)
    return expected_calibration_error(probabilities, probabilities.argmax(1) == gold)


def threshold_for_precision(
    probabilities: NDArray[np.float32], correct: NDArray[np.bool_], wanted: float
) -> float:
    """The lowest confidence from which on the share of right answers is at least `wanted`; 0 if all are."""
    order: Sequence[int] = np.argsort(-probabilities.max(1), kind="stable").tolist()
    precision = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= wanted)
    if not len(good) or good[-1] == len(order) - 1:
        return 0.0
    return float(probabilities.max(1)[order[good[-1]]])

"""What is fitted on dev after training: temperature (Guo et al. 2017), abstention, decoding biases."""

import dataclasses
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from models.bundle import Task, TaskInfo
from models.decoding import StanceDecoding
from models.predict import Backend, SaliencePredictor, TopicPredictor, softmax
from models.stance import StancePredictor
from models.trees import Trees
from models.windows import Arrays, Forward
from training.data import StanceRow, SummaryRow
from training.evaluate import (
    evaluate_stance,
    evaluate_topic,
    evaluation_pairs,
    stance_figures,
)
from training.evaluate_summary import evaluate_summary
from training.metrics import expected_calibration_error, reliability, risk_coverage

# of equals the first is taken
_HOLDER_BIASES = (0.0, -0.5, 0.5, -1.0, 1.0, -1.5, 1.5, 2.0)
_FURTHER_HOLDERS = (0.35, 0.2, 0.5)
_EVIDENCE_BIASES = (0.0, -0.5, 0.5, -1.0, 1.0, -1.5)


def dev_figures(
    task: Task, backend: Backend, info: TaskInfo, rows: Sequence[Any], trees: Trees | None = None
) -> dict[str, Any]:
    """Evaluate on dev; `selection` is what the best epoch is chosen by."""
    if task == "topic":
        figures = evaluate_topic(TopicPredictor(backend, info), rows)
        return {**figures, "selection": figures["macro_f1"] + figures["accuracy"]}
    if task == "summary":
        figures = evaluate_summary(SaliencePredictor(backend, info, trees), rows)
        return {**figures, "selection": figures["average_precision"]}
    figures = evaluate_stance(StancePredictor(backend, info), rows)
    spans = figures.get("holder_token_f1", 0.0) + figures.get("evidence_token_f1", 0.0)
    return {**figures, "selection": 2 * figures["macro_f1"] + spans}


def calibrate(
    task: Task,
    backend: Backend,
    info: TaskInfo,
    rows: Sequence[Any],
    *,
    precision: float = 0.9,
    trees: Trees | None = None,
) -> TaskInfo:
    """Fit the temperature, the threshold and the decoding options on dev rows; `metrics` has the figures.

    `precision` is the share of right answers that the threshold is to give. All probabilities are those
    of the pair (stance), the paragraph (topic) or the unit (summary: temperature, bias and the weight of
    `trees`, if there are any).
    """
    backend = dataclasses.replace(backend, forward=remembered(backend.forward))
    if task == "summary":
        fitted = _fit_salience(backend, info, rows, trees)
    else:
        fitted = _fit(task, backend, info, rows, precision)
    figures = dev_figures(task, backend, fitted, rows, trees)
    return dataclasses.replace(fitted, metrics={**fitted.metrics, **figures})


def _fit(task: Task, backend: Backend, info: TaskInfo, rows: Sequence[Any], precision: float) -> TaskInfo:
    if task == "topic":
        logits = TopicPredictor(backend, info).logits([row.text for row in rows])
        gold = np.array([info.labels.index(row.label) for row in rows])
    else:
        info, logits, gold = _fit_stance(backend, info, rows)
    info = dataclasses.replace(info, temperature=fit_temperature(logits, gold))
    before, after = softmax(logits), softmax(logits / info.temperature)
    correct = before.argmax(1) == gold
    return dataclasses.replace(
        info,
        threshold=threshold_for_precision(after, correct, precision),
        metrics={
            "precision_wanted": precision,
            "ece_before": expected_calibration_error(before, correct),
            "ece_cross_fitted": cross_fitted_ece(logits, gold),
            "reliability_before": reliability(before, correct),
            "reliability": reliability(after, correct),
            "risk_coverage": risk_coverage(after, correct),
        },
    )


def _fit_stance(
    backend: Backend, info: TaskInfo, rows: Sequence[StanceRow]
) -> tuple[TaskInfo, NDArray[np.float32], NDArray[np.int64]]:
    """Choose the decoding options; give the logits and labels of the pairs that have one label."""
    predictor = StancePredictor(backend, info)
    pairs = evaluation_pairs(rows, polar=predictor.polar)
    outputs = predictor.outputs([predictor.ask(p.target, p.heading) for p in pairs], [p.text for p in pairs])
    single = [i for i, pair in enumerate(pairs) if len(pair.labels) == 1]
    logits = np.stack([outputs[i].logits for i in single])
    gold = np.array([info.labels.index(next(iter(pairs[i].labels))) for i in single])
    if not predictor.polar:
        return info, logits, gold
    predictor = StancePredictor(backend, dataclasses.replace(info, temperature=fit_temperature(logits, gold)))

    def best(name: str, choices: Iterable[StanceDecoding]) -> StanceDecoding:
        return max(choices, key=lambda o: stance_figures(predictor, pairs, outputs, o)[f"{name}_token_f1"])

    known = predictor.decoding
    start = StanceDecoding(chosen_holders=known.chosen_holders, opposites=known.opposites)
    further = _FURTHER_HOLDERS if start.chosen_holders else (start.further_holder,)
    holders = (
        dataclasses.replace(start, holder_bias=bias, further_holder=least)
        for bias, least in itertools.product(_HOLDER_BIASES, further)
    )
    chosen = best("holder", holders)
    chosen = best("evidence", (dataclasses.replace(chosen, evidence_bias=b) for b in _EVIDENCE_BIASES))
    return dataclasses.replace(info, decoding=dataclasses.asdict(chosen)), logits, gold


def _fit_salience(
    backend: Backend, info: TaskInfo, rows: Sequence[SummaryRow], trees: Trees | None
) -> TaskInfo:
    """Fit temperature and bias of the salience (Platt 1999): important units are learnt as half key ones.

    Without them the saliences of an article sum to more units than readers choose, and too many are taken.
    They stay as they are where all units are key or none is, or where key units have the lower logits. Trees
    are weighed by the same regression, and count for nothing where their weight would not be positive.
    """
    plain = dataclasses.replace(info, temperature=1.0, decoding={})
    key = np.array([i in row.key for row in rows for i in range(len(row.units))])
    if len(np.unique(key)) < 2:
        return plain
    logits = _salience_logits(SaliencePredictor(backend, plain), rows)  # (units,)
    alone = LogisticRegression().fit(logits[:, None], key)  # the penalty bounds the slope of separable units
    slopes, bias = alone.coef_[0], float(alone.intercept_[0])
    if trees is not None:
        both = dataclasses.replace(plain, decoding={"trees": 1.0})
        surface = _salience_logits(SaliencePredictor(backend, both, trees), rows) - logits
        weighed = LogisticRegression().fit(np.stack([logits, surface], axis=1), key)
        if (weighed.coef_[0] > 0).all():
            slopes, bias = weighed.coef_[0], float(weighed.intercept_[0])
    if slopes[0] <= 0:
        return plain
    decoding = {"bias": bias} | ({"trees": float(slopes[1])} if len(slopes) > 1 else {})
    return dataclasses.replace(plain, temperature=1 / float(slopes[0]), decoding=decoding)


def _salience_logits(predictor: SaliencePredictor, rows: Sequence[SummaryRow]) -> NDArray[np.float64]:
    """The log-odds of every unit of all rows, (units,)."""
    found = predictor.predict([row.title for row in rows], [row.units for row in rows])
    salience = np.concatenate(found).astype(np.float64).clip(1e-6, 1 - 1e-6)
    return np.asarray(np.log(salience / (1 - salience)), np.float64)


def remembered(forward: Forward) -> Forward:
    """A forward that knows the batches it has seen: fitting asks for the same dev rows again and again."""
    seen: dict[bytes, Arrays] = {}

    def remember(arrays: Arrays) -> Arrays:
        key = hashlib.sha256(
            b"".join(f"{name}{value.shape}".encode() + value.tobytes() for name, value in arrays.items())
        ).digest()
        if key not in seen:
            seen[key] = forward(arrays)
        return seen[key]

    return remember


def fit_temperature(logits: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    """The temperature that minimises the negative log-likelihood. logits (N, C), gold (N,)."""

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature))
        return float(-np.log(probabilities[np.arange(len(gold)), gold] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def cross_fitted_ece(logits: NDArray[np.float32], gold: NDArray[np.int64], folds: int = 5) -> float:
    """ECE after scaling where every row's temperature was fitted on the other folds."""
    scaled = logits.copy()
    if len(gold) > 1:  # a single row has no other folds
        for fit, rest in KFold(min(folds, len(gold)), shuffle=True, random_state=0).split(logits):
            scaled[rest] = logits[rest] / fit_temperature(logits[fit], gold[fit])
    probabilities = softmax(scaled)
    return expected_calibration_error(probabilities, probabilities.argmax(1) == gold)


def threshold_for_precision(
    probabilities: NDArray[np.float32], correct: NDArray[np.bool_], wanted: float
) -> float:
    """The lowest confidence from which on the share of right answers is at least `wanted`.

    0 (nothing is abstained) where all answers together reach it, and where no confidence does.
    """
    order = np.argsort(-probabilities.max(1), kind="stable")
    confidence = probabilities.max(1)[order]
    precision = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    last_of_its_kind = np.append(confidence[1:] < confidence[:-1], True)  # equals stay or go together
    good = np.flatnonzero((precision >= wanted) & last_of_its_kind)
    if not len(good) or good[-1] == len(order) - 1:
        return 0.0
    return float(confidence[good[-1]])

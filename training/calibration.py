"""What is fitted on dev after training: temperature (Guo et al. 2017), abstention, decoding biases."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.model_selection import KFold

from models.bundle import Task, TaskInfo
from models.decoding import StanceDecoding
from models.predict import Backend, SaliencePredictor, StancePredictor, TopicPredictor, softmax
from training.data import StanceRow
from training.evaluate import (
    evaluate_stance,
    evaluate_topic,
    evaluation_pairs,
    stance_figures,
)
from training.evaluate_summary import evaluate_summary
from training.metrics import expected_calibration_error

_ABSTENTION_PRECISION = 0.9
_HOLDER_BIASES = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
_EVIDENCE_BIASES = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0)


def dev_figures(task: Task, backend: Backend, info: TaskInfo, rows: Sequence[Any]) -> dict[str, Any]:
    """Evaluate on dev; `selection` is what the best epoch is chosen by."""
    if task == "topic":
        figures = evaluate_topic(TopicPredictor(backend, info), rows)
        return {**figures, "selection": figures["macro_f1"] + figures["accuracy"]}
    if task == "summary":
        figures = evaluate_summary(SaliencePredictor(backend, info), rows)
        return {**figures, "selection": figures["average_precision"]}
    figures = evaluate_stance(StancePredictor(backend, info), rows)
    selection = 2 * figures["macro_f1"] + figures["holder_token_f1"] + figures["evidence_token_f1"]
    return {**figures, "selection": selection}


def calibrate(task: Task, backend: Backend, info: TaskInfo, rows: Sequence[Any]) -> TaskInfo:
    """Fit the temperature, the abstention threshold and the decoding options on dev rows."""
    if task == "summary":
        return info
    if task == "stance":
        return _calibrate_stance(backend, info, rows)
    predictor = TopicPredictor(backend, info)
    logits = predictor.logits([row.text for row in rows])
    gold = np.array([info.labels.index(row.label) for row in rows])
    before = evaluate_topic(predictor, rows)["ece"]
    temperature = fit_temperature(logits, gold)
    info = dataclasses.replace(info, temperature=temperature)
    probabilities = TopicPredictor(backend, info).predict([row.text for row in rows])
    correct = probabilities.argmax(1) == gold
    return dataclasses.replace(
        info,
        threshold=threshold_for_precision(probabilities, correct, _ABSTENTION_PRECISION),
        metrics={"ece_before": before, "ece_cross_fitted": cross_fitted_ece(logits, gold)},
    )


def _calibrate_stance(backend: Backend, info: TaskInfo, rows: Sequence[StanceRow]) -> TaskInfo:
    predictor = StancePredictor(backend, info)
    pairs = evaluation_pairs(rows)
    outputs = predictor.outputs([p.target for p in pairs], [p.text for p in pairs])
    single = [i for i, pair in enumerate(pairs) if len(pair.labels) == 1]
    logits = np.stack([outputs[i].logits for i in single])
    gold = np.array([info.labels.index(next(iter(pairs[i].labels))) for i in single])
    before = stance_figures(predictor, pairs, outputs, StanceDecoding())["ece"]
    info = dataclasses.replace(info, temperature=fit_temperature(logits, gold))
    predictor = StancePredictor(backend, info)
    best, best_score = StanceDecoding(), -1.0
    for holder, evidence in itertools.product(_HOLDER_BIASES, _EVIDENCE_BIASES):
        options = StanceDecoding(holder_bias=holder, evidence_bias=evidence)
        figures = stance_figures(predictor, pairs, outputs, options)
        score = figures["holder_token_f1"] + figures["evidence_token_f1"]
        if score > best_score:
            best, best_score = options, score
    return dataclasses.replace(
        info,
        decoding=dataclasses.asdict(best),
        metrics={"ece_before": before, "ece_cross_fitted": cross_fitted_ece(logits, gold)},
    )


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

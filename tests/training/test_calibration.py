"""Calibration recovers what was put in and never makes a confident predictor look worse."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.load import OpenBundle
from models.predict import SaliencePredictor, softmax
from models.windows import Arrays
from training.calibration import calibrate, cross_fitted_ece, fit_temperature, threshold_for_precision
from training.data import read_stance, read_summary, read_topic
from training.evaluate_summary import evaluate_summary
from training.metrics import expected_calibration_error


def _calibrated(rows: int = 4000, classes: int = 5) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits and labels drawn from their own softmax: calibrated by construction."""
    random = np.random.default_rng(7)
    logits = random.normal(0, 1.5, (rows, classes)).astype(np.float32)
    cumulated = softmax(logits).cumsum(1)
    gold = (cumulated < random.random((rows, 1))).sum(1).clip(max=classes - 1)
    return logits, gold


def _ece(logits: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    probabilities = softmax(logits)
    return expected_calibration_error(probabilities, probabilities.argmax(1) == gold)


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_the_temperature_is_the_scale_the_logits_were_blown_up_by(scale: float) -> None:
    logits, gold = _calibrated()
    assert fit_temperature(logits * scale, gold) == pytest.approx(scale, rel=0.1)


def test_the_temperature_stays_finite_for_logits_that_are_always_right_or_always_wrong() -> None:
    logits = np.eye(3, dtype=np.float32) * 8
    right, wrong = fit_temperature(logits, np.arange(3)), fit_temperature(logits, np.array([1, 2, 0]))
    assert 0.1 < right < 1 < wrong < 8


def test_cross_fitting_lowers_the_error_of_an_overconfident_predictor() -> None:
    logits, gold = _calibrated(1000)
    before, after = _ece(logits * 4, gold), cross_fitted_ece(logits * 4, gold)
    assert 0 <= after < before / 2 <= 0.5


@pytest.mark.parametrize("rows", [1, 2, 4, 11])
def test_cross_fitting_works_on_few_rows(rows: int) -> None:
    """A dev set smaller than the folds must not end a finished training run."""
    logits, gold = _calibrated(rows)
    assert 0 <= cross_fitted_ece(logits, gold) <= 1


@pytest.mark.parametrize(
    ("correct", "wanted", "expected"),
    [
        ([1, 1, 0, 0], 0.9, 0.8),
        ([1, 1, 0, 0], 0.6, 0.7),
        ([1, 0, 1, 1], 0.75, 0.0),  # all rows together are good enough
        ([1, 0, 1, 0], 0.66, 0.7),  # the dip at the second is made good by the third
        ([1, 1, 1, 1], 0.9, 0.0),
    ],
)
def test_the_threshold_is_the_lowest_that_keeps_the_precision(
    correct: list[int], wanted: float, expected: float
) -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    shuffled = [2, 0, 3, 1]
    probabilities = np.stack([confidence, 1 - confidence], axis=1)[shuffled]
    found = threshold_for_precision(probabilities, np.array(correct, bool)[shuffled], wanted)
    assert found == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(10, 20), st.booleans()), min_size=1, max_size=30))
def test_what_is_answered_above_a_threshold_is_as_precise_as_wanted(rows: list[tuple[int, bool]]) -> None:
    """Also where many rows share one confidence, as doubled texts do."""
    confidence = np.array([c / 20 for c, _ in rows], np.float32)
    correct = np.array([right for _, right in rows])
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    threshold = threshold_for_precision(probabilities, correct, 0.75)
    if threshold:
        assert correct[confidence >= threshold].mean() >= 0.75


def test_calibrate_sets_what_the_task_uses(tiny_bundle: Path, tiny_rows: dict[str, Path]) -> None:
    bundle = OpenBundle.open(tiny_bundle)
    topic = bundle.topic()
    found = calibrate("topic", topic.backend, topic.info, read_topic(tiny_rows["topic"]).rows)
    assert found.temperature > 0 and 0 <= found.threshold <= 1
    fitted = {"precision_wanted", "ece_before", "ece_cross_fitted", "reliability_before", "reliability"}
    assert fitted | {"risk_coverage", "accuracy", "ece"} <= set(found.metrics)
    stance = bundle.stance()
    found = calibrate("stance", stance.backend, stance.info, read_stance(tiny_rows["stance"]).rows)
    assert set(found.decoding) >= {"holder_bias", "evidence_bias"} and 0 <= found.threshold <= 1
    summary = bundle.summary()
    found = calibrate("summary", summary.backend, summary.info, read_summary(tiny_rows["summary"]).rows)
    assert found.temperature > 0 and "unit_overlap" in found.metrics


def test_saliences_come_to_sum_to_the_units_that_readers_choose(
    tiny_bundle: Path, tiny_rows: dict[str, Path]
) -> None:
    """A model that is too sure of every unit is mended by a bias, and the bundle's predictor applies it."""
    summary = OpenBundle.open(tiny_bundle).summary()
    rows = read_summary(tiny_rows["summary"]).rows

    def sure(arrays: Arrays) -> Arrays:
        features = arrays["features"]  # (B, U, F); the first unit of an article is the likeliest
        return {"logits": 4 + features[..., 1]}

    backend = dataclasses.replace(summary.backend, forward=sure)
    found = calibrate("summary", backend, summary.info, rows)
    assert found.decoding["bias"] < 0
    salience = SaliencePredictor(backend, found).predict([r.title for r in rows], [r.units for r in rows])
    wanted = sum(len(row.key) for row in rows)
    assert sum(float(s.sum()) for s in salience) == pytest.approx(wanted, rel=0.02)
    plain = dataclasses.replace(summary.info, temperature=1.0, decoding={})
    assert found.metrics["ece"] < evaluate_summary(SaliencePredictor(backend, plain), rows)["ece"]


def test_saliences_that_point_the_wrong_way_stay_as_they_are(
    tiny_bundle: Path, tiny_rows: dict[str, Path]
) -> None:
    summary = OpenBundle.open(tiny_bundle).summary()
    rows = read_summary(tiny_rows["summary"]).rows
    backend = dataclasses.replace(summary.backend, forward=lambda a: {"logits": -a["features"][..., 1]})
    found = calibrate("summary", backend, summary.info, rows)
    assert found.decoding == {} and found.temperature == 1

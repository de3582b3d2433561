"""How good a bundle is on labelled data: the figures of `mujaz evaluate` (docs/evaluation.md)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arabic.errors import InputError
from models.bundle import Task, file_sha256
from models.decoding import StanceDecoding
from models.label_sets import read_labels
from models.load import OpenBundle
from models.predict import TopicModel
from models.stance import PairOutput, StancePredictor
from models.zero_shot import ZeroShotTopics
from training.answers import Answers, pair_answers, topic_answers
from training.bootstrap import RESAMPLES, classification_statistic, intervals
from training.data import UNRELATED, Columns, StanceRow, TopicRow, read_stance, read_summary, read_topic
from training.evaluate_summary import full_extract_figures, full_written_figures
from training.metrics import (
    area_under_risk,
    classification,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from training.pairs import Pair, all_pairs
from training.slices import classification_slices
from training.spans import span_counts, span_figures, span_statistic

EVALUATION_SEED = 2026


def evaluate(
    task: Task, bundle: Path, data: Path, *, columns: Columns | None = None, topics: Path | None = None
) -> dict[str, Any]:
    """Evaluate one task of a bundle on a file of labelled rows: all figures, intervals and slices.

    `topics` is a label-set file: topics are then given zero-shot, with its labels.

    Raises `InputError` for bad data and `BundleError` for a bad bundle or label set.
    """
    opened = OpenBundle.open(bundle)
    info = opened.info.tasks.get(task)
    labels = info.labels if info else ()
    if task == "topic" and topics:
        label_set = read_labels(topics)
        paragraphs = read_topic(data, columns=columns, labels=label_set.ids).rows
        figures = _full_topic(ZeroShotTopics.of(opened.embedder(), label_set), paragraphs)
        figures["topics"] = _origin(topics)
    elif task == "topic":
        paragraphs = read_topic(data, columns=columns, labels=labels).rows
        figures = _full_topic(opened.topic(), paragraphs)
    elif task == "stance":
        stances = read_stance(data, columns=columns, labels=labels).rows
        figures = _full_stance(opened.stance(), stances)
    else:
        articles = read_summary(data, columns=columns).rows
        if info and info.kind == "abstractive":
            figures = full_written_figures(opened.summarizer(), articles)
        else:
            figures = full_extract_figures(opened.summary(), articles)
    model = {"name": opened.info.name, "version": opened.info.version, "sha256": opened.info.sha256}
    bootstrap = {"resamples": RESAMPLES, "unit": "document", "level": 0.95}
    return {"task": task, **figures, "bootstrap": bootstrap, "model": model, "data": _origin(data)}


def _origin(path: Path) -> dict[str, str | None]:
    return {"file": path.name, "sha256": file_sha256(path) if path.is_file() else None}


def evaluate_topic(predictor: TopicModel, rows: Sequence[TopicRow]) -> dict[str, Any]:
    """Topic figures; `first_or_second_accuracy` also counts a paragraph's second label as right."""
    return _topic_figures(predictor, rows, topic_answers(predictor, rows))


def _topic_figures(predictor: TopicModel, rows: Sequence[TopicRow], answers: Answers) -> dict[str, Any]:
    either = [p in (row.label, row.second) for p, row in zip(answers.predicted, rows, strict=True)]
    kept = answers.confidence >= predictor.threshold
    return {
        **_label_figures(answers),
        "first_or_second_accuracy": float(np.mean(either)),
        "answered": float(kept.mean()),
        "answered_accuracy": float(answers.correct[kept].mean()) if kept.any() else None,
    }


def _label_figures(answers: Answers) -> dict[str, Any]:
    return {
        "n": len(answers.gold),
        **classification(answers.gold, answers.predicted),
        "ece": expected_calibration_error(answers.probabilities, answers.correct),
    }


def _full_topic(predictor: TopicModel, rows: Sequence[TopicRow]) -> dict[str, Any]:
    answers = topic_answers(predictor, rows)
    return {**_topic_figures(predictor, rows, answers), **details(answers)}


def details(answers: Answers) -> dict[str, Any]:
    """Confusion, calibration, intervals and slices of a classifier's answers."""
    names = sorted({*answers.gold, *answers.predicted}, key=_order(answers.labels))
    number = {name: i for i, name in enumerate(names)}
    confusion = np.zeros((len(names), len(names)), int)
    for gold, predicted in zip(answers.gold, answers.predicted, strict=True):
        confusion[number[gold], number[predicted]] += 1
    return {
        "labels": names,
        "confusion": confusion.tolist(),
        "reliability": reliability(answers.probabilities, answers.correct),
        "risk_coverage": risk_coverage(answers.probabilities, answers.correct),
        "aurc": area_under_risk(answers.probabilities, answers.correct),
        "intervals": intervals(answers.documents, classification_statistic(answers)),
        "slices": classification_slices(answers),
    }


def _order(labels: Sequence[str]) -> Any:
    return {label: i for i, label in enumerate(labels)}.__getitem__


def evaluate_stance(predictor: StancePredictor, rows: Sequence[StanceRow]) -> dict[str, Any]:
    """Stance figures over (target, paragraph) pairs, see `stance_figures`.

    Without `unrelated` pairs in the data they are made, as many as there are records, half of them
    hard, always the same ones; not for a model with labels of its own.
    """
    pairs = evaluation_pairs(rows, polar=predictor.polar)
    outputs = predictor.outputs([predictor.ask(p.target, p.heading) for p in pairs], [p.text for p in pairs])
    return stance_figures(predictor, pairs, outputs, predictor.decoding)


def evaluation_pairs(rows: Sequence[StanceRow], *, polar: bool = True) -> list[Pair]:
    """The pairs that stance is evaluated on; unrelated ones are made for our labels (`polar`) only.

    Raises `InputError` where there are none with one label.
    """
    own = any(record.stance == UNRELATED for row in rows for record in row.stances)
    ratio = 1.0 if polar and not own else 0.0  # data with unrelated pairs of its own gets no others
    pairs = all_pairs(rows, ratio=ratio, hard=0.5, seed=EVALUATION_SEED)
    if not any(len(pair.labels) == 1 for pair in pairs):
        raise InputError("no stance to evaluate on; the rows need targets that holders agree on")
    return pairs


def stance_figures(
    predictor: StancePredictor, pairs: Sequence[Pair], outputs: Sequence[PairOutput], options: StanceDecoding
) -> dict[str, Any]:
    """Figures of the model's outputs on pairs.

    Pairs on which holders disagree have no single label: they are left out of the pair figures
    (`n_mixed` counts them) and stay in the span figures. Span figures are end to end: spans count
    only where the pair was not taken for unrelated, and on unrelated pairs every span found is
    wrong. Tokens are whitespace words. A model with labels of its own has no span figures.
    """
    figures = _pair_figures(pairs, pair_answers(predictor, pairs, outputs, ()))
    if not predictor.polar:
        return figures
    return {**figures, **span_figures(span_counts(predictor, pairs, outputs, options).sum(0))}


def _pair_figures(pairs: Sequence[Pair], answers: Answers) -> dict[str, Any]:
    figures = _label_figures(answers)
    figures["n_mixed"] = len(pairs) - len(answers.gold)
    if {"favor", "against"} <= set(answers.labels):
        sides = [figures["per_class"].get(side, {"f1": 0.0})["f1"] for side in ("favor", "against")]
        figures["favor_against_f1"] = float(np.mean(sides))
    return figures


def _full_stance(predictor: StancePredictor, rows: Sequence[StanceRow]) -> dict[str, Any]:
    pairs = evaluation_pairs(rows, polar=predictor.polar)
    outputs = predictor.outputs([predictor.ask(p.target, p.heading) for p in pairs], [p.text for p in pairs])
    answers = pair_answers(predictor, pairs, outputs, rows)
    figures = {**_pair_figures(pairs, answers), **details(answers)}
    if predictor.polar:
        counts = span_counts(predictor, pairs, outputs, predictor.decoding)
        ids = {row.text: row.document for row in rows}
        figures |= span_figures(counts.sum(0))
        figures["intervals"] |= intervals([ids[pair.text] for pair in pairs], span_statistic(counts))
    return figures

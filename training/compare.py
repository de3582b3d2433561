"""Two bundles on the same texts: is one better, and what changed between them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score

from arabic.errors import InputError
from models.bundle import TASKS, Task, read_manifest
from models.load import OpenBundle
from models.predict import TopicPredictor
from models.stance import StancePredictor
from training.answers import UNKNOWN, Answers, Item
from training.bootstrap import classification_statistic
from training.compare_summaries import compare_summaries
from training.data import Columns, read_stance, read_topic
from training.evaluate import evaluation_pairs
from training.paired import mcnemar, paired_figures
from training.pool import is_labelled, read_items

Predictor = TopicPredictor | StancePredictor


def compare(
    first: Path, second: Path, data: Path, *, task: Task | None = None, columns: Columns | None = None
) -> dict[str, Any]:
    """Compare two bundles on a file of labelled or unlabelled rows (docs/evaluation.md has the keys).

    `rows` holds every row, those first on which the bundles disagree. Raises `InputError` for bad data or
    where the bundles have no task in common, `BundleError` for a bad bundle.
    """
    task = _task(first, second, task)
    bundles = OpenBundle.open(first), OpenBundle.open(second)
    labelled = is_labelled(task, data, columns)
    if task == "summary":
        found = compare_summaries(*bundles, data, labelled=labelled, columns=columns)
    else:
        predictors = [bundle.topic() if task == "topic" else bundle.stance() for bundle in bundles]
        items, gold = _items(predictors, data, labelled, columns)
        found = compare_answers(*(_answers(predictor, items, gold) for predictor in predictors))
    models = {
        name: {"name": b.info.name, "version": b.info.version, "sha256": b.info.sha256}
        for name, b in zip("ab", bundles, strict=True)
    }
    return {"task": task, "labelled": labelled, **models, **found}


def _task(first: Path, second: Path, task: Task | None) -> Task:
    both = [t for t in TASKS if all(t in read_manifest(path).tasks for path in (first, second))]
    if task is None and len(both) == 1:
        return both[0]
    if task is None or task not in both:
        known = ", ".join(both) or "none"
        asked = "name the task to compare" if task is None else f"not both bundles have {task}"
        raise InputError(f"{asked}; tasks that both have: {known}")
    return task


def _items(
    predictors: Sequence[Predictor], data: Path, labelled: bool, columns: Columns | None
) -> tuple[list[Item], list[str]]:
    """What the bundles answer on, and its labels; pairs on which holders disagree have none: left out."""
    stance = [predictor for predictor in predictors if isinstance(predictor, StancePredictor)]
    if not labelled:
        items = list(read_items("stance" if stance else "topic", data, columns))
        return items, [UNKNOWN] * len(items)
    if not stance:
        rows = read_topic(data, columns=columns).rows
        return [Item(row.id, row.text) for row in rows], [row.label for row in rows]
    stances = read_stance(data, columns=columns).rows
    pairs = evaluation_pairs(stances, polar=all(predictor.polar for predictor in stance))
    ids = {row.text: row.id for row in stances}
    single = [pair for pair in pairs if len(pair.labels) == 1]
    items = [Item(ids[pair.text], pair.text, pair.target) for pair in single]
    return items, [next(iter(pair.labels)) for pair in single]


def _answers(predictor: Predictor, items: Sequence[Item], gold: Sequence[str]) -> Answers:
    texts = [item.text for item in items]
    if isinstance(predictor, StancePredictor):
        probabilities = predictor.probabilities([item.target for item in items], texts)
    else:
        probabilities = predictor.predict(texts)
    return Answers(tuple(items), tuple(gold), predictor.info.labels, probabilities)


def compare_answers(a: Answers, b: Answers) -> dict[str, Any]:
    """Compare two models' answers on the same items, labelled or not."""
    same = np.array([x == y for x, y in zip(a.predicted, b.predicted, strict=True)], bool)
    kappa = (
        float(cohen_kappa_score(a.predicted, b.predicted)) if len({*a.predicted, *b.predicted}) > 1 else 1.0
    )
    changes = Counter((x, y) for x, y in zip(a.predicted, b.predicted, strict=True) if x != y)
    found: dict[str, Any] = {
        "n": len(same),
        "agreement": float(same.mean()),
        "kappa": kappa,
        "changes": [{"a": x, "b": y, "n": count} for (x, y), count in changes.most_common()],
    }
    labelled = UNKNOWN not in a.gold
    if labelled:
        names = ("accuracy", "macro_f1", "ece")
        found["figures"] = paired_figures(
            a.documents, names, classification_statistic(a), classification_statistic(b)
        )
        found["mcnemar"] = mcnemar(a.correct, b.correct)
    order = sorted(range(len(same)), key=lambda i: _interest(a, b, i, labelled))
    found["rows"] = [_row(a, b, i) for i in order]
    return found


def _interest(a: Answers, b: Answers, i: int, labelled: bool) -> tuple[int, float]:
    """Rows that got worse, then those that got better, then other changes; the surest first."""
    x, y = a.predicted[i], b.predicted[i]
    sureness = -float(a.confidence[i] + b.confidence[i])
    if x == y:
        return 3, sureness
    if not labelled:
        return 2, sureness
    return (0 if x == a.gold[i] else 1 if y == a.gold[i] else 2), sureness


def _row(a: Answers, b: Answers, i: int) -> dict[str, Any]:
    item = a.items[i]
    row: dict[str, Any] = {"id": item.id, "text": item.text}
    if item.target:
        row["target"] = item.target
    if a.gold[i] != UNKNOWN:
        row["gold"] = a.gold[i]
    for name, answers in (("a", a), ("b", b)):
        row[name] = {"label": answers.predicted[i], "probability": float(answers.confidence[i])}
    return row

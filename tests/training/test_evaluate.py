"""The figures of `mujaz evaluate`: documented, repeatable, 1 for a perfect model and 0 for a silent one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arabic.errors import InputError
from models.bundle import TaskInfo
from models.decoding import StanceDecoding, StanceRecord
from models.errors import BundleError
from models.label_sets import load_labels
from tests.tiny import AGAINST, FAVOR, train_tiny
from training.data import StanceLabel, StanceRow, read_stance, read_summary, read_topic
from training.evaluate import (
    _full_stance,
    evaluate,
    evaluate_stance,
    evaluate_topic,
    evaluation_pairs,
)
from training.evaluate_summary import evaluate_summary
from training.metrics import classification

COMMON = {"n", "accuracy", "macro_f1", "per_class", "ece"}
DOCUMENTED = {
    "topic": COMMON | {"first_or_second_accuracy", "answered", "answered_accuracy"},
    "stance": COMMON
    | {"n_mixed", "favor_against_f1", "holder_token_f1", "evidence_token_f1", "holder_exact_f1"},
    "summary": COMMON | {"rouge1", "rouge2", "rougeL", "unit_overlap", "lead60_unit_overlap", "words"},
}


@dataclass
class Answer:
    """What a stance model says of a pair, made up."""

    logits: np.ndarray
    found: list[StanceRecord]

    def decode(self, options: StanceDecoding) -> "Answer":
        """Stay as it is: the spans are made up, not decoded."""
        return self


class Oracle:
    """A stance predictor that knows the annotated records of every pair, or finds every pair unrelated."""

    info = TaskInfo("encoder", "lora", load_labels("stance").ids, 64)
    polar = True
    decoding = StanceDecoding()

    def __init__(self, rows: Sequence[StanceRow], *, silent: bool = False) -> None:
        self.gold = {
            (record.target, row.text): [r for r in row.stances if r.target == record.target]
            for row in ([] if silent else rows)
            for record in row.stances
        }

    def ask(self, target: str, heading: str) -> str:
        """Ask without headings."""
        return target

    def outputs(self, targets: Sequence[str], texts: Sequence[str]) -> list[Answer]:
        """Answer with the annotated label and records of every pair."""
        answers = []
        for pair in zip(targets, texts, strict=True):
            records = self.gold.get(pair, [])
            label = records[0].stance if records else "unrelated"
            logits = 20.0 * np.eye(4, dtype=np.float32)[self.info.labels.index(label)]
            found = [StanceRecord(r.holder, r.stance, 1.0, r.evidence) for r in records]
            answers.append(Answer(logits, found))
        return answers

    def records(self, answer: Answer, options: StanceDecoding) -> list[StanceRecord]:
        """The records of an answer."""
        return answer.found


SPANS = (
    "holder_token_f1",
    "holder_exact_f1",
    "holder_with_polarity_token_f1",
    "evidence_token_f1",
    "evidence_exact_f1",
)


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_the_documented_figures_are_there_and_the_same_every_time(
    task: str, tiny_bundle: Path, tiny_rows: dict[str, Path]
) -> None:
    figures = evaluate(task, tiny_bundle, tiny_rows[task])
    assert set(figures) >= DOCUMENTED[task]
    again = evaluate(task, tiny_bundle, tiny_rows[task])
    assert json.dumps(figures, allow_nan=False) == json.dumps(again, allow_nan=False)
    shares = [v for k, v in figures.items() if isinstance(v, float) and k != "words_mean"]
    assert shares and all(0 <= value <= 1 for value in shares)
    assert all(set(row) == {"precision", "recall", "f1", "support"} for row in figures["per_class"].values())


def test_bad_data_and_a_missing_task_are_refused(
    tiny_bundle: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="label"):
        evaluate("topic", tiny_bundle, tiny_rows["stance"])
    train_tiny("topic", tiny_rows["topic"], tmp_path / "only", tiny_base, epochs=1)
    with pytest.raises(BundleError, match="no summary model"):
        evaluate("summary", tmp_path / "only", tiny_rows["summary"])


def test_stance_is_judged_on_as_many_unrelated_pairs_as_records_and_always_the_same(
    tiny_rows: dict[str, Path],
) -> None:
    rows = read_stance(tiny_rows["stance"]).rows
    pairs = evaluation_pairs(rows)
    assert sum(not pair.records for pair in pairs) == sum(len(row.stances) for row in rows) == 18
    assert pairs == evaluation_pairs(rows)


def test_a_perfect_stance_model_scores_one(tiny_rows: dict[str, Path]) -> None:
    rows = read_stance(tiny_rows["stance"]).rows
    figures = evaluate_stance(Oracle(rows), rows)
    assert {figures[name] for name in ("accuracy", "macro_f1", "favor_against_f1", *SPANS)} == {1.0}
    assert figures["holder_polarity_accuracy"] == 1.0
    assert figures["ece"] < 1e-6 and figures["n"] == 36 and figures["n_mixed"] == 0


def test_pairs_whose_words_name_the_opposite_are_a_slice_of_their_own() -> None:
    turned = StanceLabel("إغلاق الجسر", "against", None, None, opposite=True)
    rows = [
        StanceRow(
            f"a{i}#0",
            FAVOR.replace("الجسر", f"الجسر {i}"),
            (StanceLabel("الجسر", "favor", None, None), turned),
        )
        for i in range(6)
    ]
    slices = _full_stance(Oracle(rows), rows)["slices"]["names"]
    assert set(slices) == {"opposite", "target", "nobody on a side"}
    for name in ("opposite", "target"):
        assert (slices[name]["n"], slices[name]["accuracy"]) == (6, 1.0)


def test_a_model_that_finds_everything_unrelated_scores_zero_on_spans(tiny_rows: dict[str, Path]) -> None:
    rows = read_stance(tiny_rows["stance"]).rows
    figures = evaluate_stance(Oracle(rows, silent=True), rows)
    assert {figures[name] for name in SPANS} == {0.0} and figures["holder_polarity_accuracy"] is None
    assert figures["accuracy"] == 0.5 and figures["favor_against_f1"] == 0.0


def test_spans_on_unrelated_pairs_are_wrong(tiny_rows: dict[str, Path]) -> None:
    """Without this a model that always answers would be told that it finds all spans."""
    rows = read_stance(tiny_rows["stance"]).rows

    class Eager(Oracle):
        def outputs(self, targets: Sequence[str], texts: Sequence[str]) -> list[Answer]:
            answers = super().outputs(targets, texts)
            for answer in answers:
                answer.found = answer.found or [StanceRecord((0, 3), "favor", 1.0, (0, 3))]
            return answers

    figures = evaluate_stance(Eager(rows), rows)
    assert figures["accuracy"] == 1.0
    assert figures["holder_exact_f1"] < 1 and figures["evidence_token_f1"] < 1


def test_the_right_words_with_the_wrong_side_count_for_spans_only(tiny_rows: dict[str, Path]) -> None:
    rows = read_stance(tiny_rows["stance"]).rows

    class Contrary(Oracle):
        def records(self, answer: Answer, options: StanceDecoding) -> list[StanceRecord]:
            other = {"favor": "against", "against": "favor", "neutral": "favor"}
            return [StanceRecord(r.holder, other[r.label], 1.0, r.evidence) for r in answer.found]

    figures = evaluate_stance(Contrary(rows), rows)
    assert figures["holder_token_f1"] == figures["evidence_token_f1"] == 1.0
    assert figures["holder_with_polarity_token_f1"] == figures["holder_polarity_accuracy"] == 0.0


def test_pairs_on_which_holders_disagree_count_for_spans_but_not_for_labels() -> None:
    mixed = (StanceLabel("الجسر", "favor", (3, 7), None), StanceLabel("الجسر", "against", (8, 15), None))
    rows = [
        StanceRow("a#0", FAVOR, mixed),
        StanceRow("b#0", AGAINST, (StanceLabel("السوق", "against", (5, 19), None),)),
    ]
    figures = evaluate_stance(Oracle(rows), rows)
    assert figures["n_mixed"] == 1 and figures["n"] == len(evaluation_pairs(rows)) - 1
    assert figures["holder_token_f1"] == 1.0
    assert evaluate_stance(Oracle(rows[1:]), rows)["holder_token_f1"] < 1


def test_rows_on_which_all_holders_disagree_cannot_be_judged() -> None:
    mixed = (StanceLabel("الجسر", "favor", (3, 7), None), StanceLabel("الجسر", "against", (8, 15), None))
    with pytest.raises(InputError, match="no stance to evaluate on"):
        evaluation_pairs([StanceRow("a#0", FAVOR, mixed)])


def test_a_perfect_topic_model_scores_one(tiny_rows: dict[str, Path]) -> None:
    rows = read_topic(tiny_rows["topic"]).rows

    class Topics:
        labels = load_labels("topic")
        threshold = 0.5

        def predict(self, texts: Sequence[str]) -> np.ndarray:
            gold = {row.text: row.label for row in rows}
            labels = [self.labels.index(gold[text]) for text in texts]
            return np.eye(len(self.labels.ids), dtype=np.float32)[labels]

    figures = evaluate_topic(Topics(), rows)
    assert figures["accuracy"] == figures["macro_f1"] == figures["answered_accuracy"] == 1.0
    assert figures["ece"] == 0.0 and set(figures["per_class"]) == {row.label for row in rows}


def test_topics_of_a_label_set_are_judged_without_training(
    tiny_bundle: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Only the file's labels count, and the figures say which file it was."""
    topics = tmp_path / "own.yaml"
    label = "  - {{id: {0}, ar: خبر, en: {0}, definition: {0}}}\n"
    ids = ("sport", "health", "economy_business_finance", "weather")
    text = "name: own\nscheme: ours\nlabels:\n" + "".join(map(label.format, ids))
    topics.write_text(text, encoding="utf-8")
    figures = evaluate("topic", tiny_bundle, tiny_rows["topic"], topics=topics)
    assert set(figures) >= DOCUMENTED["topic"] and set(figures["labels"]) <= set(ids)
    assert figures["topics"]["file"] == "own.yaml" and figures["answered"] == 1.0
    topics.write_text(text.replace("id: health", "id: other"), encoding="utf-8")
    with pytest.raises(InputError, match="health"):
        evaluate("topic", tiny_bundle, tiny_rows["topic"], topics=topics)


def test_a_perfect_salience_model_chooses_the_key_units(tiny_rows: dict[str, Path]) -> None:
    rows = read_summary(tiny_rows["summary"]).rows

    class Salience:
        def predict(self, titles: Sequence[str], articles: Sequence[Sequence[str]]) -> list[Any]:
            return [np.array([i in row.key for i in range(len(row.units))], np.float32) for row in rows]

    figures = evaluate_summary(Salience(), rows)
    assert figures["unit_overlap"] == figures["average_precision"] == figures["accuracy"] == 1.0
    assert figures["unit_overlap"] > figures["lead60_unit_overlap"] > 0 and figures["ece"] == 0.0


def test_classification_counts_labels_of_either_side() -> None:
    figures = classification(["a", "a", "b"], ["a", "c", "b"])
    assert figures["accuracy"] == pytest.approx(2 / 3)
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert figures["per_class"]["c"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}

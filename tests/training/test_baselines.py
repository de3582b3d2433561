"""The baselines run on the data's own schema and keep to the word budget."""

from pathlib import Path

from models.selection import BASE_WORDS
from tests.tiny import STANCE_ROWS, SUMMARY_ROWS, TOPIC_ROWS, write_rows
from training.baselines import fill, stance_baseline, summary_baseline, topic_baseline


def test_classifier_baselines_learn_separable_rows(tmp_path: Path) -> None:
    topics = write_rows(tmp_path / "topic.jsonl", TOPIC_ROWS)
    assert topic_baseline(topics, topics)["svm"]["accuracy"] == 1.0
    stances = write_rows(tmp_path / "stance.jsonl", STANCE_ROWS)
    figures = stance_baseline(stances, stances)["svm"]
    assert set(figures["per_class"]) >= {"favor", "against", "neutral", "unrelated"}


def test_summary_baselines_report_the_same_figures(tmp_path: Path) -> None:
    figures = summary_baseline(write_rows(tmp_path / "summary.jsonl", SUMMARY_ROWS))
    assert set(figures) == {"lead60", "lexrank", "textrank"}
    assert all(0 <= method["unit_overlap"] <= 1 and method["rouge1"] > 0 for method in figures.values())


def test_units_are_taken_by_rank_within_the_budget() -> None:
    assert fill([2, 0, 1], [BASE_WORDS - 10, 40, 10]) == [0, 2]
    assert fill([0, 1], [BASE_WORDS + 5, 3]) == [0]

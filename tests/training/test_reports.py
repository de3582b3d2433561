"""What is written about a bundle: the full evaluation, its report, the card, a comparison, suggestions."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arabic.errors import InputError
from models.bundle import verify
from tests.tiny import ROWS, train_tiny, write_rows
from training.answers import Answers, Item
from training.bootstrap import classification_statistic, intervals
from training.card import write_card
from training.compare import compare
from training.evaluate import evaluate
from training.metrics import classification, expected_calibration_error
from training.paired import mcnemar
from training.push import push
from training.report import write_report
from training.suggest import diverse, suggest, write_suggestions

DETAILS = {"labels", "confusion", "reliability", "risk_coverage", "aurc", "intervals", "slices"}
ALWAYS = {"task", "n", "bootstrap", "model", "data", "intervals", "slices"}


def answers(gold: list[str], predicted: list[str], confidence: float = 0.9) -> Answers:
    """A model that answers so, each row of a document of its own."""
    labels = ("a", "b", "c")
    other = (1 - confidence) / 2
    rows = [[confidence if label == p else other for label in labels] for p in predicted]
    items = tuple(Item(f"d{i}#0", f"نص {i}") for i in range(len(gold)))
    return Answers(items, tuple(gold), labels, np.array(rows, np.float32))


def test_unweighted_statistics_are_the_figures() -> None:
    found = answers(list("aaabbc"), list("aabbba"))
    statistic = classification_statistic(found)(np.ones(6))
    figures = classification(found.gold, found.predicted)
    assert statistic["accuracy"] == pytest.approx(figures["accuracy"])
    assert statistic["macro_f1"] == pytest.approx(figures["macro_f1"])
    assert statistic["ece"] == pytest.approx(expected_calibration_error(found.probabilities, found.correct))


def test_intervals_hold_the_figure_and_shrink_with_documents() -> None:
    few = answers(list("aabb") * 10, list("aaba") * 10)
    many = answers(list("aabb") * 100, list("aaba") * 100)
    low, high = intervals(few.documents, classification_statistic(few))["accuracy"]
    narrow = intervals(many.documents, classification_statistic(many))["accuracy"]
    assert low < 0.75 < high and narrow[1] - narrow[0] < high - low
    together = intervals(["one"] * 40, classification_statistic(few))["accuracy"]
    assert together == [0.75, 0.75]


def test_mcnemar_counts_what_only_one_has_right() -> None:
    a, b = np.array([1, 1, 1, 1, 1, 1, 0, 1], bool), np.array([0, 0, 0, 0, 0, 0, 1, 1], bool)
    found = mcnemar(a, b)
    assert (found["only_a_right"], found["only_b_right"]) == (6, 1) and found["p"] == pytest.approx(0.125)
    assert mcnemar(b, b)["p"] == 1.0


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_an_evaluation_has_its_report(
    task: Any, tiny_bundle: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    figures = evaluate(task, tiny_bundle, tiny_rows[task])
    assert set(figures) >= ALWAYS | (DETAILS if task != "summary" else {"chrf", "unsupported_name_rate"})
    if task == "stance":
        assert "target" in figures["slices"] and "evidence_token_f1" in figures["intervals"]
    page = write_report(figures, tmp_path).read_text(encoding="utf-8")
    assert "http://" not in page and "https://" not in page and "<script" not in page
    assert json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8")) == figures
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"by-source.png", "by-source.svg"} <= names and page.count("data:image/svg+xml") == len(names) // 2
    if task == "topic":
        assert "رياضة" in page and "confusion.png" in names


def test_a_model_with_labels_of_its_own_is_evaluated(tiny_base: Path, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": f"p{i}", "target": "الجسر", "text": f"كلام {i}", "label": ("agree", "other")[i % 2]}
        for i in range(12)
    ]
    data = write_rows(tmp_path / "rows.jsonl", rows)
    figures = evaluate("stance", train_tiny("stance", data, tmp_path / "own", tiny_base, epochs=1), data)
    assert figures["n"] == 12 and set(figures["labels"]) <= {"agree", "other"}
    assert "holder_token_f1" not in figures and "favor_against_f1" not in figures


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_a_bundle_agrees_with_itself(task: Any, tiny_bundle: Path, tiny_rows: dict[str, Path]) -> None:
    found = compare(tiny_bundle, tiny_bundle, tiny_rows[task], task=task)
    assert found["labelled"] and found["agreement"] == pytest.approx(1.0)
    assert all(row["difference"] == 0 for row in found["figures"].values())
    json.dumps(found, allow_nan=False)


def test_disagreements_come_first_also_without_labels(
    tiny_bundle: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    other = train_tiny("topic", tiny_rows["topic"], tmp_path / "other", tiny_base, epochs=12)
    bare: list[dict[str, object]] = [{"text": row["text"]} for row in ROWS["topic"]]
    found = compare(tiny_bundle, other, write_rows(tmp_path / "bare.jsonl", bare))
    assert not found["labelled"] and "figures" not in found and found["n"] == 18
    differ = [row["a"]["label"] != row["b"]["label"] for row in found["rows"]]
    assert differ == sorted(differ, reverse=True) and sum(c["n"] for c in found["changes"]) == sum(differ)
    with pytest.raises(InputError, match="name the task to compare; tasks that both have: topic, stance"):
        compare(tiny_bundle, tiny_bundle, tiny_rows["topic"])


def test_the_card_says_what_the_bundle_says(tiny_bundle: Path, tiny_rows: dict[str, Path]) -> None:
    path = write_card(tiny_bundle, {"topic": evaluate("topic", tiny_bundle, tiny_rows["topic"])})
    card = path.read_text(encoding="utf-8")
    assert card.startswith("---\n") and "library_name: mujaz" in card and "model-index" in card
    assert (
        "# tiny 1" in card and "| accuracy: share of right labels | " in card and "carbon" not in card.lower()
    )
    assert "\n\n\n" not in card and "|\n\n|" not in card
    verify(tiny_bundle)


def test_a_push_sends_the_bundles_files_and_nothing_else(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, Any] = {}

    class Hub:
        def create_repo(self, repository: str, **options: Any) -> None:
            sent["repository"] = repository

        def upload_folder(self, **options: Any) -> None:
            sent.update(options)

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    (tiny_bundle / "notes.txt").write_text("mine", encoding="utf-8")
    planned = push(tiny_bundle, "me/tiny", dry_run=True)
    assert not sent and "bundle.json" in planned.files and "README.md" in planned.files
    assert push(tiny_bundle, "me/tiny").files == planned.files
    assert sent["repo_id"] == "me/tiny" and "notes.txt" not in sent["allow_patterns"]
    for name in ("tiny", "me/a b"):
        with pytest.raises(InputError, match="no repository"):
            push(tiny_bundle, name, dry_run=True)


def test_clusters_give_rows_that_differ() -> None:
    vectors = np.array([[1, 0], [1, 0.01], [0, 1], [0.01, 1], [-1, 0]], np.float32)
    chosen = diverse(vectors, np.ones(5), 3)
    assert len(set(chosen)) == 3 and 4 in chosen and len({0, 1} & set(chosen)) == 1


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_suggestions_are_ready_for_an_annotator(
    name: str, tiny_bundle: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    from training.data import read_topic

    rows = suggest("topic", tiny_bundle, tiny_rows["topic"], 4)
    assert len(rows) == 4 and all(row["label"] == "" and row["entropy"] > 0 for row in rows)
    for row, label in zip(rows, ("sport", "health") * 2, strict=True):
        row["label"] = label
    write_suggestions(rows, tmp_path / name)
    assert [row.label for row in read_topic(tmp_path / name).rows] == ["sport", "health"] * 2
    with pytest.raises(InputError, match="ends in .csv or .jsonl"):
        write_suggestions(rows, tmp_path / "out.xlsx")

"""Teachers' answers as rows to learn from."""

import numpy as np
import pytest

from models.label_sets import load_labels
from training import soft_labels
from training.data import TopicRow
from training.soft_labels import soft_row, svm_probabilities, teach

LABELS = load_labels("topic").ids
ROW = TopicRow("a#p0", "نص", "", None)
SPORT = [TopicRow(f"s{i}", f"فاز الفريق في المباراة رقم {i}", "sport", None) for i in range(9)]
HEALTH = [TopicRow(f"h{i}", f"افتتح المستشفى قسم العلاج رقم {i}", "health", None) for i in range(9)]

WEATHER = [TopicRow(f"w{i}", f"أمطار غزيرة ورياح قوية رقم {i}", "weather", None) for i in range(9)]


def test_a_row_keeps_the_shares_that_matter() -> None:
    shares = np.full(len(LABELS), 0.001)
    shares[LABELS.index("sport")], shares[LABELS.index("health")] = 0.6, 0.2
    row = soft_row(ROW, shares)
    assert row["label"] == "sport" and list(row["probabilities"]) == ["sport", "health"]
    assert row["probabilities"]["sport"] == pytest.approx(0.75)
    assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-9)


def test_the_svm_knows_what_it_was_taught() -> None:
    found = svm_probabilities(SPORT + HEALTH + WEATHER, ["فاز الفريق", "قسم العلاج"], LABELS)
    assert found.shape == (2, len(LABELS))
    np.testing.assert_allclose(found.sum(1), 1)
    assert [LABELS[i] for i in found.argmax(1)] == ["sport", "health"]
    assert found[:, LABELS.index("labour")].max() == 0  # it never saw any


def test_teachers_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"a": np.eye(len(LABELS))[:1], "b": np.eye(len(LABELS))[1:2]}

    class Teacher:
        def __init__(self, name: str) -> None:
            self.name = name

        def topic(self) -> "Teacher":
            return self

        def predict(self, texts: list[str]) -> object:
            return answers[self.name]

    monkeypatch.setattr(soft_labels.OpenBundle, "open", lambda bundle: Teacher(str(bundle)))
    monkeypatch.setattr(soft_labels, "svm_probabilities", lambda *_: np.eye(len(LABELS))[2:3])
    found = teach([], ["نص"], ["a", "b"], 0.5)  # type: ignore[list-item]
    np.testing.assert_allclose(found[0, :3], [0.25, 0.25, 0.5])
    np.testing.assert_allclose(teach([], ["نص"], ["a", "b"], 0)[0, :3], [0.5, 0.5, 0])  # type: ignore[list-item]

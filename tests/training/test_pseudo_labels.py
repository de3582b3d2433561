"""Pseudo-labels: paragraphs of the right size, excluded documents stay out, frequent topics are capped."""

from collections import Counter
from pathlib import Path

from tests.tiny import HEALTH, SPORT, TOPIC_ROWS, write_rows
from training.data import TopicRow, read_topic
from training.pseudo_labels import MAX_WORDS, MIN_WORDS, paragraphs_of, pseudo_label, read_unlabelled


def test_paragraphs_are_whole_sentences_of_the_labelled_length() -> None:
    text = " ".join(f"{SPORT} رقم {i}." for i in range(40))
    rows = list(paragraphs_of("d", text))
    assert len(rows) >= 3
    assert all(MIN_WORDS <= len(row.text.split()) <= MAX_WORDS + 10 for row in rows)
    assert all(row.text.endswith(".") and row.text in text for row in rows)
    assert len({row.id for row in rows}) == len(rows)


def test_excluded_documents_stay_out(tmp_path: Path) -> None:
    text = " ".join(f"{SPORT} رقم {i}." for i in range(6))
    path = tmp_path / "articles.jsonl"
    write_rows(path, [{"id": name, "text": text} for name in ("a", "b#3")])
    assert {row.id.split("#")[0] for row in read_unlabelled([path], {"b"})} == {"a"}


def test_only_what_both_models_agree_on_is_kept_and_capped(tmp_path: Path, tiny_bundle: Path) -> None:
    """The cap counts the labelled rows of a topic too."""
    train = read_topic(write_rows(tmp_path / "train.jsonl", TOPIC_ROWS)).rows
    unlabelled = [
        TopicRow(f"u{i}#p0", f"{SPORT if i % 2 else HEALTH} {'كلمة' * i}", "", None) for i in range(40)
    ]
    kept = pseudo_label(train, unlabelled, tiny_bundle, per_topic=8, confidence=0.0, seed=1)
    assert all(count <= 8 - 6 for count in Counter(row.label for row in kept).values())
    assert {row.text for row in kept} <= {row.text for row in unlabelled}
    assert pseudo_label(train, unlabelled, tiny_bundle, per_topic=8, confidence=1.01, seed=1) == []

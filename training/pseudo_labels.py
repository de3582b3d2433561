"""Weak topic labels for unlabelled articles: what a bundle and an SVM agree on.

    python -m training.pseudo_labels --train train.jsonl --unlabelled a.jsonl … --exclude dev.jsonl …
        --bundle BUNDLE --out pseudo.jsonl

Rare topics have some dozens of labelled paragraphs; unlabelled news has thousands. A paragraph is
kept where the fine-tuned model and a TF-IDF SVM, which err differently, name the same topic and the
model is confident. Frequent topics are capped and near-duplicates dropped: weather and stock
bulletins repeat themselves from day to day.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from arabic.sentences import sentences
from models.load import OpenBundle
from models.units import stems
from training.baselines import clean, svm
from training.data import TopicRow, read_topic
from training.data_rows import document

MIN_WORDS, MAX_WORDS = 30, 90
_SHARED_WORDS = 0.6


def paragraphs_of(document: str, text: str) -> Iterator[TopicRow]:
    """Cut an article into paragraphs of whole sentences, as long as the labelled ones; labels empty."""
    block: list[str] = []
    number = 0
    for sentence in [*(s.text for s in sentences(text)), ""]:
        words = len(sentence.split())
        size = sum(len(s.split()) for s in block)
        if block and (not sentence or size + words > MAX_WORDS):
            if MIN_WORDS <= size <= MAX_WORDS + 10:
                yield TopicRow(f"{document}#p{number}", " ".join(block), "", None)
                number += 1
            block = []
        if sentence:
            block.append(sentence)


def documents_of(paths: Sequence[Path]) -> set[str]:
    """The documents that have a row in the files, JSON lines."""
    return {
        document(str(json.loads(line)["id"]))
        for path in paths
        for line in path.read_text(encoding="utf-8").splitlines()
    }


def read_unlabelled(paths: Sequence[Path], excluded: set[str]) -> list[TopicRow]:
    """The first two paragraphs of every article whose document is not excluded."""
    rows = []
    for path in paths:
        with path.open(encoding="utf-8") as file:
            for line in file:
                data = json.loads(line)
                if str(data["id"]).split("#")[0] not in excluded:
                    rows += list(paragraphs_of(str(data["id"]), data["text"]))[:2]
    return rows


def pseudo_label(
    train: Sequence[TopicRow],
    unlabelled: Sequence[TopicRow],
    bundle: Path,
    *,
    per_topic: int,
    confidence: float,
    seed: int,
) -> list[TopicRow]:
    """Label paragraphs; at most `per_topic` a topic, counting the labelled ones."""
    model = svm().fit([clean(row.text) for row in train], [row.label for row in train])
    wanted = {label: per_topic - count for label, count in Counter(row.label for row in train).items()}
    pool = list(unlabelled)
    random.Random(seed).shuffle(pool)
    by_topic: dict[str, list[TopicRow]] = {label: [] for label in wanted}
    for row, label in zip(pool, model.predict([clean(row.text) for row in pool]), strict=True):
        if len(by_topic[label]) < 3 * wanted[label]:
            by_topic[label].append(row)
    predictor = OpenBundle.open(bundle).topic()
    kept: list[TopicRow] = []
    for label, rows in by_topic.items():
        probabilities = predictor.predict([row.text for row in rows])
        column = predictor.info.labels.index(label)
        seen: list[set[str]] = []
        for row, p in zip(rows, probabilities, strict=True):
            words = set(stems(clean(row.text)))
            repeated = any(len(words & other) > _SHARED_WORDS * min(len(words), len(other)) for other in seen)
            if (
                p.argmax() == column
                and p[column] >= confidence
                and not repeated
                and len(seen) < wanted[label]
            ):
                seen.append(words)
                kept.append(TopicRow(row.id, row.text, label, None))
    return kept


def main() -> None:
    """Write the labelled rows followed by the pseudo-labelled ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--unlabelled", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--exclude", type=Path, nargs="*", default=[], help="files whose documents must stay out"
    )
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--per-topic", type=int, default=250)
    parser.add_argument("--confidence", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    excluded = documents_of([options.train, *options.exclude])
    train = read_topic(options.train).rows
    unlabelled = read_unlabelled(options.unlabelled, excluded)
    kept = pseudo_label(
        train,
        unlabelled,
        options.bundle,
        per_topic=options.per_topic,
        confidence=options.confidence,
        seed=options.seed,
    )
    with options.out.open("w", encoding="utf-8") as file:
        for row in [*train, *kept]:
            fields = {"id": row.id, "text": row.text, "label": row.label, "second": row.second}
            file.write(json.dumps(fields, ensure_ascii=False) + "\n")
    counts = dict(Counter(row.label for row in kept))
    sys.stdout.write(f"{len(unlabelled)} paragraphs, {len(kept)} kept: {json.dumps(counts)}\n")


if __name__ == "__main__":
    main()

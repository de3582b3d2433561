"""What several teachers say of unlabelled paragraphs, as rows to learn topics from (Hinton et al. 2015).

    python -m training.soft_labels --train train.jsonl --unlabelled a.jsonl … --exclude dev.jsonl …
        --bundles A B … --svm 0.4 --count 6000 --out soft.jsonl

The teachers are the bundles' models, averaged, and beside them, with the share `--svm`, a TF-IDF SVM trained
on the labelled rows: it errs differently. One paragraph an article, drawn at random.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import cross_val_predict

from models.label_sets import load_labels
from models.load import OpenBundle
from models.predict import softmax
from training.baselines import clean, svm
from training.data import TopicRow, read_topic
from training.pseudo_labels import documents_of, read_unlabelled

Floats = NDArray[np.float64]
_SHARPNESS = np.geomspace(0.5, 16, 31)
_LEAST = 0.01


def svm_probabilities(train: Sequence[TopicRow], texts: Sequence[str], labels: Sequence[str]) -> Floats:
    """The SVM's answers, (N, labels): a softmax of its margins, its sharpness from cross-validation."""
    known, gold = [clean(row.text) for row in train], [row.label for row in train]
    model = svm().fit(known, gold)
    columns = [labels.index(label) for label in model.classes_]
    margins = cross_val_predict(svm(), known, gold, cv=3, method="decision_function")  # (rows, classes)
    places = [list(model.classes_).index(label) for label in gold]

    def loss(sharpness: float) -> float:
        shares = softmax(margins * sharpness)
        return -float(np.log(shares[np.arange(len(places)), places] + 1e-9).mean())

    best = min(_SHARPNESS, key=loss)
    found = np.zeros((len(texts), len(labels)))
    found[:, columns] = softmax(model.decision_function([clean(text) for text in texts]) * best)
    return found


def teach(
    train: Sequence[TopicRow], texts: Sequence[str], bundles: Sequence[Path], svm_share: float
) -> Floats:
    """The mean answer of the bundles, of which the SVM has a share; (N, labels)."""
    labels = load_labels("topic").ids
    answers = [np.asarray(OpenBundle.open(bundle).topic().predict(texts), np.float64) for bundle in bundles]
    mean: Floats = np.mean(answers, axis=0)
    if not svm_share:
        return mean
    return (1 - svm_share) * mean + svm_share * svm_probabilities(train, texts, labels)


def soft_row(row: TopicRow, shares: Floats) -> dict[str, Any]:
    """A row whose labels are the shares that matter, (labels,), made 1 together."""
    labels = load_labels("topic").ids
    kept = {i: float(shares[i]) for i in np.argsort(-shares) if shares[i] >= _LEAST}
    total = sum(kept.values())
    probabilities = {labels[i]: round(share / total, 4) for i, share in kept.items()}
    first = next(iter(probabilities))
    probabilities[first] = round(probabilities[first] + 1 - sum(probabilities.values()), 4)
    return {"id": row.id, "text": row.text, "label": first, "second": None, "probabilities": probabilities}


def main() -> None:
    """Write the soft-labelled rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--unlabelled", type=Path, nargs="+", required=True)
    parser.add_argument("--exclude", type=Path, nargs="*", default=[], help="files whose articles stay out")
    parser.add_argument("--bundles", type=Path, nargs="+", required=True)
    parser.add_argument("--svm", type=float, default=0.0, help="the SVM's share, 0 to 1")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pool = read_unlabelled(options.unlabelled, documents_of([options.train, *options.exclude]))
    random.Random(options.seed).shuffle(pool)
    drawn = list({row.id.split("#")[0]: row for row in pool}.values())[: options.count]
    shares = teach(read_topic(options.train).rows, [row.text for row in drawn], options.bundles, options.svm)
    with options.out.open("w", encoding="utf-8") as file:
        for row, share in zip(drawn, shares, strict=True):
            file.write(json.dumps(soft_row(row, share), ensure_ascii=False) + "\n")
    sys.stdout.write(f"{len(drawn)} rows written to {options.out}\n")


if __name__ == "__main__":
    main()

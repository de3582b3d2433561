"""Which unlabelled rows to label next: those the model is unsure of, and no two that say the same.

The rows with the highest entropy are clustered by their embeddings, weighted by entropy; of every cluster the
row nearest to its centre is taken (Zhdanov 2019, Diverse mini-batch Active Learning).
"""

import csv
import heapq
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arabic.errors import InputError
from models.load import OpenBundle
from models.predict import Floats, TopicPredictor
from models.stance import StancePredictor
from training.answers import Item
from training.data import Columns
from training.duplicates import text_key
from training.pool import read_items

_BETA = 10
"""Candidates a row that is wanted, as in the paper."""
_CHUNK = 256
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def suggest(
    task: Literal["topic", "stance"], bundle: Path, pool: Path, count: int, *, columns: Columns | None = None
) -> list[dict[str, Any]]:
    """Choose `count` rows of `pool`, the most uncertain first, as records for an annotator.

    The pool is read as a stream. `label` is empty, to be filled in; `predicted`, `probability` and `entropy`
    (in bits) are the model's. Texts that differ in spelling only are taken once. Raises `InputError`.
    """
    opened = OpenBundle.open(bundle)
    predictor = opened.topic() if task == "topic" else opened.stance()
    labels = predictor.info.labels
    best: list[tuple[float, int, Item, Floats]] = []
    seen: set[int] = set()
    number = 0
    new = _new(read_items(task, pool, columns), seen)
    while items := list(islice(new, _CHUNK)):
        for item, row in zip(items, _probabilities(predictor, items), strict=True):
            number += 1
            entry = (_entropy(row), -number, item, row)
            if len(best) < _BETA * count:
                heapq.heappush(best, entry)
            else:
                heapq.heappushpop(best, entry)
    best.sort(key=lambda entry: entry[:2], reverse=True)
    entropies = np.array([entry[0] for entry in best])
    if len(best) > count:
        vectors = opened.embedder().embed([_shown(entry[2]) for entry in best])
        best = [best[i] for i in diverse(vectors, entropies, count)]
    return [_record(item, row, labels, entropy) for entropy, _, item, row in best]


def diverse(vectors: Floats, weights: NDArray[np.float64], count: int) -> list[int]:
    """The rows nearest to the centres of `count` clusters of weighted vectors (N, H), in the rows' order.

    Where fewer vectors differ, the first rows that are left make up the number.
    """
    from sklearn.cluster import KMeans

    clusters = min(count, len(np.unique(vectors.round(4), axis=0)))
    means = KMeans(clusters, n_init=1, random_state=0).fit(vectors, sample_weight=weights + 1e-6)
    distances = means.transform(vectors)  # (N, clusters)
    chosen: list[int] = []
    for cluster in range(clusters):
        order = np.argsort(distances[:, cluster], kind="stable")
        chosen.append(next(int(i) for i in order if int(i) not in chosen))
    left = [i for i in range(len(vectors)) if i not in chosen]
    return sorted([*chosen, *left[: count - clusters]])


def write_suggestions(rows: Sequence[dict[str, Any]], out: Path) -> None:
    """Write rows as CSV, for a spreadsheet, or as JSON lines, by the file's ending.

    A CSV cell that a spreadsheet would run as a formula gets a ' before it. Raises `InputError`.
    """
    if out.suffix.lower() not in (".csv", ".jsonl"):
        raise InputError(f"{out}: expected a file that ends in .csv or .jsonl")
    try:
        if out.suffix.lower() == ".jsonl":
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            out.write_text(lines, encoding="utf-8", errors="backslashreplace")
            return
        with out.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["id", "text", "label"])
            writer.writeheader()
            writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}); give another path") from error


def _new(items: Iterator[Item], seen: set[int]) -> Iterator[Item]:
    """The items whose target and text have not come before, by a hash of 8 bytes."""
    for item in items:
        key = hash((item.target, text_key(item.text)))
        if key not in seen:
            seen.add(key)
            yield item


def _probabilities(predictor: TopicPredictor | StancePredictor, items: Sequence[Item]) -> Floats:
    texts = [item.text for item in items]
    if isinstance(predictor, StancePredictor):
        return predictor.probabilities([item.target for item in items], texts)
    return predictor.predict(texts)


def _entropy(row: Floats) -> float:
    return float(-(row * np.log2(np.maximum(row, 1e-12))).sum())


def _shown(item: Item) -> str:
    return f"{item.target} {item.text}".strip()


def _record(item: Item, row: Floats, labels: Sequence[str], entropy: float) -> dict[str, Any]:
    record: dict[str, Any] = {"id": item.id, "text": item.text}
    if item.target:
        record["target"] = item.target
    predicted = {"predicted": labels[int(row.argmax())], "probability": round(float(row.max()), 4)}
    return {**record, "label": "", **predicted, "entropy": round(entropy, 4)}


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

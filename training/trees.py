"""Boosted trees over the surface of units, a second opinion beside the summary model's salience.

    python -m training.trees --bundle BUNDLE --train ROWS.jsonl --dev ROWS.jsonl --out OUT

puts trees beside the summary model of a bundle that has none, or fits them anew on other rows.
"""

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

from arabic.normalize import Normalization, normalize
from models.bundle import LAYOUT, BundleInfo, DataInfo, verify, write_manifest
from models.load import OpenBundle
from models.surface import surface_features
from models.trees import Trees, save_trees
from training.calibration import calibrate
from training.data import SummaryRow, read_summary
from training.folder import check_new, data_sha256, publish_bundle

_TREES, _RATE, _LEAVES, _DEPTH, _LEAST = 200, 0.05, 12, 8, 30
"""Chosen on five folds of `summary_news` train and dev (docs/experiments.md)."""


def fit_trees(rows: Sequence[SummaryRow], normalization: Normalization, seed: int) -> Trees | None:
    """Learn from labelled articles which units are key; None where all are, or none is."""
    tables = [
        surface_features(
            normalize(row.title, normalization).text,
            [normalize(unit, normalization).text or " " for unit in row.units],
        )
        for row in rows
    ]
    key = np.array([i in row.key for row in rows for i in range(len(row.units))])
    if len(np.unique(key)) < 2:
        return None
    model = GradientBoostingClassifier(
        n_estimators=_TREES,
        learning_rate=_RATE,
        max_leaf_nodes=_LEAVES,
        max_depth=_DEPTH,
        min_samples_leaf=_LEAST,
        subsample=0.7,
        max_features=0.3,
        random_state=seed,
    )
    model.fit(np.concatenate(tables), key)
    return _arrays(model, float(np.log(key.mean() / (1 - key.mean()))))


def _arrays(model: GradientBoostingClassifier, base: float) -> Trees:
    found = [row[0].tree_ for row in model.estimators_]
    shape = (len(found), max(tree.node_count for tree in found))
    trees = Trees(
        base=np.array([base]),
        feature=np.full(shape, -1, np.int16),
        threshold=np.zeros(shape),
        left=np.zeros(shape, np.int16),
        right=np.zeros(shape, np.int16),
        value=np.zeros(shape),
    )
    for number, tree in enumerate(found):
        nodes = slice(tree.node_count)
        inner = tree.children_left >= 0
        trees.feature[number, nodes] = np.where(inner, tree.feature, -1)
        trees.threshold[number, nodes] = tree.threshold
        trees.left[number, nodes] = tree.children_left
        trees.right[number, nodes] = tree.children_right
        trees.value[number, nodes] = model.learning_rate * tree.value[:, 0, 0]
    return trees


def add_trees(bundle: Path, train: Sequence[Path], dev: Path, out: Path, seed: int) -> None:
    """Write the summary model of a bundle with trees fitted on the rows of `train`, both weighed on `dev`.

    Raises `InputError` for bad data or an `out` that is in use, `BundleError` for a bundle without summaries.
    """
    check_new(out)
    info = verify(bundle)
    predictor = OpenBundle.open(bundle).summary()
    task = info.tasks["summary"]
    encoder = info.encoders[task.encoder]
    rows = {path: read_summary(path).rows for path in train}
    data = [
        DataInfo(f"{path.parent.name}/{path.name} (trees)", "", len(found), data_sha256(path))
        for path, found in rows.items()
    ]
    trees = fit_trees([row for found in rows.values() for row in found], encoder.normalization, seed)
    fitted = calibrate("summary", predictor.backend, task, read_summary(dev).rows, trees=trees)
    fitted = dataclasses.replace(
        fitted, metrics={**fitted.metrics, "split": dev.name}, data=(*task.data, *data)
    )

    def write(folder: Path) -> None:
        for name in (task.encoder, "summary"):
            shutil.copytree(bundle / name, folder / name)
        (folder / "summary" / LAYOUT.trees).unlink(missing_ok=True)  # those it had
        if trees is not None and "trees" in fitted.decoding:
            save_trees(trees, folder / "summary" / LAYOUT.trees)
        write_manifest(folder, BundleInfo(out.name, "0", {task.encoder: encoder}, {"summary": fitted}))

    out.mkdir(parents=True, exist_ok=True)
    publish_bundle(out, write)


def main() -> None:
    """Fit, weigh and write; prints the figures on dev."""
    parser = argparse.ArgumentParser(description="Put boosted trees beside a bundle's summary model.")
    parser.add_argument(
        "--bundle", type=Path, required=True, help="a bundle with an extractive summary model"
    )
    parser.add_argument("--train", type=Path, nargs="+", required=True, help="labelled articles to fit on")
    parser.add_argument("--dev", type=Path, required=True, help="others, to weigh trees and model by")
    parser.add_argument("--out", type=Path, required=True, help="a new folder for the bundle")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    add_trees(options.bundle, options.train, options.dev, options.out, options.seed)
    figures = verify(options.out).tasks["summary"].metrics
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()

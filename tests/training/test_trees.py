"""Trees learn which units are key, give what scikit-learn gives, and end up in the bundle with a weight."""

import dataclasses
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from arabic.errors import InputError
from arabic.normalize import Normalization
from models.bundle import verify
from models.errors import BundleError
from models.load import OpenBundle
from models.predict import SaliencePredictor
from models.surface import surface_features
from tests.tiny import train_tiny
from training.average import average_bundles
from training.data import SummaryRow, read_summary
from training.trees import _arrays, add_trees, fit_trees

WORDS = "الوزارة الجسر الميناء المدينة المدرسة الفريق السوق المطر الطريق القرية اللجنة الموازنة".split()


def _articles(count: int, seed: int) -> list[dict[str, object]]:
    """Articles whose key units are the two that carry a figure, wherever they stand."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        key = sorted(rng.sample(range(8), 2))
        units = [" ".join(rng.choices(WORDS, k=9)) + (" 40 ." if i in key else " .") for i in range(8)]
        rows.append(
            {"id": f"{seed}-{number}", "title": "", "units": units, "key": key, "summary": "ملخص المقال"}
        )
    return rows


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    folder = tmp_path_factory.mktemp("articles")
    for seed, (name, count) in enumerate({"train": 60, "dev": 20}.items()):
        found[name] = folder / f"{name}.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in _articles(count, seed)]
        found[name].write_text("".join(lines), encoding="utf-8")
    return found


def test_trees_find_what_makes_a_unit_key(files: dict[str, Path]) -> None:
    trees = fit_trees(read_summary(files["train"]).rows, Normalization(), seed=1)
    assert trees is not None
    for row in read_summary(files["dev"]).rows:
        odds = trees.log_odds(surface_features(row.title, row.units))
        assert sorted(np.argsort(-odds)[:2].tolist()) == sorted(row.key)


def test_trees_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(400, 5)).astype(np.float32)
    label = table[:, 0] * table[:, 1] > rng.normal(size=400) * 0.3
    model = GradientBoostingClassifier(n_estimators=30, learning_rate=0.2, max_depth=4, random_state=0)
    model.fit(table, label)
    ours = _arrays(model, float(np.log(label.mean() / (1 - label.mean())))).log_odds(table)
    assert np.allclose(ours, model.decision_function(table))


def test_rows_without_two_kinds_of_units_have_no_trees(files: dict[str, Path]) -> None:
    rows = read_summary(files["train"]).rows
    nothing: list[SummaryRow] = [dataclasses.replace(row, key=()) for row in rows]
    assert fit_trees(nothing, Normalization(), seed=1) is None


@pytest.fixture(scope="module")
def trained(tiny_base: Path, files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle as `mujaz train summary` makes it."""
    out = tmp_path_factory.mktemp("bundles") / "trained"
    settings = {"epochs": 5, "learning_rate": 1e-2, "head_learning_rate": 3e-2, "max_length": 128}
    return train_tiny("summary", files["train"], out, tiny_base, **settings)


def test_training_puts_trees_beside_the_model(trained: Path, files: dict[str, Path]) -> None:
    info = verify(trained)
    assert "summary/trees.safetensors" in info.files and info.tasks["summary"].decoding["trees"] > 0
    predictor = OpenBundle.open(trained).summary()
    rows = read_summary(files["dev"]).rows
    found = predictor.predict([row.title for row in rows], [row.units for row in rows])
    assert all(sorted(np.argsort(-s)[:2].tolist()) == sorted(r.key) for r, s in zip(rows, found, strict=True))
    blind = SaliencePredictor(predictor.backend, predictor.info)
    assert not np.allclose(found[0], blind.predict([rows[0].title], [rows[0].units])[0])


def test_a_bundle_gets_other_trees(trained: Path, files: dict[str, Path], tmp_path: Path) -> None:
    add_trees(trained, [files["train"]], files["dev"], tmp_path / "out", seed=9)
    before, after = verify(trained), verify(tmp_path / "out")
    assert after.files["summary/trees.safetensors"] != before.files["summary/trees.safetensors"]
    assert after.files["summary/head.safetensors"] == before.files["summary/head.safetensors"]
    assert after.tasks["summary"].metrics["average_precision"] > 0.95
    trees_of = after.tasks["summary"].data[-1]
    assert "train.jsonl (trees)" in trees_of.name and trees_of.rows == 60
    with pytest.raises(InputError, match="is not empty"):
        add_trees(trained, [files["train"]], files["dev"], tmp_path / "out", seed=9)


def test_an_average_keeps_the_trees(trained: Path, files: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    add_trees(trained, [files["train"]], files["dev"], other, seed=9)
    average_bundles([trained, other], "summary", files["dev"], tmp_path / "mean")
    info = verify(tmp_path / "mean")
    assert info.tasks["summary"].decoding["trees"] > 0
    assert info.files["summary/trees.safetensors"] == verify(trained).files["summary/trees.safetensors"]


def test_a_bundle_without_the_trees_that_it_goes_by_is_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "copy")
    (tmp_path / "copy" / "summary" / "trees.safetensors").unlink()
    with pytest.raises(BundleError, match=r"trees.safetensors is missing"):
        OpenBundle.open(tmp_path / "copy")

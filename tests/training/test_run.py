"""A training run can be repeated to the byte, and what it saves is what it measured."""

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from arabic.errors import InputError
from models.bundle import LAYOUT, read_manifest, verify
from models.load import OpenBundle
from tests.tiny import ROWS, train_tiny, write_rows
from training.config import TrainConfig
from training.evaluate import evaluate
from training.run import train

TASKS = sorted(ROWS)
QUICK: dict[str, Any] = {"epochs": 2, "batch_size": 8, "max_length": 64, "learning_rate": 1e-3}
LEARN: dict[str, Any] = {"learning_rate": 1e-2, "head_learning_rate": 3e-2}


def _weights(bundle: Path) -> dict[str, bytes]:
    return {p.relative_to(bundle).as_posix(): p.read_bytes() for p in bundle.rglob("*.safetensors")}


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    task: str, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    first, again, other = (
        _weights(train_tiny(task, tiny_rows[task], tmp_path / name, tiny_base, epochs=1, seed=seed))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    learned = [f"{task}/{LAYOUT.head}", f"{task}/{LAYOUT.adapter_weights}"]
    assert set(first) == {*learned, f"{LAYOUT.encoder}/model.safetensors"}
    assert first == again
    assert all(first[name] != other[name] for name in learned)


@pytest.mark.parametrize(("task", "method"), [*((task, "lora") for task in TASKS), ("topic", "full")])
def test_the_saved_bundle_gives_the_figures_that_training_returned(
    task: str, method: str, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Weights are stored in half precision: figures may differ in the fourth digit, not more."""
    out = tmp_path / "out"
    config = TrainConfig(**QUICK | LEARN | {"epochs": 4, "method": method})
    returned = train(task, tiny_rows[task], tiny_rows[task], out, config, base=tiny_base)
    verify(out)
    found = evaluate(task, out, tiny_rows[task])
    for name in ("n", "accuracy", "macro_f1"):
        assert found[name] == pytest.approx(returned[name], abs=1e-3)
    assert found["ece"] == pytest.approx(returned["ece"], abs=0.02)


def test_a_full_fine_tuning_has_an_encoder_of_its_own(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    out = train_tiny("topic", tiny_rows["topic"], tmp_path / "full", tiny_base, method="full")
    info = verify(out)
    assert list(info.encoders) == ["topic_encoder"] and info.tasks["topic"].method == "full"
    assert not (out / "topic" / LAYOUT.adapter_weights).exists()
    tuned = _weights(out)["topic_encoder/model.safetensors"]
    assert tuned != (tiny_base / "model.safetensors").read_bytes()
    assert OpenBundle.open(out).topic().predict(["نص"]).shape == (1, 17)


def test_a_lora_bundle_keeps_the_base_as_it_was(tiny_bundle: Path, tiny_base: Path) -> None:
    for file in LAYOUT.encoder_files:
        assert (tiny_bundle / LAYOUT.encoder / file).read_bytes() == (tiny_base / file).read_bytes()


def test_topics_that_can_be_told_apart_are_learned(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Chance is one third."""
    out = train_tiny("topic", tiny_rows["topic"], tmp_path / "out", tiny_base, epochs=20, **LEARN)
    assert evaluate("topic", out, tiny_rows["topic"])["accuracy"] > 0.9


def test_stances_holders_and_evidence_are_learned(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Half of the pairs are unrelated: an accuracy of one half is chance."""
    out = train_tiny("stance", tiny_rows["stance"], tmp_path / "out", tiny_base, epochs=20, **LEARN)
    figures = evaluate("stance", out, tiny_rows["stance"])
    assert figures["accuracy"] > 0.8
    assert figures["holder_token_f1"] > 0.5 and figures["evidence_token_f1"] > 0.5


def test_key_units_are_learned(tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path) -> None:
    """Two of four units are key: ranking them at random gives about one half."""
    out = train_tiny("summary", tiny_rows["summary"], tmp_path / "out", tiny_base, epochs=20, **LEARN)
    assert evaluate("summary", out, tiny_rows["summary"])["average_precision"] > 0.9


def test_a_folder_in_use_is_refused_and_left_as_it_was(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    kept = tmp_path / "notes.txt"
    kept.write_text("مهم", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        train_tiny("topic", tiny_rows["topic"], tmp_path, tiny_base)
    assert list(tmp_path.iterdir()) == [kept]
    with pytest.raises(InputError, match="not empty"):
        train_tiny("topic", tiny_rows["topic"], kept, tiny_base)
    assert kept.read_text(encoding="utf-8") == "مهم"


def test_more_tokens_than_the_base_reads_are_refused(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """They would end in an index error inside the encoder, at the first long text."""
    with pytest.raises(InputError, match="max_length is 129, but .* reads at most 128 tokens"):
        train_tiny("topic", tiny_rows["topic"], tmp_path / "out", tiny_base, max_length=129)
    assert not (tmp_path / "out").exists()


def test_bad_data_leaves_nothing_behind(tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        train_tiny("topic", tiny_rows["stance"], tmp_path / "out", tiny_base)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("task", TASKS)
def test_one_row_is_enough_to_train_and_to_judge(task: str, tiny_base: Path, tmp_path: Path) -> None:
    """A run on almost nothing must not end in a traceback after the training."""
    rows = write_rows(tmp_path / "one.jsonl", ROWS[task][:1])
    out = train_tiny(task, rows, tmp_path / "out", tiny_base, epochs=1)
    assert evaluate(task, out, rows)["n"] == 1


def test_the_bundle_says_what_it_was_made_from(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    config = TrainConfig(**QUICK, seed=21)
    dev = write_rows(tmp_path / "dev.jsonl", ROWS["topic"][:9])
    out = tmp_path / "out"
    returned = train("topic", tiny_rows["topic"], dev, out, config, base=tiny_base, data_licence="CC0-1.0")
    task = read_manifest(out).tasks["topic"]
    (data,) = task.data
    assert Path(data.name).name == "topic.jsonl" and not Path(data.name).is_absolute()
    assert (data.licence, data.rows) == ("CC0-1.0", len(ROWS["topic"]))
    assert data.sha256 == hashlib.sha256(tiny_rows["topic"].read_bytes()).hexdigest()
    assert task.config == dataclasses.asdict(config)
    assert task.metrics == json.loads(json.dumps(returned))
    assert task.metrics["split"] == "dev.jsonl" and task.metrics["n"] == 9
    assert {"accuracy", "macro_f1", "ece_before", "ece_cross_fitted"} <= set(task.metrics)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_only_the_bundle_is_left_and_it_names_no_place_on_this_machine(
    method: str, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    out = train_tiny("topic", tiny_rows["topic"], tmp_path / "out", tiny_base, epochs=1, method=method)
    listed = {*read_manifest(out).files, LAYOUT.manifest}
    assert {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} == listed
    assert not list(out.rglob("checkpoint*"))
    places = [str(path) for path in (tiny_base.parent, tiny_rows["topic"].parent, tmp_path, Path.home())]
    for path in out.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert not [place for place in places if place in text], path


def test_a_base_that_is_a_folder_is_known_by_its_name_or_by_what_it_says(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    plain = train_tiny("topic", tiny_rows["topic"], tmp_path / "plain", tiny_base, epochs=1)
    assert read_manifest(plain).encoders[LAYOUT.encoder].base == tiny_base.name
    base = shutil.copytree(tiny_base, tmp_path / "base")
    origin = {"base": "someone/tiny", "revision": "abc123", "licence": "MIT"}
    (base / LAYOUT.origin).write_text(json.dumps(origin), encoding="utf-8")
    told = train_tiny("topic", tiny_rows["topic"], tmp_path / "told", base, epochs=1)
    encoder = read_manifest(told).encoders[LAYOUT.encoder]
    assert (encoder.base, encoder.revision, encoder.licence) == tuple(origin.values())
    adapter = json.loads((told / "topic" / LAYOUT.adapter_config).read_text(encoding="utf-8"))
    assert adapter["base_model_name_or_path"] == "someone/tiny"

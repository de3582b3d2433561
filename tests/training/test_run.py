"""A training run can be repeated to the byte, and what it saves is what it measured."""

import dataclasses
import errno
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2Model

from arabic.errors import InputError
from arabic.normalize import Normalization
from inference.analyzer import Analyzer
from models.bundle import LAYOUT, read_manifest, verify
from models.encoder import load_tokenizer
from models.errors import BundleError
from models.label_sets import load_labels
from models.load import OpenBundle
from models.merge import merge_bundles
from tests.tiny import AGAINST, FAVOR, ROWS, SPORT, train_tiny, write_rows
from training.card import CARD
from training.config import TrainConfig
from training.data import StanceLabel, StanceRow, read_stance
from training.epochs import EpochData, epoch_features, fixed
from training.evaluate import evaluate
from training.run import train
from training.seeds import train_seeds

TASKS = sorted(ROWS)
QUICK: dict[str, Any] = {"epochs": 2, "batch_size": 8, "max_length": 64, "learning_rate": 1e-3}
LEARN: dict[str, Any] = {"learning_rate": 1e-2, "head_learning_rate": 3e-2}


def _weights(bundle: Path) -> dict[str, bytes]:
    return {p.relative_to(bundle).as_posix(): p.read_bytes() for p in bundle.rglob("*.safetensors")}


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    task: str, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """The number format is named: "auto" measures, and a busy machine may decide otherwise."""
    first, again, other = (
        _weights(
            train_tiny(task, tiny_rows[task], tmp_path / name, tiny_base, epochs=1, seed=seed, dtype="fp32")
        )
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
    """Weights are stored in half precision: figures may differ in the fourth digit, not more.

    Trained in fp32: which of the few rows stand on an edge after bf16 differs from run to run.
    """
    out = tmp_path / "out"
    config = TrainConfig(**QUICK | LEARN | {"epochs": 4, "method": method, "dtype": "fp32"})
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
def test_three_rows_are_refused_and_leave_nothing_behind(task: str, tiny_base: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "few.jsonl", ROWS[task][:3])
    with pytest.raises(InputError, match="few.jsonl: 3 rows; expected at least 5.*label more"):
        train_tiny(task, rows, tmp_path / "out", tiny_base)
    assert not (tmp_path / "out").exists()


def test_rows_of_one_label_are_refused(tiny_base: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "one.jsonl", [{**row, "label": "sport"} for row in ROWS["topic"]])
    with pytest.raises(InputError, match="every row has the label 'sport'; expected at least two"):
        train_tiny("topic", rows, tmp_path / "out", tiny_base)


@pytest.mark.parametrize("task", TASKS)
def test_five_rows_and_one_to_judge_by_get_through(task: str, tiny_base: Path, tmp_path: Path) -> None:
    """A run on almost nothing must not end in a traceback after the training."""
    rows = write_rows(tmp_path / "five.jsonl", ROWS[task][:5])
    dev = write_rows(tmp_path / "one.jsonl", ROWS[task][:1])
    config = TrainConfig(**QUICK | {"epochs": 1})
    train(task, rows, dev, tmp_path / "out", config, base=tiny_base)
    assert evaluate(task, tmp_path / "out", dev)["n"] == 1


def test_another_run_in_the_folder_is_refused_with_the_difference(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def killed(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.run.publish_bundle", killed)
    with pytest.raises(KeyboardInterrupt):
        train_tiny("topic", tiny_rows["topic"], out, tiny_base, epochs=1)
    monkeypatch.undo()
    with pytest.raises(InputError, match="holds this run, not finished; go on with --resume"):
        train_tiny("topic", tiny_rows["topic"], out, tiny_base, epochs=1)
    for resume in (False, True):
        with pytest.raises(
            InputError, match=r"another run \(epochs: 1 there, 2 now; seed: 13 there, 7 now\)"
        ):
            train_tiny("topic", tiny_rows["topic"], out, tiny_base, resume=resume, epochs=2, seed=7)
    other = write_rows(tmp_path / "other.jsonl", ROWS["topic"][:12])
    with pytest.raises(InputError, match="another run .train: .*… there, .*… now"):
        train_tiny("topic", other, out, tiny_base, resume=True, epochs=1)
    verify(train_tiny("topic", tiny_rows["topic"], out, tiny_base, resume=True, epochs=1))


def test_a_folder_that_cannot_be_written_is_named(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere: the refusal is made by hand."""

    def refused(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("training.folder.Path.mkdir", refused)
    with pytest.raises(InputError, match="cannot be written .Read-only file system.; name another folder"):
        train_tiny("topic", tiny_rows["topic"], tmp_path / "out", tiny_base)


def test_a_disk_that_is_full_at_the_end_leaves_no_bundle_and_the_checkpoints(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "out"
    monkeypatch.setattr("training.save.write_manifest", full)
    with pytest.raises(InputError, match="bundle could not be written .No space left on device.*--resume"):
        train_tiny("topic", tiny_rows["topic"], out, tiny_base, epochs=1)
    monkeypatch.undo()
    with pytest.raises(BundleError):
        read_manifest(out)
    verify(train_tiny("topic", tiny_rows["topic"], out, tiny_base, resume=True, epochs=1))


def test_a_base_that_is_no_encoder_is_said_and_leaves_nothing_behind(
    tiny_rows: dict[str, Path], tmp_path: Path, tiny_base: Path
) -> None:
    base = shutil.copytree(tiny_base, tmp_path / "gpt")
    GPT2Model(GPT2Config(vocab_size=300, n_embd=32, n_layer=1, n_head=2)).save_pretrained(base)
    with pytest.raises(BundleError, match="is no encoder but a model of the kind gpt2; take one"):
        train_tiny("topic", tiny_rows["topic"], tmp_path / "out", base)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("method", ["lora", "full"])
def test_frozen_layers_stay_as_they_are(
    method: str, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    out = train_tiny(
        "topic", tiny_rows["topic"], tmp_path / "out", tiny_base, epochs=1, method=method, frozen_layers=1
    )
    if method == "lora":
        trained = load_file(out / "topic" / LAYOUT.adapter_weights)
        assert trained and all(".layer.1." in name for name in trained)
    else:
        before = load_file(tiny_base / "model.safetensors")
        after = load_file(out / "topic_encoder" / "model.safetensors")
        moved = {name for name in before if not torch.equal(before[name].half(), after[name])}
        assert moved and all(".layer.1." in name for name in moved)
    verify(out)
    with pytest.raises(InputError, match="frozen_layers is 2, but the base has 2 layers"):
        train_tiny("topic", tiny_rows["topic"], tmp_path / "no", tiny_base, frozen_layers=2)


def test_labels_of_the_datas_own_are_trained_saved_and_judged(tiny_base: Path, tmp_path: Path) -> None:
    """As in ANS: no label is ours, no spans, no made pairs."""
    text = {"agree": FAVOR, "disagree": AGAINST, "other": SPORT}
    rows = [
        {"id": f"claim{i}{label}", "target": f"مشروع الجسر {i}", "text": words, "label": label}
        for i in range(6)
        for label, words in text.items()
    ]
    file = write_rows(tmp_path / "own.jsonl", rows)
    out = train_tiny("stance", file, tmp_path / "out", tiny_base, epochs=20, **LEARN)
    assert verify(out).tasks["stance"].labels == ("agree", "disagree", "other")
    figures = evaluate("stance", out, file)
    assert figures["n"] == 18 and figures["accuracy"] > 0.9 and "holder_token_f1" not in figures
    stance = OpenBundle.open(out).stance()
    assert not stance.polar
    assert stance.probabilities(["الجسر"], [FAVOR]).shape == (1, 3)
    with pytest.raises(BundleError, match="answers with agree, disagree, other"):
        stance.predict(["الجسر"], [FAVOR])


def test_topics_of_the_datas_own_are_served_under_their_ids(
    tiny_base: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    names = {"sport": "sport", "health": "internationalNews", "economy_business_finance": "localNews"}
    rows = [{**row, "label": names[str(row["label"])]} for row in ROWS["topic"]]
    out = train_tiny("topic", write_rows(tmp_path / "own.jsonl", rows), tmp_path / "out", tiny_base, epochs=1)
    merge_bundles([tiny_bundle, out], tmp_path / "merged", name="own", version="1")
    analysis = Analyzer.load(tmp_path / "merged").analyze(f"{FAVOR}.", targets=["مشروع الجسر"])
    topic = analysis.paragraphs[0].topic
    assert {topic.id, topic.second.id} < set(names.values())
    assert topic.en == topic.id or topic.ar == "رياضة"


def test_balanced_sampling_draws_rare_labels_as_often_as_others(tiny_base: Path, tmp_path: Path) -> None:
    targets = np.eye(3, dtype=np.float32)[[0] * 90 + [1] * 9 + [2]]
    rows = Dataset.from_list([{"labels": t, "length": 5, "number": i} for i, t in enumerate(targets)])
    data = EpochData(fixed(rows), rows_per_update=8, seed=3, balanced=True)
    drawn = np.sum([data[i]["labels"] for i in range(len(data))], axis=0)
    assert len(data) == 100 and all(20 < count < 47 for count in drawn)
    first = [data[i]["number"] for i in range(len(data))]
    data.set_epoch(1)
    assert [data[i]["number"] for i in range(len(data))] != first
    data.set_epoch(0)
    assert [data[i]["number"] for i in range(len(data))] == first


def test_unrelated_pairs_are_others_in_every_epoch_and_the_same_for_a_seed(
    tiny_base: Path, tiny_rows: dict[str, Path]
) -> None:
    tokenizer, rows = load_tokenizer(tiny_base), read_stance(tiny_rows["stance"]).rows
    labels = load_labels("stance").ids

    def unrelated(seed: int, epoch: int) -> list[list[int]]:
        config = TrainConfig(max_length=64, seed=seed)
        features = epoch_features("stance", rows, tokenizer, Normalization(), config, labels)(epoch)
        return [row["input_ids"] for row in features if row["labels"][-1] == 1]

    assert unrelated(1, 0) == unrelated(1, 0)
    assert unrelated(1, 0) != unrelated(1, 1) and unrelated(1, 0) != unrelated(2, 0)


def test_pairs_moved_elsewhere_come_on_top_and_only_with_our_labels(tiny_base: Path) -> None:
    text = "رحبت تونس بالحوار."
    rows = [
        StanceRow(f"a{i}", text, (StanceLabel("الحوار في تونس", "favor", None, None),)) for i in range(40)
    ]
    tokenizer = load_tokenizer(tiny_base)

    def count(share: float, labels: tuple[str, ...]) -> int:
        config = TrainConfig(max_length=64, unrelated_ratio=0, elsewhere=share)
        return len(epoch_features("stance", rows, tokenizer, Normalization(), config, labels)(0))

    ours = load_labels("stance").ids
    assert count(0, ours) == count(0.5, (*ours, "other")) == 40 < count(0.5, ours) < count(1, ours) == 80


def test_a_model_for_sides_learns_from_who_takes_one(tiny_base: Path, tiny_rows: dict[str, Path]) -> None:
    """No unrelated pairs are made, and neutral ones are left away."""
    tokenizer, rows = load_tokenizer(tiny_base), read_stance(tiny_rows["stance"]).rows
    labels = load_labels("stance").ids

    def told(**settings: Any) -> list[int]:
        config = TrainConfig(max_length=64, elsewhere=0.5, **settings)
        features = epoch_features("stance", rows, tokenizer, Normalization(), config, labels)(0)
        return np.sum([row["labels"] for row in features], axis=0).astype(int).tolist()

    assert told(sides=True) == [6, 6, 0, 0]
    assert told()[:3] == [6, 6, 6] and told()[3] >= 18


def test_several_seeds_give_mean_and_spread_and_the_best_bundle(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    config = TrainConfig(**QUICK, dtype="fp32")
    options = {"seeds": (1, 2, 3), "base": tiny_base}
    figures = train_seeds("topic", tiny_rows["topic"], tiny_rows["topic"], out, config, **options)
    task = verify(out).tasks["topic"]
    runs, mean = figures["seeds"]["runs"], figures["seeds"]["mean"]
    assert set(runs) == {"1", "2", "3"} and task.metrics == json.loads(json.dumps(figures))
    assert mean["accuracy"] == pytest.approx(np.mean([run["accuracy"] for run in runs.values()]))
    assert figures["seeds"]["deviation"]["accuracy"] >= 0
    assert runs[str(task.config["seed"])]["selection"] == max(run["selection"] for run in runs.values())
    assert not list(out.glob("seed-*"))
    with pytest.raises(InputError, match="not empty"):
        train_seeds("topic", tiny_rows["topic"], tiny_rows["topic"], out, config, **options)
    again = train_seeds("topic", tiny_rows["topic"], tiny_rows["topic"], out, config, resume=True, **options)
    assert again == task.metrics
    with pytest.raises(InputError, match="two or more different seeds, got 5"):
        train_seeds("topic", tiny_rows["topic"], tiny_rows["topic"], out, config, seeds=[5], base=tiny_base)


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
    assert task.config == {**dataclasses.asdict(config), "dtype": task.config["dtype"]}
    assert task.config["dtype"] in ("fp32", "bf16")
    assert task.metrics == json.loads(json.dumps(returned))
    assert task.metrics["split"] == "dev.jsonl" and task.metrics["n"] == 9
    assert {"accuracy", "macro_f1", "ece_before", "ece_cross_fitted"} <= set(task.metrics)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_only_the_bundle_is_left_and_it_names_no_place_on_this_machine(
    method: str, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    out = train_tiny("topic", tiny_rows["topic"], tmp_path / "out", tiny_base, epochs=1, method=method)
    listed = {*read_manifest(out).files, LAYOUT.manifest, CARD}
    assert {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} == listed
    assert not list(out.rglob("checkpoint*"))
    places = [str(path) for path in (tiny_base.parent, tiny_rows["topic"].parent, tmp_path, Path.home())]
    for path in (*out.rglob("*.json"), out / CARD):
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


def test_a_model_that_learned_headings_is_asked_with_them_and_another_is_not(
    tiny_base: Path, tiny_bundle: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """The bundle says which: an analysis and an evaluation ask as the model was trained."""
    trained = train_tiny("stance", tiny_rows["stance"], tmp_path / "new", tiny_base, headings=0.5)
    new, old = (OpenBundle.open(path).stance() for path in (trained, tiny_bundle))
    assert new.reads_headings and not old.reads_headings
    assert old.ask("الجسر", "خلاف على الجسر") == "الجسر" == new.ask("الجسر", "")
    asked = new.ask("الجسر", "خلاف على الجسر")
    assert asked == "الجسر | خلاف على الجسر"
    plain, under = (new.probabilities([target], [FAVOR]) for target in ("الجسر", asked))
    assert np.abs(plain - under).max() > 1e-6

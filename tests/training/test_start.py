"""Training goes on from a bundle's own weights, and several such runs can be averaged into one."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from arabic.errors import InputError
from models.bundle import LAYOUT, read_manifest, verify, write_manifest
from models.load import OpenBundle
from models.torch_backend import torch_forward
from tests.tiny import TOPIC_ROWS, train_tiny, write_rows
from training.average import average_bundles, truncated
from training.build import build_task_model
from training.config import TrainConfig
from training.run import train

CONFIG = TrainConfig(epochs=1, batch_size=8, max_length=64, learning_rate=1e-3)
TEXTS = [str(row["text"]) for row in TOPIC_ROWS[:6]]


@pytest.fixture(scope="module")
def started(tiny_base: Path, tiny_rows: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle to go on from."""
    return train_tiny("topic", tiny_rows["topic"], tmp_path_factory.mktemp("start") / "topic", tiny_base)


def _logits(bundle: Path) -> np.ndarray:
    return OpenBundle.open(bundle).topic().logits(TEXTS)


def test_the_model_begins_as_the_bundle_answers(started: Path, tiny_base: Path) -> None:
    """Adapter and head alike: before a step the model to be trained is the bundle's."""
    predictor = OpenBundle.open(started).topic()
    labels = len(predictor.info.labels)
    model = build_task_model("topic", tiny_base, "", CONFIG, labels, started).eval()
    ids = torch.tensor([[0, 9, 10, 11, 2]])
    with torch.inference_mode():
        found = model(ids, torch.ones_like(ids))["logits"].numpy()
    expected = predictor.backend.forward({"input_ids": ids.numpy(), "attention_mask": np.ones((1, 5), int)})
    np.testing.assert_allclose(found, expected["logits"], atol=2e-3)
    fresh = build_task_model("topic", tiny_base, "", CONFIG, labels).eval()
    with torch.inference_mode():
        assert np.abs(fresh(ids, torch.ones_like(ids))["logits"].numpy() - found).max() > 0.05


def test_an_averaged_adapter_is_gone_on_from_at_its_own_scale(
    started: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Its alpha is not the run's: without regard to that the update would come in twice."""
    again = train_tiny("topic", tiny_rows["topic"], tmp_path / "again", tiny_base, seed=5)
    average_bundles([started, again], "topic", tiny_rows["topic"], tmp_path / "mean")
    predictor = OpenBundle.open(tmp_path / "mean").topic()
    model = build_task_model("topic", tiny_base, "", CONFIG, len(predictor.info.labels), tmp_path / "mean")
    ids = np.array([[0, 9, 10, 11, 2]])
    arrays = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    found, expected = torch_forward(model.eval())(arrays), predictor.backend.forward(arrays)
    np.testing.assert_allclose(found["logits"], expected["logits"], atol=2e-3)
    bare = build_task_model("topic", tiny_base, "", CONFIG, len(predictor.info.labels)).eval()
    assert np.abs(torch_forward(bare)(arrays)["logits"] - expected["logits"]).max() > 0.02


def test_a_finished_run_from_another_bundle_is_not_taken_for_this_one(
    started: Path, tiny_bundle: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    rows, out = tiny_rows["topic"], tmp_path / "out"
    first = train("topic", rows, rows, out, CONFIG, base=tiny_base, start=started)
    assert train("topic", rows, rows, out, CONFIG, base=tiny_base, start=started, resume=True) == first
    assert read_manifest(out).tasks["topic"].config["start"] == read_manifest(started).sha256
    for other in (tiny_bundle, None):
        with pytest.raises(InputError, match="holds a finished bundle"):
            train("topic", rows, rows, out, CONFIG, base=tiny_base, start=other, resume=True)


def test_a_run_from_a_bundle_moves_little_where_it_learns_little(
    started: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    config = dataclasses.replace(CONFIG, learning_rate=1e-6, head_learning_rate=1e-6)
    rows = tiny_rows["topic"]
    train("topic", rows, rows, tmp_path / "next", config, base=tiny_base, start=started)
    np.testing.assert_allclose(_logits(tmp_path / "next"), _logits(started), atol=5e-3)


def test_what_cannot_be_gone_on_from_is_refused(
    started: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Another task, other labels, another rank, other weights than an adapter's: each with what to do."""
    own = [{**row, "label": f"{row['label']}-x"} for row in TOPIC_ROWS]
    cases = [
        ("stance", tiny_rows["stance"], CONFIG, "no stance model to go on from"),
        ("topic", write_rows(tmp_path / "own.jsonl", own), CONFIG, "map the labels"),
        ("topic", tiny_rows["topic"], dataclasses.replace(CONFIG, lora_rank=4), "lora_rank=16"),
        ("topic", tiny_rows["topic"], dataclasses.replace(CONFIG, method="full"), "--base"),
    ]
    for task, rows, config, said in cases:
        out = tmp_path / "out"
        with pytest.raises(InputError, match=said):
            train(task, rows, rows, out, config, base=tiny_base, start=started)  # type: ignore[arg-type]
        assert not out.exists()


def test_a_resumed_run_must_start_at_the_same_bundle(
    started: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text(json.dumps({"task": "topic", "start": "another"}), encoding="utf-8")
    with pytest.raises(InputError, match="start: another there"):
        train(
            "topic",
            tiny_rows["topic"],
            tiny_rows["topic"],
            out,
            CONFIG,
            base=tiny_base,
            start=started,
            resume=True,
        )


def test_the_average_of_a_bundle_with_itself_is_that_bundle(
    started: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    again = train_tiny("topic", tiny_rows["topic"], tmp_path / "again", tiny_base)
    figures = average_bundles([started, again], "topic", tiny_rows["topic"], tmp_path / "mean")
    np.testing.assert_allclose(_logits(tmp_path / "mean"), _logits(started), atol=5e-3)
    info = verify(tmp_path / "mean").tasks["topic"]
    assert info.metrics["split"] == tiny_rows["topic"].name and info.metrics["n"] == len(TOPIC_ROWS)
    assert figures["macro_f1"] == info.metrics["macro_f1"] and info.config["averaged"] == 2


def test_the_average_lies_between_its_parts(
    started: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """The updates are averaged, not their factors: to first order the answers are averaged too."""
    rows = tiny_rows["topic"]
    config = dataclasses.replace(CONFIG, learning_rate=3e-3, head_learning_rate=1e-2, epochs=2)
    parts = [tmp_path / "a", tmp_path / "b"]
    for seed, part in enumerate(parts):
        train(
            "topic", rows, rows, part, dataclasses.replace(config, seed=seed), base=tiny_base, start=started
        )
    average_bundles(parts, "topic", rows, tmp_path / "mean")
    a, b, mean = (_logits(path) for path in (*parts, tmp_path / "mean"))
    assert np.abs(a - b).max() > 0.02
    assert np.abs(mean - (a + b) / 2).max() < 0.3 * np.abs(a - b).max()


def test_parts_that_do_not_fit_are_refused(
    started: Path, tiny_bundle: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    rows, out = tiny_rows["topic"], tmp_path / "out"
    full = train_tiny("topic", rows, tmp_path / "full", tiny_base, method="full", epochs=1)
    with pytest.raises(InputError, match="two or more"):
        average_bundles([started, started], "topic", rows, out)
    with pytest.raises(InputError, match="no topic adapter"):
        average_bundles([started, full], "topic", rows, out)
    with pytest.raises(InputError, match="not empty"):
        average_bundles([started, tiny_bundle], "topic", rows, tmp_path)
    assert not out.exists()


def test_a_bundle_that_chooses_holders_and_one_that_tags_them_are_not_averaged(
    tiny_bundle: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Their outputs mean different things; a bundle from before 0.5 does not say that it chooses."""
    tags = Path(shutil.copytree(tiny_bundle, tmp_path / "tags"))
    info = read_manifest(tags)
    old = dataclasses.replace(info.tasks["stance"], decoding={"further_holder": 0.8})
    write_manifest(tags, dataclasses.replace(info, tasks={**info.tasks, "stance": old}))
    with pytest.raises(InputError, match="chooses holders"):
        average_bundles([tiny_bundle, tags], "stance", tiny_rows["stance"], tmp_path / "out")


def without_opposites(bundle: Path, out: Path) -> Path:
    """A copy as versions before 0.8 wrote it: no scores of opposites."""
    old = Path(shutil.copytree(bundle, out))
    head = old / "stance" / LAYOUT.head
    save_file({k: v for k, v in load_file(head).items() if not k.startswith("opposite")}, head)
    info = read_manifest(old)
    stance = info.tasks["stance"]
    decoding = {k: v for k, v in stance.decoding.items() if k != "opposites"}
    tasks = {**info.tasks, "stance": dataclasses.replace(stance, decoding=decoding)}
    write_manifest(old, dataclasses.replace(info, tasks=tasks))
    return old


def test_a_bundle_from_before_opposites_answers_and_can_be_gone_on_from(
    tiny_bundle: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Its sides stay as they are; what is trained from it tells opposites, so that they are not averaged."""
    old = without_opposites(tiny_bundle, tmp_path / "old")
    for backend in ("torch", "onnx"):
        (output,) = OpenBundle.open(old, backend).stance().outputs(["الجسر"], [TEXTS[0]])
        assert "opposite" not in output.tokens[0][1]
    rows = tiny_rows["stance"]
    train("stance", rows, rows, tmp_path / "new", CONFIG, base=tiny_base, start=old)
    (output,) = OpenBundle.open(tmp_path / "new").stance().outputs(["الجسر"], [TEXTS[0]])
    assert "opposite" in output.tokens[0][1]
    with pytest.raises(InputError, match="scores opposites"):
        average_bundles([old, tmp_path / "new"], "stance", rows, tmp_path / "mean")


def test_a_product_of_small_rank_is_kept_and_a_larger_one_cut_to_the_nearest() -> None:
    rng = np.random.default_rng(0)
    up, down = rng.normal(size=(12, 6)), rng.normal(size=(6, 9))
    left, right = truncated(up, down, 6)
    np.testing.assert_allclose(left @ right, up @ down)
    left, right = truncated(up, down, 2)
    assert left.shape == (12, 2) and right.shape == (2, 9)
    rest = np.linalg.svd(up @ down, compute_uv=False)[2:]
    np.testing.assert_allclose(np.linalg.norm(left @ right - up @ down), np.linalg.norm(rest))


def test_the_averaged_adapter_says_its_rank(
    started: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    again = train_tiny("topic", tiny_rows["topic"], tmp_path / "again", tiny_base, seed=5, epochs=1)
    average_bundles([started, again], "topic", tiny_rows["topic"], tmp_path / "mean")
    config = json.loads((tmp_path / "mean" / "topic" / LAYOUT.adapter_config).read_text(encoding="utf-8"))
    assert (config["r"], config["lora_alpha"]) == (16, 16)
    assert set(read_manifest(tmp_path / "mean").tasks) == {"topic"}

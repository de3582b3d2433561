"""What was saved is what is loaded."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.bundle import LAYOUT
from models.encoder import load_encoder
from models.errors import BundleError
from models.heads import build_model
from models.load import OpenBundle
from models.torch_backend import load_head, save_head, torch_forward
from tests.tiny import AGAINST, FAVOR, HEALTH, SPORT

TEXTS = [SPORT, HEALTH, FAVOR, AGAINST]
TARGETS = ["الملعب", "المستشفى", "مشروع الجسر", "مشروع الميناء"]


def _logits(bundle: OpenBundle) -> dict[str, Any]:
    return {
        "topic": bundle.topic().logits(TEXTS),
        "stance": np.stack([output.logits for output in bundle.stance().outputs(TARGETS, TEXTS)]),
        "summary": bundle.summary().predict(["خبر"], [TEXTS])[0],
        "embedding": bundle.embedder().embed(TEXTS),
    }


def test_two_loads_predict_the_same(tiny_bundle: Path) -> None:
    first, second = _logits(OpenBundle.open(tiny_bundle)), _logits(OpenBundle.open(tiny_bundle))
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])


def test_tasks_do_not_leak_into_one_another(tiny_bundle: Path) -> None:
    """Each adapter goes into its own copy of the encoder."""
    together = OpenBundle.open(tiny_bundle)
    together.topic(), together.stance(), together.summary()
    found = _logits(together)
    for name, value in found.items():
        alone = OpenBundle.open(tiny_bundle)
        np.testing.assert_array_equal(value, _only(alone, name))


def _only(bundle: OpenBundle, name: str) -> Any:
    if name == "topic":
        return bundle.topic().logits(TEXTS)
    if name == "stance":
        return np.stack([output.logits for output in bundle.stance().outputs(TARGETS, TEXTS)])
    if name == "summary":
        return bundle.summary().predict(["خبر"], [TEXTS])[0]
    return bundle.embedder().embed(TEXTS)


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_heads_are_saved_without_the_encoder_and_loaded_to_the_bit(
    tiny_base: Path, tmp_path: Path, task: str
) -> None:
    torch.manual_seed(1)
    model, other = (
        build_model(task, load_encoder(tiny_base), 5),
        build_model(task, load_encoder(tiny_base), 5),
    )
    save_head(model, tmp_path)
    load_head(other, tmp_path)
    for (name, weight), loaded in zip(model.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(weight, loaded), name
    assert (tmp_path / LAYOUT.head).stat().st_size < 50_000


@pytest.mark.parametrize("change", ["more", "fewer"])
def test_labels_that_are_not_the_weights_own_are_refused(
    tiny_bundle: Path, tmp_path: Path, change: str
) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    path = bundle / LAYOUT.manifest
    data = json.loads(path.read_text(encoding="utf-8"))
    labels = data["tasks"]["topic"]["labels"]
    data["tasks"]["topic"]["labels"] = [*labels, "emotions"] if change == "more" else labels[:-1]
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(
        BundleError, match=r"head.safetensors: head.bias should have the shape \(1[68],\)"
    ) as e:
        OpenBundle.open(bundle).topic()
    assert "\n" not in str(e.value)


def test_a_head_of_another_task_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    shutil.copy(bundle / "topic" / LAYOUT.head, bundle / "stance" / LAYOUT.head)
    with pytest.raises(BundleError, match="evidence.bias should have the shape .*, has none"):
        OpenBundle.open(bundle).stance()


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\xff" * 50])
def test_a_damaged_head_is_refused_in_one_line(tiny_bundle: Path, tmp_path: Path, damage: bytes) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    (bundle / "topic" / LAYOUT.head).write_bytes(damage)
    with pytest.raises(BundleError, match="head.safetensors cannot be read") as caught:
        OpenBundle.open(bundle).topic()
    assert "\n" not in str(caught.value)


def test_a_task_that_is_not_there_is_named(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    path = bundle / LAYOUT.manifest
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["tasks"]["summary"]
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(BundleError, match=r"has no summary model \(it has: stance, topic\)"):
        OpenBundle.open(bundle).summary()


def test_a_backend_takes_arrays_and_gives_fp32_arrays() -> None:
    seen = []

    def model(input_ids: torch.Tensor) -> dict[str, torch.Tensor]:
        seen.append(torch.is_inference_mode_enabled())
        return {"logits": input_ids.to(torch.bfloat16) * 2}

    outputs = torch_forward(model)({"input_ids": np.array([[1, 2]])})
    assert seen == [True]
    assert outputs["logits"].dtype == np.float32 and outputs["logits"].tolist() == [[2.0, 4.0]]

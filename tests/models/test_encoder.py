"""The encoder that is used is the one that was trained: adapters merged by hand equal peft's own."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from models.bundle import LAYOUT
from models.encoder import load_encoder, load_tokenizer, mean_pool, merge_adapter
from models.errors import BundleError
from tests.tiny import SPORT


def _adapter(base: Path, folder: Path, **options: Any) -> torch.nn.Module:
    """Save an adapter with random weights on `base`; return the model with peft's own merge."""
    torch.manual_seed(1)
    settings: dict[str, Any] = {"r": 4, "lora_alpha": 12, "target_modules": "all-linear"} | options
    model = get_peft_model(load_encoder(base), LoraConfig(**settings))
    for name, parameter in model.named_parameters():
        if "lora_" in name:  # B starts at zero, which would hide every mistake
            torch.nn.init.normal_(parameter, std=0.1)
    model.save_pretrained(str(folder))
    merged: torch.nn.Module = model.merge_and_unload()
    return merged.eval()


def _refused(encoder: torch.nn.Module, folder: Path, reason: str) -> None:
    with pytest.raises(BundleError, match=reason) as caught:
        merge_adapter(encoder, folder)
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


@pytest.mark.parametrize("targets", ["all-linear", ["query", "value"]])
def test_merging_equals_pefts_own_merge(tiny_base: Path, tmp_path: Path, targets: str | list[str]) -> None:
    expected = _adapter(tiny_base, tmp_path, target_modules=targets)
    plain, encoder = load_encoder(tiny_base).eval(), load_encoder(tiny_base).eval()
    merge_adapter(encoder, tmp_path)
    wanted = dict(expected.named_parameters())
    assert wanted.keys() == dict(encoder.named_parameters()).keys()
    for name, weight in encoder.named_parameters():
        torch.testing.assert_close(weight, wanted[name], atol=1e-5, rtol=0)
    inputs = load_tokenizer(tiny_base)(SPORT, return_tensors="pt", return_token_type_ids=False)
    with torch.inference_mode():
        found, same, before = (m(**inputs).last_hidden_state for m in (encoder, expected, plain))
    torch.testing.assert_close(found, same, atol=1e-5, rtol=0)
    assert (found - before).abs().max() > 0.01


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"use_rslora": True}, id="rslora"),
        pytest.param({"use_dora": True}, id="dora"),
        pytest.param({"rank_pattern": {"query": 2}}, id="rank pattern"),
        pytest.param({"alpha_pattern": {"query": 2}}, id="alpha pattern"),
        pytest.param({"bias": "lora_only"}, id="biases"),
    ],
)
def test_adapters_of_another_kind_are_refused(
    tiny_base: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    """Merged by the plain formula they would give wrong predictions without a word."""
    _adapter(tiny_base, tmp_path, **options)
    _refused(load_encoder(tiny_base), tmp_path, "merged")


def test_an_adapter_of_another_model_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    _adapter(tiny_base, tmp_path)
    path = tmp_path / LAYOUT.adapter_weights
    tensors = load_file(path)
    name = next(n for n in tensors if n.endswith("query.lora_B.weight"))
    save_file({**tensors, name: torch.zeros(48, 4)}, path)
    _refused(load_encoder(tiny_base), tmp_path, "does not fit")
    save_file({n.replace("layer.0", "layer.7"): t for n, t in tensors.items()}, path)
    _refused(load_encoder(tiny_base), tmp_path, "does not fit")
    save_file({n.replace("query.lora_B", "query.lora_C"): t for n, t in tensors.items()}, path)
    _refused(load_encoder(tiny_base), tmp_path, "does not fit")


@pytest.mark.parametrize("config", ["{", "[]", "{}", '{"r": 0, "lora_alpha": 1}', '{"r": 4}'])
def test_a_broken_adapter_config_is_refused(tiny_base: Path, tmp_path: Path, config: str) -> None:
    _adapter(tiny_base, tmp_path)
    (tmp_path / LAYOUT.adapter_config).write_text(config, encoding="utf-8")
    _refused(load_encoder(tiny_base), tmp_path, "cannot be read")


def test_damaged_adapter_weights_are_refused(tiny_base: Path, tmp_path: Path) -> None:
    _adapter(tiny_base, tmp_path)
    path = tmp_path / LAYOUT.adapter_weights
    path.write_bytes(path.read_bytes()[:100])
    _refused(load_encoder(tiny_base), tmp_path, "cannot be read")


def test_encoders_are_loaded_in_fp32_whatever_they_are_saved_in(tiny_base: Path, tmp_path: Path) -> None:
    """The bundle's are fp16, which CPUs compute slowly and with loss."""
    encoder: Any = load_encoder(tiny_base)
    encoder.half().save_pretrained(tmp_path)
    assert {parameter.dtype for parameter in load_encoder(tmp_path).parameters()} == {torch.float32}


def test_no_model_is_one_line(tmp_path: Path) -> None:
    for load in (load_encoder, load_tokenizer):
        with pytest.raises(BundleError, match="could be loaded from") as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", [b"", b"\x10\x00\x00", b"\xff" * 64])
def test_damaged_weights_are_one_line(tiny_base: Path, tmp_path: Path, damage: bytes) -> None:
    load_encoder(tiny_base).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(damage)
    with pytest.raises(BundleError, match="could be loaded from") as caught:
        load_encoder(tmp_path)
    assert "\n" not in str(caught.value)


def test_weights_of_another_shape_are_refused(tiny_base: Path, tmp_path: Path) -> None:
    load_encoder(tiny_base).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"intermediate_size": 48}), encoding="utf-8")
    with pytest.raises(BundleError, match="could be loaded from"):
        load_encoder(tmp_path)


def test_the_mean_leaves_padding_out() -> None:
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [100.0, 100.0]]])
    assert mean_pool(hidden, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 3.0]]
    assert mean_pool(hidden, torch.tensor([[0, 0, 0]])).tolist() == [[0.0, 0.0]]

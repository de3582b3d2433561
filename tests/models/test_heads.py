"""Every task's model gives what its predictor reads, and padding changes nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch

from models.encoder import load_encoder, load_tokenizer
from models.heads import build_model
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS
from models.units import N_FEATURES
from tests.tiny import FAVOR


def _inputs(base: Path, padding: int) -> dict[str, torch.Tensor]:
    encoded: Any = load_tokenizer(base)(FAVOR, return_tensors="pt", return_token_type_ids=False)
    ids, mask = encoded["input_ids"], encoded["attention_mask"]
    return {
        "input_ids": torch.nn.functional.pad(ids, (0, padding), value=1),
        "attention_mask": torch.nn.functional.pad(mask, (0, padding)),
    }


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_outputs_have_their_shape_and_ignore_padding(tiny_base: Path, task: str) -> None:
    torch.manual_seed(0)
    model = build_model(task, load_encoder(tiny_base), 5, opposites=True).eval()
    found = []
    for padding in (0, 7):
        inputs = _inputs(tiny_base, padding)
        tokens = inputs["input_ids"].shape[1]
        if task == "summary":
            unit_ids = torch.full((1, tokens), -1)
            unit_ids[0, 1:4], unit_ids[0, 4:9] = 0, 1
            inputs |= {"unit_ids": unit_ids, "features": torch.zeros(1, 2 + padding, N_FEATURES)}
        with torch.inference_mode():
            found.append(model(**inputs))
    bare, padded = found
    if task == "stance":
        assert bare["holder"].shape[1:] == (tokens - 7, len(HOLDER_TAGS))
        assert bare["evidence"].shape[1:] == (tokens - 7, len(EVIDENCE_TAGS))
        assert bare["opposite"].shape == (1, tokens - 7)
        assert "opposite" not in build_model(task, load_encoder(tiny_base), 5)(**_inputs(tiny_base, 0))
    assert bare["logits"].shape == (1, 2 if task == "summary" else 5)
    for name, value in bare.items():
        same = padded[name][:, : value.shape[1]]
        torch.testing.assert_close(same, value, atol=1e-5, rtol=0)


def test_units_are_scored_by_their_own_tokens(tiny_base: Path) -> None:
    """Two units with the same features differ only through the tokens that are theirs."""
    torch.manual_seed(0)
    model = build_model("summary", load_encoder(tiny_base), 0).eval()
    inputs = _inputs(tiny_base, 0)
    unit_ids = torch.full_like(inputs["input_ids"], -1)
    unit_ids[0, 1:4], unit_ids[0, 4:9] = 0, 1
    features = torch.zeros(1, 2, N_FEATURES)
    with torch.inference_mode():
        first = model(**inputs, unit_ids=unit_ids, features=features)["logits"][0]
        swapped = torch.where(unit_ids >= 0, 1 - unit_ids, unit_ids)
        second = model(**inputs, unit_ids=swapped, features=features)["logits"][0]
    torch.testing.assert_close(first, second.flip(0), atol=1e-6, rtol=0)
    assert (first[0] - first[1]).abs() > 1e-6

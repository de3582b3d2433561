"""Loading encoders into torch: a Hugging Face folder or hub id, and LoRA adapters merged into it."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES
from transformers.utils import logging

from models.adapter import read_updates
from models.errors import BundleError

# Families whose base class takes `add_pooling_layer`: the pooler is dead weight for mean pooling.
_POOLER_FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "data2vec-text"})


def load_encoder(base: str | Path, *, revision: str | None = None) -> PreTrainedModel:
    """Load a base model without a head, in fp32, from a folder or a hub id.

    Raises `BundleError` when there is no such model, it cannot be read or it is no encoder.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = AutoConfig.from_pretrained(base, revision=revision)
        if config.is_encoder_decoder or config.model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
            raise BundleError(
                f"{base} is no encoder but a model of the kind {config.model_type}; take one of the kind of "
                "BERT, RoBERTa or XLM-R (a seq2seq model is for `summary` with kind=abstractive)"
            )
        extra: dict[str, Any] = {"add_pooling_layer": False} if config.model_type in _POOLER_FAMILIES else {}
        encoder: PreTrainedModel = AutoModel.from_pretrained(
            base,
            revision=revision,
            dtype=torch.float32,
            use_safetensors=True,
            attn_implementation="eager",  # faster than sdpa on a CPU at paragraph lengths
            **extra,
        )
        return encoder
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"no encoder could be loaded from {base}: {_reason(error)}") from error


def load_seq2seq(base: str | Path, *, revision: str | None = None) -> Any:
    """Load an encoder-decoder model (BART, T5 and their kin), in fp32, from a folder or a hub id.

    Raises `BundleError` when there is no such model, it cannot be read or it is of another kind.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = AutoConfig.from_pretrained(base, revision=revision)
        if not config.is_encoder_decoder:
            raise BundleError(
                f"{base} is a model of the kind {config.model_type} and cannot write summaries; take a "
                "seq2seq model such as AraBART or mT5, or kind=extractive"
            )
        return AutoModelForSeq2SeqLM.from_pretrained(
            base, revision=revision, dtype=torch.float32, use_safetensors=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"no seq2seq model could be loaded from {base}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The first line of what transformers says, and the way out."""
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"{line.rstrip('.')}; give a folder, or a hub id and a network that reaches the hub"


def load_tokenizer(base: str | Path, *, revision: str | None = None) -> Any:
    """Load the fast tokenizer of a folder or hub id; offsets need a fast one. Raises `BundleError`."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, revision=revision, use_fast=True)
    except (OSError, ValueError, KeyError) as error:
        raise BundleError(f"no tokenizer could be loaded from {base}: {_reason(error)}") from error
    if not tokenizer.is_fast:
        raise BundleError(
            f"{base} has only a slow tokenizer; Mujaz needs a fast one (tokenizer.json) for offsets"
        )
    return tokenizer


def merge_adapter(encoder: torch.nn.Module, folder: Path) -> None:
    """Add a LoRA adapter to the encoder's weights in place: W += (alpha / r) · B A (Hu et al. 2021).

    Raises `BundleError` when the adapter does not fit the encoder.
    """
    weights = dict(encoder.named_parameters())
    shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
    with torch.no_grad():
        for update in read_updates(folder, load_file, shapes):
            weights[update.weight].add_(update.up.float() @ update.down.float(), alpha=update.scale)


def mean_pool(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean over the tokens that `mask` keeps. hidden (B, T, H), mask (B, T) → (B, H)."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)

"""The model that a run trains: the base, frozen layers, adapters, a head."""

from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, get_peft_model
from torch import nn

from arabic.errors import InputError
from models.bundle import Task
from models.encoder import load_encoder, load_seq2seq, load_tokenizer
from models.heads import build_model
from training.config import TrainConfig
from training.start import load_start


def build_tokenizer(base: str | Path, revision: str, config: TrainConfig) -> Any:
    """Load the base's tokenizer. Raises `InputError` where it reads fewer tokens than `max_length`."""
    tokenizer = load_tokenizer(base, revision=revision or None)
    if config.max_length > tokenizer.model_max_length:
        raise InputError(
            f"max_length is {config.max_length}, but {base} reads at most "
            f"{tokenizer.model_max_length} tokens; lower it"
        )
    return tokenizer


def build_task_model(
    task: Task,
    base: str | Path,
    revision: str,
    config: TrainConfig,
    n_labels: int,
    start: Path | None = None,
    *,
    opposites: bool = False,
) -> nn.Module:
    """Load the base and put adapters and the task's head on it: those of `start`, or fresh ones.

    Fresh ones come from `config.seed`.
    """
    torch.manual_seed(config.seed)
    bare = load_encoder(base, revision=revision or None)
    for name, module in bare.named_modules():
        if isinstance(module, nn.Dropout) and "attention.self" in name:
            module.p = 0.0  # dropout inside attention doubles the time of a step on a CPU
    model = build_model(task, _adapted(bare, config), n_labels, opposites=opposites)
    if start is not None:
        load_start(model, start, task)
    return model


def build_seq2seq(base: str | Path, revision: str, config: TrainConfig) -> nn.Module:
    """Load a seq2seq base, with adapters from `config.seed`."""
    torch.manual_seed(config.seed)
    model = load_seq2seq(base, revision=revision or None)
    if config.frozen_layers:
        raise InputError("frozen_layers is for encoders; leave it 0 for an abstractive summarizer")
    return _adapted(model, config)


def _adapted(model: Any, config: TrainConfig) -> nn.Module:
    """Freeze the lowest layers; with `lora` everything but the adapters, which the others get."""
    frozen = _frozen_modules(model, config.frozen_layers)
    if config.method == "full":
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(not name.startswith(frozen))
        return cast(nn.Module, model)
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear",
        exclude_modules=[
            name
            for name, module in model.named_modules()
            if isinstance(module, nn.Linear) and name.startswith(frozen)
        ]
        or None,
    )
    return cast(nn.Module, get_peft_model(model, lora))


def _frozen_modules(encoder: nn.Module, count: int) -> tuple[str, ...]:
    """The names of the embeddings and of the lowest `count` layers, with a dot behind; none for 0."""
    if not count:
        return ()
    total = int(cast(Any, encoder).config.num_hidden_layers)
    if count >= total:
        raise InputError(f"frozen_layers is {count}, but the base has {total} layers; freeze fewer")
    stacks = {n: m for n, m in encoder.named_modules() if isinstance(m, nn.ModuleList) and len(m) == total}
    if not stacks:
        raise InputError("the base's layers were not found; set frozen_layers to 0")
    stack = next(iter(stacks))
    embeddings = next(n for n, m in encoder.named_modules() if isinstance(m, nn.Embedding))
    return (f"{embeddings.split('.')[0]}.", *(f"{stack}.{i}." for i in range(count)))

"""Going on from a bundle: its adapter and head are where the training of a task starts."""

import json
from pathlib import Path
from typing import Any

from peft import set_peft_model_state_dict
from safetensors.torch import load_file

from arabic.errors import InputError
from models.bundle import LAYOUT, Task, read_manifest, verify
from models.torch_backend import load_head


def check_start(start: Path, task: Task, labels: tuple[str, ...], method: str) -> str:
    """Check that a bundle's task can be trained on; returns the bundle's SHA-256.

    Raises `InputError` where it lacks the task, has other labels or is no adapter, `BundleError` for a
    broken bundle.
    """
    info = verify(start)
    if task not in info.tasks:
        raise InputError(f"{start} has no {task} model to go on from; it has {', '.join(info.tasks)}")
    found = info.tasks[task]
    if found.labels != labels:
        raise InputError(
            f"{start} answers with {', '.join(found.labels) or 'no labels'}, the data has "
            f"{', '.join(labels) or 'none'}; map the labels, or train without --start"
        )
    if (method, found.method) != ("lora", "lora"):
        raise InputError(
            f"--start goes on with adapters (here: {found.method}, wanted: {method}); of a model whose "
            f"weights were all trained take the encoder: --base {start / found.encoder}"
        )
    return info.sha256


def load_start(model: Any, start: Path, task: Task) -> None:
    """Put the adapter and head of a bundle into a freshly built task model.

    Of a stance model from before 0.8 the scores of opposites stay fresh. Raises `InputError`.
    """
    weights = load_file(start / task / LAYOUT.adapter_weights)
    info = read_manifest(start).tasks[task]
    wanted = {
        name.replace(".default.", "."): tuple(value.shape)
        for name, value in model.encoder.named_parameters()
        if "lora_" in name
    }
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != wanted:
        config = info.config
        names = ("lora_rank", "frozen_layers")
        settings = ", ".join(f"{name}={config[name]}" for name in names if name in config)
        raise InputError(
            f"{start}: the adapter has other shapes than this run's; it was trained with {settings}"
        )
    # an averaged adapter has another alpha than the run: what counts is alpha / r times the product
    adapter = json.loads((start / task / LAYOUT.adapter_config).read_text(encoding="utf-8"))
    ours = model.encoder.peft_config["default"]
    scale = (adapter["lora_alpha"] / adapter["r"]) / (ours.lora_alpha / ours.r)
    tensors = {name: value.float() * (scale if "lora_B" in name else 1.0) for name, value in weights.items()}
    set_peft_model_state_dict(model.encoder, tensors)
    load_head(model, start / task, without="" if info.tells_opposites else "opposite")

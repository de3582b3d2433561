"""A task's own weights as files: its head, and its LoRA adapter, W += (alpha / r) · B A (Hu et al. 2021).

Adapters are read here because importing peft costs seconds at every start; training uses peft itself, and
a test holds the two equal.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from models.bundle import LAYOUT
from models.errors import BundleError

# What changes the formula by which an adapter is merged.
_NOT_MERGED = ("use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "fan_in_fan_out")


@dataclass(frozen=True, slots=True)
class Update:
    """What one weight gets: `scale` · `up` (out, r) @ `down` (r, in), arrays or tensors as loaded."""

    weight: str
    up: Any
    down: Any
    scale: float


def read_updates(
    folder: Path, load_file: Callable[[Path], Mapping[str, Any]], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[Update]:
    """The updates of an adapter, read by the `load_file` of a framework, for weights of these shapes.

    Raises `BundleError` when the adapter does not fit the encoder.
    """
    try:
        config = json.loads((folder / LAYOUT.adapter_config).read_text(encoding="utf-8"))
        tensors = load_file(folder / LAYOUT.adapter_weights)
        scale = config["lora_alpha"] / config["r"]
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, SafetensorError) as error:
        raise BundleError(f"{folder}: the adapter cannot be read ({error}); get the bundle again") from error
    if any(config.get(name) for name in _NOT_MERGED):
        raise BundleError(
            f"{folder}: only plain LoRA adapters can be merged; train without {', '.join(_NOT_MERGED)}"
        )
    downs = [name for name in tensors if name.endswith(".lora_A.weight")]
    if 2 * len(downs) != len(tensors):
        raise BundleError(
            f"{folder}: expected pairs of lora_A and lora_B weights only; other adapters cannot be merged"
        )
    for name in downs:
        module = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
        down = tensors[name]
        up = tensors.get(name.replace("lora_A", "lora_B"), down)
        if shapes.get(f"{module}.weight") != (up.shape[0], down.shape[1]):
            raise BundleError(
                f"{folder}: the adapter's {module} does not fit the encoder; they belong to two models"
            )
        yield Update(f"{module}.weight", up, down, scale)


def check_head(
    path: Path, found: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]
) -> None:
    """Compare the shapes of a head's weights. Raises `BundleError` where they differ."""
    for name in sorted({*wanted, *found}):
        if found.get(name) != wanted.get(name):
            raise BundleError(
                f"{path}: {name} should have the shape {wanted.get(name, 'none')}, has "
                f"{found.get(name, 'none')}; the labels in bundle.json are not its own"
            )

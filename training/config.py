"""The configuration of a training run: one dataclass, read from YAML, saved in the bundle."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from arabic.errors import InputError

CONFIGS_DIR = Path(__file__).parent / "configs"
_COUNTS = (
    "lora_rank",
    "lora_alpha",
    "epochs",
    "batch_size",
    "gradient_accumulation",
    "checkpoint_steps",
    "mixed_repeat",
    "max_new_tokens",
    "beams",
)
_FROM_ZERO = (
    "frozen_layers",
    "patience",
    "weight_decay",
    "class_weight_power",
    "unrelated_ratio",
    "token_loss_weight",
    "opposite_weight",
    "tag_weight",
)
_SHARES = (
    "lora_dropout",
    "warmup_ratio",
    "label_smoothing",
    "second_label_weight",
    "hard_unrelated",
    "elsewhere",
    "opposite_targets",
    "mask_words",
    "headings",
    "important_target",
    "precision",
)


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How a task is trained. Defaults that differ by task are in `training/configs/*.yaml`."""

    method: Literal["lora", "full"] = "lora"
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    frozen_layers: int = 0
    """The embeddings and this many of the lowest layers stay as they are."""
    learning_rate: float = 3e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_ratio: float = 0.06
    epochs: int = 4
    patience: int = 0
    """Stop after this many epochs without a better dev figure; 0: never."""
    batch_size: int = 16
    """Rows a step, on each process; times `gradient_accumulation` for each update."""
    gradient_accumulation: int = 1
    max_length: int = 256
    seed: int = 13
    dtype: Literal["auto", "fp32", "bf16"] = "auto"
    """auto: bf16 on a GPU that has it, and on a CPU where a measurement finds it faster."""
    checkpoint_steps: int = 100
    """Updates between two checkpoints; one is also written after every epoch."""
    label_smoothing: float = 0.0
    class_weight_power: float = 0.0
    """Classes are weighted by frequency ** -power: 0 is none, 1 is balanced."""
    balanced_sampling: bool = False
    """topic, stance: every label is drawn as often as every other."""
    respell: bool = False
    """topic, stance: read words in their commonest spelling, in training and ever after."""
    precision: float = 0.9
    """topic: the bundle abstains below the confidence from which on this share is right on dev."""
    second_label_weight: float = 0.0
    """topic: share of the target probability that a paragraph's second topic gets."""
    unrelated_ratio: float = 1.0
    """stance: unrelated pairs made a related pair, others in every epoch."""
    hard_unrelated: float = 0.5
    """stance: share of the unrelated pairs whose target comes from a similar paragraph."""
    elsewhere: float = 0.0
    """stance: share of the related pairs seen again with their target moved to another country, unrelated."""
    opposite_targets: float = 0.0
    """stance: share of the related pairs seen again with their target turned into its opposite."""
    mixed_repeat: int = 1
    """stance: how often a pair on which holders disagree is seen an epoch (they are few)."""
    mask_words: float = 0.0
    """stance: share of the pairs whose paragraph loses the words that it shares with the target."""
    headings: float = 0.0
    """stance: share of the pairs that come with a heading, half of them with one that names the target."""
    token_loss_weight: float = 1.0
    """stance: weight of the holder and evidence losses beside the label's."""
    opposite_weight: float = 1.0
    """stance: weight of the loss of whether the target's opposite is named."""
    sides: bool = False
    """stance: learn only from who takes a side, as the second model that `mujaz bundle sides` adds."""
    tag_weight: float = 1.0
    """stance: weight of holder and evidence tokens against tokens outside."""
    kind: Literal["extractive", "abstractive"] = "extractive"
    """summary: choose units by salience, or write with a seq2seq model."""
    important_target: float = 0.5
    """summary, extractive: the target of units that are important but not key."""
    max_new_tokens: int = 128
    """summary, abstractive: the longest summary, in tokens."""
    beams: int = 4
    """summary, abstractive: beams of the search."""

    def __post_init__(self) -> None:
        least = {"max_length": 32} | dict.fromkeys(_COUNTS, 1) | dict.fromkeys(_FROM_ZERO, 0)
        for name, bound in least.items():
            if not getattr(self, name) >= bound:  # NaN is refused too
                raise ValueError(f"{name} must be at least {bound}, was {getattr(self, name)}")
        for name in ("learning_rate", "head_learning_rate"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, was {getattr(self, name)}")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be between 0 and 1, was {getattr(self, name)}")


def load_config(path: Path, settings: Sequence[str] = (), **overrides: Any) -> TrainConfig:
    """Read a YAML file over the defaults, `settings` over the file, and `overrides` over both.

    `settings` are texts `key=value`, the value as in YAML; overrides that are None count nothing.
    Raises `InputError` for an unreadable file, an unknown key or a value of the wrong kind.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        values |= dict(_setting(text) for text in settings)
        values |= {name: value for name, value in overrides.items() if value is not None}
        return TypeAdapter(TrainConfig).validate_python(values)
    except OSError as error:
        raise InputError(f"{path}: the configuration could not be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: expected YAML with one key a line: {reason}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "value"
        known = ", ".join(field.name for field in dataclasses.fields(TrainConfig))
        raise InputError(f"{path}: {where}: {first['msg']}; known keys: {known}") from error


def _setting(text: str) -> tuple[str, Any]:
    """Split `key=value`; YAML reads 3e-4 as a text, which pydantic then makes a number."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"--set {text!r}: expected key=value, such as epochs=3")
    try:
        return name.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise InputError(f"--set {text!r}: {' '.join(str(error).split())}") from error

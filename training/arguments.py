"""What transformers' Trainer is told of a configuration."""

from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from training import processes
from training.callbacks import Interruption, ProgressReport, Saving, Stopping
from training.config import TrainConfig


def training_arguments(
    config: TrainConfig,
    rows: int,
    checkpoints: Path,
    track: str,
    kind: type[TrainingArguments] = TrainingArguments,
) -> TrainingArguments:
    """What transformers needs to know of a configuration; `config.dtype` must be decided by now."""
    cpu = not torch.cuda.is_available()
    arguments = kind(
        output_dir=str(checkpoints),
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        num_train_epochs=config.epochs,
        learning_rate=config.learning_rate,
        lr_scheduler_type="linear",
        use_cpu=cpu,
        ddp_backend="gloo" if cpu and processes.world_size() > 1 else None,
        bf16=config.dtype == "bf16",
        seed=config.seed,
        eval_strategy="no",  # `Saving` asks for both, evaluation first: a checkpoint has its epoch's figure
        save_strategy="no",
        remove_unused_columns=False,
        train_sampling_strategy="sequential",  # `EpochData` is in order already
        dataloader_pin_memory=not cpu,
        logging_steps=10,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        disable_tqdm=True,
        report_to=track,
        run_name=checkpoints.parent.name,
    )
    steps = updates_per_epoch(rows, arguments) * config.epochs
    arguments.warmup_steps = round(steps * config.warmup_ratio)
    return arguments


def run_callbacks(
    config: TrainConfig, arguments: TrainingArguments, rows: int, interruption: Interruption
) -> list[Any]:
    """The callbacks of every run."""
    per_epoch = updates_per_epoch(rows, arguments)
    return [
        Saving(config.checkpoint_steps, per_epoch, interruption),
        Stopping(config.patience),
        ProgressReport(),
    ]


def updates_per_epoch(rows: int, arguments: TrainingArguments) -> int:
    """Updates an epoch has, as the Trainer counts them."""
    batches = -(-rows // (arguments.per_device_train_batch_size * arguments.world_size))
    return int(-(-batches // arguments.gradient_accumulation_steps))

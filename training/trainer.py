"""The Trainer of a run: our losses, our evaluation, transformers' loop."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from transformers import Trainer, TrainingArguments

from models.bundle import Task
from training.config import TrainConfig
from training.features import collate
from training.losses import LABEL_FIELDS, Loss, build_loss, frequency_weights


class TaskTrainer(Trainer):
    """A Trainer whose loss is ours and whose evaluation is the one that users run."""

    def __init__(
        self, *args: Any, loss: Loss, evaluator: Callable[[], dict[str, Any]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._loss = loss
        self._evaluator = evaluator

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """The task's loss of one batch."""
        labels = {name: inputs.pop(name) for name in LABEL_FIELDS if name in inputs}
        outputs = model(**inputs)
        loss = self._loss(outputs, labels)
        return (loss, outputs) if return_outputs else loss

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Evaluate on dev as `mujaz evaluate` does."""
        model = cast(nn.Module, self.model)
        model.eval()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        with torch.autocast(device, torch.bfloat16, enabled=self.args.bf16):
            found = self._evaluator()
        model.train()
        metrics = {f"{metric_key_prefix}_{k}": v for k, v in found.items() if isinstance(v, int | float)}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def build_trainer(
    task: Task,
    model: nn.Module,
    dataset: Dataset,
    config: TrainConfig,
    *,
    pad_token_id: int,
    checkpoints: Path,
    evaluator: Callable[[], dict[str, Any]],
) -> TaskTrainer:
    """Make the Trainer of a run; the epoch whose `selection` on dev is best is loaded at the end."""
    steps = -(-len(dataset) // config.batch_size) * config.epochs
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        per_device_train_batch_size=config.batch_size,
        num_train_epochs=config.epochs,
        warmup_steps=round(steps * config.warmup_ratio),
        lr_scheduler_type="linear",
        use_cpu=not torch.cuda.is_available(),
        bf16=torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported(),
        seed=config.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="eval_selection",
        remove_unused_columns=False,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        logging_steps=20,
        disable_tqdm=True,
    )
    weights = None
    if config.class_weight_power:
        targets = torch.tensor(np.asarray(dataset["labels"]), dtype=torch.float32)
        weights = frequency_weights(targets, config.class_weight_power)
    return TaskTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        eval_dataset=dataset.select([0]),  # evaluation reads the dev rows itself
        data_collator=partial(collate, pad_token_id),
        optimizers=(_optimizer(model, config), None),
        loss=build_loss(task, config, weights),
        evaluator=evaluator,
    )


def _optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    heads = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    encoder = [p for n, p in model.named_parameters() if n.startswith("encoder.") and p.requires_grad]
    groups = [
        {"params": encoder, "lr": config.learning_rate},
        {"params": heads, "lr": config.head_learning_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)

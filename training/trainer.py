"""The Trainer of a run: our losses, our evaluation, our checkpoints, transformers' loop."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import distributed, nn
from transformers import PrinterCallback, Trainer
from transformers.integrations.integration_utils import TensorBoardCallback

from arabic.errors import InputError
from models.bundle import Task
from training.arguments import run_callbacks, training_arguments
from training.callbacks import Interruption, RunInterrupted, evaluations, stops_early
from training.checkpoints import (
    STAGED,
    checkpoint,
    is_complete,
    newest_complete,
    prune,
    publish,
    read_state,
)
from training.config import TrainConfig
from training.epochs import EpochData
from training.features import collate
from training.folder import TENSORBOARD
from training.losses import LABEL_FIELDS, Loss, build_loss, frequency_weights

WEIGHTS = "model.safetensors"
Evaluator = Callable[[], dict[str, Any]]


class SafeTrainer(Trainer):
    """A Trainer that evaluates as `mujaz evaluate` does and whose checkpoints survive a kill.

    Overrides of names that begin with an underscore were checked against transformers 5.24.
    """

    def __init__(
        self, *args: Any, config: TrainConfig, evaluator: Evaluator, interruption: Interruption, **kwargs: Any
    ) -> None:
        self.config = config
        self._evaluator = evaluator
        self._interruption = interruption
        try:
            super().__init__(*args, **kwargs)
        except RuntimeError as error:
            if "to be installed" not in str(error):
                raise
            raise InputError(f"--track: {error}") from error  # transformers names the package
        self.remove_callback(PrinterCallback)
        for callback in self.callback_handler.callbacks:
            if isinstance(callback, TensorBoardCallback):  # its own choice is among the checkpoints
                callback.logging_dir = str(Path(str(self.args.output_dir)).parent / TENSORBOARD)

    def fit(self, *, resume: bool = False) -> None:
        """Train, from the newest complete checkpoint if `resume`, and load the best epoch's weights.

        Raises `RunInterrupted` where the run was asked to stop; a checkpoint is there then.
        """
        folder = Path(str(self.args.output_dir))
        latest = newest_complete(folder) if resume else None
        state: dict[str, Any] = {"global_step": 0, "max_steps": 1, "log_history": []}
        if latest is not None:
            state = read_state(latest)
        log = state["log_history"]
        if state["global_step"] < state["max_steps"] and not stops_early(log, self.config.patience):
            self.train(resume_from_checkpoint=str(latest) if latest else None)
            log = self.state.log_history
            if self._interruption.requested:
                raise RunInterrupted(
                    f"{folder.parent}: stopped after update {self.state.global_step} of "
                    f"{self.state.max_steps}; go on with --resume"
                )
        self._load_from_checkpoint(str(checkpoint(folder, best_step(log))))

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Evaluate on dev as `mujaz evaluate` does."""
        model = cast(nn.Module, self.model)
        model.eval()
        with torch.autocast(self.args.device.type, torch.bfloat16, enabled=self.args.bf16):
            found = self._evaluator()
        model.train()
        metrics = {f"{metric_key_prefix}_{k}": v for k, v in found.items() if isinstance(v, int | float)}
        if distributed.is_initialized():  # all processes must decide by the same figures
            shared = [metrics]
            distributed.broadcast_object_list(shared, src=0)
            metrics = shared[0]
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW with a rate for the encoder and one for the heads."""
        if self.optimizer is None:
            named = [(n, p) for n, p in cast(nn.Module, self.model).named_parameters() if p.requires_grad]
            encoder = [p for n, p in named if n.startswith("encoder.")]
            heads = [p for n, p in named if not n.startswith("encoder.")]
            groups = [
                {"params": encoder, "lr": self.config.learning_rate},
                {"params": heads, "lr": self.config.head_learning_rate},
            ]
            groups = [group for group in groups if group["params"]]
            self.optimizer = torch.optim.AdamW(groups, weight_decay=self.config.weight_decay, fused=True)
        return self.optimizer

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the weights that are trained; the others are the base's."""
        if self.args.should_save:
            folder = Path(str(output_dir or self.args.output_dir))
            folder.mkdir(parents=True, exist_ok=True)
            named = cast(nn.Module, self.model).named_parameters()
            trained = {n: p.detach().contiguous() for n, p in named if p.requires_grad}
            save_file(trained, folder / WEIGHTS)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Let transformers write its files into a staging folder, then publish it whole."""
        folder = Path(str(self.args.output_dir))
        step = self.state.global_step
        if trial is not None or is_complete(checkpoint(folder, step)):
            return  # a search keeps no checkpoints; a run that was resumed here has this one
        staged = folder / STAGED
        if self.args.should_save:
            shutil.rmtree(staged, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self.args.output_dir = str(staged)
        try:
            super()._save_checkpoint(model, trial)
            self.args.output_dir = str(folder)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                publish(checkpoint(staged, step), checkpoint(folder, step))
        except (OSError, RuntimeError, SafetensorError) as error:  # torch and safetensors have their own
            raise InputError(
                f"{folder}: no checkpoint could be written ({str(error).splitlines()[0]}); look at the "
                "disk's free space and go on with --resume"
            ) from error
        finally:
            self.args.output_dir = str(folder)
        if self.args.should_save:
            log = self.state.log_history
            prune(folder, {step, best_step(log)} if evaluations(log) else {step})
        self.accelerator.wait_for_everyone()

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        """Load what `save_model` wrote."""
        weights = load_file(Path(resume_from_checkpoint) / WEIGHTS)
        found = (model or cast(nn.Module, self.model)).load_state_dict(weights, strict=False)
        if found.unexpected_keys:
            raise InputError(
                f"{resume_from_checkpoint} is of another model (it has {found.unexpected_keys[0]}); "
                "take another out folder"
            )


class TaskTrainer(SafeTrainer):
    """A SafeTrainer whose loss is ours."""

    def __init__(self, *args: Any, loss: Loss, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loss = loss

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
        loss = self.loss(outputs, labels)
        return (loss, outputs) if return_outputs else loss


def best_step(log_history: Sequence[dict[str, Any]]) -> int:
    """The update after which the dev figure was best, the first of several."""
    scores = evaluations(log_history)
    steps = [entry["step"] for entry in log_history if "eval_selection" in entry]
    return int(steps[scores.index(max(scores))])


def build_trainer(
    task: Task,
    data: EpochData,
    config: TrainConfig,
    *,
    model: nn.Module | None = None,
    model_init: Callable[[Any], nn.Module] | None = None,
    pad_token_id: int,
    checkpoints: Path,
    evaluator: Evaluator,
    interruption: Interruption | None = None,
    track: str = "none",
) -> TaskTrainer:
    """Make the Trainer of a run, of a model or of one that `model_init` makes for every trial of a search."""
    interruption = interruption or Interruption()
    arguments = training_arguments(config, len(data), checkpoints, track)
    return TaskTrainer(
        model=model,
        model_init=model_init,
        args=arguments,
        train_dataset=data,
        data_collator=partial(collate, pad_token_id),
        callbacks=run_callbacks(config, arguments, len(data), interruption),
        config=config,
        loss=task_loss(task, config, data),
        evaluator=evaluator,
        interruption=interruption,
    )


def task_loss(task: Task, config: TrainConfig, data: EpochData) -> Loss:
    """The loss of a task, with class weights from the rows of the first epoch."""
    weights = None
    if config.class_weight_power:
        targets = torch.tensor(np.asarray(data.column("labels")), dtype=torch.float32)
        weights = frequency_weights(targets, config.class_weight_power)
    return build_loss(task, config, weights)

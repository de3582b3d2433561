"""Hyper-parameter search: short runs that keep nothing but their dev figure (optuna, by the Trainer)."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from arabic.errors import InputError
from arabic.normalize import Normalization
from models.bundle import Task, TaskInfo
from models.heads import hidden_size
from models.predict import Backend
from models.torch_backend import torch_forward
from training import processes
from training.build import build_task_model, build_tokenizer
from training.calibration import dev_figures
from training.callbacks import Interruption, RunInterrupted
from training.checkpoints import replace_file
from training.config import TrainConfig
from training.epochs import EpochData, epoch_features
from training.folder import CHECKPOINTS, SEARCH
from training.inputs import Inputs, read_inputs, task_info
from training.precision import choose_dtype
from training.trainer import TaskTrainer, build_trainer, task_loss

TRIALS = "trials.json"
_STUDY = "study.db"


def search_config(
    task: Task,
    train_file: Path,
    dev_file: Path,
    out: Path,
    config: TrainConfig,
    *,
    trials: int,
    base: str | Path,
    revision: str = "",
    data_licence: str = "",
    columns: Mapping[str, str] | None = None,
    start: Path | None = None,
    resume: bool = False,
    track: str = "none",
) -> TrainConfig:
    """Try `trials` settings around `config` and return the one that is best on dev.

    What was tried is in `out/search/trials.json`. Trials that are finished are kept: the same search
    with `resume` goes on after the last one. The best of many flatters on dev.
    """
    try:
        import optuna
    except ImportError as error:
        raise InputError("a search needs optuna; pip install 'mujaz[search]'") from error
    if processes.world_size() > 1 or config.kind == "abstractive":
        raise InputError("a search runs in one process, for tasks with an encoder; leave --search away")
    inputs = read_inputs(
        task,
        train_file,
        dev_file,
        config,
        base=base,
        revision=revision,
        data_licence=data_licence,
        normalization=Normalization(),
        columns=columns,
        start=start,
    )
    folder = out / SEARCH
    if folder.exists() and not resume:
        raise InputError(f"{folder} holds a search; go on with --resume, or remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}); name another folder") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name = hashlib.sha256(json.dumps(inputs.record, sort_keys=True).encode()).hexdigest()
    study = optuna.create_study(
        study_name=name,
        storage=f"sqlite:///{folder / _STUDY}",
        load_if_exists=True,
        direction="maximize",
    )
    left = trials - sum(trial.state.is_finished() for trial in study.trials)
    interruption = Interruption()
    if left > 0:
        with interruption.watched():
            _search_trainer(inputs, folder, interruption).hyperparameter_search(
                hp_space=lambda trial: {},  # `model_init` has set everything by then
                compute_objective=lambda metrics: float(metrics["eval_selection"]),
                n_trials=left,
                direction="maximize",
                backend="optuna",
                study_name=name,
                storage=f"sqlite:///{folder / _STUDY}",
                load_if_exists=True,
                sampler=optuna.samplers.TPESampler(seed=config.seed + len(study.trials)),
            )
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)  # empty: a search keeps no weights
    tried = [
        {"selection": trial.value, "state": trial.state.name.lower(), **trial.params}
        for trial in study.trials
    ]
    replace_file(folder / TRIALS, json.dumps(tried, indent=1) + "\n")
    return dataclasses.replace(config, **study.best_params)


def suggest(trial: Any, task: Task, config: TrainConfig, *, started: bool = False) -> TrainConfig:
    """A configuration near `config`: rates within a factor of three, and what regularises.

    `started`: adapters come from a bundle and keep their rank.
    """
    found: dict[str, Any] = {
        name: trial.suggest_float(name, getattr(config, name) / 3, getattr(config, name) * 3, log=True)
        for name in ("learning_rate", "head_learning_rate")
    }
    found["weight_decay"] = trial.suggest_categorical("weight_decay", [0.0, 0.01, 0.1])
    if config.method == "lora" and not started:
        found["lora_rank"] = trial.suggest_categorical("lora_rank", [8, 16, 32])
    if task != "summary":
        found["label_smoothing"] = trial.suggest_float("label_smoothing", 0.0, 0.1)
        found["class_weight_power"] = trial.suggest_float("class_weight_power", 0.0, 1.0)
    return dataclasses.replace(config, **found)


class _StopSearch(TrainerCallback):
    """Ends the search, and not only a trial, when the run is to stop."""

    def __init__(self, interruption: Interruption, folder: Path) -> None:
        self._interruption = interruption
        self._folder = folder

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look after every update; the trial counts as failed."""
        if self._interruption.requested:
            raise RunInterrupted(f"{self._folder}: the search was stopped; go on with --resume")


def _model(inputs: Inputs, config: TrainConfig) -> nn.Module:
    return build_task_model(
        inputs.task,
        inputs.base,
        inputs.revision,
        config,
        len(inputs.labels),
        inputs.start,
        opposites=inputs.polar,
    )


def _search_trainer(inputs: Inputs, folder: Path, interruption: Interruption) -> TaskTrainer:
    tokenizer = build_tokenizer(inputs.base, inputs.revision, inputs.config)
    built = _model(inputs, inputs.config)
    dtype: Any = choose_dtype(inputs.config.dtype, hidden_size(cast(Any, built).encoder))
    config = dataclasses.replace(inputs.config, dtype=dtype)
    features = epoch_features(
        inputs.task, inputs.train, tokenizer, inputs.normalization, config, inputs.labels
    )
    per_update = config.batch_size * config.gradient_accumulation
    data = EpochData(
        features, rows_per_update=per_update, seed=config.seed, balanced=config.balanced_sampling
    )
    holder: list[TaskTrainer] = []

    def model_init(trial: Any) -> nn.Module:
        tried = (
            config if trial is None else suggest(trial, inputs.task, config, started=inputs.start is not None)
        )
        for trainer in holder:  # none while the Trainer itself is being made
            trainer.config = tried
            trainer.loss = task_loss(inputs.task, tried, data)
        return _model(inputs, tried)

    def evaluate(info: TaskInfo) -> dict[str, Any]:
        model = holder[0].model
        assert isinstance(model, nn.Module)
        backend = Backend(tokenizer, torch_forward(model), inputs.normalization)
        return dev_figures(inputs.task, backend, info, inputs.dev)

    trainer = build_trainer(
        inputs.task,
        data,
        config,
        model_init=model_init,
        pad_token_id=tokenizer.pad_token_id,
        checkpoints=folder / CHECKPOINTS,
        evaluator=partial(evaluate, task_info(inputs, "encoder")),
        interruption=interruption,
    )
    trainer.add_callback(_StopSearch(interruption, folder))
    holder.append(trainer)
    torch.manual_seed(config.seed)
    return trainer

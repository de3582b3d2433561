"""One training run: labelled data in, a bundle with one task out."""

import dataclasses
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from arabic.normalize import Normalization
from models.bundle import LAYOUT, Task, encoder_info
from models.heads import hidden_size
from models.predict import Backend
from models.torch_backend import torch_forward
from training import processes
from training.build import build_task_model, build_tokenizer
from training.calibration import calibrate, dev_figures
from training.callbacks import Interruption
from training.config import TrainConfig
from training.epochs import EpochData, epoch_features
from training.folder import CHECKPOINTS, check_free, finished, publish_bundle
from training.inputs import Inputs, decided, read_inputs, task_info
from training.save import write_bundle
from training.seq2seq import train_summarizer
from training.trainer import build_trainer
from training.trees import fit_trees


def train(
    task: Task,
    train_file: Path,
    dev_file: Path,
    out: Path,
    config: TrainConfig,
    *,
    base: str | Path,
    revision: str = "",
    data_licence: str = "",
    normalization: Normalization | None = None,
    columns: Mapping[str, str] | None = None,
    start: Path | None = None,
    resume: bool = False,
    track: str = "none",
) -> dict[str, Any]:
    """Fine-tune `base` for a task and write a bundle to `out`; returns the figures on dev.

    `start` is a bundle on the same base whose adapter and head of the task are trained on.
    The epoch that is best on dev is kept, and temperature and decoding options are fitted on dev, so
    the dev figures flatter a little. With `resume` an unfinished run in `out` goes on from its newest
    complete checkpoint, a finished one just gives its figures, and where there is none one begins.
    Of several processes the main one alone writes the bundle; the others return no figures.

    Raises `InputError` for bad data or an `out` that is in use, `RunInterrupted` after SIGTERM.
    """
    inputs = read_inputs(
        task,
        train_file,
        dev_file,
        config,
        base=base,
        revision=revision,
        data_licence=data_licence,
        normalization=normalization or Normalization(),
        columns=columns,
        start=start,
    )
    if resume and (figures := finished(out, inputs.record, task)) is not None:
        return figures
    if processes.is_main():
        check_free(out, inputs.record, resume=resume)
    interruption = Interruption()
    with interruption.watched():
        if task == "summary" and config.kind == "abstractive":
            return train_summarizer(inputs, out, interruption, resume=resume, track=track)
        return _train_encoder(inputs, out, interruption, resume=resume, track=track)


def _train_encoder(
    inputs: Inputs, out: Path, interruption: Interruption, *, resume: bool, track: str
) -> dict[str, Any]:
    tokenizer = build_tokenizer(inputs.base, inputs.revision, inputs.config)
    model = build_task_model(
        inputs.task,
        inputs.base,
        inputs.revision,
        inputs.config,
        len(inputs.labels),
        inputs.start,
        opposites=inputs.polar,
    )
    inputs = decided(inputs, out, hidden_size(cast(Any, model).encoder))
    config = inputs.config
    features = epoch_features(
        inputs.task, inputs.train, tokenizer, inputs.normalization, config, inputs.labels
    )
    per_update = config.batch_size * config.gradient_accumulation * processes.world_size()
    data = EpochData(
        features, rows_per_update=per_update, seed=config.seed, balanced=config.balanced_sampling
    )
    info = task_info(inputs, LAYOUT.encoder if config.method == "lora" else f"{inputs.task}_encoder")
    backend = Backend(tokenizer, torch_forward(model), inputs.normalization)
    trainer = build_trainer(
        inputs.task,
        data,
        config,
        model=model,
        pad_token_id=tokenizer.pad_token_id,
        checkpoints=out / CHECKPOINTS,
        evaluator=partial(dev_figures, inputs.task, backend, info, inputs.dev),
        interruption=interruption,
        track=track,
    )
    trainer.fit(resume=resume)
    if not processes.is_main():
        return {}
    model.eval()
    trees = fit_trees(inputs.train, inputs.normalization, config.seed) if inputs.task == "summary" else None
    info = calibrate(inputs.task, backend, info, inputs.dev, precision=config.precision, trees=trees)
    info = dataclasses.replace(info, metrics={**info.metrics, "split": inputs.split})
    encoder = encoder_info(inputs.base, inputs.revision, inputs.normalization)
    publish_bundle(out, partial(write_bundle, inputs, out.name, model, info, encoder, trees))
    return info.metrics

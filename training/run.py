"""One training run: labelled data in, a bundle with one task out."""

import dataclasses
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model

from arabic.errors import InputError
from arabic.normalize import Normalization
from models.bundle import (
    LAYOUT,
    BundleInfo,
    DataInfo,
    EncoderInfo,
    Task,
    TaskInfo,
    encoder_info,
    file_sha256,
    write_manifest,
)
from models.encoder import load_encoder, load_tokenizer
from models.heads import build_model
from models.label_sets import load_labels
from models.load import save_head, torch_forward
from models.predict import Backend
from training.calibration import calibrate, dev_figures
from training.config import TrainConfig
from training.data import read_rows
from training.features import stance_features, summary_features, topic_features
from training.pairs import all_pairs
from training.trainer import build_trainer


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
) -> dict[str, Any]:
    """Fine-tune `base` for a task and write a bundle to `out`; returns the figures on dev.

    The epoch that is best on dev is kept, and temperature and decoding options are fitted on dev, so
    the dev figures flatter a little. Raises `InputError` for bad data or an `out` that is in use.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not empty; name a new folder, or remove this one")
    torch.manual_seed(config.seed)
    normalization = normalization or Normalization()
    train_rows, dev_rows = read_rows(task, train_file).rows, read_rows(task, dev_file).rows
    tokenizer = _tokenizer(base, revision, config)
    dataset = _features(task, train_rows, tokenizer, normalization, config)
    model = _model(task, base, revision, config)
    data_name = f"{train_file.parent.name}/{train_file.name}"
    data = DataInfo(data_name, data_licence, len(train_rows), file_sha256(train_file))
    info = _task_info(task, config, data)
    backend = Backend(tokenizer, torch_forward(model), normalization)
    trainer = build_trainer(
        task,
        model,
        dataset,
        config,
        pad_token_id=tokenizer.pad_token_id,
        checkpoints=out / "checkpoints",
        evaluator=partial(dev_figures, task, backend, info, dev_rows),
    )
    trainer.train()
    model.eval()
    info = calibrate(task, backend, info, dev_rows)
    metrics = dev_figures(task, backend, info, dev_rows)
    info = dataclasses.replace(info, metrics={**info.metrics, **metrics, "split": dev_file.name})
    _save(task, model, out, info, base, encoder_info(base, revision, normalization))
    return info.metrics


def _tokenizer(base: str | Path, revision: str, config: TrainConfig) -> Any:
    tokenizer = load_tokenizer(base, revision=revision or None)
    if config.max_length > tokenizer.model_max_length:
        raise InputError(
            f"max_length is {config.max_length}, but {base} reads at most "
            f"{tokenizer.model_max_length} tokens; lower it"
        )
    return tokenizer


def _task_info(task: Task, config: TrainConfig, data: DataInfo) -> TaskInfo:
    """What the bundle says of the task, before anything is fitted on dev."""
    return TaskInfo(
        encoder=LAYOUT.encoder if config.method == "lora" else f"{task}_encoder",
        method=config.method,
        labels=() if task == "summary" else load_labels(task).ids,
        max_length=config.max_length,
        data=(data,),
        config=dataclasses.asdict(config),
    )


def _features(
    task: Task,
    rows: Sequence[Any],
    tokenizer: Any,
    normalization: Normalization,
    config: TrainConfig,
) -> Dataset:
    if task == "topic":
        return topic_features(rows, tokenizer, normalization, config)
    if task == "summary":
        return summary_features(rows, tokenizer, normalization, config)
    pairs = all_pairs(rows, ratio=config.unrelated_ratio, hard=config.hard_unrelated, seed=config.seed)
    pairs += [pair for pair in pairs if len(pair.labels) > 1] * (config.mixed_repeat - 1)
    return stance_features(pairs, tokenizer, normalization, config)


def _model(task: Task, base: str | Path, revision: str, config: TrainConfig) -> torch.nn.Module:
    bare = load_encoder(base, revision=revision or None)
    encoder: torch.nn.Module = bare
    for name, module in encoder.named_modules():
        if isinstance(module, torch.nn.Dropout) and "attention.self" in name:
            module.p = 0.0  # dropout inside attention doubles the time of a step on a CPU
    if config.method == "lora":
        lora = LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules="all-linear",
        )
        encoder = get_peft_model(bare, lora)
    return build_model(task, encoder, 0 if task == "summary" else len(load_labels(task).ids))


def _save(
    task: Task,
    model: Any,
    out: Path,
    info: TaskInfo,
    base: str | Path,
    encoder: EncoderInfo,
) -> None:
    """Write the bundle: encoder as it was (or as fine-tuned), adapter, head, manifest."""
    folder = out / info.encoder
    save_head(model, out / task)
    if info.method == "full":
        model.encoder.half().save_pretrained(folder)
        load_tokenizer(base, revision=encoder.revision or None).save_pretrained(folder)
    else:
        for name, parameter in model.encoder.named_parameters():
            if "lora_" in name:
                parameter.data = parameter.data.half()
        model.encoder.peft_config["default"].base_model_name_or_path = encoder.base  # not where it lay
        model.encoder.save_pretrained(out / task, save_embedding_layers=False)  # "auto" asks the hub
        (out / task / "README.md").unlink(missing_ok=True)  # peft's empty card; the bundle has its own
        _copy_encoder(base, encoder.revision, folder)
    write_manifest(out, BundleInfo(out.name, "0", {info.encoder: encoder}, {task: info}))
    shutil.rmtree(out / "checkpoints", ignore_errors=True)


def _copy_encoder(base: str | Path, revision: str, folder: Path) -> None:
    """Put the base as it is beside the adapter, byte for byte where it is a folder of our layout."""
    if all((Path(base) / file).is_file() for file in LAYOUT.encoder_files):
        shutil.copytree(base, folder)
        return
    encoder: Any = load_encoder(base, revision=revision or None)
    encoder.half().save_pretrained(folder)
    load_tokenizer(base, revision=revision or None).save_pretrained(folder)

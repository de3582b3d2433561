"""What a run is made from: data, labels, settings, read and checked before anything is written."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from arabic.errors import InputError
from arabic.normalize import Normalization
from models.bundle import DataInfo, Task, TaskInfo
from models.label_sets import load_labels
from training import processes
from training.check import FEWEST_ROWS
from training.config import TrainConfig
from training.data import label_set, read_rows
from training.folder import claim, data_sha256
from training.precision import choose_dtype
from training.start import check_start

_NEW_DECODING = {"chosen_holders": True, "further_holder": 0.35, "opposites": True}
"""How the outputs of a model that is trained now are read, until `calibrate` fits the rest."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run is made from, read and checked."""

    task: Task
    train: Sequence[Any]
    dev: Sequence[Any]
    labels: tuple[str, ...]
    data: DataInfo
    split: str
    record: dict[str, Any]
    config: TrainConfig
    base: str | Path
    revision: str
    normalization: Normalization
    start: Path | None

    @property
    def polar(self) -> bool:
        """Whether it is a stance model with our labels, which has holders, evidence and opposites."""
        return self.task == "stance" and self.labels == load_labels("stance").ids


def read_inputs(
    task: Task,
    train_file: Path,
    dev_file: Path,
    config: TrainConfig,
    *,
    base: str | Path,
    revision: str,
    data_licence: str,
    normalization: Normalization,
    columns: Mapping[str, str] | None,
    start: Path | None = None,
) -> Inputs:
    """Read and check the data. Raises `InputError` for data that nothing can be learned from."""
    found = read_rows(task, train_file, columns=columns)
    labels = label_set(task, found.labels)
    dev = read_rows(task, dev_file, columns=columns, labels=labels)
    _check_learnable(task, train_file, found.rows, found.labels)
    if task == "summary" and config.kind == "extractive" and not any(row.key for row in found.rows):
        raise InputError(f"{train_file}: no row has key units; label some, or train with kind=abstractive")
    hashes = {"train": data_sha256(train_file), "dev": data_sha256(dev_file)}
    settings = dataclasses.asdict(config)
    if start is not None:
        settings["start"] = check_start(start, task, labels, config.method)
    record = {
        "task": task,
        **({"holders": "chosen", "opposites": True} if task == "stance" else {}),  # an older run cannot go on
        **hashes,
        "base": str(base),
        "revision": revision,
        "processes": processes.world_size(),
        "normalization": dataclasses.asdict(normalization),
        "config": settings,
    }
    name = f"{train_file.parent.name}/{train_file.name}"
    data = DataInfo(name, data_licence, len(found.rows), hashes["train"])
    return Inputs(
        task,
        found.rows,
        dev.rows,
        labels,
        data,
        dev_file.name,
        record,
        config,
        base,
        revision,
        normalization,
        start,
    )


def _check_learnable(task: Task, path: Path, rows: Sequence[Any], labels: Sequence[str]) -> None:
    if len(rows) < FEWEST_ROWS:
        raise InputError(
            f"{path}: {len(rows)} row{'s' * (len(rows) != 1)}; expected at least {FEWEST_ROWS}, and dozens "
            "for every label before a model is of use; label more"
        )
    if task != "summary" and len(labels) < 2:
        raise InputError(
            f"{path}: every row has the label {labels[0]!r}; expected at least two labels, there is nothing "
            "to tell apart; label rows of others too"
        )


def decided(inputs: Inputs, out: Path, width: int) -> Inputs:
    """Claim `out` for the run, and decide what the configuration leaves to the machine."""
    dtype = ""
    if processes.is_main():
        dtype = claim(out, inputs.record, partial(choose_dtype, inputs.config.dtype, width))
    processes.join()
    dtype = processes.from_main(dtype)
    return dataclasses.replace(inputs, config=dataclasses.replace(inputs.config, dtype=dtype))


def task_info(inputs: Inputs, encoder: str) -> TaskInfo:
    """What the bundle says of the task, before anything is fitted on dev."""
    return TaskInfo(
        encoder=encoder,
        method=inputs.config.method,
        labels=inputs.labels,
        max_length=inputs.config.max_length,
        data=(inputs.data,),
        decoding=dict(_NEW_DECODING) if inputs.polar else {},
        config=inputs.record["config"] | dataclasses.asdict(inputs.config),
    )

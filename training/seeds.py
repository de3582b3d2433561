"""The same run from several seeds: how much of a figure is luck, and the best bundle."""

import dataclasses
import shutil
import statistics
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from arabic.errors import InputError
from models.bundle import LAYOUT, Task, read_manifest, write_manifest
from training import processes
from training.config import TrainConfig
from training.folder import publish_bundle
from training.run import train

_REPORTED = (
    "selection",
    "accuracy",
    "macro_f1",
    "ece",
    "holder_token_f1",
    "evidence_token_f1",
    "unit_overlap",
    "average_precision",
    "rouge1",
    "rouge2",
    "rougeL",
)


def train_seeds(
    task: Task,
    train_file: Path,
    dev_file: Path,
    out: Path,
    config: TrainConfig,
    *,
    seeds: Sequence[int],
    resume: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Train once a seed in `out/seed-N`, then keep the bundle that is best on dev in `out`.

    Its figures get `seeds`: those of every run, their mean and standard deviation. The best of several
    flatters on dev; the mean is what to expect. `options` are those of `training.run.train`.
    """
    if len(set(seeds)) < 2 or len(set(seeds)) < len(seeds):
        raise InputError(f"expected two or more different seeds, got {', '.join(map(str, seeds))}")
    folders = {seed: out / f"seed-{seed}" for seed in seeds}
    if (out / LAYOUT.manifest).is_file() and resume:
        info = read_manifest(out).tasks.get(task)
        if info is not None and set(info.metrics.get("seeds", {}).get("runs", {})) == set(map(str, seeds)):
            return dict(info.metrics)
    strangers = [path for path in out.iterdir() if path not in folders.values()] if out.is_dir() else []
    if strangers or (out.is_dir() and any(out.iterdir()) and not resume):
        raise InputError(f"{out} is not empty; name a new folder, remove this one, or go on with --resume")
    figures = {
        seed: train(
            task,
            train_file,
            dev_file,
            folder,
            dataclasses.replace(config, seed=seed),
            resume=resume and folder.exists(),
            **options,
        )
        for seed, folder in folders.items()
    }
    if not processes.is_main():
        return {}
    best = max(figures, key=lambda seed: figures[seed]["selection"])
    metrics = {**figures[best], "seeds": spread(figures)}
    publish_bundle(out, partial(_promote, folders[best], out.name, task, metrics))
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    return metrics


def spread(figures: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The main figures of every run, with mean and standard deviation over the runs."""
    names = [name for name in _REPORTED if all(name in found for found in figures.values())]
    columns = {name: [float(found[name]) for found in figures.values()] for name in names}
    return {
        "runs": {str(seed): {name: found[name] for name in names} for seed, found in figures.items()},
        "mean": {name: statistics.fmean(values) for name, values in columns.items()},
        "deviation": {name: statistics.stdev(values) for name, values in columns.items()},
    }


def _promote(best: Path, name: str, task: Task, metrics: dict[str, Any], folder: Path) -> None:
    shutil.copytree(best, folder, dirs_exist_ok=True)
    info = read_manifest(folder)
    tasks = {task: dataclasses.replace(info.tasks[task], metrics=metrics)}
    write_manifest(folder, dataclasses.replace(info, name=name, tasks=tasks))

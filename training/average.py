"""Several training runs of one task into one adapter: the mean of their weights (Wortsman et al. 2022)."""

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from arabic.errors import InputError
from models.adapter import read_updates
from models.bundle import LAYOUT, BundleInfo, Task, TaskInfo, verify, write_manifest
from models.load import OpenBundle
from models.merge import SIDES, check_same
from training.calibration import calibrate
from training.data import read_rows
from training.folder import check_new, publish_bundle

Tensors = dict[str, NDArray[Any]]


def average_bundles(
    parts: Sequence[Path],
    task: Task,
    dev_file: Path,
    out: Path,
    *,
    columns: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write a bundle with the mean of the adapters and heads that `parts` have for a task.

    An adapter's update is a product, so the mean is taken of the products and cut back to the largest
    rank among them, the nearest such update in the least-squares sense (Eckart and Young 1936).
    Temperature, threshold and decoding are fitted on dev again; trees (summary) are the first part's, a
    second model for sides (stance) is left away. Runs that did not begin at the same weights (`--start`, or
    one seed) average badly: look at the figures that are returned.

    Raises `InputError` where the parts do not fit together, `BundleError` for a broken one.
    """
    infos = {part: verify(part) for part in parts}
    first = _check_parts(infos, task, out)
    labels = infos[first].tasks[task].labels
    dev = read_rows(task, dev_file, columns=columns, labels=labels)
    out.mkdir(parents=True, exist_ok=True)
    publish_bundle(out, partial(_write, infos, task, first, dev.rows, dev_file, out.name))
    figures: dict[str, Any] = verify(out).tasks[task].metrics
    return figures


def _check_parts(infos: Mapping[Path, BundleInfo], task: Task, out: Path) -> Path:
    """The first part. Raises `InputError` unless all hold adapters of one encoder with one label set."""
    if len(infos) < 2:
        raise InputError("an average needs two or more different bundles")
    check_new(out)
    first = next(iter(infos))
    for part, info in infos.items():
        found = info.tasks.get(task)
        if found is None or found.method != "lora":
            raise InputError(f"{part} has no {task} adapter; average bundles that were trained with lora")
        if found.labels != infos[first].tasks[task].labels:
            raise InputError(f"{part} and {first} have different labels for {task}; they cannot be averaged")
        if _chooses(found) != _chooses(infos[first].tasks[task]):
            raise InputError(f"{part} and {first}: one chooses holders, the other (before 0.5) tags them")
        if found.tells_opposites != infos[first].tasks[task].tells_opposites:
            raise InputError(f"{part} and {first}: one scores opposites, the other (before 0.8) does not")
        check_same(found.encoder, part, first, infos)
    return first


def _chooses(info: TaskInfo) -> bool:
    return bool(info.decoding.get("chosen_holders"))


def _write(
    infos: Mapping[Path, BundleInfo],
    task: Task,
    first: Path,
    dev: Sequence[Any],
    dev_file: Path,
    name: str,
    folder: Path,
) -> None:
    encoder = infos[first].tasks[task].encoder
    shutil.copytree(first / encoder, folder / encoder)
    shutil.copytree(first / task, folder / task, ignore=shutil.ignore_patterns(LAYOUT.sides))
    save_file(_mean_head([part / task for part in infos]), folder / task / LAYOUT.head)
    stored = load_file(folder / encoder / "model.safetensors")
    shapes = {weight: value.shape for weight, value in stored.items()}
    _write_adapter([part / task for part in infos], shapes, folder / task)
    config = {**infos[first].tasks[task].config, "averaged": len(infos)}
    data = dict.fromkeys(d for info in infos.values() for d in info.tasks[task].data)
    info = dataclasses.replace(infos[first].tasks[task], config=config, data=tuple(data))
    info = dataclasses.replace(info, decoding={k: v for k, v in info.decoding.items() if k not in SIDES})
    bundle = BundleInfo(name, "0", {encoder: infos[first].encoders[encoder]}, {task: info})
    write_manifest(folder, bundle)
    fitted = _calibrated(folder, task, dev)
    fitted = dataclasses.replace(fitted, metrics={**fitted.metrics, "split": dev_file.name})
    write_manifest(folder, dataclasses.replace(bundle, tasks={task: fitted}))


def _calibrated(folder: Path, task: Task, dev: Sequence[Any]) -> TaskInfo:
    opened = OpenBundle.open(folder)
    predictor = getattr(opened, task)()
    precision = predictor.info.config.get("precision", 0.9)
    trees = getattr(predictor, "trees", None)
    return calibrate(task, predictor.backend, predictor.info, dev, precision=precision, trees=trees)


def _mean_head(folders: Sequence[Path]) -> Tensors:
    heads = [load_file(folder / LAYOUT.head) for folder in folders]
    return {name: np.mean([head[name] for head in heads], axis=0) for name in heads[0]}


def _write_adapter(folders: Sequence[Path], shapes: Mapping[str, tuple[int, ...]], out: Path) -> None:
    configs = [json.loads((folder / LAYOUT.adapter_config).read_text(encoding="utf-8")) for folder in folders]
    rank = max(int(config["r"]) for config in configs)
    ups: dict[str, list[NDArray[np.float32]]] = {}
    downs: dict[str, list[NDArray[np.float32]]] = {}
    for folder in folders:
        for update in read_updates(folder, load_file, shapes):
            ups.setdefault(update.weight, []).append(
                update.up.astype(np.float32) * update.scale / len(folders)
            )
            downs.setdefault(update.weight, []).append(update.down.astype(np.float32))
    tensors: Tensors = {}
    for weight, parts in ups.items():
        up, down = truncated(np.concatenate(parts, 1), np.concatenate(downs[weight], 0), rank)
        prefix = f"base_model.model.{weight.removesuffix('.weight')}"
        tensors[f"{prefix}.lora_A.weight"] = down.astype(np.float16)
        tensors[f"{prefix}.lora_B.weight"] = up.astype(np.float16)
    save_file(tensors, out / LAYOUT.adapter_weights)
    config = {**configs[0], "r": rank, "lora_alpha": rank}
    (out / LAYOUT.adapter_config).write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def truncated(up: NDArray[Any], down: NDArray[Any], rank: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The product nearest to `up` (out, n) @ `down` (n, in) of a rank at most `rank`, as its factors."""
    left, left_rest = np.linalg.qr(up)
    right, right_rest = np.linalg.qr(down.T)
    u, size, v = np.linalg.svd(left_rest @ right_rest.T)  # of an (n, n) matrix, however large the product
    root = np.sqrt(size[:rank])
    return left @ u[:, :rank] * root, root[:, None] * (v[:rank] @ right.T)

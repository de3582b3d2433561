"""The ONNX Runtime backend: models in int8, prepared once and kept in the user's cache; no torch.

A prepared model is one file with its SHA-256 in front. Writing is atomic, so that processes which
prepare the same model at once do no harm; a damaged file is prepared again; where nothing can be
written, models are prepared at every start.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from models.adapter import check_head, read_updates
from models.bundle import LAYOUT, BundleInfo, TaskInfo
from models.errors import BundleError
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS
from models.tokenizer import Tokenizer
from models.units import N_FEATURES
from models.windows import Arrays, Forward, windows

GRAPH_VERSION = 1
"""Part of a prepared file's name: raise it with every change of what is prepared."""
FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert"})
_WORDS = "embeddings.word_embeddings.weight"
_CALIBRATION = Path(__file__).parent / "calibration.txt"
_SLOWER = ["SkipLayerNormFusion"]  # six times as slow on a CPU as what it fuses
UNSURE = 0.1
"""Logits of int8 and fp32 differ by 0.04 (root mean square) on news: nearer labels than this may swap."""
_KEPT_DAYS = 60
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Where prepared models are kept: `MUJAZ_CACHE`, or the user's cache folder of the platform."""
    if "MUJAZ_CACHE" in os.environ:
        return Path(os.environ["MUJAZ_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "mujaz" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mujaz"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mujaz"


def supports(encoder: Path) -> bool:
    """Whether this backend knows the architecture of an encoder's folder."""
    config = read_config(encoder)
    return config.get("model_type") in FAMILIES and config.get("hidden_act") == "gelu"


def read_config(encoder: Path) -> dict[str, Any]:
    """The `config.json` of an encoder's folder. Raises `BundleError`."""
    try:
        config: dict[str, Any] = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
        return config
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{encoder / 'config.json'} cannot be read ({error}); get the bundle again"
        ) from error


@dataclass(frozen=True, slots=True)
class OnnxEncoder:
    """An encoder's word embeddings, which all its tasks share, and what preparing them needs."""

    folder: Path
    info: BundleInfo
    name: str
    words: NDArray[Any]  # (pieces, H), as stored
    tokenizer: Tokenizer

    @classmethod
    def load(cls, folder: Path, info: BundleInfo, name: str, tokenizer: Tokenizer) -> "OnnxEncoder":
        """Load what the tasks share. Raises `BundleError`."""
        if not supports(folder / name):
            raise BundleError(
                f"{folder / name}: the ONNX backend knows {', '.join(sorted(FAMILIES))} with GELU only; "
                "take backend=torch"
            )
        try:
            with safe_open(folder / name / "model.safetensors", framework="np") as file:
                words = file.get_tensor(_WORDS)
        except (OSError, SafetensorError, TypeError) as error:
            raise BundleError(f"{folder / name}: the weights cannot be read ({error})") from error
        return cls(folder, info, name, words, tokenizer)

    def forward(self, task: str, task_info: TaskInfo | None = None) -> Forward:
        """The model of a task, "stance/sides", or "embedding", prepared if it is not in the cache.

        Where int8 leaves topic or stance between two labels, fp32 decides. Raises `BundleError`.
        """
        quick = self._run(_session(cached(self._path(task), lambda: self._prepare(task, task_info))))
        if task_info is None or task == "summary":
            return quick
        name = f"{task}-fp32"
        return Careful(
            quick,
            lambda: self._run(_session(cached(self._path(name), partial(self._exact, task, task_info)))),
            None if task == _kind(task) else float(task_info.decoding["sure_opposite"]),
        )

    def _path(self, task: str) -> Path:
        folders = {self.name, task.removesuffix("-fp32")}
        owned = {file: sha256 for file, sha256 in self.info.files.items() if _folder(file) in folders}
        key = json.dumps(
            [GRAPH_VERSION, task, owned, _CALIBRATION.read_text(encoding="utf-8")], sort_keys=True
        )
        digest = hashlib.sha256(key.encode("utf-8")).hexdigest()
        return cache_folder() / "onnx" / f"{task.replace('/', '-')}-{digest[:24]}.bin"

    def _run(self, session: Any) -> Forward:
        names = [output.name for output in session.get_outputs()]
        wanted = {value.name for value in session.get_inputs()}

        def forward(arrays: Arrays) -> Arrays:
            feed = {name: value[0] for name, value in arrays.items() if name in wanted}
            feed["words"] = self.words[arrays["input_ids"][0]].astype(np.float32)  # (T, H)
            outputs = session.run(names, feed)
            return {name: value[None] for name, value in zip(names, outputs, strict=True)}

        return forward

    def _prepare(self, task: str, task_info: TaskInfo | None) -> bytes:
        from models.onnx_graph import build  # onnx is needed for preparing only

        weights, config = self._weights(task, task_info), read_config(self.folder / self.name)
        measured, layers = build(_kind(task), weights, config, measured=True)
        ranges = self._ranges(_session(measured), layers)
        data, _ = build(_kind(task), weights, config, ranges)
        return data

    def _exact(self, task: str, task_info: TaskInfo | None) -> bytes:
        from models.onnx_graph import build

        return build(_kind(task), self._weights(task, task_info), read_config(self.folder / self.name))[0]

    def _weights(self, task: str, info: TaskInfo | None) -> dict[str, NDArray[np.float32]]:
        """The encoder with the task's adapter merged into it, and the task's head, in fp32."""
        stored = load_file(self.folder / self.name / "model.safetensors")
        weights = {name: value.astype(np.float32) for name, value in stored.items() if name != _WORDS}
        if info is None:
            return weights
        if info.method == "lora":
            shapes = {name: value.shape for name, value in weights.items()}
            for update in read_updates(self.folder / task, load_file, shapes):
                weights[update.weight] += update.scale * (update.up @ update.down)
        return weights | _head(self.folder / task, _kind(task), info, self.words.shape[1])

    def _ranges(self, session: Any, layers: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The largest magnitude of every input channel of every layer, over a few paragraphs of news."""
        ranges: dict[str, NDArray[np.float32]] = {}
        texts = _CALIBRATION.read_text(encoding="utf-8").split("\n\n")
        for window in windows(self.tokenizer, texts, max_length=self.tokenizer.model_max_length):
            feed: Arrays = {"words": self.words[window.input_ids].astype(np.float32)}
            for value in session.get_inputs()[1:]:  # of the summary model: any unit will do
                shape = (len(window.input_ids),) if value.name == "unit_ids" else (1, value.shape[1])
                feed[value.name] = np.zeros(shape, np.int64 if value.name == "unit_ids" else np.float32)
            for layer, states in zip(layers, session.run(list(layers), feed), strict=True):
                largest = np.abs(states).max(0)
                ranges[layer] = np.maximum(ranges.get(layer, largest), largest)
        return ranges


@dataclass(slots=True)
class Careful:
    """A model in int8 that asks the one in fp32 where two labels, or both sides, are nearly as likely.

    About one text in fifty; the other model is loaded for the first of them. A second opinion on the side
    counts over the log-odds `heard_over` of the target's opposite: well below them it matters to nobody.
    """

    quick: Forward
    load: Callable[[], Forward]
    heard_over: float | None = None
    _exact: Forward | None = None
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, arrays: Arrays) -> Arrays:
        """Answer for one text."""
        outputs = self.quick(arrays)
        if self._is_sure(outputs):
            return outputs
        with self._lock:
            if self._exact is None:
                self._exact = self.load()
        return self._exact(arrays)

    def _is_sure(self, outputs: Arrays) -> bool:
        logits = outputs["logits"][0]
        second, first = np.partition(logits, -2)[-2:]
        sure = bool(first - second >= UNSURE)
        if "opposite" not in outputs or logits.argmax() >= 2:  # neither favor nor against: no side to turn
            return sure
        distance = float(outputs["opposite"].mean()) - (self.heard_over or 0.0)
        unheard = self.heard_over is not None and distance <= -UNSURE
        return unheard or (sure and abs(distance) >= UNSURE)


def _folder(file: str) -> str:
    """The folder of a bundle's file, within the bundle."""
    return file.rpartition("/")[0]


def _kind(task: str) -> str:
    """The task whose head a model has: that of "stance/sides" is a stance model's."""
    return task.partition("/")[0]


def _head(folder: Path, task: str, info: TaskInfo, hidden: int) -> dict[str, NDArray[np.float32]]:
    """The weights of a task's head. Raises `BundleError` when they do not fit the labels."""
    path = folder / LAYOUT.head
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{path} cannot be read ({error}); get the bundle again") from error
    rows = {"head": len(info.labels)}
    if task == "stance":
        rows |= {"holder": len(HOLDER_TAGS), "evidence": len(EVIDENCE_TAGS)}
        rows |= {"opposite": 1} if info.tells_opposites else {}
    wanted: dict[str, tuple[int, ...]] = {f"{name}.bias": (count,) for name, count in rows.items()}
    wanted |= {f"{name}.weight": (count, hidden) for name, count in rows.items()}
    if task == "summary":
        width = 2 * hidden + N_FEATURES
        wanted = {"head.0.weight": (128, width), "head.0.bias": (128,)}
        wanted |= {"head.3.weight": (1, 128), "head.3.bias": (1,)}
    check_head(path, {name: value.shape for name, value in tensors.items()}, wanted)
    return {name: value.astype(np.float32) for name, value in tensors.items()}


def _session(data: bytes) -> Any:
    """A session that computes one input on one thread: threads take inputs side by side."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # patterns are kept for every length that comes
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        data, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
    )


def cached(path: Path, prepare: Callable[[], bytes]) -> bytes:
    """What `path` holds, if it is whole; otherwise what `prepare` gives, kept there if that can be."""
    with suppress(OSError):
        stored = path.read_bytes()
        if hashlib.sha256(memoryview(stored)[_DIGEST:]).digest() == stored[:_DIGEST]:
            with suppress(OSError):
                os.utime(path)  # still in use
            return stored[_DIGEST:]
    data = prepare()
    with suppress(OSError):  # a read-only home or a full disk must not stop an analysis
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, hashlib.sha256(data).digest() + data)
        _remove_unused(path.parent)
    return data


def _remove_unused(folder: Path) -> None:
    """Remove what no process has read for weeks: the models of bundles that are gone."""
    for path in folder.glob("*.bin"):
        if time.time() - path.stat().st_mtime > _KEPT_DAYS * 86_400:
            path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    number, name = tempfile.mkstemp(prefix=f"{path.stem}.", suffix=".part", dir=path.parent)
    staged = Path(name)
    try:
        with open(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)

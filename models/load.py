"""Opening the tasks of a bundle, on ONNX Runtime or on torch, which is imported only where it is used."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.bundle import LAYOUT, BundleInfo, Task, TaskInfo, read_manifest
from models.errors import BundleError
from models.predict import Backend, Embedder, SaliencePredictor, TopicPredictor
from models.stance import StancePredictor
from models.surface import N_SURFACE
from models.tokenizer import Tokenizer
from models.trees import read_trees
from models.windows import MAX_BATCH_TOKENS

if TYPE_CHECKING:
    from models.generate import Summarizer

BackendName = Literal["auto", "onnx", "torch"]
_ONE_INPUT = 1  # token of budget: a batch that is full with any input


@dataclass(slots=True)
class OpenBundle:
    """A bundle whose parts are loaded on first use; the encoder is read from disk once.

    `threads` None takes every processor that this process may use.
    """

    folder: Path
    info: BundleInfo
    backend: BackendName = "torch"
    threads: int | None = None
    _encoders: dict[str, Any] = field(default_factory=dict)
    _tokenizers: dict[str, Tokenizer] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, backend: BackendName = "torch") -> "OpenBundle":
        """Read the manifest. Raises `BundleError`."""
        return cls(folder, read_manifest(folder), backend)

    def topic(self) -> TopicPredictor:
        """The topic predictor. Raises `BundleError` if the bundle has none."""
        return TopicPredictor(self._task_backend("topic"), self._task("topic"))

    def stance(self) -> StancePredictor:
        """The stance predictor. Raises `BundleError` if the bundle has none."""
        info = self._task("stance")
        sides = None
        if info.sides is not None:
            backend = self._backend(info.encoder, f"stance/{LAYOUT.sides}", info.sides)
            sides = StancePredictor(backend, info.sides)
        return StancePredictor(self._task_backend("stance"), info, sides)

    def summary(self) -> SaliencePredictor:
        """The salience predictor. Raises `BundleError` if the bundle has none, or a model that writes."""
        info = self._task("summary")
        if info.kind == "abstractive":
            raise BundleError(
                f"{self.folder}: the summary model writes its own words and cannot point into the text; "
                "merge an extractive one in, or evaluate it with `mujaz evaluate summary`"
            )
        trees = None
        if "trees" in info.decoding:
            trees = read_trees(self.folder / "summary" / LAYOUT.trees, N_SURFACE)
        return SaliencePredictor(self._task_backend("summary"), info, trees)

    def summarizer(self) -> "Summarizer":
        """The model that writes summaries, on torch. Raises `BundleError` if the bundle has none."""
        from models.encoder import load_seq2seq, load_tokenizer, merge_adapter
        from models.generate import Summarizer

        info = self._task("summary")
        if info.kind == "extractive":
            raise BundleError(f"{self.folder}: the summary model chooses units and writes nothing")
        model = load_seq2seq(self.folder / info.encoder)
        if info.method == "lora":
            merge_adapter(model, self.folder / "summary")
        normalization = self.info.encoders[info.encoder].normalization
        return Summarizer(load_tokenizer(self.folder / info.encoder), model.eval(), normalization, info)

    def embedder(self) -> Embedder:
        """The bundle's first encoder as it is, for sentence embeddings. Raises `BundleError` without one."""
        writers = {task.encoder for task in self.info.tasks.values() if task.kind == "abstractive"}
        name = next((name for name in self.info.encoders if name not in writers), None)
        if name is None:
            raise BundleError(f"{self.folder} has no encoder, only a model that writes; merge one in")
        return Embedder(self._backend(name, "embedding"))

    def _task(self, task: Task) -> TaskInfo:
        try:
            return self.info.tasks[task]
        except KeyError:
            known = ", ".join(self.info.tasks) or "none"
            raise BundleError(
                f"{self.folder} has no {task} model (it has: {known}); train or merge one"
            ) from None

    def _task_backend(self, task: Task) -> Backend:
        info = self._task(task)
        return self._backend(info.encoder, task, info)

    def _backend(self, encoder: str, task: str, info: TaskInfo | None = None) -> Backend:
        normalization = self.info.encoders[encoder].normalization
        if encoder not in self._tokenizers:
            self._tokenizers[encoder] = Tokenizer.load(self.folder / encoder)
        tokenizer = self._tokenizers[encoder]
        on_onnx = choose(self.folder / encoder, self.backend) == "onnx"
        forward = self._encoder(encoder, on_onnx).forward(task, info)
        if not on_onnx:
            return Backend(tokenizer, forward, normalization, MAX_BATCH_TOKENS)
        return Backend(tokenizer, forward, normalization, _ONE_INPUT, self.threads or processors())

    def _encoder(self, name: str, on_onnx: bool) -> Any:
        if name not in self._encoders:
            if on_onnx:
                from models.onnx_backend import OnnxEncoder

                self._encoders[name] = OnnxEncoder.load(self.folder, self.info, name, self._tokenizers[name])
            else:
                from models.torch_backend import TorchEncoder, set_threads

                set_threads(self.threads)
                self._encoders[name] = TorchEncoder.load(self.folder, name)
        return self._encoders[name]


def choose(encoder: Path, backend: BackendName) -> Literal["onnx", "torch"]:
    """The backend for an encoder's folder: "auto" is torch with a GPU or an unknown kind, else ONNX."""
    if backend != "auto":
        return backend
    from models.onnx_backend import supports

    return "onnx" if supports(encoder) and not shutil.which("nvidia-smi") else "torch"


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Opening the tasks of a bundle on torch."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from models.bundle import LAYOUT, BundleInfo, Task, TaskInfo, read_manifest
from models.encoder import load_encoder, load_seq2seq, load_tokenizer, mean_pool, merge_adapter
from models.errors import BundleError
from models.generate import Summarizer
from models.heads import build_model
from models.predict import Backend, Embedder, SaliencePredictor, StancePredictor, TopicPredictor
from models.windows import Arrays, Forward


def torch_forward(model: Callable[..., dict[str, torch.Tensor]]) -> Forward:
    """Run a torch model on arrays, without gradients, wherever its weights are."""

    def forward(arrays: Arrays) -> Arrays:
        device = next(model.parameters()).device if isinstance(model, torch.nn.Module) else None
        with torch.inference_mode():
            outputs = model(**{name: torch.from_numpy(value).to(device) for name, value in arrays.items()})
        return {name: value.float().cpu().numpy() for name, value in outputs.items()}

    return forward


def save_head(model: torch.nn.Module, folder: Path) -> None:
    """Write the layers of a task model that are not its encoder, in fp32."""
    tensors = {k: v.contiguous() for k, v in model.state_dict().items() if not k.startswith("encoder.")}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / LAYOUT.head)


def load_head(model: torch.nn.Module, folder: Path) -> None:
    """Load what `save_head` wrote. Raises `BundleError` when the weights do not fit the model's labels."""
    wanted = {k: v.shape for k, v in model.state_dict().items() if not k.startswith("encoder.")}
    try:
        tensors = load_file(folder / LAYOUT.head)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{folder / LAYOUT.head} cannot be read ({error}); get the bundle again") from error
    for name in sorted({*wanted, *tensors}):
        found, shape = tensors.get(name), wanted.get(name)
        if found is None or shape is None or found.shape != shape:
            raise BundleError(
                f"{folder / LAYOUT.head}: {name} should have the shape {_shape(shape)}, has "
                f"{_shape(None if found is None else found.shape)}; the labels in bundle.json are not its own"
            )
    model.load_state_dict(tensors, strict=False)


def _shape(shape: torch.Size | None) -> str:
    return "none" if shape is None else str(tuple(shape))


@dataclass(slots=True)
class OpenBundle:
    """A bundle whose parts are loaded on first use; the encoder is read from disk once."""

    folder: Path
    info: BundleInfo
    _encoders: dict[str, torch.nn.Module] = field(default_factory=dict)
    _tokenizers: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> "OpenBundle":
        """Read the manifest. Raises `BundleError`."""
        return cls(folder, read_manifest(folder))

    def topic(self) -> TopicPredictor:
        """The topic predictor. Raises `BundleError` if the bundle has none."""
        return TopicPredictor(self._backend("topic"), self._task("topic"))

    def stance(self) -> StancePredictor:
        """The stance predictor. Raises `BundleError` if the bundle has none."""
        return StancePredictor(self._backend("stance"), self._task("stance"))

    def summary(self) -> SaliencePredictor:
        """The salience predictor. Raises `BundleError` if the bundle has none, or a model that writes."""
        info = self._task("summary")
        if info.kind == "abstractive":
            raise BundleError(
                f"{self.folder}: the summary model writes its own words and cannot point into the text; "
                "merge an extractive one in, or evaluate it with `mujaz evaluate summary`"
            )
        return SaliencePredictor(self._backend("summary"), info)

    def summarizer(self) -> Summarizer:
        """The model that writes summaries. Raises `BundleError` if the bundle has none."""
        info = self._task("summary")
        if info.kind == "extractive":
            raise BundleError(f"{self.folder}: the summary model chooses units and writes nothing")
        model = load_seq2seq(self.folder / info.encoder)
        if info.method == "lora":
            merge_adapter(model, self.folder / "summary")
        normalization = self.info.encoders[info.encoder].normalization
        return Summarizer(self._tokenizer(info.encoder), model.eval(), normalization, info)

    def embedder(self) -> Embedder:
        """The bundle's first encoder as it is, for sentence embeddings. Raises `BundleError` without one."""
        writers = {task.encoder for task in self.info.tasks.values() if task.kind == "abstractive"}
        name = next((name for name in self.info.encoders if name not in writers), None)
        if name is None:
            raise BundleError(f"{self.folder} has no encoder, only a model that writes; merge one in")
        encoder = self._encoder(name)

        def embed(input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
            hidden = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return {"embedding": mean_pool(hidden, attention_mask)}

        normalization = self.info.encoders[name].normalization
        return Embedder(Backend(self._tokenizer(name), torch_forward(embed), normalization))

    def _task(self, task: Task) -> TaskInfo:
        try:
            return self.info.tasks[task]
        except KeyError:
            known = ", ".join(self.info.tasks) or "none"
            raise BundleError(
                f"{self.folder} has no {task} model (it has: {known}); train or merge one"
            ) from None

    def _backend(self, task: Task) -> Backend:
        info = self._task(task)
        encoder = deepcopy(self._encoder(info.encoder))
        if info.method == "lora":
            merge_adapter(encoder, self.folder / task)
        model = build_model(task, encoder, len(info.labels))
        load_head(model, self.folder / task)
        normalization = self.info.encoders[info.encoder].normalization
        return Backend(self._tokenizer(info.encoder), torch_forward(model.eval()), normalization)

    def _encoder(self, name: str) -> torch.nn.Module:
        if name not in self._encoders:
            encoder: torch.nn.Module = load_encoder(self.folder / name)
            self._encoders[name] = encoder.eval()
        return self._encoders[name]

    def _tokenizer(self, name: str) -> Any:
        if name not in self._tokenizers:
            self._tokenizers[name] = load_tokenizer(self.folder / name)
        return self._tokenizers[name]

"""The torch backend: every kind of encoder, GPUs, and what training saves and loads."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from models.adapter import check_head
from models.bundle import LAYOUT, TaskInfo
from models.encoder import load_encoder, mean_pool, merge_adapter
from models.errors import BundleError
from models.heads import build_model
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


def load_head(model: torch.nn.Module, folder: Path, *, without: str = "") -> None:
    """Load what `save_head` wrote, into all layers or all but one.

    Raises `BundleError` when the weights do not fit the model's labels.
    """
    layers = {k: v for k, v in model.state_dict().items() if not k.startswith("encoder.")}
    wanted = {k: tuple(v.shape) for k, v in layers.items() if k.split(".")[0] != without}
    try:
        tensors = load_file(folder / LAYOUT.head)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{folder / LAYOUT.head} cannot be read ({error}); get the bundle again") from error
    check_head(folder / LAYOUT.head, {k: tuple(v.shape) for k, v in tensors.items()}, wanted)
    model.load_state_dict(tensors, strict=False)


def set_threads(threads: int | None) -> None:
    """Set torch's CPU threads, for the whole process; None leaves them as they are."""
    if threads is not None:
        torch.set_num_threads(threads)


@dataclass(frozen=True, slots=True)
class TorchEncoder:
    """An encoder, which every task gets a copy of, on the GPU where there is one."""

    folder: Path
    encoder: torch.nn.Module

    @classmethod
    def load(cls, folder: Path, name: str) -> "TorchEncoder":
        """Load the encoder `name` of a bundle's folder. Raises `BundleError`."""
        encoder: torch.nn.Module = load_encoder(folder / name)
        return cls(folder, encoder.eval())

    def forward(self, task: str, info: TaskInfo | None = None) -> Forward:
        """The model of a task, "stance/sides", or "embedding". Raises `BundleError`."""
        device = "cuda" if torch.cuda.is_available() else "cpu"
        if info is None:
            return torch_forward(_Embedding(self.encoder).to(device).eval())
        encoder = deepcopy(self.encoder)
        if info.method == "lora":
            merge_adapter(encoder, self.folder / task)
        model = build_model(task.split("/")[0], encoder, len(info.labels), opposites=info.tells_opposites)
        load_head(model, self.folder / task)
        return torch_forward(model.to(device).eval())


class _Embedding(torch.nn.Module):
    """The mean of an encoder's states."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return {"embedding": mean_pool(hidden, attention_mask)}

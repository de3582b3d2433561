"""Writing a trained model as a bundle."""

import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from models.bundle import LAYOUT, BundleInfo, EncoderInfo, TaskInfo, write_manifest
from models.encoder import load_encoder, load_tokenizer
from models.torch_backend import save_head
from models.trees import Trees, save_trees
from training.inputs import Inputs


def write_bundle(
    inputs: Inputs,
    name: str,
    model: Any,
    info: TaskInfo,
    encoder: EncoderInfo,
    trees: Trees | None,
    folder: Path,
) -> None:
    """Write encoder (as it was, or as fine-tuned), adapter, head, trees and manifest into an empty folder."""
    try:
        save_head(model, folder / inputs.task)
        if trees is not None and "trees" in info.decoding:
            save_trees(trees, folder / inputs.task / LAYOUT.trees)
        if info.method == "full":
            model.encoder.half().save_pretrained(folder / info.encoder)
            load_tokenizer(inputs.base, revision=inputs.revision or None).save_pretrained(
                folder / info.encoder
            )
        else:
            save_adapter(model.encoder, folder / inputs.task, encoder.base)
            _copy_encoder(inputs.base, inputs.revision, folder / info.encoder)
    except SafetensorError as error:
        raise OSError(str(error)) from error
    write_manifest(folder, BundleInfo(name, "0", {info.encoder: encoder}, {inputs.task: info}))


def save_adapter(model: Any, folder: Path, base: str) -> None:
    """Write a LoRA adapter in half precision."""
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = parameter.data.half()
    model.peft_config["default"].base_model_name_or_path = base  # not where it lay
    model.save_pretrained(folder, save_embedding_layers=False)  # "auto" asks the hub
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty card; the bundle has its own


def _copy_encoder(base: str | Path, revision: str, folder: Path) -> None:
    """Put the base as it is beside the adapter, byte for byte where it is a folder of our layout."""
    if all((Path(base) / file).is_file() for file in LAYOUT.encoder_files):
        shutil.copytree(base, folder)
        return
    encoder: Any = load_encoder(base, revision=revision or None)
    encoder.half().save_pretrained(folder)
    load_tokenizer(base, revision=revision or None).save_pretrained(folder)

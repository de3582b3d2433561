"""The bundle: a folder that holds everything a set of trained tasks needs, and says what it holds.

    bundle.json             what this file's dataclasses describe, with a SHA-256 of every other file
    encoder/                a Hugging Face folder: config, weights (safetensors), tokenizer
        base.json           where it comes from: base, revision, licence
    topic/  stance/  summary/
        head.safetensors    the task's own layers
        adapter_*           a peft LoRA adapter, merged into a copy of the encoder when loaded
        trees.safetensors   summary: boosted trees, a second opinion on what is salient
        sides/              stance: head and adapter of a second opinion on the side, see `models.opposites`

A task that was fine-tuned in full has an encoder folder of its own and no adapter; an abstractive
summarizer, a seq2seq model in a folder of its own, has no head.
"""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from arabic.normalize import Normalization
from models.errors import BundleError

FORMAT_VERSION = 1
DEFAULT_BUNDLE = Path(__file__).parent / "default"
Task = Literal["topic", "stance", "summary"]
TASKS: tuple[Task, ...] = ("topic", "stance", "summary")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a bundle keeps what."""

    manifest: str = "bundle.json"
    origin: str = "base.json"
    encoder: str = "encoder"
    head: str = "head.safetensors"
    adapter_config: str = "adapter_config.json"
    adapter_weights: str = "adapter_model.safetensors"
    trees: str = "trees.safetensors"
    sides: str = "sides"
    encoder_files: tuple[str, ...] = ("config.json", "model.safetensors", "tokenizer.json")


LAYOUT = Layout()


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Where an encoder comes from, and how text is normalised before it."""

    base: str
    revision: str
    licence: str
    normalization: Normalization


@dataclass(frozen=True, slots=True)
class DataInfo:
    """A data set that went into the weights."""

    name: str
    licence: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """One task of a bundle.

    `temperature` divides the logits before the softmax; below `threshold` the answer is marked as
    abstained (topic); `decoding` holds the task's decoding options (stance, summary); `kind` tells
    whether a summary model chooses units or writes.
    """

    encoder: str
    method: Literal["lora", "full"]
    labels: tuple[str, ...]
    max_length: int
    temperature: float = 1.0
    threshold: float = 0.0
    decoding: dict[str, float | bool] = field(default_factory=dict)
    data: tuple[DataInfo, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    kind: Literal["extractive", "abstractive"] = "extractive"

    @property
    def tells_opposites(self) -> bool:
        """Whether a stance model has the scores of `models.opposites`; bundles before 0.8 have none."""
        return bool(self.decoding.get("opposites"))

    @property
    def sides(self) -> "TaskInfo | None":
        """The second model of a stance task, which reads as the first does and tells opposites, or None."""
        if not self.decoding.get("sides"):
            return None
        sure = self.decoding.get("sure_opposite", 0.0)
        known = {"chosen_holders": True, "opposites": True, "sure_opposite": sure}
        return dataclasses.replace(self, decoding=known)


@with_config(ConfigDict(extra="forbid"))  # holds for the dataclasses inside as well
@dataclass(frozen=True, slots=True)
class BundleInfo:
    """What `bundle.json` says."""

    name: str
    version: str
    encoders: dict[str, EncoderInfo]
    tasks: dict[Task, TaskInfo]
    files: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    @property
    def sha256(self) -> str:
        """One hash for the whole bundle: of its manifest, which holds the hash of every file."""
        return hashlib.sha256(_dump(self).encode("utf-8")).hexdigest()


def encoder_info(base: str | Path, revision: str, normalization: Normalization) -> EncoderInfo:
    """Describe an encoder: by the `base.json` in its folder, or as the hub model `base` at `revision`.

    Of a folder without one only the name is kept: a bundle travels, and paths of one machine mean
    nothing on the next. Raises `BundleError` if the `base.json` cannot be read.
    """
    path = Path(base) / LAYOUT.origin
    if not path.is_file():
        name = Path(base).resolve().name if Path(base).is_dir() else str(base)
        return EncoderInfo(name, revision, "see the base's own card", normalization)
    try:
        origin = json.loads(path.read_text(encoding="utf-8"))
        return EncoderInfo(origin["base"], origin["revision"], origin["licence"], normalization)
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path}: expected base, revision and licence; {error}") from error


def _dump(info: BundleInfo) -> str:
    return json.dumps(dataclasses.asdict(info), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, info: BundleInfo) -> BundleInfo:
    """Hash every file the bundle's encoders and tasks own, and write `bundle.json` last."""
    owned = [*info.encoders, *info.tasks]
    files = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for name in owned
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }
    info = dataclasses.replace(info, files=files)
    staged = folder / f"{LAYOUT.manifest}.part"
    staged.write_text(_dump(info), encoding="utf-8")
    staged.replace(folder / LAYOUT.manifest)
    return info


def read_manifest(folder: Path) -> BundleInfo:
    """Read and check `bundle.json`: its format version, its fields, and that every file is there.

    Raises `BundleError`.
    """
    path = folder / LAYOUT.manifest
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(
            f"{folder} is no bundle: expected {LAYOUT.manifest} in it ({error.strerror})"
        ) from error
    except ValueError as error:
        raise BundleError(f"{path} is damaged (not JSON: {error}); get the bundle again") from error
    found = data.get("format_version") if isinstance(data, dict) else None
    if found != FORMAT_VERSION:
        raise BundleError(
            f"{path}: this version of mujaz reads bundle format {FORMAT_VERSION}, the file says {found}; "
            "train the bundle again or install the mujaz that made it"
        )
    try:
        info = TypeAdapter(BundleInfo).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{path}: {where}: {first['msg']}; the bundle was not written by mujaz") from error
    _check_layout(folder, info)
    return info


def _check_layout(folder: Path, info: BundleInfo) -> None:
    for name in (*info.encoders, *info.files):
        if not name.strip() or Path(name).is_absolute() or {"..", "."} & set(Path(name).parts):
            raise BundleError(f"{folder / LAYOUT.manifest} names {name!r}, which is outside the bundle")
    for name, task in info.tasks.items():
        if task.encoder not in info.encoders:
            raise BundleError(
                f"{folder}: task {name} needs the encoder {task.encoder!r}, which the bundle lacks"
            )
    for file in sorted({*_needed(info), *info.files}):
        if file not in info.files:
            raise BundleError(
                f"{folder / LAYOUT.manifest} has no hash for {file}; train or merge the bundle again"
            )
        if not (folder / file).is_file():
            raise BundleError(f"{folder / file} is missing; get the bundle again")


def _needed(info: BundleInfo) -> list[str]:
    """The files without which the bundle's encoders and tasks cannot be loaded."""
    files = [f"{name}/{file}" for name in info.encoders for file in LAYOUT.encoder_files]
    for name, task in info.tasks.items():
        if task.kind == "extractive":
            files.append(f"{name}/{LAYOUT.head}")
        if task.method == "lora":
            files += [f"{name}/{LAYOUT.adapter_config}", f"{name}/{LAYOUT.adapter_weights}"]
        if task.sides is not None:
            second = (LAYOUT.head, LAYOUT.adapter_config, LAYOUT.adapter_weights)
            files += [f"{name}/{LAYOUT.sides}/{file}" for file in second]
        if "trees" in task.decoding:
            files.append(f"{name}/{LAYOUT.trees}")
    return files


def verify(folder: Path) -> BundleInfo:
    """Read the manifest and compare the hash of every file. Raises `BundleError` on the first mismatch."""
    info = read_manifest(folder)
    for file, expected in info.files.items():
        found = file_sha256(folder / file)
        if found != expected:
            raise BundleError(
                f"{folder / file} is damaged or was changed: expected SHA-256 {expected[:12]}…, "
                f"found {found[:12]}…; get the bundle again"
            )
    return info

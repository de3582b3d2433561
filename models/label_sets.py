"""Label sets: ids with names in Arabic and English, read from `models/labels/*.yaml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from models.errors import BundleError

LABELS_DIR = Path(__file__).parent / "labels"
_KEYS = {"name": str, "scheme": str, "labels": list}
_TEXTS = ("id", "ar", "en", "definition")
_EXPECTED = "id, ar, en, definition and, where there is one, code"


@dataclass(frozen=True, slots=True)
class Label:
    """One label: our id, the scheme's code ("" without one), its names and a one-line definition."""

    id: str
    code: str
    ar: str
    en: str
    definition: str


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels in the order of a classifier's outputs."""

    name: str
    scheme: str
    labels: tuple[Label, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The labels' ids, in the order of the outputs."""
        return tuple(label.id for label in self.labels)

    def index(self, label_id: str) -> int:
        """The output that stands for `label_id`. Raises `KeyError` if there is none."""
        try:
            return self.ids.index(label_id)
        except ValueError:
            raise KeyError(f"no label {label_id!r} in {self.name!r}; it has {', '.join(self.ids)}") from None


@cache
def load_labels(name: str) -> LabelSet:
    """Read the label set `name` that ships with the package: "topic" or "stance".

    Raises `BundleError` if the file is missing or malformed.
    """
    path = LABELS_DIR / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in LABELS_DIR.glob("*.yaml")))
        raise BundleError(f"no label set at {path}; the ones that ship are: {known}")
    return read_labels(path)


def named_labels(name: str, ids: Sequence[str]) -> LabelSet:
    """Name the labels of a model: those of the label set `name` as there, others by their id."""
    known = load_labels(name)
    labels = {label.id: label for label in known.labels}
    scheme = known.scheme if tuple(ids) == known.ids else "the training data's own labels"
    return LabelSet(name, scheme, tuple(labels.get(i, Label(i, i, i, i, "")) for i in ids))


def read_labels(path: Path) -> LabelSet:
    """Read a label set from a YAML file of the shape of `models/labels/topic.yaml`; codes may be left out.

    Raises `BundleError`, with the line of the label at fault, if the file is missing or malformed, or
    has an id twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data, tree = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read ({error.strerror}); expected a label set in YAML"
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BundleError(f"{path}: expected YAML in UTF-8; got {reason}") from error
    for key, kind in _KEYS.items():
        if not isinstance(data, dict) or not isinstance(data.get(key), kind):
            raise BundleError(
                f"{path}: expected name and scheme (texts) and labels (a list); {key!r} is not so"
            )
    labels: dict[str, Label] = {}
    for line, value in zip(_lines(tree), data["labels"], strict=True):
        label = _label(f"{path}:{line}", value)
        if label.id in labels:
            raise BundleError(f"{path}:{line}: the id {label.id!r} stands twice; every id must be unique")
        labels[label.id] = label
    return LabelSet(data["name"], data["scheme"], tuple(labels.values()))


def _lines(tree: Any) -> list[int]:
    """The line of every label, from 1."""
    items = next(value.value for key, value in reversed(tree.value) if key.value == "labels")
    return [item.start_mark.line + 1 for item in items]


def _label(where: str, value: object) -> Label:
    if not isinstance(value, dict):
        raise BundleError(f"{where}: expected a label with {_EXPECTED}; was {value!r}")
    for key in value:
        if key not in (*_TEXTS, "code"):
            raise BundleError(f"{where}: unknown key {key!r}; a label has {_EXPECTED}")
    for key in _TEXTS:
        if key not in value:
            raise BundleError(f"{where}: {key!r} is missing; a label has {_EXPECTED}")
    for key, text in value.items():
        if not isinstance(text, str):
            raise BundleError(f"{where}: {key!r} must be a text, was {text!r}; put it into quotation marks")
        if not text.strip():
            raise BundleError(f"{where}: {key!r} is empty; a label has {_EXPECTED}")
    return Label(**{"code": "", **value})

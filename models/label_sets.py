"""Label sets: ids with names in Arabic and English, read from `models/labels/*.yaml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from models.errors import BundleError

LABELS_DIR = Path(__file__).parent / "labels"


@dataclass(frozen=True, slots=True)
class Label:
    """One label: our id, the scheme's code, its names and a one-line definition."""

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
    return read_labels(LABELS_DIR / f"{name}.yaml")


def named_labels(name: str, ids: Sequence[str]) -> LabelSet:
    """Name the labels of a model: those of the label set `name` as there, others by their id."""
    known = load_labels(name)
    labels = {label.id: label for label in known.labels}
    scheme = known.scheme if tuple(ids) == known.ids else "the training data's own labels"
    return LabelSet(name, scheme, tuple(labels.get(i, Label(i, i, i, i, "")) for i in ids))


def read_labels(path: Path) -> LabelSet:
    """Read a label set from a YAML file of the shape of `models/labels/topic.yaml`.

    Raises `BundleError` if the file is missing or malformed, or has an id twice.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        labels = tuple(Label(**label) for label in data["labels"])
        label_set = LabelSet(name=data["name"], scheme=data["scheme"], labels=labels)
    except OSError as error:
        known = ", ".join(sorted(p.stem for p in LABELS_DIR.glob("*.yaml")))
        raise BundleError(f"no label set at {path}; the ones that ship are: {known}") from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BundleError(
            f"{path}: expected name, scheme and labels with id, code, ar, en, definition; got {reason}"
        ) from error
    for label in labels:
        if not isinstance(label.id, str):
            raise BundleError(f"{path}: the id {label.id!r} must be a text; put it into quotation marks")
    if len(set(label_set.ids)) != len(labels):
        raise BundleError(f"{path}: a label id stands twice; every id must be unique")
    return label_set

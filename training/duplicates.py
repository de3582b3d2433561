"""Which rows repeat others: fingerprints of 8 bytes instead of the texts, about 40 bytes a row in all."""

import re
import unicodedata
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data_rows import document

Mask = NDArray[np.bool_]
_WORD = re.compile(r"\w+")
# The levelling of `arabic.normalize` at its loosest, in a fifth of the time: no offsets are kept.
_MARKS = re.compile("[\u0640\u064b-\u065f\u0670\u200b-\u200f]")  # tatweel, vowel signs, invisible ones
_VARIANTS = tuple(zip("أإآٱىةکی٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "اااايهكي01234567890123456789", strict=True))


def text_key(text: str) -> str:
    """The words of a text in one spelling: texts that differ in marks, signs or spaces only have the same."""
    text = _MARKS.sub("", unicodedata.normalize("NFKC", text))
    for variant, letter in _VARIANTS:  # much faster than str.translate
        text = text.replace(variant, letter)
    return " ".join(_WORD.findall(text.lower()))


@dataclass(slots=True)
class Fingerprints:
    """What is kept of the rows of one file to compare them.

    Hashes are Python's own, 64 bits: among ten million rows a false match has a chance of one in 350,000.
    """

    ids: "array[int]" = field(default_factory=lambda: array("q"))
    documents: "array[int]" = field(default_factory=lambda: array("q"))
    texts: "array[int]" = field(default_factory=lambda: array("q"))
    rows: "array[int]" = field(default_factory=lambda: array("q"))
    labels: "array[int]" = field(default_factory=lambda: array("i"))
    lines: "array[int]" = field(default_factory=lambda: array("I"))

    def add(self, line: int, values: Mapping[str, Any], key: str, extra: str, label: int) -> None:
        """Add a row: the key of its text, what else tells it from rows of the same text, its label."""
        given = values.get("id")
        known = given is not None and given != ""
        self.ids.append(hash(str(given)) if known else 0)
        self.documents.append(hash(document(str(given))) if known else 0)
        self.texts.append(hash(key))
        self.rows.append(hash((key, extra)) if extra else self.texts[-1])
        self.labels.append(label)
        self.lines.append(line)


def repeated(prints: Fingerprints) -> tuple[NDArray[np.int64], Mask, Mask]:
    """For every row the first one like it, whether it repeats that one, and with another label."""
    first = _first(np.asarray(prints.rows))
    labels = np.asarray(prints.labels)
    again = first != np.arange(len(first))
    return first, again, again & (labels != labels[first])


def reused_ids(prints: Fingerprints) -> tuple[NDArray[np.int64], Mask]:
    """For every row the first one with its id, and whether that one has another text."""
    ids, texts = np.asarray(prints.ids), np.asarray(prints.texts)
    first = _first(ids)
    return first, (ids != 0) & (texts != texts[first])


def shared(here: "array[int]", there: "array[int]") -> Mask:
    """Which values stand in the other file too; 0 stands for none."""
    values = np.asarray(here)
    found: Mask = np.isin(values, np.asarray(there)) & (values != 0)
    return found


def _first(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """For every value the position where it stands first."""
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)

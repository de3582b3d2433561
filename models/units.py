"""Units of an article (sentences or clauses) as the salience model sees them."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

N_FEATURES = 8
_WORD = re.compile(r"\w+")
_PREFIXES = ("وال", "بال", "كال", "فال", "لل", "ال")


def stems(text: str) -> list[str]:
    """The words of a normalised text without the article and the conjunctions before it."""
    words = []
    for word in _WORD.findall(text):
        prefix = next((p for p in _PREFIXES if word.startswith(p) and len(word) > len(p) + 2), "")
        words.append(word[len(prefix) :])
    return words


def unit_features(title: str, units: Sequence[str]) -> NDArray[np.float32]:
    """Position, length and title features of every unit, (U, N_FEATURES)."""
    wanted = {stem for stem in stems(title) if len(stem) > 2}
    last = max(len(units) - 1, 1)
    rows = []
    for i, unit in enumerate(units):
        words = stems(unit)
        overlap = len(wanted.intersection(words)) / len(wanted) if wanted else 0.0
        rows.append(
            (
                i / last,
                1 / (1 + i),
                float(i == 0),
                float(i == len(units) - 1),
                min(len(words), 60) / 60,
                math.log1p(len(units)) / 4,
                overlap,
                float(bool(wanted)),
            )
        )
    return np.asarray(rows, dtype=np.float32).reshape(len(units), N_FEATURES)

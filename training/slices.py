"""The same figures on parts of the data: by source, by length, by target."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.answers import Answers
from training.metrics import classification

FEWEST = 5
"""Parts with fewer rows are put together as `(others)`."""
_MOST = 30
_LENGTHS = ((20, "1-20"), (50, "21-50"), (100, "51-100"), (170, "101-170"))
Figures = Callable[[NDArray[np.int64]], dict[str, Any]]


def length_name(text: str) -> str:
    """The range of whitespace words that the length of a text falls into."""
    words = len(text.split())
    return next((name for most, name in _LENGTHS if words <= most), "171-")


def by(keys: Sequence[str], figures: Figures) -> dict[str, dict[str, Any]]:
    """Figures for every value of the keys, the most frequent first; rare values together."""
    places: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        places.setdefault(key, []).append(i)
    ordered = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
    kept = [(key, found) for key, found in ordered[:_MOST] if len(found) >= FEWEST]
    rest = [i for _, found in ordered[len(kept) :] for i in found]
    parts = [*kept, ("(others)", rest)] if rest else kept
    return {key: {"n": len(found), **figures(np.array(found))} for key, found in parts}


def classification_slices(answers: Answers) -> dict[str, dict[str, dict[str, Any]]]:
    """Accuracy and macro-F1 by source, by length in words and, where there are any, by target.

    Where the words of some name the target's opposite, also by what they name.
    """
    gold, predicted = np.array(answers.gold), np.array(answers.predicted)

    def figures(rows: NDArray[np.int64]) -> dict[str, Any]:
        found = classification(gold[rows].tolist(), predicted[rows].tolist())
        return {"accuracy": found["accuracy"], "macro_f1": found["macro_f1"]}

    slices = {
        "source": by([item.source for item in answers.items], figures),
        "length": by([length_name(item.text) for item in answers.items], figures),
    }
    if any(item.target for item in answers.items):
        slices["target"] = by([item.target for item in answers.items], figures)
    if any(item.names == "opposite" for item in answers.items):
        slices["names"] = by([item.names or "nobody on a side" for item in answers.items], figures)
    return slices

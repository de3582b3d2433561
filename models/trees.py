"""Boosted regression trees (Friedman 2001) as arrays: read from a bundle and asked without scikit-learn."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from models.errors import BundleError

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Trees:
    """An ensemble of binary trees, all arrays (trees, nodes) but `base`, (1,).

    A row goes to the `left` node where its `feature` is at most `threshold`, else to the `right` one; in a
    leaf `feature` is -1. Children have higher numbers than their parent.
    """

    base: NDArray[np.float64]
    feature: NDArray[np.int16]
    threshold: NDArray[np.float64]
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: NDArray[np.float64]

    def log_odds(self, table: NDArray[np.float32]) -> NDArray[np.float64]:
        """The base and what the leaf of every tree says, summed, (N,), of a `table` of features (N, F)."""
        parts = [self._log_odds(table[at : at + _ROWS_AT_ONCE]) for at in range(0, len(table), _ROWS_AT_ONCE)]
        return np.concatenate([*parts, np.zeros(0)])

    def _log_odds(self, table: NDArray[np.float32]) -> NDArray[np.float64]:
        rows, trees = np.arange(len(table))[:, None], np.arange(len(self.feature))
        at = np.zeros((len(table), len(self.feature)), np.intp)  # the node each row is at in each tree
        for _ in range(self.feature.shape[1]):  # no path is longer
            feature = self.feature[trees, at]
            if (feature < 0).all():
                break
            below = table[rows, feature] <= self.threshold[trees, at]
            child = np.where(below, self.left[trees, at], self.right[trees, at])
            at = np.where(feature < 0, at, child)
        return np.asarray(self.base[0] + self.value[trees, at].sum(1), np.float64)


def save_trees(trees: Trees, path: Path) -> None:
    """Write the arrays."""
    save_file(asdict(trees), path)


def read_trees(path: Path, n_features: int) -> Trees:
    """Read the arrays. Raises `BundleError` where they are no trees over `n_features` features."""
    try:
        arrays: dict[str, Any] = load_file(path)
        trees = Trees(**arrays)
    except (OSError, SafetensorError, TypeError) as error:
        raise BundleError(f"{path} cannot be read ({error}); get the bundle again") from error
    shape, nodes = trees.feature.shape, np.arange(trees.feature.shape[-1])
    same = all(getattr(trees, name).shape == shape for name in ("threshold", "left", "right", "value"))
    inner = trees.feature >= 0
    if (
        not same
        or len(shape) != 2
        or trees.base.shape != (1,)
        or (trees.feature >= n_features).any()
        or (inner & ((trees.left <= nodes) | (trees.right <= nodes))).any()
        or (inner & ((trees.left >= shape[1]) | (trees.right >= shape[1]))).any()
    ):
        raise BundleError(
            f"{path} holds no trees over {n_features} features; it was written by another version of mujaz: "
            "train the summary model again"
        )
    return trees

"""Trees as arrays: every row goes down to the leaf that its features lead to; damaged files are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import BundleError
from models.trees import Trees, read_trees, save_trees


@pytest.fixture
def trees() -> Trees:
    """Two trees: x0 <= 1 ? (x1 <= 5 ? 1 : 2) : 4, and a single leaf that says 10."""
    return Trees(
        base=np.array([0.5]),
        feature=np.array([[0, 1, -1, -1, -1], [-1] * 5], np.int16),
        threshold=np.array([[1.0, 5.0, 0, 0, 0], [0.0] * 5]),
        left=np.array([[1, 3, 0, 0, 0], [0] * 5], np.int16),
        right=np.array([[2, 4, 0, 0, 0], [0] * 5], np.int16),
        value=np.array([[0, 0, 4.0, 1.0, 2.0], [10.0, 0, 0, 0, 0]]),
    )


ROWS = np.array([[1, 5], [1, 6], [2, 0], [0, 0]], np.float32)


def test_rows_go_down_to_their_leaves(trees: Trees) -> None:
    assert trees.log_odds(ROWS).tolist() == [11.5, 12.5, 14.5, 11.5]
    assert trees.log_odds(ROWS[:0]).shape == (0,)


def test_many_rows_are_asked_in_parts(trees: Trees) -> None:
    many = np.tile(ROWS, (3000, 1))
    assert trees.log_odds(many).tolist() == [11.5, 12.5, 14.5, 11.5] * 3000


def test_what_is_written_is_read(trees: Trees, tmp_path: Path) -> None:
    save_trees(trees, tmp_path / "trees.safetensors")
    read = read_trees(tmp_path / "trees.safetensors", 2)
    assert read.log_odds(ROWS).tolist() == trees.log_odds(ROWS).tolist()


@pytest.mark.parametrize("wrong", ["feature", "loop", "outside", "shape", "missing", "garbage"])
def test_files_that_hold_no_trees_are_refused(trees: Trees, tmp_path: Path, wrong: str) -> None:
    """A node that leads back would never end, one outside would be an IndexError in the middle of a job."""
    path = tmp_path / "trees.safetensors"
    if wrong == "feature":
        trees.feature[0, 1] = 2
    elif wrong == "loop":
        trees.left[0, 1] = 0
    elif wrong == "outside":
        trees.right[0, 1] = 5
    elif wrong == "shape":
        trees = replace(trees, value=trees.value[:1])
    save_trees(trees, path)
    if wrong == "garbage":
        path.write_bytes(b"no trees")
    elif wrong == "missing":
        path.unlink()
    with pytest.raises(BundleError, match="again"):
        read_trees(path, 2)

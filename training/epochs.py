"""The training rows of each epoch and their order: functions of the seed and the epoch alone.

A resumed run therefore sees what the unbroken one would have seen. transformers' own length-grouped
sampler draws from the global random state, which on a resume within an epoch is another.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from transformers.trainer_pt_utils import get_length_grouped_indices

from arabic.normalize import Normalization
from models.bundle import Task
from models.label_sets import load_labels
from training.config import TrainConfig
from training.features import stance_features, summary_features, topic_features
from training.pairs import NegativeSampler, all_pairs, sided_pairs, with_headings
from training.places import moved_pairs
from training.poles import opposite_pairs

Features = Callable[[int], Dataset]
"""The features of an epoch; they have a `length`, and `labels` (n_labels,) where rows can be balanced."""


def epoch_seed(seed: int, epoch: int) -> int:
    """A seed of its own for every epoch of every run."""
    return seed * 10_007 + epoch


class EpochData(torch.utils.data.Dataset[dict[str, Any]]):
    """A map-style data set in the order in which it is to be read, another one after `set_epoch`.

    Rows of similar length stand together, so that batches need little padding. The number of rows is
    that of epoch 0, however many an epoch's own features are: the Trainer plans its steps once.

    Args:
        features: Makes the rows of an epoch; where they never change, made once with `fixed`.
        rows_per_update: Rows that one update sees, over all processes.
        balanced: Draw rows so that every label comes as often as every other.
    """

    def __init__(
        self, features: Features, *, rows_per_update: int, seed: int, balanced: bool = False
    ) -> None:
        self._features = features
        self._rows_per_update = rows_per_update
        self._seed = seed
        self._balanced = balanced
        self._epoch = 0
        self._rows = features(0)
        self._length = len(self._rows)
        self._order = self._ordered()

    def set_epoch(self, epoch: int) -> None:
        """Make the rows and the order of an epoch; accelerate calls this before each."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._rows = self._features(epoch)
            self._order = self._ordered()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> dict[str, Any]:
        row: dict[str, Any] = self._rows[int(self._order[index])]
        return row

    def column(self, name: str) -> Any:
        """One field of the epoch's rows, in no order that matters."""
        return self._rows[name]

    def _ordered(self) -> NDArray[np.int64]:
        generator = torch.Generator().manual_seed(epoch_seed(self._seed, self._epoch))
        if self._balanced:
            weights = balancing_weights(np.asarray(self._rows["labels"]))
            drawn = torch.multinomial(torch.from_numpy(weights), self._length, True, generator=generator)
        else:
            drawn = torch.randperm(len(self._rows), generator=generator)
        chosen = drawn.numpy()
        if len(chosen) < self._length:
            chosen = np.resize(chosen, self._length)
        chosen = chosen[: self._length]
        lengths = np.asarray(self._rows["length"])[chosen].tolist()
        grouped = get_length_grouped_indices(  # type: ignore[no-untyped-call]
            lengths, self._rows_per_update, generator=generator
        )
        return np.asarray(chosen[np.asarray(grouped, np.int64)], np.int64)


def fixed(rows: Dataset) -> Features:
    """Features that are the same in every epoch."""
    return lambda _: rows


def epoch_features(
    task: Task,
    rows: Sequence[Any],
    tokenizer: Any,
    normalization: Normalization,
    config: TrainConfig,
    labels: Sequence[str],
) -> Features:
    """The features of a task's rows; stance gets other unrelated pairs in every epoch."""
    if task == "topic":
        return fixed(topic_features(rows, tokenizer, normalization, config, labels))
    if task == "summary":
        return fixed(summary_features(rows, tokenizer, normalization, config))
    ours = tuple(labels) == load_labels("stance").ids
    ratio = config.unrelated_ratio if ours and not config.sides else 0.0
    sampler = NegativeSampler.of(rows if ratio else ())

    def features(epoch: int) -> Dataset:
        seed = epoch_seed(config.seed, epoch)
        pairs = all_pairs(rows, ratio=ratio, hard=config.hard_unrelated, seed=seed, sampler=sampler)
        pairs += [pair for pair in pairs if len(pair.labels) > 1] * (config.mixed_repeat - 1)
        if ours:
            pairs += moved_pairs(pairs, config.elsewhere, seed)
            pairs += opposite_pairs(pairs, config.opposite_targets, seed)
        if config.sides:
            pairs = sided_pairs(pairs)
        pairs = with_headings(pairs, config.headings, seed)
        return stance_features(pairs, tokenizer, normalization, config, labels, seed)

    return features


def balancing_weights(targets: NDArray[np.float32]) -> NDArray[np.float64]:
    """The rows' weights at which all labels that occur are drawn equally often. targets (N, C) → (N,)."""
    counts = targets.astype(np.float64).sum(0)  # (C,)
    shares = np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)
    return np.asarray(targets @ shares, np.float64)

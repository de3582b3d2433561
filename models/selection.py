"""Choosing the units of a summary under a word budget."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from models.units import stems

BASE_WORDS = 60
"""The budget that the salience of units was annotated for."""
_CANDIDATES = 12
_MAX_EXACT = 5


def select_units(
    units: Sequence[str], salience: NDArray[np.float32], words: int = BASE_WORDS, redundancy: float = 0.5
) -> list[int]:
    """Choose units of at most `words` words together, in reading order; at least one if there is any.

    The choice maximises the expected F1 against the units a reader would choose,
    2 Σ p / (|S| + E|key|), with E|key| grown in proportion to the budget, minus `redundancy` times
    the largest word overlap with a unit already in. A first unit longer than the budget stands alone.
    """
    if not units:
        return []
    lengths = [len(unit.split()) for unit in units]
    fitting = [i for i in range(len(units)) if lengths[i] <= words]
    if not fitting:
        return [int(np.argmax(salience))]
    overlap = _overlaps([set(stems(unit)) for unit in units])
    expected = float(salience.sum()) * max(1.0, words / BASE_WORDS)
    chosen = _best_small_set(fitting, salience, lengths, words, overlap, expected, redundancy)
    gain = _value(chosen, salience, overlap, expected, redundancy)
    while True:  # larger budgets: grow the best small set greedily
        rest = [
            i for i in fitting if i not in chosen and sum(lengths[j] for j in chosen) + lengths[i] <= words
        ]
        grown = max(
            ((_value([*chosen, i], salience, overlap, expected, redundancy), i) for i in rest),
            default=(0.0, -1),
        )
        if grown[0] <= gain:
            return sorted(chosen)
        gain, added = grown
        chosen.append(added)


def _best_small_set(
    fitting: Sequence[int],
    salience: NDArray[np.float32],
    lengths: Sequence[int],
    words: int,
    overlap: NDArray[np.float32],
    expected: float,
    redundancy: float,
) -> list[int]:
    top = sorted(fitting, key=lambda i: (-float(salience[i]), i))[:_CANDIDATES]
    best, best_value = [top[0]], -1.0
    for size in range(1, min(_MAX_EXACT, len(top)) + 1):
        for subset in combinations(top, size):
            if sum(lengths[i] for i in subset) <= words:
                value = _value(subset, salience, overlap, expected, redundancy)
                if value > best_value:
                    best, best_value = list(subset), value
    return best


def _value(
    subset: Sequence[int],
    salience: NDArray[np.float32],
    overlap: NDArray[np.float32],
    expected: float,
    redundancy: float,
) -> float:
    gain = sum(float(salience[i]) for i in subset)
    for position, i in enumerate(subset):
        if position:
            repeated = max(float(overlap[i, j]) for j in subset[:position])
            gain -= redundancy * repeated * float(salience[i])
    return 2 * gain / (len(subset) + expected)


def _overlaps(words: Sequence[set[str]]) -> NDArray[np.float32]:
    """Share of the shorter unit's words that the other has too, (U, U)."""
    n = len(words)
    table = np.zeros((n, n), np.float32)
    for i, j in combinations(range(n), 2):
        shorter = min(len(words[i]), len(words[j]))
        table[i, j] = table[j, i] = len(words[i] & words[j]) / shorter if shorter else 1.0
    return table


def lead_units(units: Sequence[str], words: int = BASE_WORDS) -> list[int]:
    """The first units that fit into the budget, at least one: the baseline every summariser must beat."""
    used = 0
    chosen: list[int] = []
    for i, unit in enumerate(units):
        used += len(unit.split())
        if used > words and chosen:
            break
        chosen.append(i)
    return chosen

"""Choosing the units of a summary under a word budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from models.units import stems

BASE_WORDS = 60
"""The budget that the salience of units was annotated for."""
_CANDIDATES = 12
_MAX_EXACT = 5


@dataclass(frozen=True, slots=True)
class _Objective:
    """What a choice of units is worth: its expected F1, less for units that repeat others."""

    salience: NDArray[np.float32]
    stems: Sequence[set[str]]
    expected: float
    redundancy: float

    def overlap(self, i: int, j: int) -> float:
        """Share of the shorter unit's words that the other has too."""
        shorter = min(len(self.stems[i]), len(self.stems[j]))
        return len(self.stems[i] & self.stems[j]) / shorter if shorter else 1.0

    def gain(self, i: int, repeated: float) -> float:
        """The salience of a unit, less for the share of it that is in already."""
        return float(self.salience[i]) * (1 - self.redundancy * repeated)

    def f1(self, gains: float, size: int) -> float:
        """Expected F1 of `size` units that bring `gains` together."""
        return 2 * gains / (size + self.expected)


def select_units(
    units: Sequence[str], salience: NDArray[np.float32], words: int = BASE_WORDS, redundancy: float = 0.5
) -> list[int]:
    """Choose units of at most `words` words together, in reading order; at least one if there is any.

    The choice maximises the expected F1 against the units a reader would choose,
    2 Σ p / (|S| + E|key|), with E|key| grown in proportion to the budget, minus `redundancy` times the
    largest word overlap with a unit already in. Where no unit fits, the most salient stands alone.
    """
    if not units:
        return []
    lengths = [len(unit.split()) for unit in units]
    fitting = [i for i in range(len(units)) if lengths[i] <= words]
    if not fitting:
        return [int(np.argmax(salience))]
    expected = float(salience.sum()) * max(1.0, words / BASE_WORDS)
    objective = _Objective(salience, [set(stems(unit)) for unit in units], expected, redundancy)
    chosen, gains = _best_small_set(objective, fitting, lengths, words)
    return sorted(_grow(objective, chosen, gains, fitting, lengths, words))


def _best_small_set(
    objective: _Objective, fitting: Sequence[int], lengths: Sequence[int], words: int
) -> tuple[list[int], float]:
    """The best of all choices of few units among the most salient ones, and its gains."""
    top = sorted(fitting, key=lambda i: (-float(objective.salience[i]), i))[:_CANDIDATES]
    overlap = {(i, j): objective.overlap(i, j) for j, i in combinations(top, 2)}
    best, best_gains, best_value = [top[0]], objective.gain(top[0], 0.0), -1.0
    for size in range(1, min(_MAX_EXACT, len(top)) + 1):
        for subset in combinations(top, size):
            if sum(lengths[i] for i in subset) > words:
                continue
            gains = sum(
                objective.gain(i, max((overlap[i, j] for j in subset[:position]), default=0.0))
                for position, i in enumerate(subset)
            )
            value = objective.f1(gains, size)
            if value > best_value:
                best, best_gains, best_value = list(subset), gains, value
    return best, best_gains


def _grow(
    objective: _Objective,
    chosen: list[int],
    gains: float,
    fitting: Sequence[int],
    lengths: Sequence[int],
    words: int,
) -> list[int]:
    """Add the unit that brings most, as long as one fits and raises the expected F1."""
    room = words - sum(lengths[i] for i in chosen)
    repeated = {
        i: max(objective.overlap(i, j) for j in chosen)
        for i in fitting
        if i not in chosen and lengths[i] <= room
    }
    while repeated:
        gain, added = max((objective.gain(i, share), i) for i, share in repeated.items())
        if objective.f1(gains + gain, len(chosen) + 1) <= objective.f1(gains, len(chosen)):
            break
        chosen, gains, room = [*chosen, added], gains + gain, room - lengths[added]
        repeated = {
            i: max(share, objective.overlap(i, added))
            for i, share in repeated.items()
            if i != added and lengths[i] <= room
        }
    return chosen


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

"""What is seen of an article's units without a model: where they stand, how they look, what they share."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.units import N_FEATURES, stems, unit_features

N_SURFACE = N_FEATURES + 27
_BUDGET = 60
_NEAR = 8  # units compared on either side: comparing all with all takes minutes for a book
_SENTENCE_END = tuple(".!?؟")
_QUOTES = frozenset('«»"“”')
_SAYING = re.compile(
    r"\bو?(?:قال|أكد|أعلن|أوضح|أضاف|ذكر|أشار|لفت|شدد|كشف|صرح|نفى|دعا|طالب|اعتبر|حذر|رفض|أفاد|بين)\w{0,2}\b"
)
_CONTINUING = re.compile(
    r"(?:وأضاف|وأشار|كما|فيما|حيث|يذكر|وكان|من جهة|من جانب|في حين|إلا أن|لكن|وقال|وأوضح|وتابع|وأكد|وذلك|الذي|"
    r"التي|مما|وهو|وهي|وبين|ولفت|وشدد|ويأتي|ثم|أو|بينما|مشير|مؤكد|موضح|مضيف|لافت|وفق|بحسب|وبحسب|جدير)"
)
Vector = Mapping[str, float]


def surface_features(title: str, units: Sequence[str]) -> NDArray[np.float32]:
    """Place, form and cohesion of every unit of an article, (U, N_SURFACE).

    The units come normalised and in reading order. Cohesion is what centroid methods go by (Radev et al.
    2004): cosines of word weights with the whole article, the first unit, the title and the units near by.
    Linear in the length of the article.
    """
    if not units:
        return np.zeros((0, N_SURFACE), np.float32)
    columns = [*unit_features(title, units).T, *_place(units), *_form(units), *_cohesion(title, units)]
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def _place(units: Sequence[str]) -> list[Sequence[float] | NDArray[np.float64]]:
    words = np.array([len(unit.split()) for unit in units], np.float64)
    before, total = np.cumsum(words) - words, max(float(words.sum()), 1.0)
    count = len(units)
    return [
        list(range(count)),
        [count] * count,
        words,
        before,
        before / total,
        (before + words <= _BUDGET).astype(np.float64),
        [total] * count,
        np.append(0.0, words[:-1]),
        np.append(words[1:], 0.0),
        _ranks(words),
    ]


def _form(units: Sequence[str]) -> list[Sequence[float]]:
    ends = [unit.rstrip().endswith(_SENTENCE_END) for unit in units]
    return [
        [True, *ends[:-1]],
        ends,
        [bool(_SAYING.search(unit)) for unit in units],
        [bool(_CONTINUING.match(unit.lstrip())) for unit in units],
        [sum(letter.isdigit() for letter in unit) for unit in units],
        [bool(_QUOTES.intersection(unit)) for unit in units],
    ]


def _cohesion(title: str, units: Sequence[str]) -> list[Sequence[float] | NDArray[np.float64]]:
    counts = [_counts(unit) for unit in units]
    spread = Counter(stem for found in counts for stem in found)  # in how many units a stem stands
    weights = {stem: math.log1p(len(units) / n) for stem, n in spread.items()}
    vectors = [_vector(found, weights) for found in counts]
    center = _unit_length(_sum([_weighted(found, weights) for found in counts]))
    sums = _sum(vectors)
    heading = _vector({s: n for s, n in _counts(title).items() if s in weights}, weights)
    to_center = np.array([_dot(vector, center) for vector in vectors])
    mean = np.array([(_dot(vector, sums) - bool(vector)) / len(units) for vector in vectors])
    earlier = [_nearest(vector, vectors[max(0, i - _NEAR) : i]) for i, vector in enumerate(vectors)]
    later = [_nearest(vector, vectors[i + 1 : i + 1 + _NEAR]) for i, vector in enumerate(vectors)]
    return [
        [_mean([spread[stem] > 1 for stem in found]) for found in counts],
        [_mean([spread[stem] for stem in found]) for found in counts],
        [_mean([stem in counts[0] for stem in found]) for found in counts],
        mean,
        to_center,
        [0.0, *(_dot(vector, vectors[0]) for vector in vectors[1:])],
        [_dot(vector, heading) for vector in vectors],
        earlier,
        np.maximum(earlier, later),
        _ranks(to_center),
        _ranks(mean),
    ]


def _counts(text: str) -> Counter[str]:
    return Counter(stem for stem in stems(text) if len(stem) > 2)


def _vector(counts: Mapping[str, int], weights: Vector) -> Vector:
    return _unit_length(_weighted(counts, weights))


def _weighted(counts: Mapping[str, int], weights: Vector) -> Vector:
    return {stem: math.sqrt(n) * weights[stem] for stem, n in counts.items()}


def _sum(vectors: Sequence[Vector]) -> Vector:
    total: dict[str, float] = {}
    for vector in vectors:
        for stem, value in vector.items():
            total[stem] = total.get(stem, 0.0) + value
    return total


def _unit_length(vector: Vector) -> Vector:
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {stem: value / length for stem, value in vector.items()} if length else {}


def _dot(a: Vector, b: Vector) -> float:
    return sum(value * b[stem] for stem, value in a.items() if stem in b)


def _nearest(vector: Vector, others: Sequence[Vector]) -> float:
    return max((_dot(vector, other) for other in others), default=0.0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each value the share of all that are not above it."""
    return np.searchsorted(np.sort(values), values, side="right") / len(values)

"""(target, paragraph) pairs for stance: the annotated ones, and unrelated ones made from them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arabic.normalize import Normalization, normalize
from models.units import stems
from training.data import UNRELATED, StanceLabel, StanceRow

_NEIGHBOURS = 30
_ROWS_AT_ONCE = 1000
_LOOSE = Normalization(alef=True, ya=True, ta_marbuta=True)


@dataclass(frozen=True, slots=True)
class Pair:
    """A paragraph and a target with every record on it; no record means unrelated."""

    text: str
    target: str
    records: tuple[StanceLabel, ...]

    @property
    def labels(self) -> frozenset[str]:
        """The stances reported, {"unrelated"} if none; two where holders disagree."""
        return frozenset(record.stance for record in self.records) or frozenset({UNRELATED})


def related_pairs(rows: Sequence[StanceRow]) -> list[Pair]:
    """One pair for every target of every paragraph, in the order of the data."""
    pairs = []
    for row in rows:
        targets = dict.fromkeys(record.target for record in row.stances)
        for target in targets:
            records = [r for r in row.stances if r.target == target]
            pairs.append(Pair(row.text, target, tuple(r for r in records if r.stance != UNRELATED)))
    return pairs


@dataclass(frozen=True, slots=True)
class NegativeSampler:
    """What unrelated pairs are drawn from; made once for a data set, drawn from in every epoch."""

    rows: tuple[StanceRow, ...]
    words: tuple[frozenset[str], ...]
    nearest: NDArray[np.int64]  # (rows, neighbours), the most similar first

    @classmethod
    def of(cls, rows: Sequence[StanceRow]) -> "NegativeSampler":
        """Keep the rows that have targets, their words and the rows most similar to each.

        Keeps none where there is no other document to take a target from.
        """
        candidates = tuple(row for row in rows if row.stances)
        if len({row.document for row in candidates}) < 2:
            candidates = ()
        words = tuple(frozenset(stems(normalize(row.text, _LOOSE).text)) for row in candidates)
        return cls(candidates, words, _nearest([row.text for row in candidates]))


def _nearest(texts: Sequence[str]) -> NDArray[np.int64]:
    """The numbers of the `_NEIGHBOURS` texts most similar to each text, without the text itself."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not texts:
        return np.zeros((0, 0), np.int64)
    matrix = TfidfVectorizer(token_pattern=r"\w{3,}", sublinear_tf=True).fit_transform(texts)
    parts = []
    for start in range(0, len(texts), _ROWS_AT_ONCE):  # all similarities of a large set fill the memory
        similarity = (matrix[start : start + _ROWS_AT_ONCE] @ matrix.T).toarray()
        parts.append(np.argsort(-similarity, axis=1, kind="stable")[:, 1 : _NEIGHBOURS + 1])
    return np.concatenate(parts)


def unrelated_pairs(rows: Sequence[StanceRow], count: int, hard: float, seed: int) -> list[Pair]:
    """Pair paragraphs with targets of other documents, `hard` of them from the most similar paragraphs.

    A target all of whose words stand in the paragraph is not used: it may well be related.
    """
    return draw_unrelated(NegativeSampler.of(rows), count, hard, seed)


def draw_unrelated(sampler: NegativeSampler, count: int, hard: float, seed: int) -> list[Pair]:
    """Draw the pairs of `unrelated_pairs`; the same seed gives the same ones."""
    rng = random.Random(seed)
    candidates, words = sampler.rows, sampler.words
    pairs: list[Pair] = []
    seen: set[tuple[int, str]] = set()
    for _ in range(count * 20 if candidates else 0):
        if len(pairs) == count:
            break
        i = rng.randrange(len(candidates))
        if rng.random() < hard:
            j = int(rng.choice(sampler.nearest[i].tolist()))
        else:
            j = rng.randrange(len(candidates))
        target = rng.choice(candidates[j].stances).target
        wanted = {stem for stem in stems(normalize(target, _LOOSE).text) if len(stem) > 2}
        same_document = candidates[i].document == candidates[j].document
        if same_document or (i, target) in seen or wanted <= words[i]:
            continue
        seen.add((i, target))
        pairs.append(Pair(candidates[i].text, target, ()))
    return pairs


def all_pairs(
    rows: Sequence[StanceRow],
    *,
    ratio: float,
    hard: float,
    seed: int,
    sampler: NegativeSampler | None = None,
) -> list[Pair]:
    """Related pairs and, unless the data has its own, `ratio` unrelated ones a record.

    `sampler` is that of the same rows, where one is at hand.
    """
    related = related_pairs(rows)
    records = sum(len(row.stances) for row in rows)
    if any(UNRELATED in pair.labels for pair in related):
        return related
    return related + draw_unrelated(sampler or NegativeSampler.of(rows), round(records * ratio), hard, seed)

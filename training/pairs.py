"""(target, paragraph) pairs for stance: the annotated ones, and unrelated ones made from them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arabic.normalize import Normalization, normalize
from models.units import stems
from training.data import UNRELATED, StanceLabel, StanceRow

_NEIGHBOURS = 30
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


def unrelated_pairs(rows: Sequence[StanceRow], count: int, hard: float, seed: int) -> list[Pair]:
    """Pair paragraphs with targets of other documents, `hard` of them from the most similar paragraphs.

    A target all of whose words stand in the paragraph is not used: it may well be related.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    rng = random.Random(seed)
    candidates = [row for row in rows if row.stances]
    if len({row.document for row in candidates}) < 2:
        return []  # there is no other document to take a target from
    words = [set(stems(normalize(row.text, _LOOSE).text)) for row in candidates]
    matrix = TfidfVectorizer(token_pattern=r"\w{3,}", sublinear_tf=True).fit_transform(
        row.text for row in candidates
    )
    similarity = (matrix @ matrix.T).toarray()
    pairs: list[Pair] = []
    seen: set[tuple[int, str]] = set()
    for _ in range(count * 20):
        if len(pairs) == count:
            break
        i = rng.randrange(len(candidates))
        if rng.random() < hard:
            nearest = np.argsort(-similarity[i], kind="stable")[1 : _NEIGHBOURS + 1]
            j = int(rng.choice(nearest.tolist()))
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


def all_pairs(rows: Sequence[StanceRow], *, ratio: float, hard: float, seed: int) -> list[Pair]:
    """Related pairs and, unless the data has its own, `ratio` unrelated ones a record."""
    related = related_pairs(rows)
    records = sum(len(row.stances) for row in rows)
    if any(UNRELATED in pair.labels for pair in related):
        return related
    return related + unrelated_pairs(rows, round(records * ratio), hard, seed)

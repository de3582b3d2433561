"""(target, paragraph) pairs for stance: the annotated ones, and unrelated ones made from them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from arabic.normalize import Normalization, normalize
from models.units import stems
from training.data import UNRELATED, StanceLabel, StanceRow
from training.data_rows import Shares

_NEIGHBOURS = 30
_ROWS_AT_ONCE = 1000
LOOSE = Normalization(alef=True, ya=True, ta_marbuta=True)
OPPOSITE = {"favor": "against", "against": "favor"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A paragraph and a target with every record on it; no record means unrelated.

    `probabilities`, where there are any, are a teacher's labels of the pair.
    """

    text: str
    target: str
    records: tuple[StanceLabel, ...]
    heading: str = ""
    probabilities: Shares = ()

    @property
    def labels(self) -> frozenset[str]:
        """The stances reported, {"unrelated"} if none; two where holders disagree."""
        return frozenset(record.stance for record in self.records) or frozenset({UNRELATED})

    @property
    def names(self) -> str:
        """Whether the words name the "target" or its "opposite"; neither where nobody takes one side."""
        found = {record.opposite for record in self.records if record.stance in OPPOSITE}
        return "" if len(found) != 1 else "opposite" if found.pop() else "target"

    @property
    def named(self) -> tuple[StanceLabel, ...]:
        """The records with the stance on what the words name, be it the target or its opposite."""
        return tuple(
            replace(record, stance=OPPOSITE.get(record.stance, record.stance)) if record.opposite else record
            for record in self.records
        )


def related_pairs(rows: Sequence[StanceRow]) -> list[Pair]:
    """One pair for every target of every paragraph, in the order of the data."""
    pairs = []
    for row in rows:
        targets = dict.fromkeys(record.target for record in row.stances)
        for target in targets:
            records = [r for r in row.stances if r.target == target]
            related = tuple(record for record in records if record.stance != UNRELATED)
            pairs.append(Pair(row.text, target, related, row.title, records[0].probabilities))
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
        candidates = tuple(row for row in rows if _targets(row))
        if len({row.document for row in candidates}) < 2:
            candidates = ()
        words = tuple(frozenset(stems(normalize(row.text, LOOSE).text)) for row in candidates)
        return cls(candidates, words, _nearest([row.text for row in candidates]))


def _targets(row: StanceRow) -> list[str]:
    """The targets that a row is about, as often as there are records on them."""
    return [record.target for record in row.stances if record.stance != UNRELATED]


def shared_words(pair: Pair) -> frozenset[str]:
    """The words of a pair's target (loosely spelt, without the article) that its paragraph has too."""
    target, text = (stems(normalize(t, LOOSE).text) for t in (pair.target, pair.text))
    return frozenset(word for word in target if len(word) > 2).intersection(text)


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
        target = rng.choice(_targets(candidates[j]))
        wanted = {stem for stem in stems(normalize(target, LOOSE).text) if len(stem) > 2}
        same_document = candidates[i].document == candidates[j].document
        if same_document or (i, target) in seen or wanted <= words[i]:
            continue
        seen.add((i, target))
        pairs.append(Pair(candidates[i].text, target, (), candidates[i].title))
    return pairs


def all_pairs(
    rows: Sequence[StanceRow],
    *,
    ratio: float,
    hard: float,
    seed: int,
    sampler: NegativeSampler | None = None,
) -> list[Pair]:
    """The pairs of the data and, where it has fewer unrelated ones of its own, `ratio` a related record.

    `sampler` is that of the same rows, where one is at hand.
    """
    given = related_pairs(rows)
    records = [record for row in rows for record in row.stances]
    own = sum(record.stance == UNRELATED for record in records)
    missing = round((len(records) - own) * ratio) - own
    if missing <= 0:
        return given
    return given + draw_unrelated(sampler or NegativeSampler.of(rows), missing, hard, seed)


def sided_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs on which somebody takes a side, with the records of those who do."""
    sided = [replace(pair, records=tuple(r for r in pair.records if r.stance in OPPOSITE)) for pair in pairs]
    return [pair for pair in sided if pair.records]


def with_headings(pairs: Sequence[Pair], share: float, seed: int) -> list[Pair]:
    """Give `share` of the pairs a heading, half of them one that names the target; the others get none.

    Related and unrelated pairs alike: a heading that speaks of the target makes it likelier that a
    paragraph does, but is not enough. The other headings are the article's title, or other targets of
    the paragraph.
    """
    rng = random.Random(seed)
    targets: dict[str, list[str]] = {}
    for pair in pairs:
        if pair.records:
            targets.setdefault(pair.text, []).append(pair.target)
    result = []
    for pair in pairs:
        drawn = rng.random()
        others = [target for target in targets.get(pair.text, []) if target != pair.target]
        other = rng.choice(others) if others else ""
        if drawn < share / 2:
            words = [pair.target, other] if rng.random() < 0.5 else [other, pair.target]
            heading = " ".join(filter(None, words))
        else:
            heading = (pair.heading or other) if drawn < share else ""
        result.append(replace(pair, heading=heading))
    return result

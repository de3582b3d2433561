"""Proposing targets: what an analyst would ask about after a look at the article."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice

import numpy as np

from arabic.article import Article
from arabic.normalize import Normalization, normalize
from arabic.noun_phrases import noun_phrases
from models.predict import Embedder, Floats
from models.units import stems

MAX_PROPOSED = 5
_MAX_CANDIDATES = 80
_PASSAGES = 20
_PLAIN = Normalization()


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    count: int
    in_title: bool
    in_heading: bool

    @property
    def weight(self) -> float:
        """How prominent the phrase is, before its meaning is looked at."""
        words = len(self.text.split())
        shape = {1: -0.6, 2: 0.3, 3: 0.35, 4: 0.25, 5: 0.0}[words]
        return 0.8 * self.in_title + 0.4 * self.in_heading + 0.5 * math.log(self.count) + shape


def propose_targets(
    articles: Sequence[Article], embedder: Embedder, limit: int = MAX_PROPOSED
) -> list[tuple[str, ...]]:
    """At most `limit` noun phrases of each article, the likeliest targets first.

    Candidates come from the title, the headings, the lead and whatever is repeated; they are ranked
    by prominence and by the similarity of their embedding to the article's, and a phrase that
    repeats the words of a better one is left out.
    """
    candidates = [_candidates(article) for article in articles]
    passages = [
        _passages(article) if found else [] for article, found in zip(articles, candidates, strict=True)
    ]
    meanings = _split(embedder.embed(list(chain(*passages)), prefix="passage: "), passages)
    phrases = _split(embedder.embed([c.text for found in candidates for c in found]), candidates)
    return [
        _ranked(found, vectors @ (meaning.mean(0) / np.linalg.norm(meaning.mean(0))), limit) if found else ()
        for found, vectors, meaning in zip(candidates, phrases, meanings, strict=True)
    ]


def _passages(article: Article) -> list[str]:
    """What stands for the article's meaning: its title and first paragraphs."""
    title = [article.title] if article.title else []
    return [piece.text for piece in (*title, *islice(article.paragraphs(), _PASSAGES))]


def _split(vectors: Floats, groups: Sequence[Sequence[object]]) -> list[Floats]:
    """Rows of (N, H), one block for each group."""
    return np.split(vectors, list(accumulate(len(group) for group in groups))[:-1]) if groups else []


def _ranked(candidates: Sequence[_Candidate], similarity: Floats, limit: int) -> tuple[str, ...]:
    """The best `limit` candidates, by prominence and similarity (N,) to the article."""
    spread = float(similarity.std()) or 1.0
    scores = [
        c.weight + (float(s) - float(similarity.mean())) / spread * 0.5
        for c, s in zip(candidates, similarity, strict=True)
    ]
    order = np.argsort(-np.array(scores), kind="stable")
    return tuple(_distinct([candidates[i].text for i in order], limit))


def _candidates(article: Article) -> list[_Candidate]:
    """The most prominent noun phrases, at most `_MAX_CANDIDATES`."""
    paragraphs = [normalize(p.text, _PLAIN).text for p in article.paragraphs()]
    title = set(noun_phrases(normalize(article.title.text, _PLAIN).text)) if article.title else set()
    headings = {p for h in article.headings() for p in noun_phrases(normalize(h.text, _PLAIN).text)}
    counts = Counter(phrase for text in paragraphs for phrase in noun_phrases(text))
    lead = set(noun_phrases(paragraphs[0])) if paragraphs else set()
    found = [
        _Candidate(phrase, max(counts[phrase], 1), phrase in title, phrase in headings)
        for phrase in dict.fromkeys([*title, *headings, *lead, *(p for p, n in counts.items() if n > 1)])
    ]
    return sorted(found, key=lambda c: (-c.weight, c.text))[:_MAX_CANDIDATES]


def _distinct(phrases: Sequence[str], limit: int) -> list[str]:
    """The first phrases that share less than half of their words with one before them."""
    kept: list[str] = []
    seen: list[set[str]] = []
    for phrase in phrases:
        words = set(stems(phrase))
        if all(len(words & other) < 0.5 * min(len(words), len(other)) for other in seen):
            kept.append(phrase)
            seen.append(words)
        if len(kept) == limit:
            break
    return kept

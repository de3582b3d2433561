"""Proposing targets: what an analyst would ask about after a look at the article."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arabic.article import Article
from arabic.normalize import Normalization, normalize
from arabic.noun_phrases import noun_phrases
from models.predict import Embedder
from models.units import stems

MAX_PROPOSED = 5
_MAX_CANDIDATES = 80
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


def propose_targets(article: Article, embedder: Embedder, limit: int = MAX_PROPOSED) -> list[str]:
    """At most `limit` noun phrases of the article, the likeliest targets first.

    Candidates come from the title, the headings, the lead and whatever is repeated; they are ranked
    by prominence and by the similarity of their embedding to the article's, and a phrase that
    repeats the words of a better one is left out.
    """
    candidates = _candidates(article)
    if not candidates:
        return []
    paragraphs = [p.text for p in article.paragraphs()]
    title = [article.title.text] if article.title else []
    passages = embedder.embed([*title, *paragraphs[:20]], prefix="passage: ")
    centre = passages.mean(0)
    similarity = embedder.embed([c.text for c in candidates]) @ (centre / np.linalg.norm(centre))
    spread = float(similarity.std()) or 1.0
    scores = [
        c.weight + (float(s) - float(similarity.mean())) / spread * 0.5
        for c, s in zip(candidates, similarity, strict=True)
    ]
    return _distinct([candidates[i].text for i in np.argsort(-np.array(scores), kind="stable")], limit)


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

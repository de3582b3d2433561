"""From the models' predictions to the parts of an `Analysis`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from arabic.article import Article
from arabic.conditions import is_conditional
from arabic.names import conjunction_before
from arabic.sentences import clauses
from arabic.spans import Span
from inference.results import Headline, Stance, SummarySentence, Topic, TopicLabel, TopicShare
from models.decoding import StanceRecord
from models.label_sets import LabelSet
from models.predict import Floats
from models.selection import select_units

_HEADLINE_WORDS = 14
Units = Sequence[tuple[int, Span]]
"""The number of the paragraph, and a sentence or clause of it."""


def topic(labels: LabelSet, probabilities: Floats, threshold: float) -> Topic:
    """The likeliest topic of a paragraph and the second one; `probabilities` (n_labels,)."""
    first, second = (int(i) for i in np.argsort(-probabilities, kind="stable")[:2])
    best, other = labels.labels[first], labels.labels[second]
    return Topic(
        best.id,
        best.ar,
        best.en,
        float(probabilities[first]),
        second=TopicLabel(other.id, other.ar, other.en, float(probabilities[second])),
        abstained=float(probabilities[first]) < threshold,
    )


def topic_shares(labels: LabelSet, texts: Sequence[str], probabilities: Floats) -> tuple[TopicShare, ...]:
    """Topics of at least one percent of the article, largest first."""
    weights = np.array([len(text.split()) for text in texts], np.float64)
    shares = weights @ probabilities / weights.sum()
    order = np.argsort(-shares, kind="stable")
    kept = [i for i in order if shares[i] >= 0.01] or [order[0]]
    total = sum(shares[i] for i in kept)
    return tuple(
        TopicShare(labels.labels[i].id, labels.labels[i].ar, labels.labels[i].en, float(shares[i] / total))
        for i in kept
    )


def stances(
    target: str, proposed: bool, index: int, paragraph: Span, article: str, records: Sequence[StanceRecord]
) -> Iterator[Stance]:
    """The stances on a target in the paragraph with this number; `article` is the whole text."""

    def span(offsets: tuple[int, int] | None) -> Span | None:
        if offsets is None:
            return None
        start, end = offsets
        return Span(paragraph.text[start:end], paragraph.start + start, paragraph.start + end)

    named = [_named(record, paragraph.text, article) for record in records]
    for record in _distinct(named, paragraph.text):
        yield Stance(
            target=target,
            proposed=proposed,
            holder=span(record.holder),
            stance=record.label,
            conditional=record.label != "neutral" and is_conditional(paragraph.text, record.evidence),
            probability=min(record.probability, 1.0),
            paragraph=index,
            evidence=span(record.evidence),
        )


def _named(record: StanceRecord, text: str, article: str) -> StanceRecord:
    """The record with its holder's name without a conjunction that is written together with it."""
    if record.holder is None:
        return record
    start, end = record.holder
    return replace(record, holder=(start + conjunction_before(text[start:end], article), end))


def _distinct(records: Sequence[StanceRecord], text: str) -> list[StanceRecord]:
    """One record for a holder's name and label, the likeliest one."""
    best: dict[tuple[str, str], StanceRecord] = {}
    for record in records:
        name = text[slice(*record.holder)] if record.holder else ""
        known = best.get((name, record.label))
        if known is None or record.probability > known.probability:
            best[name, record.label] = record
    return [record for record in records if record in best.values()]


def units(paragraphs: Iterable[Span]) -> list[tuple[int, Span]]:
    """The sentences and clauses that a summary may be made of, in reading order."""
    return [
        (number, Span(unit.text, paragraph.start + unit.start, paragraph.start + unit.end))
        for number, paragraph in enumerate(paragraphs)
        for unit in clauses(paragraph.text)
    ]


def summary(found: Units, salience: Floats, words: int) -> tuple[SummarySentence, ...]:
    """The chosen units of the article, at most `words` words together."""
    chosen = select_units([unit.text for _, unit in found], salience, words)
    texts = [found[i][1].text.rstrip("،؛, ") for i in chosen]  # a clause ends in the comma it was cut at
    starts = [found[i][1].start for i in chosen]
    return tuple(
        SummarySentence(text, start, start + len(text), found[i][0])
        for i, text, start in zip(chosen, texts, starts, strict=True)
    )


def title_headline(article: Article) -> Headline | None:
    """The article's own title, if it has one."""
    title = article.title
    return None if title is None else Headline(title.text, title.start, title.end, "title")


def extract_headline(article: Article, found: Units, salience: Floats) -> Headline:
    """The beginning of the most salient unit."""
    unit = found[int(np.argmax(salience))][1]
    pieces = clauses(unit.text, max_words=_HEADLINE_WORDS)
    start, end = unit.start + pieces[0].start, unit.start + pieces[0].end
    text = article.text[start:end].rstrip("،؛,;:. \n")
    return Headline(text, start, start + len(text), "extract")

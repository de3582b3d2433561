"""An article in, its analysis out."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from arabic.article import Article
from arabic.checks import check
from arabic.conditions import is_conditional
from arabic.errors import InputError
from arabic.parse import parse_article
from arabic.sentences import clauses
from arabic.spans import Span
from inference.results import (
    Analysis,
    Headline,
    ModelInfo,
    ParagraphResult,
    Stance,
    SummarySentence,
    Topic,
    TopicLabel,
    TopicShare,
)
from inference.targets import propose_targets
from models.bundle import DEFAULT_BUNDLE, verify
from models.decoding import StanceRecord
from models.errors import BundleError
from models.label_sets import LabelSet, load_labels, named_labels
from models.load import OpenBundle
from models.predict import Embedder, Floats, SaliencePredictor, StancePredictor, TopicPredictor
from models.selection import BASE_WORDS, select_units

MAX_TARGET_WORDS = 20
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEADLINE_WORDS = 14


class Analyzer:
    """The models of a bundle, loaded once and used for any number of articles."""

    def __init__(
        self,
        topic: TopicPredictor,
        stance: StancePredictor,
        salience: SaliencePredictor,
        embedder: Embedder,
        model: ModelInfo,
    ) -> None:
        self._topic = topic
        self._stance = stance
        self._salience = salience
        self._embedder = embedder
        self._model = model
        self._topic_labels = named_labels("topic", topic.info.labels)

    @classmethod
    def load(cls, bundle: Path | None = None, *, threads: int | None = None) -> "Analyzer":
        """Check the hashes of a bundle (None: the one that ships) and load its models.

        `threads` sets torch's CPU threads for the whole process. Raises `BundleError`, also for a
        stance model whose labels are not favor, against, neutral and unrelated.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        opened = OpenBundle(bundle or DEFAULT_BUNDLE, verify(bundle or DEFAULT_BUNDLE))
        info = opened.info
        stance = opened.stance()
        if not stance.polar:
            raise BundleError(
                f"{opened.folder}: the stance labels are {', '.join(stance.info.labels)}; an analysis needs "
                f"{', '.join(load_labels('stance').ids)}. Such a bundle can be evaluated, not analysed with"
            )
        return cls(
            opened.topic(),
            stance,
            opened.summary(),
            opened.embedder(),
            ModelInfo(info.name, info.version, info.sha256),
        )

    def analyze(
        self, text: str | Article, *, targets: Sequence[str] | None = None, words: int = BASE_WORDS
    ) -> Analysis:
        """Analyse one article.

        `targets` are what stances are looked for on; None proposes at most five from the article.
        `words` is the summary's budget in whitespace words. Lone surrogates in the text are replaced
        by U+FFFD, one for one, so offsets hold. Raises `InputError` when there is nothing to analyse.
        """
        if words < 1:
            raise InputError(f"words must be at least 1, was {words}")
        article = _read(text)
        paragraphs = list(article.paragraphs())
        proposed = targets is None
        wanted = propose_targets(article, self._embedder) if targets is None else _clean_targets(targets)
        units = [(i, unit) for i, p in enumerate(paragraphs) for unit in _units(p)]
        salience = self._salience.predict(
            [article.title.text if article.title else ""], [[unit.text for _, unit in units]]
        )[0]
        probabilities = self._topic.predict([p.text for p in paragraphs])
        return Analysis(
            article=article,
            topics=_shares(self._topic_labels, paragraphs, probabilities),
            paragraphs=tuple(
                ParagraphResult(p.text, p.start, p.end, self._topic_of(row))
                for p, row in zip(paragraphs, probabilities, strict=True)
            ),
            stances=self._stances(paragraphs, wanted, proposed),
            summary=_summary(units, salience, words),
            headline=_headline(article, units, salience),
            model=self._model,
        )

    def _topic_of(self, probabilities: Floats) -> Topic:
        labels = self._topic_labels.labels
        first, second = np.argsort(-probabilities, kind="stable")[:2]
        best, probability = labels[first], float(probabilities[first])
        return Topic(
            best.id,
            best.ar,
            best.en,
            probability,
            second=TopicLabel(
                labels[second].id, labels[second].ar, labels[second].en, float(probabilities[second])
            ),
            abstained=probability < self._topic.info.threshold,
        )

    def _stances(
        self, paragraphs: Sequence[Span], targets: Sequence[str], proposed: bool
    ) -> tuple[Stance, ...]:
        pairs = [(target, i) for target in targets for i in range(len(paragraphs))]
        records = self._stance.predict([t for t, _ in pairs], [paragraphs[i].text for _, i in pairs])
        return tuple(
            _stance(target, proposed, i, paragraphs[i], record)
            for (target, i), found in zip(pairs, records, strict=True)
            for record in _distinct(found, paragraphs[i].text)
        )


def _read(text: str | Article) -> Article:
    if isinstance(text, Article):
        article = text
    else:
        article = parse_article(_SURROGATE.sub("\ufffd", text))
    warnings = check(article.text, "article")
    if isinstance(text, str) and _SURROGATE.search(text):
        warnings = tuple(dict.fromkeys((*warnings, "control_characters")))
    if not any(True for _ in article.paragraphs()):
        raise InputError("the article has no paragraph of running text, only headings or tables")
    return replace(article, warnings=tuple(dict.fromkeys((*article.warnings, *warnings))))


def _clean_targets(targets: Sequence[str]) -> list[str]:
    """Targets on one line, each once. Raises `InputError` for an empty or an overlong one."""
    cleaned = dict.fromkeys(" ".join(_SURROGATE.sub("\ufffd", target).split()) for target in targets)
    for target in cleaned:
        if not target:
            raise InputError("a target is empty; give a short noun phrase such as «وقف إطلاق النار»")
        if len(target.split()) > MAX_TARGET_WORDS or len(target) > 200:
            raise InputError(
                f"a target has {len(target.split())} words ({target[:40]}…); "
                f"give a noun phrase of at most {MAX_TARGET_WORDS} words and 200 characters"
            )
    return list(cleaned)


def _units(paragraph: Span) -> Iterable[Span]:
    for unit in clauses(paragraph.text):
        yield Span(unit.text, paragraph.start + unit.start, paragraph.start + unit.end)


def _shares(labels: LabelSet, paragraphs: Sequence[Span], probabilities: Floats) -> tuple[TopicShare, ...]:
    """Topics of at least one percent of the article, largest first."""
    weights = np.array([len(p.text.split()) for p in paragraphs], np.float64)
    shares = weights @ probabilities / weights.sum()
    order = np.argsort(-shares, kind="stable")
    kept = [i for i in order if shares[i] >= 0.01] or [order[0]]
    total = sum(shares[i] for i in kept)
    return tuple(
        TopicShare(labels.labels[i].id, labels.labels[i].ar, labels.labels[i].en, float(shares[i] / total))
        for i in kept
    )


def _summary(units: Sequence[tuple[int, Span]], salience: Floats, words: int) -> tuple[SummarySentence, ...]:
    chosen = select_units([unit.text for _, unit in units], salience, words)
    texts = [units[i][1].text.rstrip("،؛, ") for i in chosen]  # a clause ends in the comma it was cut at
    starts = [units[i][1].start for i in chosen]
    return tuple(
        SummarySentence(text, start, start + len(text), units[i][0])
        for i, text, start in zip(chosen, texts, starts, strict=True)
    )


def _headline(article: Article, units: Sequence[tuple[int, Span]], salience: Floats) -> Headline:
    """The title; without one the beginning of the most salient unit."""
    if article.title is not None:
        return Headline(article.title.text, article.title.start, article.title.end, "title")
    unit = units[int(np.argmax(salience))][1]
    pieces = clauses(unit.text, max_words=_HEADLINE_WORDS)
    start, end = unit.start + pieces[0].start, unit.start + pieces[0].end
    text = article.text[start:end].rstrip("،؛,;:. \n")
    return Headline(text, start, start + len(text), "extract")


def _distinct(records: Sequence[StanceRecord], text: str) -> list[StanceRecord]:
    """One record for a holder's name and label, the likeliest one."""
    best: dict[tuple[str, str], StanceRecord] = {}
    for record in records:
        name = text[slice(*record.holder)] if record.holder else ""
        known = best.get((name, record.label))
        if known is None or record.probability > known.probability:
            best[name, record.label] = record
    return [record for record in records if record in best.values()]


def _stance(target: str, proposed: bool, index: int, paragraph: Span, record: StanceRecord) -> Stance:
    def span(offsets: tuple[int, int] | None) -> Span | None:
        if offsets is None:
            return None
        start, end = offsets
        return Span(paragraph.text[start:end], paragraph.start + start, paragraph.start + end)

    return Stance(
        target=target,
        proposed=proposed,
        holder=span(record.holder),
        stance=record.label,
        conditional=record.label != "neutral" and is_conditional(paragraph.text, record.evidence),
        probability=min(record.probability, 1.0),
        paragraph=index,
        evidence=span(record.evidence),
    )

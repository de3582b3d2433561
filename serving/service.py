"""The analyser as a service: many requests at once, answered part by part by one thread of models."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from arabic.article import Article, Paragraph, Section
from arabic.spans import Span
from inference.documents import Request, clean_targets
from inference.results import Analysis, Stance
from inference.targets import propose_targets
from serving.batcher import Batcher
from serving.errors import BusyError, TooSlowError
from serving.metrics import Metrics

if TYPE_CHECKING:
    from inference.analyzer import Analyzer

PAIRS = 64
"""Pairs of target and paragraph that one request may have in a batch, so that others get their turn."""
_LONG = 20_000  # characters whose parsing would be felt by those beside it


class Service:
    """Analyses with one bundle; several services may share a batcher, that is, its thread."""

    def __init__(self, analyzer: "Analyzer", batcher: Batcher, metrics: Metrics) -> None:
        self.analyzer = analyzer
        self._batcher = batcher
        self._metrics = metrics

    def beside(self, analyzer: "Analyzer") -> "Service":
        """Make a service with another bundle that takes turns with this one."""
        return Service(analyzer, self._batcher, self._metrics)

    async def read(self, request: Request) -> Analysis:
        """Parse and check; nothing but the article is in the answer. Raises `InputError`."""
        if len(request.text if isinstance(request.text, str) else request.text.text) < _LONG:
            return self.analyzer.read(request)
        return await asyncio.to_thread(self.analyzer.read, request)

    async def topics(self, analyses: Sequence[Analysis]) -> Sequence[Analysis]:
        """Fill in topics."""
        return await self._batcher.submit(self._run_topics, analyses)

    async def summaries(self, analyses: Sequence[Analysis], words: int) -> Sequence[Analysis]:
        """Fill in summaries of at most `words` words."""
        return await self._batcher.submit(self._run_summaries, [(analysis, words) for analysis in analyses])

    async def stances(self, analysis: Analysis, targets: Sequence[str] | None) -> Analysis:
        """Fill in the stances on the targets; None proposes some. Raises `InputError`."""
        if targets is None:
            (names,) = await self._batcher.submit(self._run_proposals, [analysis.article])
        else:
            names = clean_targets(targets)
        found: list[Stance] = []
        for start, part in _parts(analysis, max(1, PAIRS // max(1, len(names)))) if names else ():
            (answer,) = await self._batcher.submit(self._run_stances, [(part, names)])
            found += [
                replace(stance, paragraph=stance.paragraph + start, proposed=targets is None)
                for stance in answer.stances
            ]
        found.sort(key=lambda stance: (names.index(stance.target), stance.paragraph))
        return replace(analysis, stances=tuple(found))

    async def analyze(self, request: Request, words: int) -> AsyncIterator[tuple[Analysis, frozenset[str]]]:
        """Give the analysis as it grows, and the parts that it has by then. Raises `InputError`."""
        analysis = await self.read(request)
        (analysis,) = await self.topics([analysis])
        yield analysis, frozenset({"topics"})
        (analysis,) = await self.summaries([analysis], words)
        yield analysis, frozenset({"topics", "summary"})
        analysis = await self.stances(analysis, request.targets)
        yield analysis, frozenset({"topics", "summary", "stances"})

    def _run_topics(self, analyses: list[Analysis]) -> Sequence[Analysis]:
        self._metrics.batch_items.observe(sum(len(analysis.paragraphs) for analysis in analyses))
        return self.analyzer.topics(analyses)

    def _run_stances(self, items: list[tuple[Analysis, tuple[str, ...]]]) -> Sequence[Analysis]:
        self._metrics.batch_items.observe(sum(len(a.paragraphs) * len(names) for a, names in items))
        return self.analyzer.stances([analysis for analysis, _ in items], [names for _, names in items])

    def _run_proposals(self, articles: list[Article]) -> Sequence[tuple[str, ...]]:
        if self.analyzer.embedder is None:
            return [()] * len(articles)
        return propose_targets(articles, self.analyzer.embedder)

    def _run_summaries(self, items: list[tuple[Analysis, int]]) -> Sequence[Analysis]:
        self._metrics.batch_items.observe(len(items))
        answers: dict[int, Analysis] = {}
        for budget in {words for _, words in items}:
            places = [place for place, (_, words) in enumerate(items) if words == budget]
            found = self.analyzer.summaries([items[place][0] for place in places], words=budget)
            answers.update(zip(places, found, strict=True))
        return [answers[place] for place in range(len(items))]


def _parts(analysis: Analysis, size: int) -> Iterator[tuple[int, Analysis]]:
    """Cut an analysis into ones of at most `size` paragraphs over the same text, with their first number."""
    for start in range(0, len(analysis.paragraphs), size):
        some = analysis.paragraphs[start : start + size]
        blocks = tuple(Paragraph(Span(p.text, p.start, p.end)) for p in some)
        article = replace(analysis.article, sections=(Section(None, blocks),))
        yield start, replace(analysis, article=article, paragraphs=some)


class Gate:
    """Lets a bounded number of requests in, each for a bounded time."""

    def __init__(self, queue: int, seconds: float, metrics: Metrics) -> None:
        self._queue = queue
        self._seconds = seconds
        self._metrics = metrics
        self._inside = 0
        self._typical = 1.0  # seconds, a moving mean

    @asynccontextmanager
    async def admit(self, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[None]:
        """Count the request while it is inside. Raises `BusyError`, `TooSlowError`."""
        if self._inside >= self._queue:
            raise BusyError(max(1, math.ceil(self._typical)))
        self._inside += 1
        self._metrics.in_work.set(self._inside)
        started = clock()
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError:
            raise TooSlowError(self._seconds) from None
        finally:
            self._inside -= 1
            self._metrics.in_work.set(self._inside)
            self._typical += 0.1 * (clock() - started - self._typical)

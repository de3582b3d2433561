"""Texts in, their analyses out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from arabic.article import Article
from arabic.errors import InputError
from inference import assemble
from inference.documents import Request, clean_targets, read_article
from inference.results import Analysis, ModelInfo, ParagraphResult
from inference.targets import propose_targets
from models.bundle import DEFAULT_BUNDLE, TASKS, Task, verify
from models.errors import BundleError
from models.label_sets import load_labels, read_labels
from models.load import BackendName, OpenBundle
from models.predict import Embedder, SaliencePredictor, TopicModel
from models.selection import BASE_WORDS
from models.stance import StancePredictor
from models.zero_shot import ZeroShotTopics


@dataclass(frozen=True, slots=True)
class Analyzer:
    """The models of a bundle, loaded once and used for any number of texts; None where a task is left out.

    `analyze_many` is `read` and the three steps `topics`, `stances` and `summaries`, each of which
    fills in its part of the analyses. What a text's analysis says does not depend on the others
    beside it, but for rounding.
    """

    model: ModelInfo
    topic: TopicModel | None = None
    stance: StancePredictor | None = None
    salience: SaliencePredictor | None = None
    embedder: Embedder | None = None

    @classmethod
    def load(
        cls,
        bundle: Path | None = None,
        *,
        threads: int | None = None,
        tasks: Collection[Task] = TASKS,
        backend: BackendName = "auto",
        topics: Path | None = None,
    ) -> "Analyzer":
        """Check the hashes of a bundle (None: the one that ships) and load its models of `tasks`.

        `threads` sets the CPU threads that the models use (None: one for each processor), for torch in
        the whole process. `backend` "auto" is ONNX Runtime where it knows the encoder and there is no
        GPU, else torch. `topics` is a label-set file whose labels take the place of the trained topic
        model's, zero-shot. Raises `BundleError`, also for a stance model whose labels are not favor,
        against, neutral, unrelated.
        """
        label_set = read_labels(topics) if topics else None
        folder = bundle or DEFAULT_BUNDLE
        opened = OpenBundle(folder, verify(folder), backend, threads)
        info = opened.info
        stance = opened.stance() if "stance" in tasks else None
        if stance is not None and not stance.polar:
            raise BundleError(
                f"{opened.folder}: the stance labels are {', '.join(stance.info.labels)}; an analysis needs "
                f"{', '.join(load_labels('stance').ids)}. Such a bundle can be evaluated, not analysed with"
            )
        embedder = opened.embedder() if "stance" in tasks or label_set else None
        topic: TopicModel | None = None
        if "topic" in tasks:
            topic = ZeroShotTopics.of(embedder, label_set) if embedder and label_set else opened.topic()
        return cls(
            ModelInfo(info.name, info.version, info.sha256),
            topic,
            stance,
            opened.summary() if "summary" in tasks else None,
            embedder,
        )

    def analyze(
        self, text: str | Article, *, targets: Sequence[str] | None = None, words: int = BASE_WORDS
    ) -> Analysis:
        """Analyse one article.

        `targets` are what stances are looked for on; None proposes at most five from the article.
        `words` is the summary's budget in whitespace words. Raises `InputError` when there is
        nothing to analyse.
        """
        request = Request("article", text, None if targets is None else tuple(targets))
        (result,) = self.analyze_many([request], words=words)
        if isinstance(result, InputError):
            raise result
        return result

    def analyze_many(
        self, requests: Sequence[Request], *, words: int = BASE_WORDS
    ) -> list[Analysis | InputError]:
        """Analyse texts together, which is faster than one by one: one answer for each, in their order.

        The answer to a request that cannot be analysed is its `InputError`. All texts and their
        results are in memory at once: give some hundreds at a time. Raises `InputError` for a word
        budget below 1.
        """
        _check_words(words)
        answers: list[Analysis | InputError] = []
        for request in requests:
            try:
                answers.append(self.read(request))
            except InputError as error:
                answers.append(error)
        asked = [
            (i, answer, requests[i].targets)
            for i, answer in enumerate(answers)
            if isinstance(answer, Analysis)
        ]
        analyses = self.topics([answer for _, answer, _ in asked])
        analyses = self.stances(analyses, [targets for _, _, targets in asked])
        analyses = self.summaries(analyses, words=words)
        for (i, _, _), analysis in zip(asked, analyses, strict=True):
            answers[i] = analysis
        return answers

    def read(self, request: Request) -> Analysis:
        """Parse and check a request, before any model runs: an analysis without topics, stances, summary.

        Raises `InputError`.
        """
        clean_targets(request.targets or ())
        article = read_article(request)
        return Analysis(
            article=article,
            topics=(),
            paragraphs=tuple(ParagraphResult(p.text, p.start, p.end, None) for p in article.paragraphs()),
            stances=(),
            summary=(),
            headline=assemble.title_headline(article),
            model=self.model,
        )

    def topics(self, analyses: Sequence[Analysis]) -> list[Analysis]:
        """Fill in the topics of paragraphs and articles."""
        if self.topic is None:
            return list(analyses)
        labels, threshold = self.topic.labels, self.topic.threshold
        probabilities = self.topic.predict([p.text for a in analyses for p in a.paragraphs])
        ends = list(accumulate(len(analysis.paragraphs) for analysis in analyses))
        return [
            replace(
                analysis,
                topics=assemble.topic_shares(labels, [p.text for p in analysis.paragraphs], rows),
                paragraphs=tuple(
                    replace(paragraph, topic=assemble.topic(labels, row, threshold))
                    for paragraph, row in zip(analysis.paragraphs, rows, strict=True)
                ),
            )
            for analysis, end in zip(analyses, ends, strict=True)
            for rows in [probabilities[end - len(analysis.paragraphs) : end]]
        ]

    def stances(
        self, analyses: Sequence[Analysis], targets: Sequence[Sequence[str] | None]
    ) -> list[Analysis]:
        """Fill in the stances on each analysis' targets; None proposes some. Raises `InputError`."""
        if self.stance is None or self.embedder is None:
            return list(analyses)
        missing = [a.article for a, given in zip(analyses, targets, strict=True) if given is None]
        proposals = iter(propose_targets(missing, self.embedder))
        wanted = [next(proposals) if given is None else clean_targets(given) for given in targets]
        pairs = [
            (self.stance.ask(target, heading), paragraph.text, (number, target))
            for number, (analysis, given) in enumerate(zip(analyses, wanted, strict=True))
            for target in given
            for paragraph, heading in zip(
                analysis.article.paragraphs(), analysis.article.above(), strict=True
            )
        ]
        asked, texts, articles = zip(*pairs, strict=True) if pairs else ((), (), ())
        records = iter(self.stance.predict(asked, texts, articles))
        return [
            replace(
                analysis,
                stances=tuple(
                    stance
                    for target in names
                    for number, paragraph in enumerate(analysis.article.paragraphs())
                    for stance in assemble.stances(
                        target, given is None, number, paragraph, analysis.article.text, next(records)
                    )
                ),
            )
            for analysis, given, names in zip(analyses, targets, wanted, strict=True)
        ]

    def summaries(self, analyses: Sequence[Analysis], *, words: int = BASE_WORDS) -> list[Analysis]:
        """Fill in summaries of at most `words` words and missing headlines. Raises `InputError`."""
        _check_words(words)
        if self.salience is None:
            return list(analyses)
        units = [assemble.units(analysis.article.paragraphs()) for analysis in analyses]
        titles = [a.article.title.text if a.article.title else "" for a in analyses]
        salience = self.salience.predict(titles, [[unit.text for _, unit in found] for found in units])
        return [
            replace(
                analysis,
                summary=assemble.summary(found, scores, words),
                headline=analysis.headline or assemble.extract_headline(analysis.article, found, scores),
            )
            for analysis, found, scores in zip(analyses, units, salience, strict=True)
        ]


def _check_words(words: int) -> None:
    if words < 1:
        raise InputError(f"words must be at least 1, was {words}")

"""The stance model's predictor: (target, paragraph) pairs in, labels, holders and evidence out."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from arabic.normalize import Normalized
from arabic.passages import passages
from arabic.spans import Span
from models.bundle import TaskInfo
from models.choices import apart, chosen_spans
from models.decoding import (
    StanceDecoding,
    StanceRecord,
    decode_stances,
    join_passages,
)
from models.errors import BundleError
from models.label_sets import load_labels
from models.opposites import other_side, turned_logits, turned_span
from models.predict import Backend, Floats, softmax
from models.tagged_spans import TaggedSpan, decode_spans, first_mentions, join_close, merge_spans
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS
from models.windows import Arrays, Window, windows

_WEAK = -2.0
_CHUNK = 1024
_HEADING_WORDS = 24


@dataclass(frozen=True, slots=True)
class PairPrediction:
    """What the stance model says of one (target, paragraph) pair; offsets are into the paragraph as given."""

    logits: Floats  # (n_labels,)
    holders: tuple[TaggedSpan, ...]
    evidence: tuple[TaggedSpan, ...]
    weak_holders: tuple[TaggedSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class PairOutput:
    """The model's raw output for one pair: its label's logits and the windows whose tokens count."""

    paragraph: Normalized
    logits: Floats  # (n_labels,)
    tokens: tuple[tuple[Window, Arrays], ...]
    opposite: float = 0.0
    """Log-odds that the target's opposite is named, of a model that tells it."""
    turned: bool = False
    """Whether all sides are the other ones: the label's are by now, the spans' once they are decoded."""

    def turn(self) -> "PairOutput":
        """The output with favor and against exchanged."""
        return replace(self, logits=self.logits[[1, 0, 2, 3]], turned=not self.turned)

    def decode(self, options: StanceDecoding) -> PairPrediction:
        """Decode the token scores into spans of the paragraph as given."""
        evidence = self._evidence(options.evidence_bias)
        if not evidence:  # a stance should come with its words: settle for weaker ones
            evidence = self._evidence(options.evidence_bias + _WEAK)
        return PairPrediction(
            self.logits,
            self._holders(options, options.holder_bias),
            evidence,
            self._holders(options, options.holder_bias + _WEAK),
        )

    def _evidence(self, bias: float) -> tuple[TaggedSpan, ...]:
        found = merge_spans(self._found("evidence", partial(_tagged, EVIDENCE_TAGS), bias))
        return self._as_given(join_close(found, self.paragraph.text))

    def _holders(self, options: StanceDecoding, bias: float) -> tuple[TaggedSpan, ...]:
        """The holders, each where it is mentioned first, as the labelled data has it."""
        if options.chosen_holders:
            found = apart(self._found("holder", chosen_spans, bias))
        else:
            found = merge_spans(self._found("holder", partial(_tagged, HOLDER_TAGS), bias))
        return self._as_given(first_mentions(found, self.paragraph.text))

    def _found(self, name: str, decode: Callable[..., list[TaggedSpan]], bias: float) -> list[TaggedSpan]:
        """The spans of all windows by their start; what stands in the overlap of two is there twice."""
        text = self.paragraph.text or " "
        found = [
            turned_span(span, output["opposite"], window.offsets) if "opposite" in output else span
            for window, output in self.tokens
            for span in decode(output[name][: len(window.offsets)], window.offsets, text, bias)
        ]
        if self.turned:
            found = [other_side(span) for span in found]
        return sorted(found, key=lambda span: span.start)

    def _as_given(self, spans: Sequence[TaggedSpan]) -> tuple[TaggedSpan, ...]:
        """The spans of the paragraph as given."""
        return tuple(
            TaggedSpan(*self.paragraph.to_source(span.start, span.end), span.polarity, span.score)
            for span in spans
        )


def _tagged(
    tags: Sequence[str], logits: Floats, offsets: NDArray[np.int64], text: str, bias: float
) -> list[TaggedSpan]:
    return decode_spans(softmax(logits), offsets, tags, text, bias)


def under_heading(target: str, heading: str) -> str:
    """A target and the heading, of which no more than some words, as one text for the stance model."""
    words = heading.split()[:_HEADING_WORDS]
    return f"{target} | {' '.join(words)}" if words else target


@dataclass(frozen=True, slots=True)
class StancePredictor:
    """The stances that a paragraph reports on a target.

    A target may carry a heading, see `ask`. A model with labels of its own gives `probabilities`; holders,
    evidence and records exist only for favor, against, neutral and unrelated. `sides` is a second model,
    asked for the side where the target's opposite may be named (`models.opposites`).
    """

    backend: Backend
    info: TaskInfo
    sides: "StancePredictor | None" = None
    read: Callable[[str], Normalized] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", self.backend.reader(self.info))

    @property
    def polar(self) -> bool:
        """Whether the labels are ours, so that `predict` gives records."""
        return self.info.labels == load_labels("stance").ids

    def ask(self, target: str, heading: str) -> str:
        """The target with the heading above the paragraph, for a model that learned to read headings."""
        return under_heading(target, heading) if self.reads_headings else target

    @property
    def reads_headings(self) -> bool:
        """Whether the model was trained with headings above its paragraphs."""
        return bool(self.info.config.get("headings"))

    @property
    def decoding(self) -> StanceDecoding:
        """The decoding options saved in the bundle."""
        return StanceDecoding(**cast(dict[str, Any], self.info.decoding))

    def outputs(self, targets: Sequence[str], texts: Sequence[str]) -> list[PairOutput]:
        """Run the model over (target, text) pairs.

        Of a long paragraph's windows the one that is most surely about the target gives the label
        (with labels of its own: the surest one); spans come from every window that is about it.
        """
        if not texts:
            return []
        normalized = [self.read(text) for text in texts]
        cut = windows(
            self.backend.tokenizer,
            [paragraph.text or " " for paragraph in normalized],
            [self.read(target).text or " " for target in targets],
            max_length=self.info.max_length,
        )
        by_item: list[list[tuple[Window, Arrays]]] = [[] for _ in texts]
        for window, output in zip(cut, self.backend.run_windows(cut), strict=True):
            if "opposite" in output:
                opposite = output["opposite"][: len(window.offsets)]
                turned = turned_logits(output["logits"], opposite)
                output = {**output, "logits": turned, "opposite": opposite}
            by_item[window.item].append((window, output))
        results = []
        for paragraph, found in zip(normalized, by_item, strict=True):
            unrelated = [self._unrelated(output["logits"]) for _, output in found]
            surest = int(np.argmin(unrelated))
            tokens = tuple(f for i, f in enumerate(found) if i == surest or unrelated[i] < 0.5)
            chosen = found[surest][1]
            named = float(chosen["opposite"].mean()) if "opposite" in chosen else 0.0
            results.append(PairOutput(paragraph, chosen["logits"], tokens, named))
        return self._second_opinion(results, targets, texts)

    def _second_opinion(
        self, outputs: list[PairOutput], targets: Sequence[str], texts: Sequence[str]
    ) -> list[PairOutput]:
        """The outputs, turned to the second model's side where it is sure that the opposite is named.

        Only pairs that may have a side are asked, those among them that the rest of the article would make
        related: a pass each.
        """
        if self.sides is None:
            return outputs
        options = self.decoding
        shift = np.array([0, 0, 0, options.article_related * self.info.temperature], np.float32)
        asked = [i for i, output in enumerate(outputs) if (output.logits - shift).argmax() < 2]
        found = self.sides.outputs([targets[i] for i in asked], [texts[i] for i in asked])
        for i, second in zip(asked, found, strict=True):
            agree = second.logits[:2].argmax() == outputs[i].logits[:2].argmax()
            if second.opposite > options.sure_opposite and not agree:
                outputs[i] = outputs[i].turn()
        return outputs

    def _unrelated(self, logits: Floats) -> float:
        """How likely a window is not about the target; without that label, how unsure it is."""
        probabilities = softmax(logits)
        return float(probabilities[-1] if self.polar else 1 - probabilities.max())

    def probabilities(self, targets: Sequence[str], texts: Sequence[str]) -> Floats:
        """Calibrated probabilities of every (target, text) pair, (N, n_labels)."""
        logits = [output.logits for output in self.outputs(targets, texts)]
        table = np.reshape(np.asarray(logits, np.float32), (len(logits), len(self.info.labels)))
        return softmax(table / self.info.temperature)

    def predict(
        self, targets: Sequence[str], texts: Sequence[str], articles: Sequence[Hashable] | None = None
    ) -> list[list[StanceRecord]]:
        """The stance records of every (target, text) pair; none where the text is not about the target.

        Long texts are asked in passages. `articles` says which pairs are of one article and one target:
        paragraphs that are surely about it make the others likelier to be. Passages go through the model
        in chunks, the shortest first: token logits of all would fill memory. Raises `BundleError` for a
        model with labels of its own.
        """
        if not self.polar:
            raise BundleError(
                f"this stance model answers with {', '.join(self.info.labels)}; holders and evidence need "
                f"{', '.join(load_labels('stance').ids)}"
            )
        cut = [(i, span) for i, text in enumerate(texts) for span in self._passages(text)]
        pairs = self._decoded([(targets[i], span.text) for i, span in cut])
        of = [(articles or range(len(texts)))[i] for i, _ in cut]
        found: list[list[StanceRecord]] = [[] for _ in texts]
        for (i, span), pair in zip(cut, self._in_articles(pairs, of), strict=True):
            found[i] += [record.moved(span.start) for record in self.records(pair)]
        return [join_passages(records) for records in found]

    def _passages(self, text: str) -> list[Span]:
        most = int(self.decoding.passage_words)
        return passages(text, most) if len(text.split()) > most else [Span(text, 0, len(text))]

    def _decoded(self, pairs: Sequence[tuple[str, str]]) -> list[PairPrediction]:
        """The predictions of (target, text) pairs, in their order."""
        order = sorted(range(len(pairs)), key=lambda i: (sum(map(len, pairs[i])), pairs[i][::-1]))
        found: dict[int, PairPrediction] = {}
        for start in range(0, len(order), _CHUNK):
            chunk = order[start : start + _CHUNK]
            outputs = self.outputs([pairs[i][0] for i in chunk], [pairs[i][1] for i in chunk])
            found |= {i: output.decode(self.decoding) for i, output in zip(chunk, outputs, strict=True)}
        return [found[i] for i in range(len(pairs))]

    def _in_articles(
        self, pairs: Sequence[PairPrediction], articles: Sequence[Hashable]
    ) -> list[PairPrediction]:
        """The pairs, less surely unrelated where another of the same article is surely about the target."""
        options = self.decoding
        related = [1 - softmax(pair.logits / self.info.temperature)[-1] for pair in pairs]
        sizes = Counter(articles)
        about = {
            article
            for article, share in zip(articles, related, strict=True)
            if share >= options.article_sure and sizes[article] > 1
        }
        shift = np.array([0, 0, 0, options.article_related * self.info.temperature], np.float32)
        return [
            replace(pair, logits=pair.logits - shift) if article in about else pair
            for pair, article in zip(pairs, articles, strict=True)
        ]

    def records(self, pair: PairPrediction, options: StanceDecoding | None = None) -> list[StanceRecord]:
        """The stance records of a decoded pair."""
        probabilities = softmax(pair.logits / self.info.temperature)
        return decode_stances(
            probabilities, pair.holders, pair.evidence, options or self.decoding, pair.weak_holders
        )

"""From spans and pair labels to stance records."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tagged_spans import TaggedSpan
from models.tags import POLARITIES, Polarity


@dataclass(frozen=True, slots=True)
class StanceDecoding:
    """Options of the stance decoder, chosen on dev and saved in the bundle.

    With `chosen_holders` the model's holder scores are those of `models.choices`, else tags (bundles before
    0.5); with `opposites` it has the scores of `models.opposites` (bundles from 0.8 on); with `sides` there
    is a second model, whose side counts where its log-odds that the target's opposite is named are over
    `sure_opposite`. `holder_bias` and `evidence_bias` are added to the log-probability of nobody and of
    "outside"; `pair_weight` is the weight of the pair's label against the holder's own polarity. The surest
    holder is always kept, further ones only from the score `further_holder` on. Where the pair's label
    gives both sides at least `mixed`, both are reported: the side that no holder is on with the surest one
    of it that has at least the score `weak_holder`, else with none. Where one paragraph of an article is
    about a target with at least `article_sure`, `article_related` is added to the log-odds that each of its
    paragraphs is: most name a subject once and go on about it without its words. A paragraph of more than
    `passage_words` words is asked in passages of whole sentences, none longer where it can be helped: one
    label and one surest holder are too few for a page.
    """

    chosen_holders: bool = False
    opposites: bool = False
    sides: bool = False
    sure_opposite: float = 0.0
    holder_bias: float = 0.0
    evidence_bias: float = 0.0
    pair_weight: float = 0.5
    further_holder: float = 0.8
    mixed: float = 0.4
    weak_holder: float = 0.2
    article_sure: float = 0.8
    article_related: float = 1.0
    passage_words: float = 60


@dataclass(frozen=True, slots=True)
class StanceRecord:
    """One holder's stance in a paragraph; offsets are into the paragraph, None where nothing is named."""

    holder: tuple[int, int] | None
    label: Polarity
    probability: float
    evidence: tuple[int, int] | None

    def moved(self, by: int) -> "StanceRecord":
        """The record of a passage, with offsets into the text in which it starts at `by`."""
        holder, evidence = (
            None if span is None else (span[0] + by, span[1] + by) for span in (self.holder, self.evidence)
        )
        return replace(self, holder=holder, evidence=evidence)


def decode_stances(
    pair: NDArray[Any],
    holders: Sequence[TaggedSpan],
    evidence: Sequence[TaggedSpan],
    options: StanceDecoding,
    weak_holders: Sequence[TaggedSpan] = (),
) -> list[StanceRecord]:
    """The stances of one (target, paragraph) pair.

    `pair` (4,) holds the calibrated probabilities of favor, against, neutral, unrelated. No record
    comes back where unrelated is the likeliest; one without a holder where none is found.
    """
    if int(pair.argmax()) == len(POLARITIES):
        return []
    share = float(pair[: len(POLARITIES)].sum())
    related = pair[: len(POLARITIES)] / max(share, 1e-9)
    surest = max((holder.score for holder in holders), default=0.0)
    kept = [holder for holder in holders if holder.score >= min(surest, options.further_holder)]

    def record(holder: TaggedSpan | None, side: int | None = None) -> StanceRecord:
        own = related if holder is None else np.asarray(holder.polarity)
        mixed = options.pair_weight * related + (1 - options.pair_weight) * own
        best = int(mixed.argmax()) if side is None else side
        span = None if holder is None else (holder.start, holder.end)
        return StanceRecord(
            span, POLARITIES[best], float(mixed[best]) * share, _nearest(span, best, evidence)
        )

    records = [record(holder) for holder in kept] or [record(None)]
    if min(related[0], related[1]) >= options.mixed:
        missing = {0, 1} - {POLARITIES.index(found.label) for found in records}
        records += [record(_weak_holder(side, kept, weak_holders, options), side) for side in sorted(missing)]
    return records


def join_passages(found: Sequence[StanceRecord]) -> list[StanceRecord]:
    """The records of a paragraph's passages as those of one paragraph.

    One without a holder says nothing where another passage names one for the same label, nor does a
    neutral one where there is any other; of several that are left the likeliest stays.
    """
    named = [record for record in found if record.holder]
    labels = {record.label for record in named}
    unnamed: dict[Polarity, StanceRecord] = {}
    for record in found:
        if record.holder is None and record.label not in labels:
            known = unnamed.get(record.label)
            if known is None or record.probability > known.probability:
                unnamed[record.label] = record
    if named or len(unnamed) > 1:
        unnamed.pop("neutral", None)
    kept = [*named, *unnamed.values()]
    return [record for record in found if any(record is other for other in kept)]


def _weak_holder(
    side: int, kept: Sequence[TaggedSpan], weak: Sequence[TaggedSpan], options: StanceDecoding
) -> TaggedSpan | None:
    """The surest weak holder on a side that no kept holder is on."""
    found = [
        holder
        for holder in weak
        if holder.score >= options.weak_holder
        and int(np.argmax(holder.polarity)) == side
        and all(holder.end <= other.start or holder.start >= other.end for other in kept)
    ]
    return max(found, key=lambda holder: holder.score, default=None)


def _nearest(
    holder: tuple[int, int] | None, polarity: int, evidence: Sequence[TaggedSpan]
) -> tuple[int, int] | None:
    """The evidence of this polarity that covers the holder or stands nearest to it, else any evidence."""

    def distance(span: TaggedSpan) -> tuple[bool, float]:
        gap = 0 if holder is None else max(span.start - holder[1], holder[0] - span.end, 0)
        return int(np.argmax(span.polarity)) != polarity, gap - span.polarity[polarity]

    best = min(evidence, key=distance, default=None)
    return None if best is None else (best.start, best.end)

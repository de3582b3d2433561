"""Spans that a stance model tags: from token probabilities to words of the text, and what is one span."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tags import POLARITIES

# A holder may begin after one of these letters, which Arabic writes together with the next word.
_PROCLITICS = ("و", "ف", "ب", "ل", "ك", "لل")
_BEFORE = "|".join(sorted(_PROCLITICS, key=len, reverse=True))
_LONGEST_WORD = 60  # megabytes without a space are searched no further
_HOLE = 2  # words
_SENTENCE_END = re.compile(r"[.!?؟\n]")
_EDGES = " \t\n\"'«»“”()[]{}،,.؛;:!؟?…-–"


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """A decoded span with the probability of each of `POLARITIES`, renormalised to sum to 1.

    `score` is the mean probability that its tokens belong to a span at all.
    """

    start: int
    end: int
    polarity: tuple[float, ...]
    score: float = 1.0


def decode_spans(
    probabilities: NDArray[Any],
    offsets: NDArray[np.int64],
    tags: Sequence[str],
    text: str,
    bias: float = 0.0,
) -> list[TaggedSpan]:
    """Decode token tags into spans that begin and end with words.

    `probabilities` (T, tags) and `offsets` (T, 2) into `text`; tokens outside the text have (0, 0).
    A span runs over neighbouring tokens that are not outside; its polarity is their mean. A B- tag
    begins a new one only where the token starts with a letter that may be a proclitic («مصر وقطر»):
    elsewhere it is a slip inside a name, and so is a change of polarity from one token to the next.
    """
    scores = np.log(probabilities + 1e-9)
    scores[:, 0] += bias
    best = scores.argmax(1)  # (T,)
    runs: list[list[int]] = []
    inside = False
    for token, tag_index in enumerate(best):
        tag = tags[tag_index]
        if offsets[token, 1] <= offsets[token, 0]:
            continue
        begins = tag[0] == "B" and text[slice(*offsets[token])].lstrip()[:1] in _PROCLITICS
        if tag != "O" and inside and not begins:
            runs[-1].append(token)
        elif tag != "O":
            runs.append([token])
        inside = tag != "O"
    spans = []
    for run in runs:
        start, end = snap(text, int(offsets[run[0], 0]), int(offsets[run[-1], 1]))
        if start < end:
            score = 1 - float(probabilities[run, 0].mean())
            spans.append(TaggedSpan(start, end, _polarity(probabilities[run], tags), score))
    return merge_spans(spans)


def snap(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to whole words, but leave out proclitics before it and punctuation around it."""
    while start < end and text[start] in _EDGES:  # many tokenizers count the space before a word as its own
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    if start == end:
        return start, end
    word, first, last = start, max(0, start - _LONGEST_WORD), min(len(text), end + _LONGEST_WORD)
    while word > first and text[word - 1] not in _EDGES:
        word -= 1
    if text[word:start] not in _PROCLITICS:
        start = word
    while end < last and text[end] not in _EDGES:
        end += 1
    return start, end


def _polarity(probabilities: NDArray[Any], tags: Sequence[str]) -> tuple[float, ...]:
    mean = probabilities.mean(0)
    sums = [sum(mean[i] for i, tag in enumerate(tags) if tag[2:] == name) for name in POLARITIES]
    total = float(sum(sums)) or 1.0
    return tuple(float(value) / total for value in sums)


def merge_spans(spans: Sequence[TaggedSpan]) -> list[TaggedSpan]:
    """Join spans, sorted by their start, with those before that they overlap."""
    kept: list[TaggedSpan] = []
    for span in spans:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=span.end)
    return kept


def join_close(spans: Sequence[TaggedSpan], text: str) -> list[TaggedSpan]:
    """Spans of one polarity that two words or fewer of one sentence part, as one: tags leave holes."""
    joined: list[TaggedSpan] = []
    for span in spans:
        last = joined[-1] if joined else None
        gap = "" if last is None else text[last.end : span.start]
        if (
            last is None
            or len(gap.split()) > _HOLE
            or _SENTENCE_END.search(gap)
            or _side(last) != _side(span)
        ):
            joined.append(span)
            continue
        polarity = tuple((a + b) / 2 for a, b in zip(last.polarity, span.polarity, strict=True))
        joined[-1] = TaggedSpan(last.start, span.end, polarity, min(last.score, span.score))
    return joined


def _side(span: TaggedSpan) -> int:
    return int(np.argmax(span.polarity))


def first_mentions(spans: Sequence[TaggedSpan], text: str) -> list[TaggedSpan]:
    """The spans moved to the first place in the text where the same words stand, each once: its surest.

    A party that is named twice is one party; labelled data names it where it stands first.
    """
    found: dict[int, TaggedSpan] = {}
    for span in spans:
        words = text[span.start : span.end]
        match = re.search(rf"(?<!\w)(?:{_BEFORE})?({re.escape(words)})(?!\w)", text)
        start = min(match.start(1), span.start) if match else span.start
        if start not in found or span.score > found[start].score:
            found[start] = replace(span, start=start, end=start + len(words))
    return merge_spans([found[start] for start in sorted(found)])

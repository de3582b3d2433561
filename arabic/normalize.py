"""Bring Arabic text into one spelling and know where every character came from."""

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cache

from arabic import normalize_steps as steps
from arabic.normalize_steps import Edit, Step


@dataclass(frozen=True, slots=True)
class Normalization:
    """Which variants are levelled; saved with a model, since its input must be spelled the same way.

    Latin letters are never changed, case included.
    """

    presentation_forms: bool = True
    """Shaped letters and ligatures (U+FB50-FDFF, U+FE70-FEFC) become plain letters: ﻻ to لا."""
    diacritics: bool = True
    """Vowel signs and Quranic marks go; a hamza or madda written as a mark joins its letter (ا + ٔ = أ)."""
    tatweel: bool = True
    """The stretching line U+0640 goes."""
    alef: bool = False
    """أ إ آ ٱ become ا."""
    ya: bool = False
    """ى becomes ي."""
    ta_marbuta: bool = False
    """ة becomes ه."""
    lookalikes: bool = True
    """Persian and Urdu letters that look Arabic become Arabic: ک ڪ to ك, ی ے to ي, ہ ھ ە to ه, ۃ to ة."""
    digits: bool = True
    """Eastern digits become 0-9, ٫ and ٬ between digits become . and , and ٪ becomes %."""
    quotes: bool = True
    """Quotation marks become the straight double or single one."""
    invisible: bool = True
    """Zero-width characters, soft hyphens, variation selectors, control characters, lone surrogates go."""
    bidi: bool = True
    """Direction marks, embeddings, overrides and isolates go."""
    markup: bool = True
    """Markdown: `[text](url)` becomes its text; paired `**`, `__`, `~~` and backticks go."""
    links: bool = True
    """URLs become [رابط], e-mail addresses [بريد] and @names [مستخدم], as in AraBERT."""
    repeats: bool = True
    """A character more than twice in a row stays twice, ! ? ؟ ، ؛ and , once; two or more dots become …

    Digits, ASCII letters (III, AAA, www) and square brackets are left alone."""
    separate: bool = False
    """A space on both sides of every symbol, and between digits and Arabic letters, as in AraBERT."""
    whitespace: bool = True
    """Any run of whitespace, line breaks too, becomes one space; none at the ends."""


DEFAULT = Normalization()

ARABERT_V02 = Normalization(quotes=False, separate=True)
"""The published preprocessing of AraBERT v02 (`preprocess.py` in aub-mind/arabert), nearly.

Differences: HTML is not handled here (`arabic.parse` does that); characters outside its vocabulary
(emoji, most symbols) are kept where AraBERT drops them, and / is not rewritten to -; bare domain names
are no links; letters beyond the basic Arabic ones (پ, گ, ڤ) are not torn off their word; doubled ! and ؟
become one and runs of dots …; ٪ becomes %; presentation forms, look-alikes and Markdown are levelled too.
"""


@dataclass(frozen=True, slots=True)
class Normalized:
    """Normalised text and the way back to its source. Offsets are characters, ends are exclusive."""

    text: str
    _starts: "array[int] | None" = field(default=None, repr=False)
    _ends: "array[int] | None" = field(default=None, repr=False)

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Find the piece of the source that `text[start:end]` stands for.

        What was dropped inside the span is part of it, so are the vowel signs and tatweel of its last letter;
        what was dropped around it is not. A space that was put in stands for an empty piece.
        """
        self._check(start, end, len(self.text))
        if self._starts is None or self._ends is None:
            return start, end
        if start < end:
            return self._starts[start], self._ends[end - 1]
        at = self._starts[start] if start < len(self.text) else (self._ends[-1] if self._ends else 0)
        return at, at

    def from_source(self, start: int, end: int) -> tuple[int, int]:
        """Find the shortest span of `text` that holds all that is left of the source's `[start, end)`."""
        self._check(start, end, None)
        if self._starts is None or self._ends is None:
            return min(start, len(self.text)), min(end, len(self.text))
        first = bisect_right(self._ends, start)
        return first, max(first, bisect_left(self._starts, end))

    @staticmethod
    def _check(start: int, end: int, limit: int | None) -> None:
        if not 0 <= start <= end or (limit is not None and end > limit):
            bound = "" if limit is None else f" <= {limit}"
            raise ValueError(f"expected 0 <= start <= end{bound}, got start={start}, end={end}")


def normalize(text: str, options: Normalization = DEFAULT) -> Normalized:
    """Normalise `text`; linear in its length, and a second run changes nothing."""
    starts: array[int] | None = None
    ends: array[int] | None = None
    for step in _steps(options):
        edits = list(step(text))
        if not edits:
            continue
        if any(end - start != len(new) for start, end, new in edits):
            if starts is None or ends is None:
                starts, ends = array("q", range(len(text))), array("q", range(1, len(text) + 1))
            starts, ends = _move(edits, starts, ends)
        text = _apply(edits, text)
    return Normalized(text, starts, ends)


def _apply(edits: list[Edit], text: str) -> str:
    pieces: list[str] = []
    last = 0
    for start, end, new in edits:
        pieces += text[last:start], new
        last = end
    return "".join(pieces) + text[last:]


def _move(edits: list[Edit], starts: "array[int]", ends: "array[int]") -> tuple["array[int]", "array[int]"]:
    """Carry the source piece of each character over the edits."""
    new_starts, new_ends, last = array("q"), array("q"), 0
    for start, end, new in edits:
        one_for_one = end - start == len(new)  # then each keeps its own place
        new_starts += starts[last : end if one_for_one else start]
        new_ends += ends[last : end if one_for_one else start]
        last = end
        if one_for_one:
            continue
        if start < end:
            low, high = starts[start], ends[end - 1]
        else:  # put in: stands for nothing, between its neighbours
            before = ends[start - 1] if start else 0
            low = starts[start] if start < len(starts) else before
            high = max(low, before)
        new_starts += array("q", [low]) * len(new)
        new_ends += array("q", [high]) * len(new)
    return new_starts + starts[last:], new_ends + ends[last:]


@cache
def _steps(options: Normalization) -> tuple[Step, ...]:
    """List the steps that are switched on, in the order in which a single run is enough."""
    choices = [
        (options.invisible, steps.drop_invisible),
        (options.bidi, steps.drop_bidi),
        (options.presentation_forms, steps.plain_letters),
        (options.tatweel, steps.drop_tatweel),
        (options.diacritics, steps.drop_diacritics),
        (True, steps.level(_variants(options))),
        (options.markup, steps.drop_emphasis),
        (options.markup, steps.drop_link_targets),
        (options.digits, steps.number_marks),
        (options.links, steps.name_urls),
        (options.links, steps.name_addresses),
        (options.repeats, steps.shorten_repeats),
        (options.separate, steps.separate),
        (options.whitespace, steps.single_spaces),
    ]
    return tuple(step for on, step in choices if on)


def _variants(options: Normalization) -> dict[str, str]:
    """Tell which single character is written for which."""
    choices = [
        (options.lookalikes, "کڪیےہھەۃ", "ككييهههة"),
        (options.alef, "أإآٱ", "اااا"),
        (options.ya, "ى", "ي"),
        (options.ta_marbuta, "ة", "ه"),
        (options.ta_marbuta and options.lookalikes, "ۃ", "ه"),
        (options.digits, "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٪", "01234567890123456789%"),
        (options.quotes, "«»“”„‟‹›″‘’‚‛′", '"' * 9 + "'" * 5),
    ]
    return {old: new for on, olds, news in choices if on for old, new in zip(olds, news, strict=True)}

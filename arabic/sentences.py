"""Cut running text into sentences, and long sentences into clauses.

Arabic news often writes a paragraph as one sentence of eighty words joined by commas, and its periods
also stand in abbreviations, numbers and quotations. Both functions return exact spans of the text: in order,
not overlapping, trimmed, and together covering every character that is not whitespace.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from arabic import phrases
from arabic.normalize_steps import URL
from arabic.spans import Span

Range = tuple[int, int]

# A longer quotation is a text of its own, or its closing mark is another's.
_LONGEST_QUOTATION = 400  # characters
_SHORTEST_CLAUSE = 5  # words

_LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_END = re.compile(f"(?P<line>[{_LINE_BREAKS}])|[.!?؟…]+")
_CLOSING = re.compile(r"""(?:[»”’›)\]}]|["'](?=[\s»”)\].،؛]|$))*""")
_LINE_END = re.compile(f"[^\\S{_LINE_BREAKS}]*(?:[{_LINE_BREAKS}]|$)")
_GOES_ON = re.compile(r"[^\S\n\r]*[،؛,:]")
_PAIRS = {"«": "»", "“": "”", "‹": "›", "(": ")", "[": "]", "{": "}"}
_PAIR_MARK = re.compile(f'[«»“”‹›()\\[\\]{{}}"{_LINE_BREAKS}]')
_UNITS = frozenset("كلم كم سم ملم كغ كغم كجم مل مم".split())
# The Latin letters as Arabic spells them: بي. بي. سي.
_LETTERS = frozenset(
    "إيه ايه بي سي دي إي إف اف جي إتش اتش آي جيه كيه إل إم ام إن ان أو كيو آر إس اس تي يو في دبليو".split()
)
_LATIN = frozenset(
    "dr mr mrs ms prof st no nos vs inc ltd co corp jr sr fig gen col lt gov sen rep vol pp".split()
)

_COMMA = re.compile(r"(?<!\d)[،,؛]|[،,؛](?!\d)")
_WORD = re.compile(r"[^\s،؛]+")


def sentences(text: str) -> list[Span]:
    """Cut at . ! ? ؟ … and line breaks; linear in the length of the text.

    A period does not end a sentence in numbers, dates, addresses and after abbreviations (د. or Dr.), nor do
    marks inside quotation marks or parentheses, unless these are never closed in their line or hold more than
    400 characters. An ellipsis ends a sentence only before a line break or a clear new beginning (وقال …).
    A colon and a semicolon never do. A period without a space after it does, between words of two letters
    and more.
    """
    return [Span.of(text, start, end) for start, end in _sentences(text, _shields(text))]


def clauses(text: str, max_words: int = 32) -> list[Span]:
    """Cut into sentences, and those of more than `max_words` words into clauses.

    A cut falls after a comma or ؛ outside quotation marks and parentheses, best where a linking word
    follows (حيث, فيما, مشيرا, وأضاف …), so that the pieces are balanced and keep below `max_words` where the
    commas allow it, and none has fewer than five words if that can be helped. Without a comma a piece
    may have twice as many words; beyond that it is cut at a conjunction or, failing that, between two words.
    Linear in the length of the text. Raises ValueError for `max_words` below 1.
    """
    if max_words < 1:
        raise ValueError(f"expected max_words of at least 1, got {max_words}")
    shields = _shields(text)
    spans = []
    for start, end in _sentences(text, shields):
        words = [m.start() for m in _WORD.finditer(text, start, end)]
        cuts = _best_cuts(text, (start, end), words, shields, max_words) if len(words) > max_words else []
        spans += [Span.of(text, low, high) for low, high in pairwise([start, *cuts, end])]
    return [span for span in spans if span.text]


def _shields(text: str) -> list[Range]:
    """Find the closed quotations, parentheses and URLs, merged where they overlap."""
    found: list[Range] = [m.span() for m in URL.finditer(text)]
    opened: dict[str, list[int]] = {closing: [] for closing in (*_PAIRS.values(), '"')}
    for m in _PAIR_MARK.finditer(text):
        mark, at = m[0], m.start()
        if mark in _LINE_BREAKS:
            for waiting in opened.values():
                waiting.clear()
        elif mark in _PAIRS:
            opened[_PAIRS[mark]].append(at)
        elif opened[mark] and (mark != '"' or not _opens(text, at)):
            start = opened[mark].pop()
            if at - start <= _LONGEST_QUOTATION:
                found.append((start, at + 1))
        elif mark == '"':
            opened[mark] = [at]  # an earlier one was never closed
    merged: list[Range] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _opens(text: str, at: int) -> bool:
    """Tell an opening straight quotation mark from a closing one."""
    return text[at - 1 : at].isspace() and bool(re.match(r"\w", text[at + 1 : at + 2]))


def _shield_end(shields: list[Range], at: int) -> int | None:
    """Tell where the shield that has `at` inside it ends, None if there is none."""
    i = bisect_left(shields, at, key=lambda shield: shield[0]) - 1
    return shields[i][1] if i >= 0 and at < shields[i][1] else None


def _sentences(text: str, shields: list[Range]) -> Iterator[Range]:
    start, last = 0, None
    for end in _ends(text, shields):
        piece = text[start:end]
        if re.search(r"\w", piece) or start == 0 or text[start - 1] in _LINE_BREAKS:
            if last and text[slice(*last)].strip():
                yield last
            last = (start, end)
        elif last:  # stray marks belong to what they follow
            last = (last[0], end)
        start = end
    if last and text[slice(*last)].strip():
        yield last


def _ends(text: str, shields: list[Range]) -> Iterator[int]:
    """Find where the sentences end, the last one too."""
    for m in _END.finditer(text):
        if m["line"]:
            yield m.end()
            continue
        closing = _CLOSING.match(text, m.end())
        after = closing.end() if closing else m.end()
        shield = _shield_end(shields, m.start())
        if shield in (None, after) and _is_end(text, m.start(), m.end(), after, quoted=shield is not None):
            yield after
    yield len(text)


def _is_end(text: str, start: int, stop: int, after: int, *, quoted: bool) -> bool:
    """Decide whether `text[start:stop]` ends a sentence; `after` is behind the closing quotation marks."""
    if _GOES_ON.match(text, after):
        return False
    if _LINE_END.match(text, after) or phrases.OPENER.match(text, after):
        return True
    marks = text[start:stop]
    if marks == ".":
        goes_on = quoted and phrases.LINK.match(text, after)
        return not goes_on and not _is_abbreviation(text, start)
    return not quoted and any(mark in marks for mark in "!?؟")


def _is_abbreviation(text: str, at: int) -> bool:
    """Tell whether the period at `at` belongs to a number, an address, a name or an abbreviation."""
    before, after = text[max(at - 16, 0) : at], text[at + 1 : at + 16]
    glued = re.match(r"[^\W_]+ـ*|[/\\@_-]", after)
    if before[-1:].isalnum() and glued and (before[-1].isascii() or before[-1].isdigit()):
        if glued[0][0].isascii() or glued[0][0].isdigit():
            return True
    word = re.split(r"[^\w.]", before)[-1]
    if word.isdigit() and re.match(r" ?\d", after) and (len(word) != 4 or after[0] != " "):
        return True  # "7. 169 مليون" is a number set badly, "2020. 169" is not
    last = word.rsplit(".", 1)[-1]
    number = re.search(r"\d\s*$", before[: len(before) - len(word)])
    if _is_letter(last) or last in _LETTERS or re.fullmatch("و[دأمجصب]", last):
        # After a number it is an era, an hour or a unit (2020 م.), and more often ends the sentence.
        ends = number and last[0] in "مهصس" and not glued and not after.lstrip()[:1].isdigit()
        return not ends
    if glued:
        return _is_letter(glued[0])
    if last in _UNITS or last.lower() in _LATIN:
        return number is not None or last.isascii()
    return last.isdigit() and len(last) < 4 and _starts_line(text, at - len(word))


def _is_letter(word: str) -> bool:
    return len(word.rstrip("ـ")) == 1 and word[0].isalpha()


def _starts_line(text: str, at: int) -> bool:
    before = text[max(at - 16, 0) : at].rstrip(" \t")
    return before[-1:] in _LINE_BREAKS  # the empty string too


def _best_cuts(text: str, span: Range, words: list[int], shields: list[Range], max_words: int) -> list[int]:
    """Choose where to cut a long sentence; `words` are the offsets of its words."""
    marks = _commas(text, span, words, shields)
    if max(b - a for a, b in pairwise([0, *marks, len(words)])) > 2 * max_words:
        marks |= _joints(text, words, [0, *marks, len(words)], shields, 2 * max_words)
        marks |= _between_words(words, [0, *sorted(marks), len(words)], max_words)
    return _cheapest(dict(sorted(marks.items())), len(words), max_words)


# A possible cut: how many words of the sentence stand before it -> (its offset, what it costs).
Cuts = dict[int, tuple[int, float]]


def _commas(text: str, span: Range, words: list[int], shields: list[Range]) -> Cuts:
    """Find the commas that may end a clause: cheap before a linking word, dear in a list."""
    found: dict[int, int] = {}
    for m in _COMMA.finditer(text, *span):
        index = bisect_left(words, m.end())
        if 0 < index < len(words) and _shield_end(shields, m.start()) is None:
            found[index] = m.end()
    cuts: Cuts = {}
    edges = [0, *found, len(words)]
    for i, (index, at) in enumerate(found.items(), 1):
        in_list = edges[i + 1] - index <= 3 or index - edges[i - 1] <= 3
        if phrases.LINK.match(text, at):
            cost = 5.0
        elif phrases.NEW_VERB.match(text, at) or text[at - 1] == "؛":
            cost = 40.0 if in_list else 15.0
        else:
            cost = 60.0 if in_list or phrases.PREPOSITION.match(text, at) else 30.0
        cuts[index] = (at, cost)
    return cuts


def _joints(text: str, words: list[int], edges: list[int], shields: list[Range], longest: int) -> Cuts:
    """Find conjunctions and quotations in the stretches that are too long without a comma."""
    cuts: Cuts = {}
    for a, b in pairwise(edges):
        if b - a > longest:
            for m in phrases.JOINT.finditer(text, words[a], words[b - 1]):
                index = bisect_left(words, m.end())
                if a < index < b and _shield_end(shields, m.start()) is None:
                    cuts[index] = (m.end(), 300.0)
    return cuts


def _between_words(words: list[int], edges: list[int], max_words: int) -> Cuts:
    """Divide evenly what is too long still."""
    cuts: Cuts = {}
    for a, b in pairwise(edges):
        if b - a > 2 * max_words:
            pieces = -(-(b - a) // max_words)
            cuts |= {i: (words[i], 600.0) for i in (a + (b - a) * k // pieces for k in range(1, pieces))}
    return cuts


def _cheapest(cuts: Cuts, count: int, max_words: int) -> list[int]:
    """Choose the cuts with the lowest cost in all: of the cuts, and of pieces too long, too short, uneven."""
    even = count / -(-count // max_words)
    shortest = min(_SHORTEST_CLAUSE, max_words // 3)

    def cost(length: int) -> float:
        uneven = 0.15 * (length - even) ** 2
        long = 100.0 * (length - max_words + 1) if length > max_words else 0.0
        short = 400.0 + 700.0 * (shortest - length) if length < shortest else 0.0
        return uneven + short + long

    nodes = [0, *cuts, count]
    best = [0.0]
    came_from = [0]
    for j in range(1, len(nodes)):
        own = cuts[nodes[j]][1] if nodes[j] in cuts else 0.0
        first = min(bisect_left(nodes, nodes[j] - 2 * max_words), j - 1)
        i = min(range(first, j), key=lambda i: best[i] + cost(nodes[j] - nodes[i]))  # noqa: B023
        best.append(best[i] + cost(nodes[j] - nodes[i]) + own)
        came_from.append(i)
    chosen = []
    j = came_from[-1]
    while j:
        chosen.append(cuts[nodes[j]][0])
        j = came_from[j]
    return chosen[::-1]

"""Lines of a text with their offsets, and the undoing of hard wraps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from arabic.spans import Span

# What may stand at the ends of a line without being seen; a line of only these is blank.
_SPACE = " \t\n\r\x0b\x0c\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\u200b"
_MARKS = "\u200c-\u200f\u061c\u202a-\u202e\u2060-\u2069\xad"
_VISIBLE = re.compile(f"[^{_SPACE}]")
_BLANK = re.compile(f"[{_SPACE}{_MARKS}]*")
_SENTENCE_END = (".", "!", "؟", "?", "…", ":", "؛")
MIN_WIDTH, MAX_WIDTH = 40, 130


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the whitespace at its ends; `gap` counts the blank lines before it."""

    text: str
    start: int
    end: int
    indent: int
    gap: int

    @property
    def span(self) -> Span:
        """The line as a span of its source."""
        return Span(self.text, self.start, self.end)


def split_lines(source: str) -> list[Line]:
    """Cut `source` into the lines that hold something visible; every Unicode line break counts."""
    lines: list[Line] = []
    offset, gap = 0, 1
    for raw in source.splitlines(keepends=True):
        if _BLANK.fullmatch(raw):
            gap += 1
        else:
            left = _VISIBLE.search(raw)
            indent = left.start() if left else 0
            right = len(raw) - len(_rstrip(raw))
            start, end = offset + indent, offset + len(raw) - right
            lines.append(Line(source[start:end], start, end, indent, gap))
            gap = 0
        offset += len(raw)
    return lines


def _rstrip(raw: str) -> str:
    end = len(raw)
    while end and (raw[end - 1].isspace() or raw[end - 1] in "\ufeff\u200b"):
        end -= 1
    return raw[:end]


def ends_sentence(text: str) -> bool:
    """Whether the text closes with sentence-final punctuation, inside or before closing quotes."""
    return text.rstrip("»”\"')]’ \u200e\u200f").endswith(_SENTENCE_END)


def is_full(line: Line, following: Line, width: int) -> bool:
    """Whether the first word of `following` would not have fitted on `line` any more."""
    return len(line.text) + 1 + len(following.text.split(maxsplit=1)[0]) > width


def wrap_width(lines: Sequence[Line]) -> int | None:
    """Find the width in characters at which the text was hard-wrapped; None where it was not."""
    pairs = [(a, b) for a, b in zip(lines, lines[1:], strict=False) if not b.gap]
    lengths = sorted(len(line.text) for line in lines)
    if not pairs or not MIN_WIDTH <= (width := lengths[int(0.9 * (len(lengths) - 1))]) <= MAX_WIDTH:
        return None
    if sum(length > width + 15 for length in lengths) > 2:
        return None
    open_pairs = [(a, b) for a, b in pairs if not ends_sentence(a.text)]
    full = sum(is_full(a, b, width) for a, b in open_pairs)
    if full >= 2:
        # Headings, rows and last lines are short; what speaks against wrapping is a line neither
        # short nor full, or one that goes on from a full line and stops without a full stop.
        loose = sum(not is_full(a, b, width) and len(a.text) > 0.6 * width for a, b in open_pairs)
        loose += sum(
            is_full(a, b, width) and b is c and not is_full(c, d, width)
            for (a, b), (c, d) in zip(open_pairs, open_pairs[1:], strict=False)
        )
        return width if full >= 3 * loose else None
    if len(open_pairs) != 1 or full != 1 or open_pairs[0][0] is lines[0]:
        return None
    # One pair alone: a sentence whose end is the second line, but not a title and its text.
    a, b = open_pairs[0]
    return width if len(a.text) >= 60 and ends_sentence(b.text) else None


def unwrap(source: str, lines: Sequence[Line], starts_block: re.Pattern[str]) -> list[Line]:
    """Join the lines of hard-wrapped paragraphs; a line that matches `starts_block` is never joined on."""
    width = wrap_width(lines)
    if width is None:
        return list(lines)
    joined: list[Line] = []
    for block in _blocks(lines):
        # Where every line but the last is full, the block is one paragraph, full stops or not.
        one = all(is_full(a, b, width) for a, b in zip(block, block[1:], strict=False))
        parts: list[list[Line]] = []
        for line in block:
            if (
                parts
                and is_full(parts[-1][-1], line, width)
                and (one or not ends_sentence(parts[-1][-1].text))
                and not starts_block.match(line.text)
            ):
                parts[-1].append(line)
            else:
                parts.append([line])
        for part in parts:
            first, end = part[0], part[-1].end
            joined.append(Line(source[first.start : end], first.start, end, first.indent, first.gap))
    return joined


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    blocks: list[list[Line]] = []
    for line in lines:
        if line.gap or not blocks:
            blocks.append([])
        blocks[-1].append(line)
    return blocks

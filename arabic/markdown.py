"""Structure of Markdown (CommonMark with pipe tables), as far as articles use it.

Block marks (#, >, -, |, ===) stay outside the pieces, inline marks (**bold**, links) inside.
Front matter, fenced code, rules, link definitions and lines of one image are skipped.
"""

import re
from collections.abc import Sequence

from arabic.article import Block, List, Paragraph
from arabic.lines import Line, split_lines
from arabic.plain import MARKER, MAX_TITLE_WORDS, is_byline, is_heading, marker_kind
from arabic.spans import Span
from arabic.tables import read_table

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_CLOSING = re.compile(r"[ \t]+#+$")
_UNDERLINE = re.compile(r"=+|-{2,}")
_FENCE = re.compile(r"`{3,}|~{3,}")
_RULE = re.compile(r"(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}")
_SKIPPED = re.compile(r"\[[^\]\n]{1,200}\]:[ \t]|!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)$|<!--.*-->$")
_QUOTE = re.compile(r"(?:>[ \t]?)+")
_BOLD = re.compile(r"(\*\*|__)(.{1,300})\1$")
_META_TITLE = re.compile(r"title:\s*(?P<quote>[\"']?)(?P<title>.+?)(?P=quote)$")


def parse_markdown(source: str) -> tuple[Span | None, list[Span | Block]]:
    """Find the title, and headings (bare spans) and blocks in reading order."""
    lines = split_lines(source)
    first, title = _front_matter(source, lines)
    items: list[tuple[int, Span | Block]] = []  # with the level of a heading, 0 for blocks
    i = first
    while i < len(lines):
        level, item, used = _read(source, lines, i)
        if item is not None and item_text(item):
            items.append((level, item))
        i += used
    if title is None:
        title, items = _take_title(items)
    return title, [item for _, item in items]


def item_text(item: Span | Block) -> str:
    """Get the text of a heading or block."""
    return item.text if isinstance(item, Span) else item.span.text


def _front_matter(source: str, lines: Sequence[Line]) -> tuple[int, Span | None]:
    """How many lines the front matter takes, and the title it gives."""
    if not lines or lines[0].text != "---" or source[: lines[0].start].strip("\ufeff"):
        return 0, None
    title = None
    for i in range(1, min(len(lines), 100)):
        if lines[i].text in ("---", "..."):
            return i + 1, title
        if ":" not in lines[i].text and not lines[i].text.startswith(("-", "#")):
            break
        found = _META_TITLE.match(lines[i].text)
        if found:
            title = Span.of(
                source, lines[i].start + found.start("title"), lines[i].start + found.end("title")
            )
    return 0, None


def _read(source: str, lines: Sequence[Line], i: int) -> tuple[int, Span | Block | None, int]:
    """Level, item and number of lines of what starts at line `i`; no item where it is skipped."""
    line = lines[i]
    if fence := _FENCE.match(line.text):
        return 0, None, _fenced(lines, i, fence.group())
    if heading := _HEADING.match(line.text):
        end = line.end - (len(line.text) - len(_CLOSING.sub("", line.text)))
        span = Span.of(source, min(line.start + heading.end(), end), end)
        return len(heading.group(1)), span, 1
    if _RULE.fullmatch(line.text) or _SKIPPED.match(line.text):
        return 0, None, 1
    if table := read_table(source, lines, i):
        return 0, *table
    if MARKER.match(line.text) or line.text.startswith("+ "):
        return 0, *_list(source, lines, i)
    return _paragraph(source, lines, i)


def _fenced(lines: Sequence[Line], i: int, fence: str) -> int:
    """Count the lines of fenced code; a fence that is never closed hides only its own line."""
    for j in range(i + 1, len(lines)):
        if lines[j].text.startswith(fence) and not lines[j].text.strip("`~"):
            return j - i + 1
    return 1


def _list(source: str, lines: Sequence[Line], i: int) -> tuple[List, int]:
    """Items with their continuation lines; blank lines between items do not end the list."""
    starts: list[int] = []
    ends: list[int] = []
    used, kind = 0, ""
    for j in range(i, len(lines)):
        line = lines[j]
        marker = re.match(r"\+ ", line.text) or MARKER.match(line.text)
        if marker and not _RULE.fullmatch(line.text):
            if starts and line.gap and marker_kind(marker.group()) != kind:
                break
            kind = marker_kind(marker.group())
            starts.append(line.start + marker.end())
            ends.append(line.end)
        elif starts and (not line.gap or line.indent >= 2) and not _interrupts(line):
            ends[-1] = line.end
        else:
            break
        used += 1
    items = tuple(Span.of(source, start, end) for start, end in zip(starts, ends, strict=True))
    begin = lines[i].start
    return List(Span(source[begin : ends[-1]], begin, ends[-1]), items), used


def _interrupts(line: Line) -> bool:
    return bool(_HEADING.match(line.text) or _FENCE.match(line.text) or _RULE.fullmatch(line.text))


def _paragraph(source: str, lines: Sequence[Line], i: int) -> tuple[int, Span | Block, int]:
    """Read a paragraph, a block quote, or a heading: underlined, or one line all in bold."""
    used = 1
    while i + used < len(lines) and not lines[i + used].gap:
        line = lines[i + used]
        if _UNDERLINE.fullmatch(line.text) and not lines[i].text.startswith(">"):
            return (
                1 if line.text[0] == "=" else 2,
                Span.of(source, lines[i].start, lines[i + used - 1].end),
                used + 1,
            )
        if (
            _interrupts(line)
            or MARKER.match(line.text)
            or "|" in line.text
            and read_table(source, lines, i + used)
        ):
            break
        used += 1
    start, end = lines[i].start, lines[i + used - 1].end
    bold = _BOLD.match(lines[i].text) if used == 1 and i + 1 < len(lines) else None
    if bold and is_heading(bold.group(2)):
        return 6, Span.of(source, start + bold.start(2), start + bold.end(2)), 1
    quote = _QUOTE.match(lines[i].text)
    return 0, Paragraph(Span.of(source, start + quote.end() if quote else start, end)), used


def _take_title(
    items: list[tuple[int, Span | Block]],
) -> tuple[Span | None, list[tuple[int, Span | Block]]]:
    """Take out the first heading of level 1, else an opening line above all other headings."""
    levels = [level for level, _ in items if level]
    for at, (level, item) in enumerate(items):
        if level == 1 and isinstance(item, Span):
            return item, items[:at] + items[at + 1 :]
    if len(items) < 2:
        return None, items
    level, item = items[0]
    if isinstance(item, Span) and levels.count(level) == 1 and level == min(levels):
        return item, items[1:]
    if (
        isinstance(item, Paragraph)
        and is_heading(item.span.text, MAX_TITLE_WORDS)
        and not is_byline(item.span.text)
    ):
        return item.span, items[1:]
    return None, items

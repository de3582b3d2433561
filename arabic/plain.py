"""Structure of plain text: title, headings, paragraphs, lists, tables.

Nothing visible is lost: each character that is not whitespace is inside some piece.
"""

import re
from collections.abc import Sequence

from arabic.article import Block, List, Paragraph
from arabic.lines import Line, split_lines, unwrap
from arabic.spans import Span
from arabic.tables import read_table

MAX_TITLE_WORDS = 25
MAX_HEADING_WORDS = 15
MAX_HEADING_CHARS = 300

MARKER = re.compile(
    r"""[\u200e\u200f]*(?:
    [-*–—]\s+ | [•·▪▫◦●○■□‣⁃✓✔►▶]\s*                              # - item
    | (?:\(\d{1,2}\) | \d{1,2}\)? \s? [.)\-–/])\s*(?=[^\W\d]|[«"“(])  # 1. item, (1) item, ١- item
    | \(?(?:[أابتثجحخدوزطيكلمن]|هـ?)\)? \s? [-–)/]\s+                 # أ- item
    | (?:أول|ثاني|ثالث|رابع|خامس|سادس|سابع|ثامن|تاسع|عاشر)(?:ا|اً|ًا)\s?[:\-–)]\s*
    )(?=\S)""",
    re.VERBOSE,
)
_STARTS_BLOCK = re.compile(rf"(?:{MARKER.pattern})|[^\n]*?[|│\t]", re.VERBOSE)
_AGENCIES = (
    r"رويترز|وكالات|الوكالات|وكالة|فرانس برس|الأناضول|أ\.? ?ف\.? ?ب|د\.? ?ب\.? ?أ|أ\.? ?ش\.? ?أ"
    r"|AFP|AP|Reuters"
)
_MONTHS = (
    "يناير|فبراير|مارس|[إأا]بريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر|جانفي|فيفري|جوان|جويلية"
)
_MONTHS += "|كانون|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين|محرم|صفر|ربيع|رجب|شعبان|رمضان|شوال"
_BYLINE = re.compile(
    r"(?:كتبت?|بقلم|إعداد|تحرير|ترجمة|متابعة|حوار|تصوير|المصدر|المحرر|نشر في|آخر تحديث|تاريخ النشر)\b"
    rf"|.*(?:^|[\s(])(?:{_AGENCIES})\)?[:،.]?$"
    rf"|(?:\w+\s+)?\d{{1,2}}\s+(?:{_MONTHS})(?:[\s/]|$)"
    r"|(?:\w+\s+)?\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b"
    r"|\w+(?:\s\w+)?\s[-–—/|]\s\w+(?:\s\w+){0,3}$"
)


def parse_plain(source: str) -> tuple[Span | None, list[Span | Block]]:
    """Find the title, and headings (bare spans) and blocks in reading order."""
    lines = unwrap(source, split_lines(source), _STARTS_BLOCK)
    pieces: list[tuple[Line, Block]] = []
    i = 0
    while i < len(lines):
        block, used = _read_block(source, lines, i)
        pieces.append((lines[i], block))
        i += used
    title = _title(pieces)
    return title, _with_headings([piece for piece in pieces if piece[1].span is not title])


def _read_block(source: str, lines: Sequence[Line], first: int) -> tuple[Block, int]:
    table = read_table(source, lines, first)
    if table:
        return table
    items = read_items(source, lines, first)
    if len(items) > 1:
        start, end = lines[first].start, items[-1].end
        return List(Span(source[start:end], start, end), items), len(items)
    return Paragraph(lines[first].span), 1


def read_items(source: str, lines: Sequence[Line], first: int) -> tuple[Span, ...]:
    """Read the list items on the lines from `first` on, one a line, without their markers."""
    items: list[Span] = []
    kind = ""
    for i in range(first, len(lines)):
        marker = MARKER.match(lines[i].text)
        # Markers of another kind are a nested list, or behind a blank line a new one.
        if not marker or (items and lines[i].gap and marker_kind(marker.group()) != kind):
            break
        kind = marker_kind(marker.group())
        items.append(Span.of(source, lines[i].start + marker.end(), lines[i].end))
    return tuple(items)


def marker_kind(marker: str) -> str:
    """Tell what a marker counts with: numbers, letters, words, or the bullet itself."""
    sign = marker.strip("\u200e\u200f( \t")[:1]
    return "1" if sign.isdigit() else "a" * min(sum(map(str.isalpha, marker)), 3) or sign


def is_heading(text: str, max_words: int = MAX_HEADING_WORDS) -> bool:
    """Whether a line has the shape of a heading: short, with letters, not ended like a sentence."""
    if len(text) > MAX_HEADING_CHARS or len(text.split()) > max_words or not re.search(r"[^\W\d_]", text):
        return False
    bare = text.rstrip("»”\"')]’ \u200e\u200f")
    return bare.endswith(("..", "؟", "?")) or not bare.endswith((".", "!", "؛", "،", ",", ":"))


def is_byline(text: str) -> bool:
    """Whether a short line names author, agency, place or date rather than a subject."""
    return len(text) <= 100 and len(text.split()) <= 8 and bool(_BYLINE.match(text))


def _title(pieces: Sequence[tuple[Line, Block]]) -> Span | None:
    """Find the first line that is no dateline, where it looks like a title and more text follows."""
    for line, block in pieces[:-1]:
        if not isinstance(block, Paragraph):
            return None
        if not is_byline(line.text):
            text = line.text.rstrip("!: ")
            return block.span if is_heading(text, MAX_TITLE_WORDS) else None
    return None


def _with_headings(pieces: Sequence[tuple[Line, Block]]) -> list[Span | Block]:
    shaped = [isinstance(block, Paragraph) and is_heading(line.text) for line, block in pieces]
    result: list[Span | Block] = []
    at_top = True  # bylines stand between the title and the first paragraph
    for i, (line, block) in enumerate(pieces):
        byline = at_top and shaped[i] and is_byline(line.text)
        if shaped[i] and not byline and _stands_alone(pieces, shaped, i):
            result.append(block.span)
            at_top = False
        else:
            result.append(block)
            at_top = at_top and byline
    return result


def _stands_alone(pieces: Sequence[tuple[Line, Block]], shaped: Sequence[bool], i: int) -> bool:
    """Whether piece `i`, of heading shape, heads the text after it and is no verse among verses."""
    last = len(pieces) - 1
    before = i > 0 and shaped[i - 1]
    after = i < last and shaped[i + 1]
    if i == last or (before and not pieces[i][0].gap) or (after and not pieces[i + 1][0].gap):
        return False
    if not before and not after:
        return True
    # Two headings may follow each other; three lines in a row are something else.
    neighbour = i + 1 if after else i - 1
    beyond = i + 2 <= last and shaped[i + 2] if after else i >= 2 and shaped[i - 2]
    return not (before and after) and not beyond and neighbour < last

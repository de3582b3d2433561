"""Tables in plain text and Markdown: columns set apart by tabs, pipes or runs of spaces.

Tables whose columns are set apart by nothing are in `arabic.flat_tables`.
"""

import re
from collections.abc import Sequence

from arabic.article import Row, Table
from arabic.borders import header_border
from arabic.flat_tables import read_flat_table
from arabic.lines import Line
from arabic.spans import Span

MAX_LINE = 2_000
_RULE = re.compile(r"(?=.*[-=─━]{2})[\s|│:=+\-─━┼├┤┌┐└┘┬┴]+")
_SPACES = re.compile(r"[ \xa0]{2,}")
_DIGIT = re.compile(r"\d")
_Cells = list[tuple[int, int]]


def read_table(source: str, lines: Sequence[Line], first: int) -> tuple[Table, int] | None:
    """Read the table that starts at line `first`, and how many lines it takes."""
    for separator in ("|", "\t", " "):
        found = _delimited(source, lines, first, separator)
        if found:
            return found
    flat = read_flat_table(lines, first)
    if flat is None:
        return None
    header, rows = flat
    used = len(rows) + (header is not None)
    return Table(_cover(source, lines[first : first + used]), header, rows), used


def _delimited(source: str, lines: Sequence[Line], first: int, separator: str) -> tuple[Table, int] | None:
    rows: list[_Cells] = []
    ruled = False
    used = 0
    after_rule = False
    for i in range(first, len(lines)):
        line = lines[i]
        if used and line.gap or len(line.text) > MAX_LINE:
            break
        if separator == "|" and not after_rule and _RULE.fullmatch(line.text):
            ruled = ruled or len(rows) == 1
            after_rule = True
            used += 1
            continue
        after_rule = False
        cells = _cells(line, separator)
        if len(cells) < 2 or (rows and len(cells) != len(rows[0]) and separator == " "):
            break
        rows.append(cells)
        used += 1
    if len(rows) < 2 or (separator == " " and not _is_table(source, rows)):
        return None
    made = [_row(source, cells) for cells in rows]
    has_header = ruled or _is_header(made)
    table = Table(
        _cover(source, lines[first : first + used]),
        made[0] if has_header else None,
        tuple(made[has_header:]),
    )
    return table, used


def _cells(line: Line, separator: str) -> _Cells:
    """Offsets of the cells; outer pipes are no cells, an empty cell between two pipes is one."""
    text = line.text
    if separator == " ":
        cuts = [match.span() for match in _SPACES.finditer(text)]
    else:
        marks = "|│" if separator == "|" else "\t"
        cuts = [(i, i + 1) for i, char in enumerate(text) if char in marks]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(text)]
    cells = [(line.start + start, line.start + end) for start, end in zip(starts, ends, strict=True)]
    if separator == "|" and cuts:
        cells = cells[cuts[0][0] == 0 : len(cells) - (cuts[-1][1] == len(text))]
    return cells


def _row(source: str, cells: _Cells) -> Row:
    filled = [cell for cell in cells[1:] if not source[slice(*cell)].isspace()]
    end = filled[-1][1] if filled else cells[1][0]
    return Row(Span.of(source, *cells[0]), Span.of(source, cells[1][0], max(end, cells[1][0])))


def _is_table(source: str, rows: list[_Cells]) -> bool:
    """Tell columns from the runs of spaces in justified prose and between the two halves of a verse."""
    texts = [[source[slice(*cell)] for cell in cells] for cells in rows]
    if any(len(cell.split()) > 12 for cells in texts for cell in cells):
        return False
    if len(rows) == 2 and any(len(cells) == 2 for cells in texts) and not _DIGIT.search(" ".join(texts[1])):
        return header_border(" ".join(texts[0]).split()) is not None
    balanced = all(
        len(cells) == 2
        and min(len(cell.split()) for cell in cells) >= 2
        and 0.5 < len(cells[0]) / len(cells[1]) < 2
        for cells in texts
    )
    return not balanced


def _is_header(rows: list[Row]) -> bool:
    """Whether the first row names the columns: known names, or words above figures."""
    first, rest = rows[0], rows[1:]
    if header_border(f"{first.label.text} {first.content.text.split('|')[0]}".split()) is not None:
        return True
    figures = all(_DIGIT.search(row.content.text) for row in rest)
    return figures and not _DIGIT.search(first.content.text) and bool(first.content.text)


def _cover(source: str, lines: Sequence[Line]) -> Span:
    start, end = lines[0].start, lines[-1].end
    return Span(source[start:end], start, end)

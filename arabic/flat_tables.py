"""Flattened tables: rows whose columns were lost in copying, one label and its content a line.

    البند التفاصيل
    مدة الاتفاق ثلاث سنوات قابلة للتجديد

`arabic.borders` finds where the label ends. Without a row of column names above them, lines are
rows only under strict conditions: figures as content, or a block of its own.
"""

import re
from collections.abc import Sequence
from statistics import median_low

from arabic.article import Row
from arabic.borders import (
    EDGES,
    MAX_LABEL,
    NOT_LABELS,
    NUMBER,
    VERB,
    Border,
    header_border,
    is_definite,
    row_border,
)
from arabic.lines import Line, ends_sentence
from arabic.spans import Span

MAX_ROW = 30  # words
_MARKER = re.compile(r"[-*•–▪●]|\(?\d{1,2}\)?\s?[.)\-–]")


def read_flat_table(lines: Sequence[Line], first: int) -> tuple[Row | None, tuple[Row, ...]] | None:
    """Read header and rows of the flattened table that starts at line `first`, one line each."""
    names = header_border(lines[first].text.split(maxsplit=MAX_LABEL + 1))
    if names is not None:
        rows = _rows_under_header(lines, first + 1)
        if len(rows) > 1 or (rows and names.sure and not lines[first + 1].gap):
            return _row(lines[first], names.words), rows
    rows = _figures(lines, first) or _nominal(lines, first)
    return (None, rows) if rows else None


def _rows_under_header(lines: Sequence[Line], first: int) -> tuple[Row, ...]:
    taken: list[tuple[Line, list[str], Border]] = []
    for i in range(first, len(lines)):
        line = lines[i]
        words = line.text.split(maxsplit=MAX_ROW + 1)
        border = row_border(words) if len(words) <= MAX_ROW else None
        if len(words) > MAX_ROW // 2 and VERB.fullmatch(words[0]) and not is_definite(words[0]):
            break  # a sentence, which Arabic news opens with its verb
        if border is None or line.gap != lines[first].gap or line.gap > 1:
            break
        if taken and ends_sentence(line.text) != ends_sentence(taken[0][0].text):
            break
        heading = i + 1 < len(lines) and len(lines[i + 1].text.split(maxsplit=MAX_ROW)) > MAX_ROW - 5
        if taken and heading and not border.sure and not ends_sentence(line.text):
            break
        taken.append((line, words, border))
    sure = [border.words for _, _, border in taken if border.sure]
    usual = median_low(sure) if sure else 1
    return tuple(_row(line, _settled(words, border, usual)) for line, words, border in taken)


def _settled(words: Sequence[str], border: Border, usual: int) -> int:
    """Replace a guess by the usual length of labels, unless it is before a preposition."""
    guess = not border.sure and words[border.words] not in NOT_LABELS
    return usual if guess and usual < len(words) else border.words


def _block_end(lines: Sequence[Line], first: int) -> int:
    end = first + 1
    while end < len(lines) and not lines[end].gap:
        end += 1
    return end


def _figures(lines: Sequence[Line], first: int) -> tuple[Row, ...]:
    """Read rows such as «النمو 3.2%»: a short label, then a figure, perhaps with its unit."""
    rows = []
    i = first
    while i < len(lines) and (i == first or not lines[i].gap):
        words = lines[i].text.split(maxsplit=9)
        border = row_border(words) if 2 <= len(words) <= 8 else None
        if border is None or not border.sure or not _is_figure_row(lines[i], words, border.words):
            break
        rows.append(_row(lines[i], border.words))
        i += 1
    own_block = lines[first].gap and i == _block_end(lines, first) if len(rows) == 2 else True
    return tuple(rows) if len(rows) > 1 and own_block else ()


def _is_figure_row(line: Line, words: list[str], border: int) -> bool:
    if _MARKER.match(line.text) or ends_sentence(line.text) or "،" in line.text or len(words) - border > 4:
        return False
    starts_with_verb = bool(VERB.fullmatch(words[0])) and not is_definite(words[0])
    return bool(NUMBER.fullmatch(words[border])) and not starts_with_verb


def _nominal(lines: Sequence[Line], first: int) -> tuple[Row, ...]:
    """Read a block of three or more lines, each a label of several words before an indefinite content.

    One definite word before an indefinite one («الليل طويل») is rather a sentence, or a verse.
    """
    if not lines[first].gap or len(lines[first].text) > 300:
        return ()
    end = _block_end(lines, first)
    rows = []
    for line in lines[first:end]:
        words = line.text.split(maxsplit=20)
        border = row_border(words) if 3 <= len(words) <= 18 else None
        if border is None or not border.sure or not _is_nominal_row(line, words, border.words):
            return ()
        if ends_sentence(line.text) != ends_sentence(lines[first].text):
            return ()
        rows.append(_row(line, border.words))
    return tuple(rows) if len(rows) > 2 else ()


def _is_nominal_row(line: Line, words: list[str], border: int) -> bool:
    label, content = words[:border], words[border].strip(EDGES)
    if not 2 <= border <= 4 or _MARKER.match(line.text) or "،" in " ".join(label):
        return False
    sentence = VERB.fullmatch(content) or content in NOT_LABELS
    return not sentence and (is_definite(label[0]) or not VERB.fullmatch(label[0]))


def _row(line: Line, border: int) -> Row:
    """Cut a line before its word number `border`."""
    starts = [match.start() for match in re.finditer(r"\S+", line.text)]
    cut = starts[border]
    label = line.text[:cut].rstrip()
    if label.endswith(":"):
        label = label[:-1].rstrip()
    if line.text[cut] in "-–:" and line.text[cut + 1 : cut + 2].isspace() and border + 1 < len(starts):
        cut = starts[border + 1]
    content = line.text[cut:]
    at = line.start + cut
    return Row(Span(label, line.start, line.start + len(label)), Span(content, at, line.end))

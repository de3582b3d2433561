"""The analysis as one self-contained right-to-left HTML page: no script, no request to anywhere."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from arabic.article import Block
from arabic.checks import describe
from inference import display
from inference.results import Analysis, StanceLabel

MarkKind = Literal["holder", "evidence", "sentence"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to be marked in the running text, of the stance or summary sentence number `index`."""

    start: int
    end: int
    kind: MarkKind
    index: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with the same marks on all of it, and those of them that begin with it."""

    text: str
    marks: tuple[Mark, ...]
    opening: tuple[Mark, ...]

    def covered_by(self, kind: MarkKind) -> list[int]:
        """List the stances (or summary sentences) that mark the piece as `kind`."""
        return [mark.index for mark in self.marks if mark.kind == kind]

    def opens(self, kind: MarkKind) -> list[int]:
        """List the stances (or summary sentences) whose mark of this `kind` begins here."""
        return [mark.index for mark in self.opening if mark.kind == kind]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who stands where on what: `cells[holder][target]` are numbers of stances."""

    targets: dict[str, bool]
    """Every target in order of appearance, and whether it was proposed."""
    cells: dict[str, dict[str, list[int]]]
    counts: dict[str, Counter[StanceLabel]]
    """How many stances of each kind a target has."""


def to_html(analysis: Analysis) -> str:
    """Write the analysis as one HTML page that needs no network, in light or dark, on screen or paper.

    The article is shown whole and in its order. Everything that came from outside is escaped, and
    bidi and other control characters are shown as visible marks.
    """
    marks = _marks(analysis)
    numbers = {paragraph.start: number for number, paragraph in enumerate(analysis.paragraphs)}

    def pieces(number: int) -> list[tuple[int | None, list[Piece]]]:
        paragraph = analysis.paragraphs[number]
        return _by_sentence(_pieces(analysis.article.text, paragraph.start, paragraph.end, marks[number]))

    return _template().render(
        analysis=analysis,
        article=analysis.article,
        matrix=_matrix(analysis),
        number_of=lambda span: numbers.get(span.start),
        marked={(mark.kind, mark.index) for found in marks for mark in found},
        pieces=pieces,
        kind_of=_kind_of,
        css=Markup((Path(__file__).parent / "report.css").read_text(encoding="utf-8")),
        display=display,
        describe=describe,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = _shown
    environment.filters["one_line"] = display.one_line
    environment.filters["percent"] = display.percent
    return environment.get_template("report.html")


def _shown(text: str) -> Markup:
    """Escape the text and show the characters that could disguise it as visible marks."""
    parts, position = [], 0
    for match in display.UNSAFE.finditer(text):
        mark = Markup('<bdi class="control">{}</bdi>').format(display.code_point(match.group()))
        parts += [escape(text[position : match.start()]), mark]
        position = match.end()
    return Markup("").join([*parts, escape(text[position:])])


def _kind_of(block: Block) -> str:
    return type(block).__name__.lower()


def _marks(analysis: Analysis) -> list[list[Mark]]:
    """Find the marks of every paragraph, cut to it, by where they begin."""
    spans: list[tuple[MarkKind, int, int, int]] = []
    for index, stance in enumerate(analysis.stances):
        if stance.holder:
            spans.append(("holder", index, stance.holder.start, stance.holder.end))
        if stance.evidence:
            spans.append(("evidence", index, stance.evidence.start, stance.evidence.end))
    for index, sentence in enumerate(analysis.summary):
        spans.append(("sentence", index, sentence.start, sentence.end))

    starts = [paragraph.start for paragraph in analysis.paragraphs]
    marks: list[list[Mark]] = [[] for _ in starts]
    for kind, index, start, end in spans:
        number = max(bisect_right(starts, start) - 1, 0)
        if start < min(end, analysis.paragraphs[number].end):
            marks[number].append(Mark(start, min(end, analysis.paragraphs[number].end), kind, index))
    return [sorted(found, key=lambda mark: mark.start) for found in marks]


def _pieces(text: str, start: int, end: int, marks: list[Mark]) -> Iterator[Piece]:
    """Cut `text[start:end]` wherever a mark begins or ends, so that marks may overlap as they like."""
    cuts = sorted({start, end, *(mark.start for mark in marks), *(mark.end for mark in marks)})
    active: list[Mark] = []
    following = 0
    for left, right in pairwise(cuts):
        first = following
        while following < len(marks) and marks[following].start == left:
            following += 1
        opening = marks[first:following]
        active = [mark for mark in active if mark.end > left] + opening
        yield Piece(text[left:right], tuple(active), tuple(opening))


def _by_sentence(pieces: Iterator[Piece]) -> list[tuple[int | None, list[Piece]]]:
    """Group the pieces by the summary sentence they belong to, None where they are in none."""
    groups = groupby(pieces, key=lambda piece: next(iter(piece.covered_by("sentence")), None))
    return [(sentence, list(group)) for sentence, group in groups]


def _matrix(analysis: Analysis) -> Matrix:
    matrix = Matrix({}, {}, {})
    for index, stance in enumerate(analysis.stances):
        matrix.targets.setdefault(stance.target, stance.proposed)
        matrix.counts.setdefault(stance.target, Counter())[stance.stance] += 1
        row = matrix.cells.setdefault(display.holder_name(stance), {})
        row.setdefault(stance.target, []).append(index)
    return matrix

"""An article as data: what it is made of and where every piece stands.

All offsets are character offsets into `Article.text`. For plain text and Markdown that is the
decoded input, character for character; for HTML it is the readable text taken out of the page.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from arabic.spans import Span

Format = Literal["text", "markdown", "html"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its first cell and the rest."""

    label: Span
    content: Span


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `span` covers all of it, `header` is its first row where that names the columns."""

    span: Span
    header: Row | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class List:
    """A bulleted or numbered list; the items are without their markers."""

    span: Span
    items: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text between two breaks."""

    span: Span


Block = Paragraph | List | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (none before the first one) and the blocks under it."""

    heading: Span | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """A parsed article. `warnings` are short codes, see `arabic.checks`."""

    text: str
    format: Format
    title: Span | None
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()

    def paragraphs(self) -> Iterator[Span]:
        """Yield the pieces of running text in reading order: paragraphs and list items, not tables."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    yield block.span
                elif isinstance(block, List):
                    yield from block.items

    def above(self) -> Iterator[str]:
        """Yield for every paragraph what stands above it: the title, else its section's heading, else ""."""
        title = self.title.text if self.title else ""
        for section in self.sections:
            heading = title or (section.heading.text if section.heading else "")
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    yield heading
                elif isinstance(block, List):
                    yield from [heading] * len(block.items)

    def headings(self) -> Iterator[Span]:
        """Yield the section headings in reading order."""
        for section in self.sections:
            if section.heading is not None:
                yield section.heading


def sections(items: Iterable[Span | Block]) -> tuple[Section, ...]:
    """Put blocks, in reading order, under the headings (the bare spans) that precede them."""
    grouped: list[tuple[Span | None, list[Block]]] = [(None, [])]
    for item in items:
        if isinstance(item, Span):
            grouped.append((item, []))
        else:
            grouped[-1][1].append(item)
    return tuple(Section(heading, tuple(blocks)) for heading, blocks in grouped if heading or blocks)

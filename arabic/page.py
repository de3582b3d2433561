"""A writer of the readable text of a web page, driven by its start and end tags."""

import re
from typing import Any

from arabic.article import Block, List, Paragraph, Row, Table
from arabic.plain import is_heading
from arabic.spans import Span

MAX_CELL = 400  # characters
_BLOCKS = frozenset(
    "address article blockquote body caption center dd details div dl dt fieldset figcaption figure h1 h2 h3 "
    "h4 h5 h6 header hgroup hr html legend li main ol p pre section summary table tbody td tfoot th thead tr "
    "ul".split()
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Page:
    """Writes the text of a page piece by piece and notes where each piece stands."""

    def __init__(self, title_element: Any) -> None:
        self.title_element = title_element
        self.title: Span | None = None
        self.out: list[str] = []
        self.items: list[Span | Block] = []
        self._length = 0
        self._inline: list[str] = []
        self._plain_text = False  # whether something in `_inline` is not bold
        self._bold = 0
        self._lists = 0
        self._list_items: list[Span] = []
        self._table: Any = None
        self._rows: list[list[str]] = []
        self._header = False

    def start(self, element: Any) -> None:
        """Take the start tag of an element and the text up to its first child."""
        tag = element.tag
        if tag == "br":
            self._inline.append("\n")
        elif self._table is not None:
            self._start_in_table(tag)
        elif tag in _BLOCKS:
            self._flush(None)
            if tag == "table" and not self._lists and _is_data(element):
                self._table = element
            self._lists += tag in ("ul", "ol")
        self._bold += tag in ("b", "strong")
        self.add(element.text)

    def _start_in_table(self, tag: str) -> None:
        if tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._header = self._header or (tag == "th" and len(self._rows) == 1 and len(self._rows[0]) > 0)
            self._flush(None)
        elif tag in _BLOCKS:
            self._inline.append(" ")

    def end(self, element: Any) -> None:
        """Take the end tag of an element, without the text after it."""
        tag = element.tag
        self._bold -= tag in ("b", "strong")
        if self._table is not None:
            if tag in ("td", "th") and self._rows:
                self._rows[-1].append(" ".join("".join(self._inline).split()))
                self._inline.clear()
            elif tag == "caption":
                self._flush(None)
            elif element is self._table:
                self._end_table()
        elif tag in _BLOCKS:
            self._flush(element)
            self._lists -= tag in ("ul", "ol")
            if self._list_items and not self._lists:
                self._end_list()

    def add(self, text: str | None) -> None:
        """Add inline text; its line breaks are spaces."""
        if text:
            self._inline.append(re.sub(r"[ \t\n\r\f\v]+", " ", text))
            self._plain_text = self._plain_text or (not self._bold and not text.isspace())

    def write(self, text: str, gap: str = "\n\n") -> Span:
        """Append a piece to the readable text."""
        if self.out:
            self.out.append(gap)
            self._length += len(gap)
        self.out.append(text)
        start, self._length = self._length, self._length + len(text)
        return Span(text, start, self._length)

    def _flush(self, element: Any) -> None:
        """Close the inline text gathered so far; `element` is the block that ends here, if one does."""
        if not self._inline:
            return
        text = re.sub(r" *\n *", "\n", re.sub(r" +", " ", "".join(self._inline)))
        bold = not self._plain_text
        self._inline.clear()
        self._plain_text = False
        tag = element.tag if element is not None else ""
        for part in re.split(r"\n{2,}", text):
            piece = part.strip()
            if not piece:
                continue
            if self._lists:
                self._list_items.append(self.write(piece, "\n" if self._list_items else "\n\n"))
            elif element is not None and element is self.title_element and self.title is None:
                self.title = self.write(piece)
            elif tag in _HEADINGS or (tag == "p" and bold and is_heading(piece)):
                self.items.append(self.write(piece))
            else:
                self.items.append(Paragraph(self.write(piece)))

    def _end_list(self) -> None:
        items, self._list_items = tuple(self._list_items), []
        self.items.append(List(self._cover(items[0].start), items))

    def _end_table(self) -> None:
        rows: list[Row] = []
        for cells in self._rows:
            if any(cells):
                label = self.write(cells[0], "\n" if rows else "\n\n")
                content = self.write("\t".join(cells[1:]), "\t") if len(cells) > 1 else self.write("", "")
                rows.append(Row(label, content))
        header = rows[0] if self._header and len(rows) > 1 else None
        if rows:
            self.items.append(
                Table(self._cover(rows[0].label.start), header, tuple(rows[header is not None :]))
            )
        self._table, self._rows, self._header = None, [], False

    def _cover(self, start: int) -> Span:
        """Cut from `start` to the end of what is written."""
        tail: list[str] = []
        missing = self._length - start
        for piece in reversed(self.out):
            if missing <= 0:
                break
            tail.append(piece)
            missing -= len(piece)
        text = "".join(reversed(tail))[-(self._length - start) :]
        return Span(text, start, self._length)


def text_size(element: Any) -> int:
    """Count the characters of text in an element."""
    return sum(map(len, element.itertext()))


def _is_data(table: Any) -> bool:
    """Whether a <table> holds rows of short cells rather than the layout of a page."""
    if table.find(".//table") is not None:
        return False
    wide = 0
    for element in table.iter("tr", "td", "th", *_HEADINGS):
        if element.tag == "tr":
            wide += sum(child.tag in ("td", "th") for child in element) > 1
        elif element.tag in ("td", "th"):
            if text_size(element) > MAX_CELL:
                return False
        else:
            return False
    return wide > 1

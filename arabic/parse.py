"""From the text of an article to its structure."""

import re
from typing import Literal

from arabic.article import Article, Block, Format, List, Paragraph, Table, sections
from arabic.errors import InputError
from arabic.html import parse_html
from arabic.markdown import parse_markdown
from arabic.plain import parse_plain
from arabic.spans import Span

MAX_PARAGRAPHS = 1_000
MAX_LINES = 20_000  # of an article whose paragraphs are hard-wrapped
_SAMPLE_CHARS = 50_000

_HTML = re.compile(
    r"<(?:!doctype|html|head|body|article|main|section|div|p|h[1-6]|ul|ol|table|blockquote)[\s/>]", re.I
)
_LINE_BREAK_TAG = re.compile(r"<br\s{0,3}/?>", re.I)
_MARKDOWN = re.compile(
    r"^ {0,3}#{1,6}[ \t]+\S"  # heading
    r"|\*\*[^*\s][^*\n]{0,200}\*\*"  # bold
    r"|\[[^\]\[\n]{1,200}\]\((?:https?:|/|#|mailto:)[^)\s]{0,500}\)"  # link
    r"|^\|?[ :]*-{3,}[ :]*\|[ :|-]*$"  # the rule under a table's header
    r"|^(?:```|~~~)",  # code
    re.MULTILINE,
)
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(?:[^\n]{0,500}\n){1,60}?---[ \t]*\r?(?:\n|$)")


def parse_article(text: str, format: Literal["auto", "text", "markdown", "html"] = "auto") -> Article:
    """Find title, sections, paragraphs, lists and tables.

    For text and Markdown `Article.text` is `text` itself, for HTML the page's readable text.
    Warnings are the caller's: `Article.warnings` is empty, see `arabic.checks.check`.

    Raises:
        InputError: more than `MAX_PARAGRAPHS` pieces or `MAX_LINES` lines that are not blank, or
            HTML that has no readable text or is nested too deeply.

    """
    found: Format = detect_format(text) if format == "auto" else format
    title: Span | None
    items: list[Span | Block]
    if found != "html":
        _limit(sum(not line.isspace() for line in text.splitlines()), MAX_LINES, "lines")
    if found == "html":
        text, title, items = parse_html(text)
    elif found == "markdown":
        title, items = parse_markdown(text)
    else:
        title, items = parse_plain(text)
    _limit(sum(_size(item) for item in items), MAX_PARAGRAPHS, "paragraphs")
    if items and isinstance(items[-1], Span):
        items[-1] = Paragraph(items[-1])  # a heading of nothing
    return Article(text, found, title, sections(items))


def detect_format(text: str) -> Format:
    """HTML where it has block tags, Markdown where a line has its marks, else plain text."""
    sample = text[:_SAMPLE_CHARS]
    if _HTML.search(sample):
        return "html"
    if _FRONT_MATTER.match(sample) or _MARKDOWN.search(sample):
        return "markdown"
    return "html" if _LINE_BREAK_TAG.search(sample) else "text"


def _size(item: Span | Block) -> int:
    if isinstance(item, List):
        return len(item.items)
    return len(item.rows) if isinstance(item, Table) else 1


def _limit(count: int, limit: int, unit: str) -> None:
    if count > limit:
        raise InputError(
            f"the input has {count} {unit}, at most {limit} are taken; split it into articles, one input each"
        )

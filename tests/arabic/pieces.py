"""All pieces of an article, for the laws that hold for each."""

from collections.abc import Iterator

from arabic import Article, Span
from arabic.article import List, Table


def pieces(article: Article) -> Iterator[Span]:
    """Title, headings, blocks and what is inside them."""
    if article.title is not None:
        yield article.title
    yield from article.headings()
    for section in article.sections:
        for block in section.blocks:
            yield block.span
            if isinstance(block, List):
                yield from block.items
            elif isinstance(block, Table):
                for row in (*([block.header] if block.header else []), *block.rows):
                    yield from (row.label, row.content)


def assert_offsets(article: Article) -> None:
    for piece in pieces(article):
        assert article.text[piece.start : piece.end] == piece.text

"""What several tests of `arabic` use."""

from collections.abc import Callable, Iterator

import pytest

from arabic.article import Article, List, Table
from arabic.spans import Span


def _pieces(article: Article) -> Iterator[Span]:
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


@pytest.fixture(scope="session")
def pieces() -> Callable[[Article], list[Span]]:
    """All pieces of an article; asserts on the way that each stands where it says."""

    def checked(article: Article) -> list[Span]:
        found = list(_pieces(article))
        for piece in found:
            assert article.text[piece.start : piece.end] == piece.text
        return found

    return checked

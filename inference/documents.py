"""What is asked for, read and checked before any model runs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from arabic.article import Article, Paragraph, Section
from arabic.checks import check
from arabic.errors import InputError
from arabic.parse import parse_article
from arabic.spans import Span

MAX_TARGET_WORDS = 20
MAX_TARGET_CHARS = 200
Unit = Literal["article", "paragraph"]
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Request:
    """One text to analyse, with the id its answer is looked up by.

    `targets` are what stances are looked for on; None proposes at most five from the text, an empty
    tuple asks for no stances. With `unit` "paragraph" the text is one paragraph as it stands, not
    parsed as an article.
    """

    id: str
    text: str | Article
    targets: tuple[str, ...] | None = None
    unit: Unit = "article"


def read_article(request: Request) -> Article:
    """The request's text as an article, with its warnings.

    Lone surrogates are replaced by U+FFFD, one for one, so offsets hold. Raises `InputError` when
    there is nothing to analyse.
    """
    text = request.text
    if isinstance(text, Article):
        article = text
    elif request.unit == "paragraph":
        clean = _SURROGATE.sub("\ufffd", text)
        blocks = (Paragraph(Span.of(clean, 0, len(clean))),)
        article = Article(clean, "text", None, (Section(None, blocks),))
    else:
        article = parse_article(_SURROGATE.sub("\ufffd", text))
    warnings = check(article.text, request.unit)
    if isinstance(text, str) and _SURROGATE.search(text):
        warnings = (*warnings, "control_characters")
    if not any(True for _ in article.paragraphs()):
        raise InputError("the article has no paragraph of running text, only headings or tables")
    return replace(article, warnings=tuple(dict.fromkeys((*article.warnings, *warnings))))


def clean_targets(targets: Sequence[str]) -> tuple[str, ...]:
    """Targets on one line, each once. Raises `InputError` for an empty or an overlong one."""
    cleaned = dict.fromkeys(" ".join(_SURROGATE.sub("\ufffd", target).split()) for target in targets)
    for target in cleaned:
        if not target:
            raise InputError("a target is empty; give a short noun phrase such as «وقف إطلاق النار»")
        if len(target.split()) > MAX_TARGET_WORDS or len(target) > MAX_TARGET_CHARS:
            raise InputError(
                f"a target has {len(target.split())} words ({target[:40]}…); "
                f"give a noun phrase of at most {MAX_TARGET_WORDS} words and {MAX_TARGET_CHARS} characters"
            )
    return tuple(cleaned)

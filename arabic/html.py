"""The readable text of a web page, and its structure.

Main content only: scripts, navigation, footers, forms, hidden parts, comments and share bars are
dropped. The tree is walked, never recursed into, and nothing is fetched.
"""

import re
from typing import Any

from lxml import etree

from arabic.article import Block, Paragraph
from arabic.errors import InputError
from arabic.page import Page, text_size
from arabic.plain import parse_plain
from arabic.spans import Span

_DROPPED = frozenset(
    "script style noscript template nav footer aside form button iframe svg math select input textarea "
    "object embed video audio canvas map head menu dialog".split()
)
_ASIDE = re.compile(
    r"(?:^|\s)(?:comments?|related|share|sharing|social|sidebar|breadcrumbs?|advert\w*|ads?|newsletter)(?=$|[\s_-])",
    re.I,
)
_HIDDEN = re.compile(r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden", re.I)
_SITE_NAME = re.compile(r"(.*\S)\s+[|\-–—»]\s+\S+(?:\s\S+){0,3}", re.S)
_UNPARSABLE = re.compile("[\x00\ud800-\udfff]")
MIN_MAIN = 200  # characters
MAX_TAGS = 50_000


def parse_html(source: str) -> tuple[str, Span | None, list[Span | Block]]:
    """Extract the readable text, the title in it, and headings (bare spans) and blocks in reading order.

    Raises:
        InputError: no readable text, over `MAX_TAGS` tags, or nested deeper than libxml2 allows (2,048).

    """
    root = _tree(source)
    main = _main(root)
    page = Page(main.find(".//h1"))
    if page.title_element is None:
        outside = _outside_title(root)
        if outside:
            page.title = page.write(outside)
    _walk(main, page)
    text = "".join(page.out)
    if not text.strip():
        raise InputError("the HTML page has no readable text; give the page of an article, or its text")
    if page.title is None and all(isinstance(item, Paragraph) for item in page.items):
        return text, *parse_plain(text)  # text with line breaks for its only marks
    return text, page.title, page.items


def _tree(source: str) -> Any:
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    data = _UNPARSABLE.sub("\ufffd", source).encode()
    try:
        root = etree.fromstring(data, parser) if data.strip() else None
    except etree.ParseError:
        root = None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise InputError("the HTML page is nested too deeply to be read; give the article's text instead")
    if root is None:
        raise InputError("the HTML page has no readable text; give the page of an article, or its text")
    tags = sum(1 for _ in root.iter())
    if tags > MAX_TAGS:
        raise InputError(
            f"the HTML page has {tags} tags, at most {MAX_TAGS} are taken; give the article alone"
        )
    return root


def _main(root: Any) -> Any:
    """Find the longest <article> or article body, where it is most of <main>; else <main>, else the page."""
    article, main = None, root
    article_size, main_size = MIN_MAIN, 0
    walk = etree.iterwalk(root, events=("start",))
    for _, element in walk:
        if _is_dropped(element, inside=True):
            walk.skip_subtree()
        elif element.tag == "article" or element.get("itemprop") == "articleBody":
            walk.skip_subtree()
            size = text_size(element)
            if size > article_size:
                article, article_size = element, size
        elif main is root and (element.tag == "main" or element.get("role") == "main"):
            size = text_size(element)
            if size > MIN_MAIN:
                main, main_size = element, size
    return article if article is not None and article_size > 0.5 * main_size else main


def _outside_title(root: Any) -> str:
    """Find the title of a page whose main content has no <h1>."""
    for element in root.iter("h1"):
        if not any(parent.tag in _DROPPED for parent in element.iterancestors()):
            text = " ".join("".join(element.itertext()).split())
            if text:
                return text
    for element in root.iter("meta"):
        if element.get("property") == "og:title" and (element.get("content") or "").strip():
            return " ".join(element.get("content").split())
    found = root.find(".//title")
    text = " ".join((found.text or "").split()) if found is not None else ""
    site = _SITE_NAME.fullmatch(text)
    return site.group(1) if site else text


def _is_dropped(element: Any, *, inside: bool) -> bool:
    """`inside` says that the element is within an article, where a <header> belongs to it."""
    tag = element.tag
    if not isinstance(tag, str) or tag in _DROPPED:
        return True
    if element.get("hidden") is not None or _HIDDEN.search(element.get("style") or ""):
        return True
    if tag == "header" and not inside:
        return element.find(".//h1") is None
    if tag in ("html", "body", "article", "main"):
        return False
    return bool(_ASIDE.search(element.get("class") or "") or _ASIDE.search(element.get("id") or ""))


def _walk(main: Any, page: Page) -> None:
    inside = main.tag in ("article", "main")
    walk = etree.iterwalk(main, events=("start", "end"))
    dropped = None
    for event, element in walk:
        if event == "start":
            if element is not main and _is_dropped(element, inside=inside):
                dropped = element
                walk.skip_subtree()
                continue
            page.start(element)
        else:
            if element is not dropped:
                page.end(element)
            if element is not main:
                page.add(element.tail)

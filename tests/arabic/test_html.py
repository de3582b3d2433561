"""HTML: the readable text of a page and its structure, whatever the markup."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic.article import Article, List, Paragraph, Table
from arabic.errors import InputError
from arabic.parse import detect_format, parse_article
from arabic.spans import Span

Pieces = Callable[[Article], list[Span]]
LONG = (
    "أعلنت وزارة النقل يوم الأحد افتتاح خط جديد للقطارات بين المدينتين، وقال مسؤول في الوزارة إن الرحلة "
    "تستغرق ثلاث ساعات، وإن التذاكر ستُطرح مطلع الشهر المقبل بأسعار مخفضة للطلاب وكبار السن."
)
PAGE = f"""<!doctype html><html><head><title>غير هذا | صحيفة</title><style>p {{ }}</style>
<script>var x = "<p>برنامج</p>";</script></head><body>
<header><a>رأس الموقع</a></header><nav><ul><li>قائمة الموقع</li></ul></nav>
<article><header><h1>خط جديد &laquo;سريع&raquo;</h1></header>
<!-- تعليق مخفي --><p>{LONG}<br>سطر <b>ثان</b> &amp; أخير</p>
<h2>خلفية</h2><div>نص مباشر<p>فقرة</p>ذيل</div>
<ul><li>بند <a href="x">أول</a><ul><li>فرعي</li></ul></li><li><p>بند ثان</p></li></ul>
<table><caption>جدول</caption><tr><th>البند<th>القيمة<tr><td>المدة<td>ستة أشهر<tr><td>الكلفة</td><td>10</td>
<td>20</td></tr></table><blockquote>اقتباس</blockquote>
<p><strong>عنوان عريض</strong></p><p>خاتمة<p hidden>مخفي</p><div class="related">اقرأ أيضا</div>
<aside>جانب</aside></article><div class="comments"><p>رأي قارئ</p></div><footer>حقوق</footer></body></html>"""


def test_page(pieces: Pieces) -> None:
    """Title, headings, paragraphs, nested lists, table and quote; nothing around the article."""
    article = parse_article(PAGE)
    pieces(article)
    assert article.format == "html"
    assert article.title is not None
    assert article.title.text == "خط جديد «سريع»"
    assert [heading.text for heading in article.headings()] == ["خلفية", "عنوان عريض"]
    lead, rest, end = article.sections
    assert lead.blocks[0].span.text == f"{LONG}\nسطر ثان & أخير"
    kinds = [type(block) for block in rest.blocks]
    assert kinds == [Paragraph, Paragraph, Paragraph, List, Paragraph, Table, Paragraph]
    items, table = rest.blocks[3], rest.blocks[5]
    assert isinstance(items, List)
    assert [item.text for item in items.items] == ["بند أول", "فرعي", "بند ثان"]
    assert isinstance(table, Table)
    assert table.header is not None
    assert table.header.label.text == "البند"
    assert [(row.label.text, row.content.text) for row in table.rows] == [
        ("المدة", "ستة أشهر"),
        ("الكلفة", "10\t20"),
    ]
    assert [block.span.text for block in end.blocks] == ["خاتمة"]
    for noise in ("رأس الموقع", "قائمة", "برنامج", "تعليق", "مخفي", "اقرأ", "جانب", "رأي", "حقوق"):
        assert noise not in article.text


@pytest.mark.parametrize(
    "head",
    [
        "<title>عنوان الصفحة - موقع</title>",
        "<title>x</title><meta property='og:title' content='عنوان الصفحة'>",
    ],
)
def test_title_from_head(head: str) -> None:
    """Without <h1> the title is the page's own, less the name of the site, and stands in the text."""
    article = parse_article(f"<html><head>{head}</head><body><p>{LONG}</p></body></html>")
    assert article.title == Span("عنوان الصفحة", 0, 12)
    assert article.text.startswith("عنوان الصفحة\n\n")


def test_line_breaks_only(pieces: Pieces) -> None:
    """A text whose only tags are <br> is read like plain text."""
    article = parse_article(f"{LONG}<br><br>خلفية الخبر<br><br>{LONG}")
    pieces(article)
    assert [heading.text for heading in article.headings()] == ["خلفية الخبر"]


def test_layout_table() -> None:
    """A table that lays out a page is no table of data."""
    article = parse_article(
        f"<table><tr><td><h1>عنوان</h1></td><td>قائمة</td></tr><tr><td>{LONG}</td></tr></table>"
    )
    assert article.title is not None
    assert not any(isinstance(block, Table) for section in article.sections for block in section.blocks)


def test_entity_bomb_and_remote_entities() -> None:
    """Entities declared in the page are neither expanded nor fetched."""
    declared = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "ها"}">' for i in range(12))
    page = f'<!DOCTYPE html [{declared}<!ENTITY x SYSTEM "file:///etc/passwd">]><p>نص &e11; &x; سليم</p>'
    article = parse_article(page)
    assert len(article.text) < 2000
    assert "root:" not in article.text


@pytest.mark.parametrize(
    "page",
    ["<p></p>", "<html>", "<script>ا</script><p> ", "<div>" * 100_000 + "نص", "<p>نص" * 1_000_000],
)
def test_refused(page: str) -> None:
    """No text, nesting too deep, too many tags: an InputError, no crash and no half of a text."""
    with pytest.raises(InputError) as error:
        parse_article(page)
    assert "\n" not in str(error.value)


def test_nesting_beyond_limits() -> None:
    """Where libxml2 stops reading, the text before that depth is not passed off as the whole."""
    with pytest.raises(InputError, match="nested too deeply"):
        parse_article(f"<p>{LONG}</p>" + "<div>" * 5000 + "نص عميق" + "</div>" * 5000)


def test_nesting_within_limits() -> None:
    """Deep but readable nesting is read whole, also below what libxml2 takes by default."""
    article = parse_article("<div>" * 1500 + "نص عميق" + "</div>" * 1500)
    assert article.text == "نص عميق"


def test_surrogates_and_nuls() -> None:
    """What XML cannot hold is replaced where it stands, and the text after it is kept."""
    assert parse_article("<p>قبل \ud800\0 بعد</p>").text == "قبل \ufffd\ufffd بعد"


_TAGS = ["<p>", "</p>", "<div>", "</div>", "<h1>", "</h1>", "<h2>", "</h2>", "<ul>", "</ul>", "<li>", "</li>"]
_TAGS += [
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "<th>",
    "</td>",
    "<br>",
    "<b>",
    "</b>",
    "<!--",
    "-->",
    "&amp;",
    "&#x627;",
]
_TAGS += ["<article>", "</article>", "<main>", "<blockquote>", "<caption>", "<p hidden>", "<", ">", " ", "\n"]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.one_of(st.sampled_from(_TAGS), st.sampled_from(["كلمة", "عنوان قصير", "جملة تامة."])), max_size=25
    )
)
def test_any_markup(pieces: Pieces, parts: list[str]) -> None:
    """Broken markup gives true offsets or an InputError."""
    try:
        pieces(parse_article("<html>" + "".join(parts), "html"))
    except InputError:
        pass


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["p", "div", "h2", "li", "blockquote", "td", "section"]), min_size=1, max_size=10
    )
)
def test_no_text_lost(tags: list[str]) -> None:
    """Each block's words come out once, in order."""
    wrap = {"li": "<ul><li>{}</li></ul>", "td": "<table><tr><td>{}</td><td>خلية</td></tr></table>"}
    page = "".join(wrap.get(tag, f"<{tag}>{{}}</{tag}>").format(f"كلمة{i}") for i, tag in enumerate(tags))
    words = [word for word in parse_article(f"<body>{page}</body>").text.split() if word != "خلية"]
    assert words == [f"كلمة{i}" for i in range(len(tags))]


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("<p>نص</p>", "html"),
        ("سطر<br/>سطر", "html"),
        ("# عنوان\n\nنص", "markdown"),
        ("نص **مهم** هنا", "markdown"),
        ("نص [رابط](https://example.org)", "markdown"),
        ("| أ | ب |\n|---|---|\n| ج | د |", "markdown"),
        ("---\ntitle: عنوان\n---\nنص", "markdown"),
        ("#غزة تحت القصف\n\n5 < 7 و 9 > 8 * 2", "text"),
        ("- بند\n- بند", "text"),
        ("", "text"),
    ],
)
def test_detection(text: str, format: str) -> None:
    """Tags make HTML, marks make Markdown; hashtags, figures and plain lists make neither."""
    assert detect_format(text) == format

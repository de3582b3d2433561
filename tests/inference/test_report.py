"""The HTML report: nothing lost, nothing live, every link leads somewhere."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring

from arabic.article import Article, Paragraph, Section
from arabic.spans import Span
from inference.report import Mark, _pieces, to_html
from inference.results import Analysis, Headline, SummarySentence


def page(analysis: Analysis) -> HtmlElement:
    return document_fromstring(to_html(analysis))


def with_text(analysis: Analysis, words: str) -> Analysis:
    """Put `words` everywhere the input can reach: text, title, holder, target, evidence, summary."""
    span = Span(words, 0, len(words))
    paragraph = replace(analysis.paragraphs[0], text=words, start=0, end=len(words))
    return replace(
        analysis,
        article=Article(words, "text", span, (Section(span, (Paragraph(span),)),)),
        paragraphs=(paragraph,),
        stances=(replace(analysis.stances[0], target=words, holder=span, evidence=span, paragraph=0),),
        summary=(SummarySentence(words, 0, len(words), 0),),
        headline=Headline(words, 0, len(words), "extract"),
    )


def running_text(passage: HtmlElement) -> str:
    (paragraph,) = passage.xpath("./p")
    for sign in paragraph.xpath(".//a[contains(@class, 'sign')]"):
        sign.drop_tree()
    return paragraph.text_content()


def test_every_paragraph_is_shown_whole_and_in_order(analysis: Analysis) -> None:
    """Cutting at the marks must not lose, double or reorder a character."""
    shown = [running_text(passage) for passage in page(analysis).find_class("passage")]
    assert shown == [paragraph.text for paragraph in analysis.paragraphs]


def test_the_structure_of_the_article_is_kept(analysis: Analysis) -> None:
    """Headings, list items and table cells come out as such."""
    article = page(analysis).find_class("article")[0]
    assert [heading.text_content() for heading in article.xpath(".//h3")] == ["كلفة المشروع"]
    assert len(article.xpath(".//li")) == 2
    cells = [
        cell.text_content() for cell in article.xpath(".//table[@class='data']//tr[3]/* | .//tbody/tr[2]/*")
    ]
    assert cells == ["الثانية", "60 مليون دينار"]


def test_every_link_leads_to_exactly_one_place(analysis: Analysis) -> None:
    """A summary sentence or a stance whose place cannot be found is worth nothing."""
    html = page(analysis)
    ids = html.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in html.xpath("//a/@href")} <= set(ids)


def test_summary_sentences_link_to_their_own_words(analysis: Analysis) -> None:
    """Following the link shows the same words in the text."""
    html = page(analysis)
    for sentence, link in zip(analysis.summary, html.xpath("//p[@class='summary']/a[1]"), strict=True):
        place = html.get_element_by_id(link.get("href").removeprefix("#"))
        for sign in place.xpath(".//a"):
            sign.drop_tree()
        assert place.text_content() == sentence.text


def test_stance_is_shown_by_sign_as_well_as_by_colour(analysis: Analysis) -> None:
    """Readers who do not tell red from green must still see who is for and who is against."""
    html = page(analysis)
    signs = {sign.get("class"): sign.text_content()[0] for sign in html.find_class("sign")}
    assert signs == {"sign favor": "+", "sign against": "−"}
    cells = [cell.text_content().split()[0] for cell in html.xpath("//table[@class='matrix']//a")]
    assert sorted(cells) == ["+", "+", "+", "−", "−", "○"]


def test_overlapping_evidence_carries_both_stances(analysis: Analysis) -> None:
    """Where two pieces of evidence share words, those words show both."""
    spans = page(analysis).xpath("//span[contains(@class, 'favor') and contains(@class, 'against')]")
    assert [span.text_content() for span in spans] == ["بشرط ألا ترتفع الرسوم"]


def test_abstained_topics_are_marked(analysis: Analysis) -> None:
    """A guess below the threshold must not look like an answer."""
    chips = page(analysis).find_class("abstained")
    assert len(chips) == 1
    assert "غير محسوم" in chips[0].text_content()


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script> نص",
        "\"><img src=x onerror=alert(1)> ' نص",
        "</style><script>x</script></title> نص",
        "${x} {{ x }} {% raw %} نص",
        "&lt;b&gt; &#0; نص",
    ],
)
def test_article_text_stays_text(analysis: Analysis, words: str) -> None:
    """Whatever an article contains, the page shows it and runs none of it."""
    html = page(with_text(analysis, words))
    assert not html.xpath("//script | //img | //@onerror")
    assert running_text(html.find_class("passage")[0]) == words
    assert html.xpath("string(//h1)") == words


def test_bidi_and_control_characters_are_shown_not_obeyed(analysis: Analysis) -> None:
    """U+202E and its like could turn the sense of a line; NUL and surrogates could break the file."""
    html = to_html(with_text(analysis, "نص \u202eمقلوب\u202c \u2066ثم\u2069 \x00 \x1b[31m \ud800 هنا"))
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b\ud800") & set(html)
    html.encode("utf-8")
    passage = document_fromstring(html).find_class("passage")[0]
    assert running_text(passage) == "نص U+202EمقلوبU+202C U+2066ثمU+2069 U+0000 U+001B[31m U+D800 هنا"


def test_zero_width_joiners_and_direction_marks_stay(analysis: Analysis) -> None:
    """ZWNJ, ZWJ, LRM, RLM and ALM are honest Arabic typing."""
    words = "می\u200cخواهم ه\u200d نص\u200f! a\u200e \u061c5"
    assert running_text(page(with_text(analysis, words)).find_class("passage")[0]) == words


def test_the_page_asks_nothing_of_the_network(analysis: Analysis) -> None:
    """The report is one file that can be mailed and opened offline."""
    html = to_html(analysis)
    tree = document_fromstring(html)
    assert "http://" not in html and "https://" not in html and "url(" not in html and "@import" not in html
    assert not tree.xpath("//@src | //link | //script | //iframe | //object")
    assert "default-src 'none'" in tree.xpath("string(//meta[@http-equiv]/@content)")


def test_an_article_without_anything_found_still_makes_a_page(analysis: Analysis) -> None:
    """No stances, no summary, no headline, no paragraphs with a topic."""
    bare = replace(analysis, topics=(), paragraphs=(), stances=(), summary=(), headline=None)
    html = page(bare)
    assert [running_text(passage) for passage in html.find_class("passage")] == [
        paragraph.text for paragraph in analysis.paragraphs
    ]
    assert analysis.article.title is not None
    assert analysis.article.title.text in html.text_content()


def test_warnings_are_told_in_arabic(analysis: Analysis) -> None:
    """A reader of the report learns that the text has direction controls."""
    article = replace(analysis.article, warnings=("bidi_controls",))
    (note,) = page(replace(analysis, article=article)).find_class("warnings")
    assert "اتجاه العرض" in note.text_content()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), max_size=12), st.integers(21, 45))
def test_pieces_rebuild_the_text_and_carry_exactly_the_marks_on_them(
    spans: list[tuple[int, int]], length: int
) -> None:
    """Marks may nest, cross and coincide."""
    text = "".join(chr(0x0621 + i % 20) for i in range(length))
    marks = sorted(
        (Mark(start, min(start + size, length), "evidence", i) for i, (start, size) in enumerate(spans)),
        key=lambda mark: mark.start,
    )
    position = 0
    for piece in _pieces(text, 0, length, marks):
        assert piece.text == text[position : position + len(piece.text)] != ""
        for offset in range(position, position + len(piece.text)):
            covering = {mark.index for mark in marks if mark.start <= offset < mark.end}
            assert set(piece.covered_by("evidence")) == covering
        assert set(piece.opens("evidence")) == {mark.index for mark in marks if mark.start == position}
        position += len(piece.text)
    assert position == length

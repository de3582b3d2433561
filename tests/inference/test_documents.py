"""Requests: what is read, what is refused, before any model runs."""

import pytest

from arabic.errors import InputError
from arabic.parse import parse_article
from inference.documents import Request, clean_targets, read_article

TEXT = "خلاف على الجسر\n\nأيد رئيس البلدية مشروع الجسر.\n\n- رفضته نقابة الصيادين."


def test_an_article_is_parsed_and_a_paragraph_is_not() -> None:
    """A ready paragraph has no title, no list, no heading, whatever it looks like."""
    article = read_article(Request("1", TEXT))
    assert article == read_article(Request("1", parse_article(TEXT)))
    assert article.title and article.title.text == "خلاف على الجسر"
    padded = f" \n{TEXT}\n"
    paragraph = read_article(Request("1", padded, unit="paragraph"))
    assert paragraph.title is None and paragraph.text == padded
    (piece,) = paragraph.paragraphs()
    assert piece.text == TEXT == padded[piece.start : piece.end]


@pytest.mark.parametrize("unit", ["article", "paragraph"])
@pytest.mark.parametrize("text", ["", " \n", "no Arabic here", "ا" * 200_001])
def test_what_cannot_be_analysed_is_refused(text: str, unit: str) -> None:
    with pytest.raises(InputError):
        read_article(Request("1", text, unit=unit))  # type: ignore[arg-type]


def test_lone_surrogates_are_replaced_and_reported_once() -> None:
    article = read_article(Request("1", "رفضت \ud800 النقابة \ud801", unit="paragraph"))
    assert article.text == "رفضت \ufffd النقابة \ufffd"
    assert article.warnings.count("control_characters") == 1


def test_targets_are_cleaned_once_each_and_again_without_change() -> None:
    cleaned = clean_targets([" دعم\nالقمح ", "الخبز", "دعم القمح"])
    assert cleaned == ("دعم القمح", "الخبز") == clean_targets(cleaned)


@pytest.mark.parametrize("target", ["", "  ", "كلمة " * 21, "ا" * 201])
def test_empty_and_overlong_targets_are_refused(target: str) -> None:
    with pytest.raises(InputError, match="target"):
        clean_targets(["الخبز", target])

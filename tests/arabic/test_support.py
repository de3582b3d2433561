"""What a written summary says and the article does not is found; what the article says is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.support import Claim, claims

ARTICLE = (
    "قال الوزير كمال الطيّب إن فرنسا تستورد 201.760 مليون طن، مقابل خمسة ملايين في 2015. "
    "وأضاف أن «هذا القرار لا رجعة فيه» بعد لقاء في شركة Nova بحضور الرئيس سمير نجم."
)


def unsupported(summary: str) -> list[str]:
    """The words of the summary that the article does not support."""
    return [claim.span.text for claim in claims(summary, ARTICLE) if not claim.supported]


@pytest.mark.parametrize(
    "summary",
    [
        "الوزير كمال الطيب: ٢٠١ مليون طن",
        "اللقاء مع الرئيس سمير نجم، وإنتاج 5 ملايين عام 2015",
        "شركة nova الفرنسية",
        'قال: "هذا القرار، لا رجعة فيه"',
        "كلام عام بلا أسماء",
        "",
    ],
)
def test_what_the_article_says_is_supported(summary: str) -> None:
    assert not unsupported(summary)


@pytest.mark.parametrize(
    ("summary", "wrong"),
    [
        ("نحو 300 مليون طن", ["300 مليون"]),
        ("ستة ملايين في 2016", ["ستة ملايين", "2016"]),
        ("الوزير سعيد القاسمي", ["سعيد", "القاسمي"]),
        ("إيطاليا تستورد", ["إيطاليا"]),
        ("شركة Orion", ["Orion"]),
        ("وأضاف «سنراجع هذا القرار قريبا»", ["سنراجع هذا القرار قريبا"]),
    ],
)
def test_what_the_article_does_not_say_is_found(summary: str, wrong: list[str]) -> None:
    assert unsupported(summary) == wrong


def test_claims_come_in_order_with_their_kind() -> None:
    found = claims("الوزير كمال: 7 ملايين", ARTICLE)
    assert [(c.kind, c.supported) for c in found] == [("name", True), ("number", False)]


def test_a_decimal_that_may_be_meant_either_way_is_one_claim() -> None:
    assert [claim.supported for claim in claims("نسبة 9ر3", "نسبة 3.9")] == [True]


@given(st.text())
def test_a_text_supports_itself_and_spans_are_its_own(text: str) -> None:
    found: list[Claim] = claims(text, text)
    assert all(claim.supported for claim in found)
    assert all(text[claim.span.start : claim.span.end] == claim.span.text for claim in found)

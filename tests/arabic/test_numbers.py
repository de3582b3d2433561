"""A number is the same number however Arabic writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.numbers import numbers


def values(text: str) -> list[float]:
    """The values of a text's numbers."""
    return [number.value for number in numbers(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("١٬٢٠٠ شخص", 1200),
        ("1,200 شخص", 1200),
        ("3.000.000 دينار", 3_000_000),
        ("خمسة ملايين", 5e6),
        ("5 ملايين", 5e6),
        ("1.5 مليون", 1.5e6),
        ("مليونين", 2e6),
        ("0،24%", 0.24),
        ("1٫5", 1.5),
        ("14 فاصل 6 بالمائة", 14.6),
        ("خمسة وعشرون", 25),
        ("العشرون", 20),
        ("ثلاثة عشر", 13),
        ("اثني عشر", 12),
        ("ثلاثمئة وخمسة", 305),
        ("مئة وعشرون ألف", 120_000),
        ("10:30", 10),
        ("2016/05/03", 2016),
    ],
)
def test_numbers_have_their_value(text: str, value: float) -> None:
    assert values(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "الدورة الثانية عشرة",
        "الدورة الحادية والعشرون",
        "بالمئة",
        "في المائة",
        "واحد منهم",
        "يوم الأحد",
        "كلام",
    ],
)
def test_what_counts_nothing_is_no_number(text: str) -> None:
    assert not values(text)


def test_decimals_set_from_right_to_left_may_be_meant_either_way() -> None:
    assert values("9ر3 بالمائة") == [9.3, 3.9]


@pytest.mark.parametrize(
    ("written", "known", "agrees"),
    [
        ("201 مليون", "201.760 مليون", True),
        ("202 مليون", "201.760 مليون", True),
        ("3367", "3366.95", True),
        ("200 مليون", "201.760 مليون", False),
        ("2016", "2015", False),
        ("0.24", "0.2", False),
    ],
)
def test_a_number_agrees_with_what_it_rounds(written: str, known: str, agrees: bool) -> None:
    assert numbers(written)[0].agrees(numbers(known)[0]) == agrees


@given(st.text(alphabet="0123456789٠١٢٣.,،/: رفاصلألف مليون ثلاثة عشرون و\nـَ"))
def test_offsets_are_inside_the_text_as_given(text: str) -> None:
    for number in numbers(text):
        assert 0 <= number.start < number.end <= len(text) and text[number.start : number.end].strip()
        assert number.agrees(number)

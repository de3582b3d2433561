"""A respelling changes what its name says and nothing else."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.normalize import DEFAULT, Normalization, normalize
from benchmarks.respelling import ALONE, RESPELLINGS, respell

ROOT = Path(__file__).resolve().parents[2]
TEXT = (
    'رأى وزير الري إحسان ناجي أن "ملء السد" في عام 2024 كان خطوة أولى، وقال آخرون لـ«الجزيرة الثقافية» إنها '
    "تضر بالأسرة ١٢ مرة؛ وكأن المسألة، فعلاً، على هوى “الآخرين”."
)
PIECES = [
    *"ابةتجدذرزسشعفقكلمنهويىأإآءؤئ    \n،؛؟.()[]-*_@/aZ09٣٧\"«»“”'ـً",
    *("على ", " في", "ثقافة", "الأمن", "للأسرة", "**", "www.", "a@b.c", '"قول"', "«نص»", "“كلام”", "10"),
]
arabic = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
seeds = st.integers(0, 99)
ONE_FOR_ONE = {
    "final ya": ["يى", "ىي"],
    "ta marbuta": ["ةه"],
    "alef": ["أا", "إا", "آا"],
    "digits": [a + b for pair in zip("0123456789", "٠١٢٣٤٥٦٧٨٩", strict=True) for a, b in (pair, pair[::-1])],
    "quotes": [a + b for a in '"«»“”' for b in '"«»“”'],
}
PUT_IN = {"diacritics": "[\u064b-\u0652]", "tatweel": "ـ", "spaces": " "}
LEVELLED = ("diacritics", "tatweel", "digits", "spaces", "quotes")


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("ta marbuta", "زيادة الثقافة فعالةً تاءة", "زياده الثقافه فعالهً تاءه"),
        ("ta marbuta", "ة مدرسته ةب", "ة مدرسته ةب"),
        (
            "alef",
            "أن إن آخر وأن بأمر للأسرة والأمن كالأمس وللإعلام",
            "ان ان اخر وان بامر للاسرة والامن كالامس وللاعلام",
        ),
        ("alef", "كأن رأس سأل القرآن مسؤول ماء", "كأن رأس سأل القرآن مسؤول ماء"),
        ("digits", "في 2024 و١٢، ۴", "في ٢٠٢٤ و12، ۴"),
        ("quotes", 'سعر 5" وطول', 'سعر 5" وطول'),
    ],
)
def test_examples(kind: str, source: str, expected: str) -> None:
    """Habits respell every place they know, behind proclitics too, and leave other letters alone."""
    assert respell(source, kind, 1) == expected


def test_final_ya_is_written_one_way_or_the_other() -> None:
    """A text has one writer: all dotted or all dotless, never inside a word."""
    found = {ALONE["final ya"]("على في يدي هوىً بين", random.Random(seed)) for seed in range(20)}
    assert found == {"علي في يدي هويً بين", "على فى يدى هوىً بين"}


def test_quotes_become_another_pair() -> None:
    """All quoted pieces get one pair of marks, one that the first did not have."""
    found = {ALONE["quotes"]('قال "لا" و«نعم»', random.Random(seed)) for seed in range(20)}
    assert found == {"قال «لا» و«نعم»", "قال “لا” و“نعم”"}


@pytest.mark.parametrize("kind", RESPELLINGS)
def test_every_kind_changes_news(kind: str) -> None:
    """Each does something to an ordinary paragraph, the same thing again for the same seed."""
    samples = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "samples").glob("*.txt"))]
    for text in (TEXT, " ".join(samples)):
        assert respell(text, kind, 3) == respell(text, kind, 3) != text


@given(arabic, seeds, st.sampled_from(sorted(ONE_FOR_ONE)))
def test_one_letter_stands_for_one(text: str, seed: int, kind: str) -> None:
    """Every other character stays in its place."""
    new = respell(text, kind, seed)
    assert {a + b for a, b in zip(text, new, strict=True) if a != b} <= set(ONE_FOR_ONE[kind])


@given(arabic, seeds, st.sampled_from(sorted(PUT_IN)))
def test_what_was_put_in_comes_out(text: str, seed: int, kind: str) -> None:
    """Without what was added the text is as before; diacritics never pile up on one letter."""
    new = respell(text, kind, seed)
    assert re.sub(PUT_IN[kind], "", new) == re.sub(PUT_IN[kind], "", text)
    assert len(new) >= len(text)
    if kind == "diacritics" and not re.search("[\u064b-\u0652]", text):
        assert not re.search("[\u064b-\u0650\u0652]{2}|[^ء-ي\u0651][\u064b-\u0652]", new)


@given(arabic, seeds, st.sampled_from(LEVELLED))
def test_the_default_normalisation_levels(text: str, seed: int, kind: str) -> None:
    """Marks, tatweel, digits, spaces and quotes never reach a model."""
    assert normalize(respell(text, kind, seed)).text == normalize(text).text


@given(arabic, seeds, st.sampled_from(["final ya", "ta marbuta", "alef"]))
def test_the_other_kinds_could_be_levelled(text: str, seed: int, kind: str) -> None:
    """The three options that are off by default level the rest."""
    options = Normalization(alef=True, ya=True, ta_marbuta=True)
    assert normalize(respell(text, kind, seed), options).text == normalize(text, options).text


def test_all_together_is_every_kind() -> None:
    """What all kinds do together is levelled by all options, and reaches a model with the default ones."""
    options = Normalization(alef=True, ya=True, ta_marbuta=True)
    new = respell(TEXT, "all together", 1)
    assert normalize(new, options).text == normalize(TEXT, options).text
    assert normalize(new, DEFAULT).text != normalize(TEXT, DEFAULT).text

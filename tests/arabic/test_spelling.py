"""All spellings of a word are read alike, and nothing else moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic import spelling
from arabic.normalize import Normalization
from arabic.spelling import SPELLINGS, common_spelling, level, reader, respell

LISTED = SPELLINGS.read_text(encoding="utf-8").split()
LETTERS = "ابةتجحخدذرزسشصضطظعغفقكلمنهويىأإآٱءؤئ"
words = st.one_of(st.sampled_from(LISTED), st.text(LETTERS, min_size=1, max_size=8))
texts = st.lists(words, max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("given_text", "read"),
    [
        ("اكد الى الحكومه فى", "أكد إلى الحكومة في"),
        ("واكد الان، اخر الامن!", "وأكد الآن، آخر الأمن!"),  # behind a conjunction, the article
        ("للحكومه بالحكومه وللحكومه", "للحكومة بالحكومة وللحكومة"),
        ("إن أن ان", "أن أن أن"),  # the commonest one, for standard texts too
        ("علي على", "على على"),
        ("قزمطه قزمطة أقزمط", "قزمطه قزمطة أقزمط"),  # unknown words stay
        ("xالحكومه الحكومه2 الحكومهً الحكومه_", "xالحكومه الحكومه2 الحكومهً الحكومه_"),  # no plain words
        ("", ""),
    ],
)
def test_examples(given_text: str, read: str) -> None:
    assert respell(given_text) == read


def test_level() -> None:
    found = [level(word) for word in ("الحكومة", "على", "آخر", "مأمأة", "هى", "يهودي", "بن")]
    assert found == ["الحكومه", "علي", "اخر", "ماماه", "هي", "يهودي", "بن"]


def test_what_stands_behind_a_proclitic_is_looked_up() -> None:
    common = {"الحكومه": "الحكومة", "كتابه": "كتابه"}
    assert common_spelling("والحكومه", common) == "والحكومة"
    assert common_spelling("فبالحكومه", common) == "فبالحكومة"
    assert common_spelling("للحكومه", common) == "للحكومة"
    assert common_spelling("كتابه", common) == "كتابه"  # «تابه» is not asked for
    assert common_spelling("حكومه", common) is None
    assert common_spelling("للحق", {"الحق": "ألحق"}) is None  # no article there


def test_the_list_has_no_word_twice() -> None:
    """Else the order of its lines would decide."""
    assert len({level(word) for word in LISTED}) == len(LISTED) > 10_000


@given(texts)
def test_length_stays_and_a_second_run_changes_nothing(text: str) -> None:
    once = respell(text)
    assert len(once) == len(text)
    assert respell(once) == once


@given(st.lists(st.sampled_from(LISTED), min_size=1, max_size=8))
def test_all_spellings_of_listed_words_are_read_alike(listed: list[str]) -> None:
    assert respell(" ".join(level(word) for word in listed)) == respell(" ".join(listed)) == " ".join(listed)


@given(texts)
def test_only_doubtful_letters_move(text: str) -> None:
    doubtful = set("اأإآٱةهىي")
    for old, new in zip(text, respell(text), strict=True):
        assert old == new or {old, new} <= doubtful


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spelling, "_KNOWN_WORDS", 2)
    monkeypatch.setattr(spelling, "_seen", {})
    assert respell("اكد الى الحكومه اخر اكد") == "أكد إلى الحكومة آخر أكد"
    assert len(spelling._seen) <= 2


def test_offsets_lead_to_the_source_as_given() -> None:
    source = "قالت  الحكـومه"
    read = reader(Normalization(), respelled=True)(source)
    assert read.text == "قالت الحكومة"
    assert read.to_source(5, 12) == (6, 14)
    assert reader(Normalization(), respelled=False)(source).text == "قالت الحكومه"

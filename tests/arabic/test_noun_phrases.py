"""Candidates for targets: whole noun phrases, no verbs, nothing cut in the middle."""

from hypothesis import given
from hypothesis import strategies as st

from arabic.noun_phrases import MAX_WORDS, noun_phrases


def test_idafa_is_not_cut_before_the_definite_word() -> None:
    found = set(noun_phrases("رفضت الحركة وقف إطلاق النار"))
    assert "وقف إطلاق النار" in found
    assert "وقف إطلاق" not in found


def test_verbs_and_particles_break_a_phrase() -> None:
    found = set(noun_phrases("أعلنت الوزارة أن المشروع الجديد يخدم القرى"))
    assert {"الوزارة", "المشروع الجديد", "القرى"} <= found
    assert not any("أعلنت" in phrase or "يخدم" in phrase or "أن" in phrase.split() for phrase in found)


def test_proclitics_come_off_where_the_article_shows_them() -> None:
    assert "الحكومة" in set(noun_phrases("وبالحكومة"))
    assert "المشروع" in set(noun_phrases("للمشروع"))


def test_indefinite_word_does_not_follow_a_definite_one() -> None:
    assert "المدينة حملة" not in set(noun_phrases("المدينة حملة"))


@given(st.text(alphabet="ابتثلمنوهي ،.«»123 \n"))
def test_phrases_are_short_and_made_of_the_text(text: str) -> None:
    for phrase in noun_phrases(text):
        words = phrase.split()
        assert 1 <= len(words) <= MAX_WORDS
        assert all(word in text for word in words[1:])


def test_long_line_takes_linear_time() -> None:
    assert sum(1 for _ in noun_phrases("كلمة " * 100_000)) > 0

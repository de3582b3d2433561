"""Long paragraphs are cut between sentences only, and nothing of them is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic.passages import passages
from arabic.sentences import sentences
from tests.arabic.test_sentences import check_exact, messy

FIVE = "وصل الوفد إلى المدينة أمس."


@pytest.mark.parametrize(("most", "sizes"), [(5, [5, 5, 5]), (9, [5, 5, 5]), (10, [10, 5]), (99, [15])])
def test_whole_sentences_fill_a_passage(most: int, sizes: list[int]) -> None:
    found = passages(f"{FIVE} {FIVE} {FIVE}", most)
    assert [len(span.text.split()) for span in found] == sizes


def test_a_longer_sentence_stands_alone_and_whole() -> None:
    long = "قال الوزير، " * 20 + "انتهى."
    assert [span.text for span in passages(f"{FIVE} {long} {FIVE}", 12)] == [FIVE, long, FIVE]


def test_nothing_in_nothing_out() -> None:
    assert passages(" \n ", 60) == []


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="max_words of at least 1, got 0"):
        passages(FIVE, 0)


@settings(deadline=None, max_examples=200)
@given(messy, st.integers(1, 40))
def test_passages_are_exact_complete_and_begin_with_sentences(text: str, most: int) -> None:
    whole, found = sentences(text), passages(text, most)
    check_exact(text, found)
    assert {span.start for span in found} <= {span.start for span in whole}
    assert {span.end for span in found} <= {span.end for span in whole}


def test_half_a_million_characters_take_linear_time() -> None:
    text = f"{FIVE} " * 20_000
    assert len(passages(text, 60)) == 1_667  # of twelve sentences each, the last of eight

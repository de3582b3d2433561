"""Texts that differ in spelling only are the same; what is not the same is not mixed up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.duplicates import Fingerprints, repeated, reused_ids, shared, text_key


@pytest.mark.parametrize(
    "other",
    [
        "قالَ الرَّئيسُ: إنّ النسبة 20",
        "قال الرئيس   إن النسبه\n20.",
        "قــال الرئيس ان النسبة ٢٠",
        "«قال الرئيس» أن النسبة ۲۰",
        "ﻗﺎﻝ الرئيس إن النسبة 20",
    ],
)
def test_texts_that_differ_in_spelling_only_are_the_same(other: str) -> None:
    assert text_key(other) == text_key("قال الرئيس إن النسبة 20")


@pytest.mark.parametrize(
    "other", ["قال الرئيس إن النسبة 21", "قال الرئيس إن النسبة", "قال رئيس إن النسبة 20", ""]
)
def test_other_words_and_numbers_make_another_text(other: str) -> None:
    assert text_key(other) != text_key("قال الرئيس إن النسبة 20")


@given(st.text())
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert text_key(text_key(text)) == text_key(text)


def prints(*rows: tuple[str, str, str, int]) -> Fingerprints:
    """Fingerprints of rows given as id, text, extra, label."""
    found = Fingerprints()
    for line, (row_id, text, extra, label) in enumerate(rows, start=1):
        found.add(line, {"id": row_id}, text, extra, label)
    return found


def test_repeated_rows_point_to_the_first() -> None:
    first, again, contrary = repeated(
        prints(
            ("1", "أ", "", 0), ("2", "ب", "", 0), ("3", "أ", "", 1), ("4", "أ", "", 0), ("5", "أ", "هدف", 0)
        )
    )
    assert first.tolist() == [0, 1, 0, 0, 4]
    assert again.tolist() == [False, False, True, True, False]
    assert contrary.tolist() == [False, False, True, False, False]


def test_an_id_is_reused_only_for_another_text_and_no_id_is_no_id() -> None:
    rows = prints(
        ("1", "أ", "", 0), ("1", "أ", "x", 0), ("1", "ب", "", 0), ("", "ج", "", 0), ("", "د", "", 0)
    )
    assert reused_ids(rows)[1].tolist() == [False, False, True, False, False]


def test_documents_are_ids_up_to_the_number_sign() -> None:
    here, there = (
        prints(("a#1", "أ", "", 0), ("b#1", "ب", "", 0), ("", "ج", "", 0)),
        prints(("a#7", "ز", "", 0)),
    )
    assert shared(here.documents, there.documents).tolist() == [True, False, False]
    assert not shared(here.texts, there.texts).any()

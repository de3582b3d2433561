"""The metrics give the figures one gets by hand, and treat Arabic spelling variants as one word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.metrics import (
    ArabicTokenizer,
    SpanCounts,
    expected_calibration_error,
    f1,
    rouge,
    unit_f1,
    words_in,
)

TEXT = "رفضت نقابة الصيادين مشروع الميناء"
UNION = (5, 19)  # نقابة الصيادين
PORT = (20, 33)  # مشروع الميناء


def _two(confidence: list[float]) -> np.ndarray:
    return np.array([[c, 1 - c] for c in confidence], np.float32)


def test_a_calibrated_predictor_has_no_calibration_error() -> None:
    correct = np.array([True] * 8 + [False] * 2)
    assert expected_calibration_error(_two([0.8] * 10), correct) == pytest.approx(0.0, abs=1e-6)


def test_an_overconfident_predictor_is_off_by_its_overconfidence() -> None:
    sure = _two([1.0] * 10)
    assert expected_calibration_error(sure, np.array([True] * 4 + [False] * 6)) == pytest.approx(0.6)
    assert expected_calibration_error(sure, np.ones(10, bool)) == 0.0


def test_bins_are_weighted_by_their_rows_and_do_not_cancel_out() -> None:
    probabilities = _two([0.9] * 6 + [0.6] * 4)
    correct = np.array([True] * 3 + [False] * 3 + [True] * 4)  # off by 0.4 either way
    assert expected_calibration_error(probabilities, correct) == pytest.approx(0.4)


def test_exact_and_token_f1_of_spans_by_hand() -> None:
    counts = SpanCounts()
    counts.add(TEXT, {UNION, PORT}, {UNION, (26, 33)})  # one right, one a word short: 3 of 4 words
    assert counts.exact_f1 == pytest.approx(2 * 1 / 4)
    assert counts.token_f1 == pytest.approx(2 * 3 / 7)
    counts.add(TEXT, set(), {UNION})  # two words too many
    counts.add(TEXT, {PORT}, set())  # two words missed
    assert counts.exact_f1 == pytest.approx(2 * 1 / 6)
    assert counts.token_f1 == pytest.approx(2 * 3 / 11)


def test_a_span_that_ends_within_a_word_touches_the_word() -> None:
    assert words_in(TEXT, UNION) == {5, 11}
    assert words_in(TEXT, (7, 12)) == {5, 11}
    assert words_in(TEXT, (4, 5)) == set()


def test_nothing_to_find_and_nothing_found_is_right() -> None:
    counts = SpanCounts()
    counts.add(TEXT, set(), set())
    assert counts.exact_f1 == counts.token_f1 == 1.0
    counts.add(TEXT, set(), {UNION})
    assert counts.exact_f1 == counts.token_f1 == 0.0


def test_unit_f1_by_hand() -> None:
    assert unit_f1([0, 2], [0, 2]) == 1.0
    assert unit_f1([0, 1, 3], [0, 2]) == pytest.approx(0.4)
    assert unit_f1([1], [0]) == unit_f1([], [0]) == 0.0


@settings(deadline=None)
@given(st.sets(st.integers(0, 12)), st.sets(st.integers(0, 12)))
def test_f1_is_between_0_and_1_symmetric_and_1_only_for_the_same_units(a: set[int], b: set[int]) -> None:
    assert 0 <= unit_f1(a, b) <= 1 and unit_f1(a, b) == unit_f1(b, a)
    assert (unit_f1(a, b) == 1) == (a == b)
    assert f1(len(a & b), len(a), len(b)) == unit_f1(a, b)


_spans = st.sets(st.tuples(st.integers(0, 15), st.integers(16, 33)), max_size=3)


@settings(deadline=None)
@given(_spans, _spans)
def test_span_f1_is_between_0_and_1_and_symmetric(a: set[tuple[int, int]], b: set[tuple[int, int]]) -> None:
    one, other = SpanCounts(), SpanCounts()
    one.add(TEXT, a, b)
    other.add(TEXT, b, a)
    assert 0 <= one.exact_f1 <= 1 and 0 <= one.token_f1 <= 1
    assert (one.exact_f1, one.token_f1) == (other.exact_f1, other.token_f1)


def test_rouge_of_the_same_arabic_text_is_1_and_of_disjoint_texts_0() -> None:
    assert rouge([TEXT], [TEXT]) == pytest.approx({"rouge1": 1.0, "rouge2": 1.0, "rougeL": 1.0})
    assert rouge([TEXT], ["فاز الفريق الأزرق"]) == {"rouge1": 0.0, "rouge2": 0.0, "rougeL": 0.0}


def test_rouge_by_hand() -> None:
    found = rouge(["ألف باء جيم", "دال"], ["جيم باء ألف", "دال"])
    assert found == pytest.approx({"rouge1": 1.0, "rouge2": (0 + 0) / 2, "rougeL": (1 / 3 + 1) / 2})


def test_rouge_of_nothing_is_0() -> None:
    assert rouge([""], [TEXT])["rouge1"] == 0.0 and rouge([], [])["rougeL"] == 0.0


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("أَيَّدَ المَجلِسُ", "أيد المجلس"),
        ("إدارة أو آداب", "ادارة او اداب"),
        ("مستشفى المدينة", "مستشفي المدينه"),
        ("الجديـــد", "الجديد"),
        ("عام ٢٠٢٤", "عام 2024"),
        ("«الجسر»، قال.", "الجسر قال"),
        ("شركة IBM", "شركة ibm"),
    ],
)
def test_spelling_variants_are_the_same_words(a: str, b: str) -> None:
    words = ArabicTokenizer().tokenize(a)
    assert words == ArabicTokenizer().tokenize(b) and len(words) >= 1


def test_different_words_stay_different() -> None:
    first, second = ArabicTokenizer().tokenize("كتاب كاتب")
    assert first != second

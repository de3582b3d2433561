"""A summary keeps to its budget, reads in order and does not say a thing twice."""

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.selection import BASE_WORDS, lead_units, select_units

WORDS = "قمح سوق جسر ميناء مدينة شركة أرباح قانون لجنة نقابة ضرر شاطئ مستشفى".split()
UNIT = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)
SCORED = st.lists(st.tuples(UNIT, st.floats(0, 1, width=32)), min_size=1, max_size=20)


def _salience(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def _words(units: list[str], chosen: list[int]) -> int:
    return sum(len(units[i].split()) for i in chosen)


@settings(deadline=None)
@given(SCORED, st.integers(1, 300))
def test_the_budget_is_kept_in_reading_order(scored: list[tuple[str, float]], words: int) -> None:
    units = [unit for unit, _ in scored]
    chosen = select_units(units, _salience(*(s for _, s in scored)), words)
    assert chosen and chosen == sorted(set(chosen)) and set(chosen) <= set(range(len(units)))
    if min(len(unit.split()) for unit in units) <= words:
        assert _words(units, chosen) <= words
    else:
        assert len(chosen) == 1


@settings(deadline=None)
@given(st.lists(st.tuples(UNIT, st.floats(0, 1, width=32)), min_size=1, max_size=5), st.data())
def test_larger_budgets_never_choose_fewer_words(
    scored: list[tuple[str, float]], data: st.DataObject
) -> None:
    """Exact up to the budget that salience was annotated for; beyond it E|key| grows as well."""
    units, salience = [unit for unit, _ in scored], _salience(*(s for _, s in scored))
    larger = data.draw(st.integers(1, BASE_WORDS))
    smaller = data.draw(st.integers(1, larger))
    assume(min(len(unit.split()) for unit in units) <= smaller)
    few, many = select_units(units, salience, smaller), select_units(units, salience, larger)
    assert _words(units, few) <= _words(units, many)


def test_the_most_salient_units_are_chosen() -> None:
    units = [f"{a} {b}" for a, b in zip(WORDS[::2], WORDS[1::2], strict=False)]
    salience = _salience(0.05, 0.9, 0.02, 0.8, 0.01, 0.03)
    assert select_units(units, salience, 4) == [1, 3]
    assert select_units(units, salience, 60) == [1, 3]  # what nobody would choose is not filled up with


def test_a_large_budget_takes_more_of_what_is_salient() -> None:
    units = [f"وحدة{i} " * 20 for i in range(10)]
    salience = _salience(*[0.7] * 10)
    assert [len(select_units(units, salience, words)) for words in (20, 60, 100, 200)] == [1, 3, 5, 10]


def test_a_repeated_unit_is_left_out() -> None:
    units = ["رفضت النقابة مشروع الميناء", "رفضت النقابة مشروع الميناء", "وافقت اللجنة على القانون"]
    salience = _salience(0.9, 0.89, 0.6)
    assert select_units(units, salience, 8) == [0, 2]
    assert select_units(units, salience, 8, redundancy=0.0) == [0, 1]


def test_where_no_unit_fits_the_most_salient_stands_alone() -> None:
    assert select_units(["كلمة " * 9, "أخرى " * 8], _salience(0.1, 0.2), 5) == [1]


def test_no_units_are_no_summary() -> None:
    assert select_units([], _salience(), 60) == []
    assert lead_units([]) == []


def test_units_without_a_word_do_no_harm() -> None:
    assert select_units(["…", "؟", "قمح"], _salience(0.0, 0.0, 0.5), 10) == [2]


def test_a_book_is_summarised_in_seconds() -> None:
    """Comparing every unit with every other would take minutes and gigabytes."""
    generator = np.random.default_rng(1)
    units = [" ".join(generator.choice(WORDS, 20)) for _ in range(20_000)]
    start = time.perf_counter()
    chosen = select_units(units, generator.random(len(units), np.float32), 100)
    assert 1 <= len(chosen) <= 5
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    ("words", "expected"), [(1, [0]), (9, [0]), (10, [0, 1]), (15, [0, 1]), (60, [0, 1, 2])]
)
def test_the_lead_is_what_comes_first(words: int, expected: list[int]) -> None:
    assert lead_units(["كلمة " * 5, "أخرى " * 5, "ثالثة " * 20], words) == expected

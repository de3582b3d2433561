"""The surface of units: finite for any text, in time that grows with its length, and about the right unit."""

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.surface import N_SURFACE, surface_features

TITLE = "الوزارة تفتتح جسر الميناء"
UNITS = [
    "أعلنت الوزارة أمس افتتاح جسر الميناء بعد عامين من العمل،",
    "حيث بلغت كلفة الجسر 40 مليون دينار.",
    "وقال الوزير: «الجسر يخفف الزحام حول الميناء».",
    "يذكر أن مهرجان الزيتون يبدأ غدًا.",
]


@given(st.text("الجسر مدينة,.«", max_size=30), st.lists(st.text("الجسر مدينة,.؟", max_size=60), max_size=12))
def test_features_are_finite_for_any_units(title: str, units: list[str]) -> None:
    table = surface_features(title, units)
    assert table.shape == (len(units), N_SURFACE) and table.dtype == np.float32
    assert np.isfinite(table).all()


def test_place_and_form() -> None:
    table = surface_features(TITLE, UNITS)
    number, count, words, before, share, fits, total = table[:, 8:15].T
    assert number.tolist() == [0, 1, 2, 3] and (count == 4).all()
    assert words.tolist() == [10, 7, 7, 6] and before.tolist() == [0, 10, 17, 24] and (total == 30).all()
    assert np.allclose(share, before / 30) and fits.all()
    opens, closes, saying, continuing, digits, quoted = table[:, 18:24].T
    assert opens.tolist() == [1, 0, 1, 1] and closes.tolist() == [0, 1, 1, 1]
    assert saying.tolist() == [1, 0, 1, 0] and continuing.tolist() == [0, 1, 1, 1]
    assert digits.tolist() == [0, 2, 0, 0] and quoted.tolist() == [0, 0, 1, 0]


def test_a_unit_that_shares_its_words_is_nearer_to_the_article_than_one_that_does_not() -> None:
    table = surface_features(TITLE, UNITS)
    repeated, spread, with_first, mean, center, first, title, earlier, near, *ranks = table[:, 24:].T
    for cohesion in (repeated, spread, with_first, mean, title, near):
        assert cohesion[3] == cohesion.min() < cohesion[:3].min()
    assert first[0] == 0 and first[1:3].min() > first[3] == 0
    assert earlier[0] == 0 and near[0] > 0
    assert np.argmax(center) == 0 and all(rank.max() == 1 for rank in ranks)


def test_the_features_of_a_unit_change_with_its_neighbours() -> None:
    other = surface_features(TITLE, [UNITS[0], UNITS[3], UNITS[2], UNITS[1]])
    assert not np.allclose(other[0], surface_features(TITLE, UNITS)[0])


def test_a_book_takes_seconds() -> None:
    units = [f"{UNITS[i % 4]} فصل{i}" for i in range(20_000)]
    start = time.perf_counter()
    assert surface_features("", units).shape == (20_000, N_SURFACE)
    assert time.perf_counter() - start < 60  # all with all would be 200 million pairs

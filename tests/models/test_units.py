"""Units are described by place, length and what they share with the title."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.units import N_FEATURES, stems, unit_features


def test_stems_are_words_without_the_article() -> None:
    assert stems("رحب الوزير والنقابة بالجسر، للمدينة 14") == [
        "رحب",
        "وزير",
        "نقابة",
        "جسر",
        "مدينة",
        "14",
    ]


def test_short_words_keep_what_looks_like_an_article() -> None:
    assert stems("الو والد الم") == ["الو", "والد", "الم"]


@given(st.text("الجسر مدينة,.", max_size=30), st.lists(st.text("الجسر مدينة,.", max_size=60), max_size=12))
def test_features_are_finite_and_small(title: str, units: list[str]) -> None:
    table = unit_features(title, units)
    assert table.shape == (len(units), N_FEATURES) and table.dtype == np.float32
    assert np.isfinite(table).all() and (table >= 0).all() and (table <= 4).all()


def test_the_title_is_shared_by_the_unit_that_repeats_it() -> None:
    table = unit_features("الجسر الجديد", ["افتتح جسر جديد", "تأجل الميناء", "أغلق الجسر"])
    assert table[:, 6].tolist() == [1.0, 0.0, 0.5]
    assert table[:, 7].tolist() == [1.0, 1.0, 1.0]
    assert not unit_features("", ["افتتح جسر جديد"])[:, 6:].any()


def test_places_are_relative_to_the_article() -> None:
    table = unit_features("", ["أول", "ثان", "ثالث"])
    assert table[:, 0].tolist() == [0.0, 0.5, 1.0]
    assert table[:, 2].tolist() == [1.0, 0.0, 0.0] and table[:, 3].tolist() == [0.0, 0.0, 1.0]

"""A conjunction is no part of a party's name."""

import pytest

from arabic.names import conjunction_before


@pytest.mark.parametrize(
    ("name", "text", "letters"),
    [
        ("والبطريرك", "", 1),
        ("والولايات المتحدة", "", 1),
        ("والدفاع المدني", "", 1),
        ("وقطر", "تعمل مصر بالتنسيق مع الولايات المتحدة وقطر، وقالت قطر إن", 1),
        ("وقطر", "تعمل مصر بالتنسيق مع الولايات المتحدة وقطر", 0),
        ("واشنطن", "قالت واشنطن إن", 0),
        ("وفد الحركة", "عاد وفد الحركة", 0),
        ("والي الجهة", "دعا والي الجهة إلى التهدئة", 0),
        ("والي", "عاد الي الجهة", 0),
        ("والدة الطفل", "قالت والدة الطفل", 0),
        ("والدته", "الدته", 0),
        ("فرقة", "في رقة", 0),
        ("وفد", "فد", 0),
        ("مصر", "صر", 0),
        ("و", "و", 0),
        ("وال", "", 0),
    ],
)
def test_letters_before_the_name(name: str, text: str, letters: int) -> None:
    """An article after it tells, or the name by itself elsewhere in the text."""
    assert conjunction_before(name, text) == letters

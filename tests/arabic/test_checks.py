"""Checks: every code is given when, and only when, its sign is in the text."""

import pytest

from arabic.checks import MAX_CHARS, MESSAGES, check, describe
from arabic.errors import InputError

CLEAN = (
    "أعلنت الوزارة أمس خطة جديدة لتطوير النقل العام في المدن الكبرى، وقال الوزير إن التنفيذ يبدأ مطلع "
    "العام المقبل بتمويل محلي كامل"
)


def test_clean_text_has_no_warnings() -> None:
    """Ordinary news, with a Latin name and an abbreviation behind a tatweel, is not nagged about."""
    assert check(CLEAN) == ()
    assert check(CLEAN + " عبر شركة Siemens والـVAR") == ()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("short", "خبر قصير"),
        ("mixed_script", CLEAN + " " + "the ministry announced a plan " * 5),
        ("mixed_letters", CLEAN + " وزاaرة"),
        ("mixed_letters", CLEAN + " الрئيس"),
        ("bidi_controls", CLEAN + " \u202eمقلوب"),
        ("bidi_controls", CLEAN + " \u2066معزول\u2069"),
        ("control_characters", CLEAN + "\0"),
        ("control_characters", CLEAN + "\ud800"),
        ("replacement_characters", CLEAN + " \ufffd"),
    ],
)
def test_code(code: str, text: str) -> None:
    assert check(text) == (code,)


@pytest.mark.parametrize("legitimate", ["\u200f", "\u200e", "\u200c", "\u061c", "\u00a0"])
def test_ordinary_marks_are_fine(legitimate: str) -> None:
    """RLM, LRM, ALM, ZWNJ and NBSP belong to Arabic typing."""
    assert check(CLEAN + legitimate) == ()


@pytest.mark.parametrize(
    "text", ["", " \n\u00a0", "Hello world", "12345 !؟", "\ufeff", "a" * (MAX_CHARS + 1)]
)
def test_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError) as error:
        check(text, "x.txt")
    assert "x.txt" in str(error.value)
    assert "\n" not in str(error.value)


def test_limit_is_inclusive() -> None:
    """Exactly MAX_CHARS characters are taken, one more is not, and the way out is told."""
    text = (CLEAN + " ") * (MAX_CHARS // len(CLEAN))
    assert check(text[:MAX_CHARS]) == ()
    with pytest.raises(InputError, match="split"):
        check("ا" * (MAX_CHARS + 1))


def test_messages_are_complete() -> None:
    """Each code has a sentence in both languages, one line each."""
    for code in MESSAGES:
        for lang in ("ar", "en"):
            message = describe(code, lang)
            assert message.endswith(".")
            assert "\n" not in message

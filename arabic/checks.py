"""What is wrong, or merely odd, with a text before it is analysed.

Warning codes, one line each in `MESSAGES`:

- `short`: fewer than 20 words; topics and summaries need more.
- `mixed_script`: more than 30 % of the letters are not Arabic.
- `mixed_letters`: a word joins Arabic with Latin or Cyrillic letters, which may be a disguise.
- `bidi_controls`: U+202A-202E or U+2066-2069, which can show the text in another order than it has.
- `control_characters`: NULs, other control characters, or lone surrogates.
- `replacement_characters`: U+FFFD, where bytes could not be decoded.
"""

import re
from typing import Literal

from arabic.errors import InputError

MAX_CHARS = 200_000
MIN_WORDS = 20
MAX_FOREIGN_SHARE = 0.3

_ARABIC = "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06fa-\u06fc\u0750-\u077f\u08a0-\u08c9"
_ARABIC += "\ufb50-\ufbb1\ufbd3-\ufdfb\ufe70-\ufefc"  # presentation forms, as in text copied from PDFs
_FOREIGN = "A-Za-z\u00c0-\u024f\u0400-\u04ff"
_ARABIC_LETTER = re.compile(f"[{_ARABIC}]")
_SIGNS = (
    ("mixed_letters", re.compile(f"[{_ARABIC}][{_FOREIGN}]|[{_FOREIGN}][{_ARABIC}]")),
    ("bidi_controls", re.compile("[\u202a-\u202e\u2066-\u2069]")),
    ("control_characters", re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")),
    ("replacement_characters", re.compile("\ufffd")),
)

MESSAGES = {
    "short": {
        "ar": "النص أقصر من 20 كلمة، فالنتائج أقل موثوقية.",
        "en": "The text has fewer than 20 words; results are less reliable.",
    },
    "mixed_script": {
        "ar": "جزء كبير من النص ليس بالحروف العربية.",
        "en": "A large part of the text is not in Arabic script.",
    },
    "mixed_letters": {
        "ar": "في النص كلمات تخلط الحروف العربية بحروف أجنبية.",
        "en": "Some words mix Arabic with Latin or Cyrillic letters.",
    },
    "bidi_controls": {
        "ar": "في النص محارف خفية تغيّر اتجاه العرض وقد تُظهره على غير حقيقته.",
        "en": "Hidden direction controls may show the text in another order than it has.",
    },
    "control_characters": {
        "ar": "في النص محارف تحكم غير مرئية.",
        "en": "The text contains control characters.",
    },
    "replacement_characters": {
        "ar": "تعذرت قراءة بعض الحروف، فاستُبدلت بها العلامة �.",
        "en": "Some characters could not be read and were replaced by �.",
    },
}


def check(text: str, name: str = "input") -> tuple[str, ...]:
    """Warning codes for an article's readable text, in a fixed order.

    Raises:
        InputError: empty, whitespace only, without Arabic letters, or over `MAX_CHARS` characters.

    """
    if not text or text.isspace():
        raise InputError(f"{name!r} is empty; give the text of an article")
    if len(text) > MAX_CHARS:
        raise InputError(
            f"{name!r} has {len(text)} characters, at most {MAX_CHARS} are taken; "
            "split it into articles, one input each"
        )
    arabic = len(_ARABIC_LETTER.findall(text))
    if not arabic:
        raise InputError(f"{name!r} has no Arabic letters; give an Arabic article, saved as UTF-8")
    warnings = []
    if len(text.split()) < MIN_WORDS:
        warnings.append("short")
    foreign = sum(map(str.isalpha, text)) - arabic
    if foreign > MAX_FOREIGN_SHARE * (arabic + foreign):
        warnings.append("mixed_script")
    warnings += [code for code, sign in _SIGNS if sign.search(text)]
    return tuple(warnings)


def has_arabic(text: str) -> bool:
    """Whether a text has any Arabic letter."""
    return _ARABIC_LETTER.search(text) is not None


def describe(code: str, lang: Literal["ar", "en"]) -> str:
    """One sentence on a warning code for people; an unknown code is a KeyError."""
    return MESSAGES[code][lang]

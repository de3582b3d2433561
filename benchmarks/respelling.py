"""Other spellings of a text that no reader takes for another text.

Each function changes only what its name says. Where writers have a habit (final ya, ta marbuta, hamza on
alef, digits) every place is respelled, as such a writer would; marks, tatweel and spaces fall where the
generator puts them. The same text and generator state give the same spelling.
"""

import random
import re
from collections.abc import Callable

Respelling = Callable[[str, random.Random], str]

MARKS = "\u064b-\u0652\u0670"
_LETTER = "\u0621-\u063a\u0641-\u064a"
_WORD_ENDS = rf"(?=[{MARKS}]*+(?!\w))"
_VOWELS = "\u064e\u064f\u0650\u0652"  # fatha, damma, kasra, sukun
_SHADDA = "\u0651"

# A letter that carries a mark in print: not alef in its forms (nor ى), and not one that has a mark already.
_BARE = re.compile(rf"[ءؤئب-غف-هوي](?![{MARKS}\u0653-\u0655])")
_JOINT = re.compile("(?<=[ئب-تث-خس-غف-هي])(?=[آ-غف-ي])")
_FINAL_YA = re.compile(rf"(?<=[{_LETTER}])[يى]{_WORD_ENDS}")
_FINAL_TA = re.compile(rf"(?<=[{_LETTER}])ة{_WORD_ENDS}")
# Behind ك only with the article: كأن would become another word, كان.
_INITIAL_ALEF = re.compile(rf"(?<![\w{MARKS}])([وف]?(?:[بل]|ك(?=ال))?(?:ال|ل)?)[أإآ]")
_QUOTED = re.compile(r'"([^"«»“”]*)"|«([^"«»“”]*)»|“([^"«»“”]*)”')
_STYLES = ('""', "«»", "“”")
_DIGITS = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", "٠١٢٣٤٥٦٧٨٩0123456789")


def add_diacritics(text: str, rng: random.Random) -> str:
    """Put a vowel sign, now and then under a shadda, on three in ten of the letters that have none."""

    def mark(letter: re.Match[str]) -> str:
        if rng.random() >= 0.3:
            return letter[0]
        doubled = rng.random() < 0.15
        return letter[0] + _SHADDA * doubled + rng.choice(_VOWELS[:3] if doubled else _VOWELS)

    return _BARE.sub(mark, text)


def add_tatweel(text: str, rng: random.Random) -> str:
    """Stretch one in ten of the joints between two letters of a word."""
    return _JOINT.sub(lambda _: "ـ" * rng.randint(1, 3) if rng.random() < 0.1 else "", text)


def swap_final_ya(text: str, rng: random.Random) -> str:
    """Write every final ya and alef maqsura alike: dotless in half of the texts, dotted in the others."""
    return _FINAL_YA.sub(rng.choice("يى"), text)


def ta_marbuta_to_ha(text: str, rng: random.Random) -> str:
    """Write every final ة as ه."""
    return _FINAL_TA.sub("ه", text)


def bare_alef(text: str, rng: random.Random) -> str:
    """Write أ إ آ as ا at the start of every word, behind proclitics and the article too."""
    return _INITIAL_ALEF.sub(r"\1ا", text)


def swap_digits(text: str, rng: random.Random) -> str:
    """Write 0-9 as ٠-٩ and the other way round."""
    return text.translate(_DIGITS)


def double_spaces(text: str, rng: random.Random) -> str:
    """Double one in five of the spaces."""
    return re.sub(" ", lambda _: "  " if rng.random() < 0.2 else " ", text)


def other_quotes(text: str, rng: random.Random) -> str:
    """Write every quoted piece with one pair of marks, one that its first piece does not have."""
    first = _QUOTED.search(text)
    if not first:
        return text
    style = rng.choice([style for style in _STYLES if style[0] != first[0][0]])
    return _QUOTED.sub(lambda m: style[0] + m[0][1:-1] + style[1], text)


ALONE: dict[str, Respelling] = {
    "diacritics": add_diacritics,
    "tatweel": add_tatweel,
    "final ya": swap_final_ya,
    "ta marbuta": ta_marbuta_to_ha,
    "alef": bare_alef,
    "digits": swap_digits,
    "spaces": double_spaces,
    "quotes": other_quotes,
}


def all_together(text: str, rng: random.Random) -> str:
    """Respell in every way, marks and tatweel last: they stand between the letters that others look at."""
    for kind in ("final ya", "ta marbuta", "alef", "digits", "spaces", "quotes", "tatweel", "diacritics"):
        text = ALONE[kind](text, rng)
    return text


RESPELLINGS: dict[str, Respelling] = {**ALONE, "all together": all_together}


def respell(text: str, kind: str, seed: int) -> str:
    """Respell a text; what comes out depends on the text, the kind and the seed alone."""
    return RESPELLINGS[kind](text, random.Random(f"{seed} {kind} {text}"))

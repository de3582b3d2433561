"""Words in their commonest spelling: «الحكومه» and «الحكومة» are read alike.

Many writers put ه for ة, ا for أ إ آ, and ى for ي or the other way round. `arabic/spellings.txt` has the
commonest spelling of words that news writes with these letters (`python -m training.spellings` makes it).
Every spelling of a word is read as that one, the standard ones too: «إن» as «أن». So a model gives a text
the same answer however it is spelled, up to words that the list lacks, which stay as they are.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from arabic.normalize import Normalization, Normalized, normalize

SPELLINGS = Path(__file__).with_name("spellings.txt")
_LETTERS = "\u0621-\u063a\u0641-\u064a"
_MARKS = "\u064b-\u0652\u0670"
WORD = re.compile(rf"(?<![\w{_MARKS}])[{_LETTERS}\u0671]{{2,24}}+(?![\w{_MARKS}])")
_ALEFS = str.maketrans("أإآٱ", "اااا")
_ENDS = {"ة": "ه", "ى": "ي"}
_KNOWN_WORDS = 100_000


def level(word: str) -> str:
    """The word with bare alefs, final ة as ه and final ى as ي: what all its spellings have in common."""
    word = word.translate(_ALEFS)
    return word[:-1] + _ENDS.get(word[-1], word[-1])


def common_spelling(levelled: str, common: Mapping[str, str]) -> str | None:
    """The commonest spelling of a levelled word, None where it is not known.

    `common` holds it by the levelled word; of a word that is not there, what stands behind و ف ب ل ك is
    looked up, and behind لل the noun with its article.
    """
    if levelled in common:
        return common[levelled]
    if levelled.startswith("لل") and len(levelled) > 4:
        found = common_spelling("ال" + levelled[2:], common)
        if found and found.startswith("ال"):
            return "لل" + found[2:]
    if levelled[0] in "وفبلك" and len(levelled) > 3:
        found = common_spelling(levelled[1:], common)
        return levelled[0] + found if found else None
    return None


def respell(text: str) -> str:
    """The text with every word in its commonest spelling; a second run changes nothing.

    One letter for one letter: the text keeps its length, and every offset its place.
    """
    return WORD.sub(lambda match: _respell_word(match[0]), text)


def reader(options: Normalization, respelled: bool) -> Callable[[str], Normalized]:
    """How a model reads a text: normalised and, where its bundle says so, respelled."""
    if not respelled:
        return lambda text: normalize(text, options)

    def read(text: str) -> Normalized:
        normalized = normalize(text, options)
        return replace(normalized, text=respell(normalized.text))

    return read


@cache
def _common() -> dict[str, str]:
    return {level(word): word for word in SPELLINGS.read_text(encoding="utf-8").split()}


_seen: dict[str, str] = {}


def _respell_word(word: str) -> str:
    known = _seen.get(word)
    if known is None:
        if len(_seen) >= _KNOWN_WORDS:
            _seen.clear()
        known = _seen[word] = common_spelling(level(word), _common()) or word
    return known

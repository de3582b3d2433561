"""Words spelled as the tokenizer's vocabulary knows them: «الحكومه» is read as «الحكومة».

Many writers put ه for ة, ا for أ إ آ, and ى for ي. A vocabulary mostly knows one of the two spellings whole
and breaks the other into pieces that a model has hardly seen.
"""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from arabic.normalize import Normalization, Normalized, normalize

_LETTERS = "\u0621-\u063a\u0641-\u064a"
_MARKS = "\u064b-\u0652\u0670"
_WORD = re.compile(rf"(?<![\w{_MARKS}])[{_LETTERS}]{{2,24}}+(?![\w{_MARKS}])")
_STARTS = [
    re.compile(rf"[وف]?{clitics}(?=ا.)") for clitics in ("", "[بلك]", "[بك]?ال", "لل")
]  # what may stand before a word's own alef; "الان" may begin with its own alef or with the article
_ENDS = {"ه": "ة", "ى": "ي"}  # the other way round it is the vocabulary that lacks a word: «جبهة», «القاسمي»
_KNOWN_WORDS = 100_000


@dataclass(frozen=True, slots=True)
class Spelling:
    """Respells the words that a tokenizer breaks up where it knows another spelling in fewer pieces.

    One letter for one letter: a text keeps its length, and every offset its place.
    """

    tokenizer: Any
    _known: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def repair(self, text: str) -> str:
        """The text in the vocabulary's spelling; a second run changes nothing.

        Final ه and ى are doubted only where the text never ends a word in ة, or in ي: who writes both letters
        means them, «برفضه» is no «برفضة».
        """
        written = {word[-1] for word in _WORD.findall(text)}
        doubted = "".join(end for end, meant in _ENDS.items() if end in written and meant not in written)
        return _WORD.sub(lambda match: self._word(match[0], doubted), text)

    def _word(self, word: str, doubted: str) -> str:
        known = self._known.get((word, doubted))
        if known is None:
            if len(self._known) >= _KNOWN_WORDS:
                self._known.clear()
            known = self._known[word, doubted] = self._choose(word, doubted)
        return known

    def _choose(self, word: str, doubted: str) -> str:
        """The spelling with the fewest pieces, the word's own where no other has fewer.

        Another alef has to make the word whole: in pieces «الارتقاء» would become «الأرتقاء».
        """
        own = best = self._rank(word)
        chosen = word
        for other in spellings(word, doubted) if own[0] > 1 else ():
            rank = self._rank(other)
            if rank[0] < own[0] and rank < best and (rank[0] == 1 or other[:-1] == word[:-1]):
                chosen, best = other, rank
        return chosen

    def _rank(self, word: str) -> tuple[int, int]:
        """Pieces, then the rarest one's number: vocabularies are sorted by frequency."""
        ids = self.tokenizer.backend_tokenizer.encode(word, add_special_tokens=False).ids
        return len(ids), max(ids, default=0)


def spellings(word: str, doubted: str) -> list[str]:
    """The other spellings of a word: of its own first alef, of its last letter if doubted, of both."""
    places = sorted({match.end() for start in _STARTS if (match := start.match(word))})
    heads = [word[:-1], *(word[:at] + alef + word[at + 1 : -1] for at in places for alef in "أإآ")]
    ends = word[-1] + (_ENDS[word[-1]] if word[-1] in doubted else "")
    return [head + end for head in heads for end in ends][1:]


def reader(tokenizer: Any, normalization: Normalization, respell: bool) -> Callable[[str], Normalized]:
    """How a model reads a text: normalised and, where its bundle says so, respelled."""
    if not respell:
        return lambda text: normalize(text, normalization)
    spelling = Spelling(tokenizer)

    def read(text: str) -> Normalized:
        normalized = normalize(text, normalization)
        return dataclasses.replace(normalized, text=spelling.repair(normalized.text))

    return read

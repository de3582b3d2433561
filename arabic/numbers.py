"""The numbers of a text by their values, in digits of any kind or in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from arabic.normalize import Normalization, normalize

_LOOSE = Normalization(alef=True, ya=True, ta_marbuta=True)
_POINT = r"(?:[.,،]|ر|\s+فاصله?\s+)"  # Arabic news writes 3.9 as 3,9 and 3،9 and 3ر9 and «3 فاصل 9»
_TOKEN = re.compile(rf"\d+(?:{_POINT}\d+|[/:]\d+)*|[^\W\d_]+")
_REVERSED = re.compile(r"(\d+)ر(\d+)")  # 9ر3, as it comes out of right-to-left typesetting, is 3.9
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}")

# Words in the loosest spelling: ا for أ إ آ, ي for ى, ه for ة.
_STEMS = "ثلاث اربع خمس ست سبع ثمان تسع عشر".split()
_UNITS = {stem + end: float(n) for n, stem in enumerate(_STEMS, start=3) for end in ("", "ه")}
_TEENS = dict.fromkeys(("احد", "احدي"), 1.0) | dict.fromkeys(("اثنا", "اثني", "اثنتا", "اثنتي"), 2.0)
_TENS = {
    stem + end: 10.0 * n
    for n, stem in enumerate("عشر ثلاث اربع خمس ست سبع ثمان تسع".split(), start=2)
    for end in ("ون", "ين")
}
_HUNDREDS = {
    **dict.fromkeys(("مئه", "مائه"), 100.0),
    **dict.fromkeys(("مئتان", "مئتين", "مائتان", "مائتين"), 200.0),
    **{stem + h: 100.0 * n for n, stem in enumerate(_STEMS[:-1], start=3) for h in ("مئه", "مائه")},
}
_WORDS = _UNITS | {"ثماني": 8.0} | _TENS | _HUNDREDS
_SCALES = {
    **dict.fromkeys("الف الاف الفا".split(), 1e3),
    **dict.fromkeys("مليون ملايين مليونا".split(), 1e6),
    **dict.fromkeys("مليار مليارات مليارا بليون".split(), 1e9),
}
_DUALS = {
    **dict.fromkeys("الفان الفين الفي".split(), 2e3),
    **dict.fromkeys("مليونان مليونين مليوني".split(), 2e6),
    **dict.fromkeys("ملياران مليارين ملياري".split(), 2e9),
}
_ORDINAL = re.compile("و?(?:ال|لل|بال)(?:حادي|ثاني|ثالث|رابع|خامس|سادس|سابع|ثامن|تاسع)ه?")


@dataclass(frozen=True, slots=True)
class Number:
    """A number where it stands, and what its last digit counts: 4.5 million counts in 100,000."""

    start: int
    end: int
    value: float
    precision: float

    def agrees(self, known: "Number") -> bool:
        """Whether it is the known number, or that number rounded or cut off to the precision of this one."""
        return -self.precision / 2 <= known.value - self.value < self.precision


def numbers(text: str) -> list[Number]:
    """Every number of a text, with the thousands, millions and milliards written after it.

    Ordinals («الدورة الثانية عشرة»), «واحد», «اثنان», duals of nouns and «بالمئة» are no numbers here. Of a
    date or a time the first part is taken; «9ر3» comes twice, as 9.3 and as 3.9.
    """
    normalized = normalize(text, _LOOSE)
    return [
        Number(*normalized.to_source(found.start, found.end), found.value, found.precision)
        for found in _numbers(normalized.text)
    ]


def _numbers(text: str) -> Iterator[Number]:
    tokens = list(_TOKEN.finditer(text))
    i = 0
    while i < len(tokens):
        first = i
        before = tokens[i - 1][0] if i else ""
        values = _digits(tokens[i][0])
        if not values:
            value, i = _words([token[0] for token in tokens[i : i + 5]], before, i)
            values = [] if value is None else [(value, 1.0)]
        scale = _SCALES.get(tokens[i + 1][0], 1.0) if values and i + 1 < len(tokens) else 1.0
        if scale > 1:
            i += 1
        for value, precision in values:
            yield Number(tokens[first].start(), tokens[i].end(), value * scale, precision * scale)
        i += 1


def _digits(token: str) -> list[tuple[float, float]]:
    """The values, with their precision, that a number in digits may have."""
    if not token[0].isdecimal():
        return []
    token = re.split("[/:]", token)[0]
    if _THOUSANDS.fullmatch(token):
        token = token.replace(",", "") if "," in token else token.replace(".", "")
    readings = [re.sub(_POINT, ".", token)]
    if reverse := _REVERSED.fullmatch(token):
        readings.append(f"{reverse[2]}.{reverse[1]}")
    found = []
    for reading in readings:
        whole, _, decimals = reading.partition(".")
        decimals = decimals.replace(".", "")[:12]
        found.append((float(f"{whole}.{decimals or 0}"), 10.0 ** -len(decimals)))
    return found


def _words(words: list[str], before: str, at: int) -> tuple[float | None, int]:
    """The value of the number in words that begins here, and where its last word stands."""
    word = words[0]
    for prefix in ("و", "ال"):
        bare = word.removeprefix(prefix)
        word = bare if bare in _WORDS or bare in _DUALS else word
    if word in _DUALS:
        return _DUALS[word], at
    if word in _TEENS and len(words) > 1 and words[1] in ("عشر", "عشره"):
        return _TEENS[word] + 10, at + 1
    if word not in _WORDS or _ORDINAL.fullmatch(before) or (word in _HUNDREDS and before == "في"):
        return None, at
    value = _WORDS[word]
    for following in words[1:]:
        if following in ("عشر", "عشره") and value < 10:
            added = 10.0
        else:
            added = _WORDS.get(following[1:], 0.0) if following.startswith("و") else 0.0
        if not (added == 10 or 0 < added < value or value < 10 < added < 100):
            break
        value, at = value + added, at + 1
    return value, at

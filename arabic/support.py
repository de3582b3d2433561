"""Does the article say what a written summary says: its numbers, quotations and the names that can be told.

Arabic has no capital letters and no light tagger finds its names, so names are those that are sure:
words in Latin letters, countries, and what follows a title («الوزير فلان»). What is found missing is missing;
what is not found missing is not proved.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from arabic.normalize import Normalization, normalize
from arabic.numbers import numbers
from arabic.spans import Span

Kind = Literal["number", "name", "quotation"]
_LOOSE = Normalization(alef=True, ya=True, ta_marbuta=True)
_WORD = re.compile(r"\w+")
_QUOTATION = re.compile(r'(?<!\w)"(?=\S)([^"]{8,300})(?<=\S)"(?!\w)')
_CLITICS = ("وبال", "وال", "بال", "فال", "كال", "ولل", "لل", "ال", "و", "ب", "ل", "ف", "ك")
# The words below are in the loosest spelling: ا for أ إ آ, ي for ى, ه for ة.
_TITLES = frozenset(
    (
        "الرئيس الوزير الملك الامير الشيخ السيد السيده الدكتور المهندس الجنرال اللواء العميد العقيد "
        "السفير النائب المدرب اللاعب الحكم القاضي المحامي الفنان المخرج الكاتب المدعو"
    ).split()
)
_NO_NAME = frozenset(
    (
        "من في علي الي عن مع ان او بين الذي التي ثم حيث بعد قبل قد لم لن لا ما كان كانت اليوم امس السابق "
        "الحالي الجديد قال اكد اعلن اضاف اوضح ذكر دعا طالب حذر نفي رفض رحب شدد كشف صرح اشار الاول الثاني "
        "العام الوطني"
    ).split()
)
_COUNTRIES = (
    "مصر سعود امارات قطر كويت بحرين عمان يمن عراق سور لبنان اردن فلسطين اسرائيل تونس ليبيا جزائر مغرب "
    "موريتانيا سودان صومال جيبوت ايران ترك باكستان افغانستان هند صين يابان كور روسيا روس اوكرانيا "
    "المانيا الماني فرنسا فرنس بريطانيا بريطان ايطاليا ايطال اسبانيا اسبان برتغال هولندا هولند بلجيكا "
    "سويسرا سويد نرويج يونان بولندا امريكا امريك اميركا اميرك كندا كند مكسيك برازيل ارجنتين فنزويلا "
    "كوبا استراليا نيجيريا كينيا اثيوبيا ايثوبيا تشاد سنغال اندونيسيا ماليزيا"
).split()
_NATION = re.compile(
    f"(?:ال)?({'|'.join(sorted(_COUNTRIES, key=len, reverse=True))})(?:ي|يه|يون|يين|يات|ا|يا|ه)?"
)
_AMBIGUOUS = frozenset("سور ترك هند كور روس كند عمان سوره سورا هندي تركه تركا قطرا قطره كوره".split())


@dataclass(frozen=True, slots=True)
class Claim:
    """A number, name or quotation of a summary, where it stands there, and whether the article has it."""

    kind: Kind
    span: Span
    supported: bool


def claims(summary: str, article: str) -> list[Claim]:
    """The numbers, names and quotations of a summary, in its order, each looked up in the article.

    Numbers are compared by value, in digits of any kind or in words («خمسة ملايين» is 5,000,000);
    countries with their adjectives; names by word, without what Arabic writes together with them.
    """
    ours, theirs = normalize(summary, _LOOSE), normalize(article, _LOOSE)
    known_numbers = numbers(article)
    known_words = {form for word in _WORD.findall(theirs.text) for form in _forms(word.lower())}
    known_text = _plain(theirs.text)
    readings: dict[tuple[int, int], bool] = {}
    for number in numbers(summary):
        at = number.start, number.end
        readings[at] = readings.get(at, False) or any(map(number.agrees, known_numbers))
    found = [_claim(summary, "number", at, supported) for at, supported in readings.items()]
    for start, end, forms in _names(ours.text):
        at = ours.to_source(start, end)
        found.append(_claim(summary, "name", at, not known_words.isdisjoint(forms)))
    for match in _QUOTATION.finditer(ours.text):
        at = ours.to_source(*match.span(1))
        found.append(_claim(summary, "quotation", at, _plain(match[1]) in known_text))
    return sorted(found, key=lambda claim: (claim.span.start, claim.span.end))


def _claim(summary: str, kind: Kind, at: tuple[int, int], supported: bool) -> Claim:
    return Claim(kind, Span(summary[slice(*at)], *at), supported)


def _plain(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _bare(word: str) -> str:
    """The word without what is written together with it, as far as three letters are left."""
    clitic = next((c for c in _CLITICS if word.startswith(c) and len(word) >= len(c) + 3), "")
    return word[len(clitic) :]


def _forms(word: str) -> set[str]:
    """The word as it is, without clitics, and the country that it names."""
    forms = {word, _bare(word)}
    return forms | {f"country:{nation}" for form in forms if (nation := _nation(form))}


def _nation(word: str) -> str:
    match = _NATION.fullmatch(word)
    return "" if match is None or word in _AMBIGUOUS else match[1][:4]


def _names(text: str) -> Iterator[tuple[int, int, set[str]]]:
    """The words of a normalised text that are surely names, each with its forms in an article."""
    follows = 0
    previous_end = 0
    for match in _WORD.finditer(text):
        word = match[0].lower()
        if text[previous_end : match.start()].strip():
            follows = 0  # a mark ends the name
        previous_end = match.end()
        nation = next((n for form in (word, _bare(word)) if (n := _nation(form))), "")
        if nation:
            yield match.start(), match.end(), {f"country:{nation}"}
            follows = max(follows - 1, 0)
        elif word.isascii() and word.isalpha() and len(word) > 1:
            yield match.start(), match.end(), {word}
        elif _bare(word) in _NO_NAME or word in _NO_NAME or re.match(r"[يت]\w{3}", word):
            follows = 0
        elif follows:
            yield match.start(), match.end(), {word, _bare(word)}
            follows -= 1
        if word in _TITLES or word.removeprefix("و") in _TITLES:
            follows = 3

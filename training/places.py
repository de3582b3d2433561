"""Targets moved to another country: what a paragraph says of one place it does not say of another.

A model takes the same kind of event elsewhere for the target itself (docs/errors.md); pairs of a paragraph
and one of its own targets with the country exchanged teach it to look at the place.
"""

import random
import re
from collections.abc import Sequence

from arabic.normalize import normalize
from training.pairs import LOOSE, Pair

# Names and their adjectives; «السعودية» is both, and stands among the adjectives.
_COUNTRIES = """
تونس تونسي, ليبيا ليبي, مصر مصري, الجزائر جزائري, المغرب مغربي, موريتانيا موريتاني, السودان سوداني,
الصومال صومالي, اليمن يمني, المملكة سعودي, الإمارات إماراتي, قطر قطري, البحرين بحريني, الكويت كويتي,
العراق عراقي, سوريا سوري, لبنان لبناني, الأردن أردني, فلسطين فلسطيني, إسرائيل إسرائيلي, إيران إيراني,
تركيا تركي, أفغانستان أفغاني, باكستان باكستاني, الهند هندي, الصين صيني, اليابان ياباني, روسيا روسي,
أوكرانيا أوكراني, فرنسا فرنسي, ألمانيا ألماني, بريطانيا بريطاني, إيطاليا إيطالي, إسبانيا إسباني,
أمريكا أمريكي, كوبا كوبي, فنزويلا فنزويلي, البرازيل برازيلي, إثيوبيا إثيوبي, نيجيريا نيجيري
"""
_WORD = re.compile(r"\w+")


def _forms(name: str, adjective: str) -> tuple[str, ...]:
    return name, adjective, f"{adjective}ة", f"ال{adjective}", f"ال{adjective}ة"


_FORMS = tuple(_forms(*entry.split()) for entry in _COUNTRIES.split(","))
_PLACES = {form: (i, kind) for i, forms in enumerate(_FORMS) for kind, form in enumerate(forms)}


def elsewhere(pair: Pair, rng: random.Random) -> Pair | None:
    """The unrelated pair of the paragraph and its target moved to a country that the paragraph lacks.

    The first country that the target names is exchanged wherever it stands. None where it names none.
    """
    named = [found for word in _WORD.findall(pair.target) if (found := _place(word))]
    if not named:
        return None
    text = normalize(f"{pair.text} {pair.heading}", LOOSE).text
    absent = [forms for forms in _FORMS if not any(normalize(f, LOOSE).text in text for f in forms[:2])]
    if not absent:
        return None
    country, other = named[0][1], rng.choice(absent)

    def move(match: re.Match[str]) -> str:
        found = _place(match[0])
        return found[0] + other[found[2]] if found and found[1] == country else match[0]

    return Pair(pair.text, _WORD.sub(move, pair.target), (), pair.heading)


def moved_pairs(pairs: Sequence[Pair], share: float, seed: int) -> list[Pair]:
    """A `share` of the related pairs moved elsewhere, drawn by the seed; only pairs that name a country."""
    rng = random.Random(seed)
    drawn = [pair for pair in pairs if pair.records and rng.random() < share]
    return [moved for pair in drawn if (moved := elsewhere(pair, rng))]


def _place(word: str) -> tuple[str, int, int] | None:
    """The proclitic before a country's name or adjective, the country's number, which form it is."""
    if word in _PLACES:
        return "", *_PLACES[word]
    if word[:1] in "وبلف" and word[1:] in _PLACES:
        return word[0], *_PLACES[word[1:]]
    return None

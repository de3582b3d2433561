"""Targets turned into their opposite: who is for something is against its rejection.

A model takes angry words for a stance against whatever target it is asked, a closure or a ban among them
(docs/errors.md); the same paragraph asked for both poles teaches it to look at the target.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from training.data import StanceLabel
from training.pairs import OPPOSITE, Pair

_AGAINST = ("رفض", "معارضة", "مناهضة")
_STOPPING = ("وقف", "إلغاء", "إنهاء", "منع")
_UNDONE = ("رفض", "معارضة", "مناهضة", "وقف", "إلغاء", "إنهاء", "حظر", "مكافحة", "محاربة", "إسقاط", "مقاطعة")
# Verbal nouns of the derived forms, and a few short ones: only what is done can be stopped.
_ACTION = re.compile(
    r"(?:إ\w{2,}ا\w|ت\w{2,3}ي\w|ت\w{3}ية|ا(?!ل)\w{2,}ا\w|م\w{3,}ة|بناء|رفع|دعم|فتح|منح|خفض|فرض|ضم|عودة)"
)


def opposite(pair: Pair, rng: random.Random) -> Pair:
    """The pair of the same paragraph and the target's opposite; those for the target are against that.

    A target that begins with a word of rejection or stopping loses it, another one gets one.
    """
    first, _, rest = pair.target.partition(" ")
    if first in _UNDONE and rest:
        target = rest
    else:
        words = (*_AGAINST, *_STOPPING) if _ACTION.fullmatch(first) else _AGAINST
        target = f"{rng.choice(words)} {pair.target}"
    return replace(pair, target=target, records=tuple(_exchanged(record) for record in pair.records))


def opposite_pairs(pairs: Sequence[Pair], share: float, seed: int) -> list[Pair]:
    """The opposites of a `share` of the related pairs, drawn by the seed; not of those a teacher labelled."""
    rng = random.Random(seed)
    drawn = [p for p in pairs if p.records and not p.probabilities and rng.random() < share]
    return [opposite(pair, rng) for pair in drawn]


def _exchanged(record: StanceLabel) -> StanceLabel:
    stance = OPPOSITE.get(record.stance, record.stance)
    return replace(record, stance=stance, opposite=not record.opposite)

"""Stance pairs with one clause more: a second party takes a side on the target, or a party on another one.

Paragraphs in which two parties stand on opposite sides are rare (about one pair in thirty), so a model
learns that everybody in a paragraph agrees. Written clauses teach it to read a side clause by clause:
the new holder's side is known, and so is that a clause on another target says nothing about this one.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from training.data import StanceLabel
from training.pairs import Pair

# {h}: the holder, {t}: the target. The verb is given as masculine | feminine.
_ON_TARGET = {
    "favor": (
        "{أيد|أيدت} {h} {t}",
        "{أعلن|أعلنت} {h} تأييد {t}",
        "{أعرب|أعربت} {h} عن دعم {t}",
        "{دافع|دافعت} {h} عن {t}",
        "{وقف|وقفت} {h} إلى جانب {t}",
        "{أبدى|أبدت} {h} ارتياحا إزاء {t}",
        "{يدعم|تدعم} {h} {t}",
    ),
    "against": (
        "{رفض|رفضت} {h} {t}",
        "{انتقد|انتقدت} {h} {t}",
        "{عارض|عارضت} {h} {t}",
        "{اعترض|اعترضت} {h} على {t}",
        "{حذر|حذرت} {h} من {t}",
        "{احتج|احتجت} {h} على {t}",
        "{يرفض|ترفض} {h} {t}",
    ),
    "neutral": (
        "{امتنع|امتنعت} {h} عن التعليق على {t}",
        "لم {يحدد|تحدد} {h} موقفا من {t}",
    ),
}
# Clauses that point back to the target, which stands in the evidence right before them.
_POINTING_BACK = {
    "favor": (
        "وهو ما {رحب به|رحبت به} {h}",
        "الأمر الذي {يؤيده|تؤيده} {h}",
        "وذلك بدعم من {h}",
        "بالتنسيق مع {h}",
        "بالتعاون مع {h}",
        "بمساندة {h}",
    ),
    "against": (
        "وهو ما {رفضه|رفضته} {h}",
        "الأمر الذي {انتقده|انتقدته} {h}",
        "الأمر الذي {يعتبره|تعتبره} {h} غير مقبول",
        "وهو ما {أثار|أثار} اعتراض {h}",
        "رغم معارضة {h}",
    ),
}
_JOINS = ("، فيما ", "، بينما ", "، في المقابل ", "، في حين ", ". من جهة أخرى ", ". وفي المقابل ", "، و")
_OPENINGS = ("في وقت {}، ", "بعد أن {}، ", "فيما {}، ")
_FEMININE = frozenset(
    ("إسرائيل", "حماس", "مصر", "قطر", "تونس", "إيران", "روسيا", "فرنسا", "السعودية", "الأمم")
)
_MAX_HOLDER_WORDS = 5
_NEARBY = 0.35  # share of the clauses on the target that only point back to it


def add_clauses(pairs: Sequence[Pair], share: float, seed: int) -> list[Pair]:
    """Give `share` of the related pairs a clause more; the other pairs stay as they are.

    Two in three of the clauses are on the pair's target; the rest are on the target of another pair
    and change nothing for this one, except that every second of those asks for the other target.
    """
    rng = random.Random(seed)
    holders = _holders(pairs)
    targets = [pair.target for pair in pairs if pair.records]
    if not share or len(holders) < 2 or len(set(targets)) < 2:
        return list(pairs)
    return [_varied(pair, holders, targets, rng) if _chosen(pair, share, rng) else pair for pair in pairs]


def _chosen(pair: Pair, share: float, rng: random.Random) -> bool:
    return bool(pair.records) and rng.random() < share


def _holders(pairs: Sequence[Pair]) -> list[str]:
    """The holders that are named in the data, each once."""
    found = {pair.text[slice(*record.holder)] for pair in pairs for record in pair.records if record.holder}
    return sorted(name for name in found if len(name.split()) <= _MAX_HOLDER_WORDS)


def _varied(pair: Pair, holders: Sequence[str], targets: Sequence[str], rng: random.Random) -> Pair:
    holder = rng.choice(holders)
    if holder in pair.text:
        return pair
    if rng.random() < 2 / 3:
        sides = {record.stance for record in pair.records}
        opposite = "favor" if sides == {"against"} else "against"
        pair = replace(pair, records=tuple(r for r in pair.records if r.holder or r.stance != "neutral"))
        stance = opposite if rng.random() < 0.7 else rng.choice(("favor", "against", "neutral"))
        anchor = _end_of_evidence(pair, rng) if stance != "neutral" and rng.random() < _NEARBY else None
        if anchor is not None:
            return _pointing_back(pair, anchor, holder, stance, rng)
        return _with_clause(pair, pair.target, holder, stance, rng)
    other = rng.choice(targets)
    if other == pair.target or other in pair.text:
        return pair
    varied = _with_clause(pair, other, holder, rng.choice(("favor", "against")), rng)
    if rng.random() < 0.5:
        return replace(varied, target=other, records=varied.records[-1:])
    return replace(varied, records=varied.records[:-1])


def _with_clause(pair: Pair, target: str, holder: str, stance: str, rng: random.Random) -> Pair:
    """The pair with a clause on `target` before or behind its text, and the clause's record last."""
    clause, at = _write(rng.choice(_ON_TARGET[stance]), holder, target)
    if rng.random() < 0.25:
        opening = rng.choice(_OPENINGS)
        shift = opening.index("{}")
        front = opening.format(clause)
        record = StanceLabel(
            target, stance, (shift + at, shift + at + len(holder)), (shift, shift + len(clause))
        )
        return Pair(front + pair.text, pair.target, (*_shifted(pair, 0, len(front)), record))
    body = pair.text.rstrip(" .،")
    start = len(body + (join := rng.choice(_JOINS)))
    record = StanceLabel(target, stance, (start + at, start + at + len(holder)), (start, start + len(clause)))
    return Pair(f"{body}{join}{clause}.", pair.target, (*pair.records, record))


def _record(target: str, stance: str, start: int, at: int, holder: str, clause: str) -> StanceLabel:
    """The record of a clause that begins at `start`, its holder `at` characters into it."""
    return StanceLabel(target, stance, (start + at, start + at + len(holder)), (start, start + len(clause)))


def _pointing_back(pair: Pair, anchor: int, holder: str, stance: str, rng: random.Random) -> Pair:
    clause, at = _write(rng.choice(_POINTING_BACK[stance]), holder, "")
    start = anchor + len("، ")
    text = f"{pair.text[:anchor]}، {clause}{pair.text[anchor:]}"
    record = _record(pair.target, stance, start, at, holder, clause)
    return Pair(text, pair.target, (*_shifted(pair, anchor, len(text) - len(pair.text)), record))


def _end_of_evidence(pair: Pair, rng: random.Random) -> int | None:
    """Where a piece of evidence ends before a comma or a full stop, so that a clause can follow it."""
    ends = [record.evidence[1] for record in pair.records if record.evidence]
    found = [end for end in ends if pair.text[end : end + 1] in ("،", ".", "")]
    return rng.choice(found) if found else None


def _shifted(pair: Pair, after: int, by: int) -> tuple[StanceLabel, ...]:
    """The pair's records once `by` characters were put in at `after`."""

    def moved(span: tuple[int, int] | None) -> tuple[int, int] | None:
        if span is None:
            return None
        start, end = span
        return (start + by if start >= after else start, end + by if end > after else end)

    return tuple(replace(r, holder=moved(r.holder), evidence=moved(r.evidence)) for r in pair.records)


def _write(template: str, holder: str, target: str) -> tuple[str, int]:
    """Fill in a template; the holder's offset comes with it."""
    first = holder.split()[0]
    verb = template[template.index("{") + 1 : template.index("}")] if "|" in template else ""
    feminine = first.endswith("ة") or first in _FEMININE
    if verb:
        template = template.replace(f"{{{verb}}}", verb.split("|")[feminine])
    before = template.split("{h}")[0].replace("{t}", target)
    return template.replace("{h}", holder).replace("{t}", target), len(before)

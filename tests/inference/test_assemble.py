"""What is made of the models' predictions."""

from arabic.spans import Span
from inference import assemble
from models.decoding import StanceRecord

ARTICLE = "رحبت قطر بالاتفاق. وتعمل مصر مع وقطر والبطريرك لضمان تنفيذه."
PARAGRAPH = Span(ARTICLE[19:], 19, len(ARTICLE))


def test_a_holder_comes_without_the_conjunction_before_it() -> None:
    """And once, where it is named with it and without."""

    def at(words: str) -> tuple[int, int]:
        start = PARAGRAPH.text.index(words)
        return start, start + len(words)

    records = [
        StanceRecord(at("وقطر"), "favor", 0.6, None),
        StanceRecord(at("قطر"), "favor", 0.7, None),
        StanceRecord(at("والبطريرك"), "favor", 0.6, at("لضمان تنفيذه")),
        StanceRecord(None, "neutral", 0.5, None),
    ]
    found = list(assemble.stances("الاتفاق", False, 1, PARAGRAPH, ARTICLE, records))
    assert [stance.holder and stance.holder.text for stance in found] == ["قطر", "البطريرك", None]
    assert found[0].probability == 0.7
    for span in (part for stance in found for part in (stance.holder, stance.evidence) if part):
        assert ARTICLE[span.start : span.end] == span.text

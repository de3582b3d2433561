"""Proposed targets: few, distinct, from the article."""

from pathlib import Path

from arabic.parse import parse_article
from inference.targets import MAX_PROPOSED, propose_targets
from models.load import OpenBundle
from models.units import stems


def test_proposals_are_few_distinct_and_from_the_text(tiny_bundle: Path) -> None:
    lead = "أيد رئيس البلدية مشروع الجسر الجديد، ورفضت نقابة الصيادين توسعة الميناء القديم."
    text = f"خلاف على مشروع الجسر الجديد\n\n{lead}"
    found = propose_targets(parse_article(text), OpenBundle.open(tiny_bundle).embedder())
    assert 1 <= len(found) <= MAX_PROPOSED
    assert len(set(found)) == len(found)
    words = set(stems(text))
    assert all(set(stems(phrase)) <= words for phrase in found)


def test_no_noun_phrase_no_proposal(tiny_bundle: Path) -> None:
    assert propose_targets(parse_article("قال إنه"), OpenBundle.open(tiny_bundle).embedder()) == []

"""Proposed targets: few, distinct, from the article."""

from pathlib import Path

from arabic.parse import parse_article
from inference.targets import MAX_PROPOSED, propose_targets
from models.load import OpenBundle
from models.units import stems
from tests.tiny import AGAINST, FAVOR, HEALTH


def test_proposals_are_few_distinct_and_from_the_text(tiny_bundle: Path) -> None:
    lead = "أيد رئيس البلدية مشروع الجسر الجديد، ورفضت نقابة الصيادين توسعة الميناء القديم."
    text = f"خلاف على مشروع الجسر الجديد\n\n{lead}"
    (found,) = propose_targets([parse_article(text)], OpenBundle.open(tiny_bundle).embedder())
    assert 1 <= len(found) <= MAX_PROPOSED
    assert len(set(found)) == len(found)
    words = set(stems(text))
    assert all(set(stems(phrase)) <= words for phrase in found)


def test_no_noun_phrase_no_proposal(tiny_bundle: Path) -> None:
    assert propose_targets([parse_article("قال إنه")], OpenBundle.open(tiny_bundle).embedder()) == [()]


def test_articles_beside_it_do_not_change_proposals(tiny_bundle: Path) -> None:
    embedder = OpenBundle.open(tiny_bundle).embedder()
    articles = [
        parse_article(text) for text in (f"{FAVOR}.\n\n{AGAINST}.", "قال إنه", f"{HEALTH}.\n\n{FAVOR}.")
    ]
    together = propose_targets(articles, embedder)
    assert together == [propose_targets([article], embedder)[0] for article in articles]
    assert together[0] and together[2] and together[1] == ()
    assert propose_targets([], embedder) == []

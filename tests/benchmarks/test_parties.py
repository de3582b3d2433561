"""What counts as a party found, and that the articles' labels fit the articles."""

from pathlib import Path

import pytest

from arabic.errors import InputError
from benchmarks.parties import (
    ARTICLES,
    Counts,
    Party,
    Question,
    called,
    foreign_targets,
    judge,
    news_texts,
    our_texts,
    read_gold,
)
from inference.results import Span, Stance

QUESTION = Question(
    "الهدنة",
    (Party(("الحكومة اليمنية", "وزير الخارجية"), "favor"), Party(("الحركة",), "against")),
    ("الأمم المتحدة",),
)


def stance(holder: str | None, side: str) -> Stance:
    span = None if holder is None else Span(holder, 0, len(holder))
    return Stance("الهدنة", False, span, side, False, 0.9, 0, None)


def test_sides_are_counted_by_party_and_by_name() -> None:
    found = judge(
        QUESTION,
        [
            stance("الحكومة", "favor"),
            stance("الحكومة", "favor"),
            stance("وزير الخارجية", "favor"),
            stance("الحركة", "favor"),
            stance("الأمم المتحدة", "against"),
            stance("صنعاء", "neutral"),
            stance(None, "against"),
        ],
    )
    assert found == Counts(
        parties=2, right=1, wrong_side=1, reported=4, reported_right=2, bystanders=1, unnamed=1
    )
    assert (found.recall, found.precision, found.f1) == (0.5, 0.5, 0.5)
    assert judge(QUESTION, []) == Counts(parties=2)


@pytest.mark.parametrize("holder", ["الحكومة اليمنية", "والحكومه", "يمنية", "وزير", "وزير النفط"])
def test_half_of_the_words_make_a_name(holder: str) -> None:
    assert called(holder, QUESTION.parties[0].names)


@pytest.mark.parametrize("holder", ["", "،", "رئيس الحكومة السابق في صنعاء", "الحكومات"])
def test_fewer_do_not(holder: str) -> None:
    assert not called(holder, QUESTION.parties[0].names)


def test_every_name_stands_in_its_article() -> None:
    gold = read_gold()
    assert len(gold) == len(list(ARTICLES.glob("*.txt")))
    check(gold, our_texts(gold))


@pytest.mark.shared
def test_every_name_stands_in_its_article_of_the_news(shared: Path) -> None:
    gold = read_gold(ARTICLES / "news.jsonl")
    data = shared / "data"
    check(
        gold, news_texts([data / "ant_topic" / "all.jsonl", *(data / "sanad_khaleej").glob("*.jsonl")], gold)
    )


def test_an_article_is_asked_for_targets_of_the_next_two() -> None:
    gold = {name: [Question(f"{name}{i}", (), ()) for i in range(3)] for name in "abcd"}
    assert foreign_targets(gold)[0] == ["b0", "b1", "c0", "c1"]
    assert foreign_targets(gold)[3] == ["a0", "a1", "b0", "b1"]


def test_an_article_that_is_in_no_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    file.write_text(
        '{"id": "a-1", "title": "عنوان", "text": "نص"}\n{"id": "a-2", "text": "نص"}\n', encoding="utf-8"
    )
    assert news_texts([file], ["a-1", "a-2"]) == {"a-1": "عنوان\n\nنص", "a-2": "نص"}
    with pytest.raises(InputError, match=r"1 of 2 articles are in no file, such as a-3"):
        news_texts([file], ["a-1", "a-3"])


def check(gold: dict[str, list[Question]], texts: dict[str, str]) -> None:
    for name, questions in gold.items():
        text = texts[name]
        for question in questions:
            assert {party.stance for party in question.parties} <= {"favor", "against"}
            for names in [*(party.names for party in question.parties), question.neutral]:
                assert all(called_by in text for called_by in names), (name, question.target, names)

"""The pairs a stance model learns from: complete, seeded, and unrelated only where they really are."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from arabic.normalize import normalize
from tests.tiny import AGAINST, FAVOR, NEUTRAL, STANCE_ROWS, write_rows
from training.data import StanceLabel, StanceRow, read_stance
from training.pairs import (
    Pair,
    all_pairs,
    related_pairs,
    shared_words,
    sided_pairs,
    unrelated_pairs,
    with_headings,
)


@pytest.fixture(scope="module")
def rows(tiny_rows: dict[str, Path]) -> list[StanceRow]:
    return read_stance(tiny_rows["stance"]).rows


def _label(target: str, stance: str = "favor") -> StanceLabel:
    return StanceLabel(target, stance, None, None)


def test_related_pairs_are_one_for_a_paragraph_and_target_with_all_its_records() -> None:
    row = StanceRow("a#0", FAVOR, (_label("الجسر"), _label("المدينة"), _label("الجسر", "against")))
    other = StanceRow("a#1", AGAINST, (_label("الجسر", "neutral"),))
    first, second, third = related_pairs([row, other, StanceRow("a#2", NEUTRAL, ())])
    assert (first.target, first.records) == ("الجسر", (row.stances[0], row.stances[2]))
    assert (second.target, second.records) == ("المدينة", (row.stances[1],))
    assert (third.text, third.records) == (AGAINST, other.stances)


def test_a_pair_on_which_holders_disagree_has_two_labels() -> None:
    row = StanceRow("a#0", FAVOR, (_label("الجسر"), _label("الجسر", "against"), _label("الجسر")))
    (pair,) = related_pairs([row])
    assert pair.labels == {"favor", "against"} and len(pair.records) == 3


def test_a_pair_knows_what_its_words_name() -> None:
    """The side on what is named is the other one where that is the target's opposite."""
    turned = replace(_label("إغلاق الجسر"), opposite=True)
    (pair,) = related_pairs([StanceRow("a#0", FAVOR, (turned, _label("إغلاق الجسر", "neutral")))])
    assert (pair.names, [record.stance for record in pair.named]) == ("opposite", ["against", "neutral"])
    assert pair.labels == {"favor", "neutral"}
    assert replace(pair, records=(turned, _label("إغلاق الجسر"))).names == ""
    assert replace(pair, records=(_label("إغلاق الجسر"),)).names == "target"
    assert replace(pair, records=()).names == ""


def test_a_pair_without_records_is_unrelated() -> None:
    (pair,) = related_pairs([StanceRow("a#0", FAVOR, (_label("السد", "unrelated"),))])
    assert pair.records == () and pair.labels == {"unrelated"}


def test_unrelated_pairs_depend_on_the_seed_and_on_nothing_else(rows: list[StanceRow]) -> None:
    assert unrelated_pairs(rows, 12, 0.5, seed=3) == unrelated_pairs(rows, 12, 0.5, seed=3)
    assert unrelated_pairs(rows, 12, 0.5, seed=3) != unrelated_pairs(rows, 12, 0.5, seed=4)


@pytest.mark.parametrize("hard", [0.0, 0.5, 1.0])
def test_unrelated_pairs_are_as_many_as_asked_and_each_once(hard: float) -> None:
    texts = (FAVOR, AGAINST, NEUTRAL)
    rows = [StanceRow(f"d{i}#0", f"{texts[i % 3]} {i}", (_label(f"سد النهر {i}"),)) for i in range(12)]
    pairs = unrelated_pairs(rows, 60, hard, seed=1)
    assert len(pairs) == 60 == len({(pair.text, pair.target) for pair in pairs})
    assert all(pair.labels == {"unrelated"} for pair in pairs)


def test_unrelated_targets_come_from_other_documents_only() -> None:
    rows = [
        StanceRow(f"doc{i // 3}#{i % 3}", f"{NEUTRAL} {i}", (_label(f"سد النهر {i // 3}"),)) for i in range(9)
    ]
    home = {row.text: row.stances[0].target for row in rows}
    pairs = unrelated_pairs(rows, 15, 0.5, seed=1)
    assert len(pairs) == 15 and all(pair.target != home[pair.text] for pair in pairs)


def test_a_target_whose_words_all_stand_in_the_paragraph_is_never_unrelated(rows: list[StanceRow]) -> None:
    """The words count without article and spelling variants, so that «الجسر» finds «جسر»."""
    spelled = [
        StanceRow("x#0", "افتتحت إدارة الجسر الجديد أمس", (_label("السد العالي"),)),
        StanceRow("y#0", "مشروع السكة في الشمال", (_label("جسر جديد"), _label("ادارة الجسر"))),
        StanceRow("z#0", "سوق السمك في المرفأ", (_label("السوق"),)),
    ]
    pairs = unrelated_pairs(spelled, 50, 0.0, seed=1)
    assert {pair.target for pair in pairs if "الجسر" in pair.text} == {"السوق"}
    for pair in unrelated_pairs(rows, 30, 0.5, seed=2):
        assert not set(pair.target.split()) <= set(normalize(pair.text).text.split())


def test_all_pairs_makes_the_ratio_of_the_records(rows: list[StanceRow]) -> None:
    for ratio, expected in ((0.0, 0), (0.5, 9), (1.0, 18)):
        pairs = all_pairs(rows, ratio=ratio, hard=0.5, seed=1)
        assert pairs[:18] == related_pairs(rows)
        assert sum(pair.labels == {"unrelated"} for pair in pairs) == expected == len(pairs) - 18


@pytest.mark.parametrize(("ratio", "made"), [(0.0, 0), (0.5, 8), (1.0, 17)])
def test_unrelated_records_of_the_data_count_as_made_ones(ratio: float, made: int, tmp_path: Path) -> None:
    """And their targets are not taken for targets that another paragraph is about."""
    source = copy.deepcopy(STANCE_ROWS)
    source[0]["stances"].append({"target": "ميناء الصيد", "stance": "unrelated", "holder": ""})
    rows = read_stance(write_rows(tmp_path / "own.jsonl", source)).rows
    pairs = all_pairs(rows, ratio=ratio, hard=0.5, seed=1)
    unrelated = [pair.target for pair in pairs if pair.labels == {"unrelated"}]
    assert unrelated.count("ميناء الصيد") == 1 and len(unrelated) == made + 1
    assert len(pairs) == len(STANCE_ROWS) + 1 + made


def test_shared_words_are_those_of_the_target_without_article_and_spelling() -> None:
    pair = Pair("رفضت ادارة الجسر اقتراحا بشأنه", "إدارة جسر المدينة", ())
    assert shared_words(pair) == {"اداره", "جسر"}
    assert shared_words(Pair("سوق السمك", "الميناء", ())) == frozenset()


@pytest.mark.parametrize("hard", [0.0, 1.0])
def test_data_of_one_article_gives_no_unrelated_pairs_and_no_crash(hard: float) -> None:
    alone = [StanceRow("a#0", FAVOR, (_label("الجسر"),))]
    assert all_pairs(alone, ratio=1.0, hard=hard, seed=1) == related_pairs(alone)
    assert all_pairs([StanceRow("a#0", FAVOR, ())], ratio=1.0, hard=hard, seed=1) == []


def test_headings_come_to_related_and_unrelated_pairs_alike_and_half_name_the_target() -> None:
    """Or the model would learn that a heading which names the target makes every paragraph about it."""
    label = _label("مشروع الجسر")
    related = [Pair(f"{FAVOR} {i}", "مشروع الجسر", (label,), "عنوان الخبر") for i in range(400)]
    unrelated = [Pair(f"{NEUTRAL} {i}", "مشروع الميناء", ()) for i in range(400)]
    given = with_headings([*related, *unrelated], 0.6, seed=1)
    for pairs, target in ((given[:400], "مشروع الجسر"), (given[400:], "مشروع الميناء")):
        naming = sum(target in pair.heading for pair in pairs)
        assert 90 < naming < 150
    assert 90 < sum(pair.heading == "عنوان الخبر" for pair in given[:400]) < 150
    assert given == with_headings([*related, *unrelated], 0.6, seed=1)
    assert all(not pair.heading for pair in with_headings(related, 0.0, seed=1))


def test_another_target_of_the_paragraph_serves_as_a_heading() -> None:
    pairs = [Pair(FAVOR, target, (_label(target),)) for target in ("الجسر", "الرسوم")] * 40
    headings = {pair.heading for pair in with_headings(pairs, 1.0, seed=3) if pair.target == "الجسر"}
    assert headings == {"الرسوم", "الجسر الرسوم", "الرسوم الجسر"}


def test_of_the_pairs_with_a_side_those_who_take_one_are_kept() -> None:
    row = StanceRow("a#0", FAVOR, (_label("الجسر"), _label("الجسر", "neutral"), _label("المدينة", "neutral")))
    unrelated = Pair(NEUTRAL, "الجسر", ())
    (kept,) = sided_pairs([*related_pairs([row]), unrelated])
    assert (kept.text, kept.target, kept.records) == (FAVOR, "الجسر", row.stances[:1])

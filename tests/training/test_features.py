"""The model learns the words that were annotated, however the source spells them."""

import dataclasses
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic.normalize import Normalization, normalize
from models.encoder import load_tokenizer
from models.label_sets import load_labels
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS
from models.windows import windows
from tests.tiny import AGAINST, FAVOR, NEUTRAL, SPORT
from training.config import TrainConfig
from training.data import StanceLabel, SummaryRow, TopicRow, read_stance
from training.features import (
    IGNORE,
    collate,
    stance_features,
    summary_features,
    tag_tokens,
    topic_features,
)
from training.pairs import Pair, related_pairs

CONFIG = TrainConfig(max_length=64)
PLAIN = Normalization()
MARKS = ("\u064e", "\u0651\u064f", "\u0640", "\u0640\u0640", "\u0652")


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> Any:
    return load_tokenizer(tiny_base)


def _words(tokenizer: Any, ids: list[int], tags: list[int]) -> str:
    return tokenizer.decode([i for i, tag in zip(ids, tags, strict=True) if tag > 0]).strip()


def _find(text: str, words: str) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def _pair(text: str, *records: StanceLabel) -> Pair:
    return Pair(text, "مشروع الجسر", records)


@pytest.mark.parametrize("max_length", [128, 32])
def test_the_tagged_tokens_are_the_annotated_words(
    tokenizer: Any, tiny_rows: dict[str, Path], max_length: int
) -> None:
    """In one window, and put together from several."""
    pairs = related_pairs(read_stance(tiny_rows["stance"]).rows)[:3]
    dataset = stance_features(pairs, tokenizer, PLAIN, TrainConfig(max_length=max_length))
    texts = [normalize(pair.text).text for pair in pairs]
    cut = windows(tokenizer, texts, [pair.target for pair in pairs], max_length=max_length)
    assert (len(dataset) > len(pairs)) == (max_length == 32)
    for name in ("holder", "evidence"):
        covered: list[set[int]] = [set() for _ in pairs]
        for window, row in zip(cut, dataset, strict=True):
            for (start, end), tag in zip(window.offsets.tolist(), row[f"{name}_labels"], strict=True):
                covered[window.item].update(range(start, end) if tag > 0 else ())
        for pair, text, places in zip(pairs, texts, covered, strict=True):
            span = getattr(pair.records[0], name)
            found = "".join(text[i] for i in sorted(places)).strip()
            assert found == (normalize(pair.text[slice(*span)]).text if span else "")


@settings(deadline=None, max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(0, 9), st.integers(1, 10))
def test_vowel_signs_tatweel_and_double_spaces_do_not_move_the_tags(
    tokenizer: Any, chance: random.Random, first: int, count: int
) -> None:
    words = FAVOR.split()
    first %= len(words)
    last = min(first + count, len(words)) - 1
    text, start, end = chance.choice(["", " ", "\u200f"]), 0, 0
    for number, word in enumerate(words):
        start = len(text) if number == first else start
        text += "".join(c + (chance.choice(MARKS) if chance.random() < 0.3 else "") for c in word)
        end = len(text) if number == last else end
        text += chance.choice([" ", "  ", "\n", "\u00a0 "])
    record = StanceLabel("مشروع الجسر", "favor", (start, end), (start, end))
    (row,) = stance_features([_pair(text, record)], tokenizer, PLAIN, CONFIG)
    expected = " ".join(words[first : last + 1])
    assert _words(tokenizer, row["input_ids"], row["holder_labels"]) == expected
    assert _words(tokenizer, row["input_ids"], row["evidence_labels"]) == expected


def test_tags_carry_the_stance_and_holders_their_beginning(tokenizer: Any) -> None:
    span = _find(AGAINST, "نقابة الصيادين")
    (row,) = stance_features(
        [_pair(AGAINST, StanceLabel("x", "against", span, span))], tokenizer, PLAIN, CONFIG
    )
    holder = [HOLDER_TAGS[tag] for tag in row["holder_labels"] if tag > 0]
    assert holder[0] == "B-against" and set(holder[1:]) == {"I-against"}
    assert {EVIDENCE_TAGS[tag] for tag in row["evidence_labels"] if tag > 0} == {"I-against"}


def test_where_the_opposite_is_named_the_side_is_that_of_the_words(tokenizer: Any) -> None:
    """Label and tags say how somebody stands on what the words name, one more output what they name."""
    span = _find(AGAINST, "نقابة الصيادين")
    stays = StanceLabel("x", "against", span, None)
    (plain,) = stance_features([_pair(AGAINST, stays)], tokenizer, PLAIN, CONFIG)
    turned = StanceLabel("x", "favor", span, None, opposite=True)
    (row,) = stance_features([_pair(AGAINST, turned)], tokenizer, PLAIN, CONFIG)
    assert row["labels"] == plain["labels"] and row["holder_labels"] == plain["holder_labels"]
    assert set(plain["opposite_labels"]) == {0.0} and set(row["opposite_labels"]) == {1.0}


def test_of_two_parties_each_has_its_own_opposite(tokenizer: Any) -> None:
    """All other tokens have the mean; nobody on a side and unrelated pairs teach nothing."""
    first, second = _find(AGAINST, "نقابة"), _find(AGAINST, "الصيادين")
    records = [
        StanceLabel("x", "favor", first, None, opposite=True),
        StanceLabel("x", "against", second, None),
        StanceLabel("x", "neutral", None, None),
    ]
    (row,) = stance_features([_pair(AGAINST, *records)], tokenizer, PLAIN, CONFIG)
    assert set(row["opposite_labels"]) == {0.0, 0.5, 1.0}
    ids, shares = row["input_ids"], row["opposite_labels"]
    assert _words(tokenizer, ids, [int(share == 1) for share in shares]) == "نقابة"
    for pair in (_pair(AGAINST, records[2]), _pair(AGAINST)):
        (row,) = stance_features([pair], tokenizer, PLAIN, CONFIG)
        assert set(row["opposite_labels"]) == {IGNORE}


def test_neighbouring_holders_keep_apart_and_one_named_twice_is_tagged_once(tokenizer: Any) -> None:
    first, second = _find(AGAINST, "نقابة"), _find(AGAINST, "الصيادين")
    records = [
        StanceLabel("x", "favor", first, None),
        StanceLabel("x", "against", second, None),
        StanceLabel("x", "neutral", first, None),  # taken: the first record on the words stays
    ]
    (row,) = stance_features([_pair(AGAINST, *records)], tokenizer, PLAIN, CONFIG)
    tags = [HOLDER_TAGS[tag] for tag in row["holder_labels"] if tag > 0]
    assert [tag for tag in tags if tag.startswith("B-")] == ["B-favor", "B-against"]
    assert {tag[2:] for tag in tags} == {"favor", "against"}
    assert row["labels"] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])


def test_target_and_special_tokens_are_not_learned(tokenizer: Any) -> None:
    """Tokens of the target look like the text's, but spans are of the text only."""
    text = normalize(FAVOR)
    (window,) = windows(tokenizer, [text.text], ["رئيس البلدية"], max_length=64)
    record = StanceLabel("رئيس البلدية", "favor", _find(FAVOR, "رئيس البلدية"), None)
    tags = tag_tokens(window, text, [record], "holder", HOLDER_TAGS)
    outside = window.offsets[:, 1] == 0
    assert {tag for tag, out in zip(tags, outside, strict=True) if out} == {IGNORE}
    assert IGNORE not in {tag for tag, out in zip(tags, outside, strict=True) if not out}
    assert _words(tokenizer, window.input_ids.tolist(), tags) == "رئيس البلدية"


def test_masked_pairs_lose_the_words_they_share_with_their_target(tokenizer: Any) -> None:
    """All of them and only them; spans and offsets stay, the target is whole."""
    holder = StanceLabel("جسر جديد", "favor", _find(FAVOR, "رئيس البلدية"), _find(FAVOR, "أيد رئيس البلدية"))
    pair = Pair(FAVOR, "جسر جديد", (holder,))
    (plain,) = stance_features([pair], tokenizer, PLAIN, CONFIG)
    (masked,) = stance_features([pair], tokenizer, PLAIN, dataclasses.replace(CONFIG, mask_words=1.0))
    hidden = [a for a, b in zip(plain["input_ids"], masked["input_ids"], strict=True) if a != b]
    assert set(tokenizer.decode(hidden).split()) == {"الجسر", "الجديد"}
    assert masked["input_ids"].count(tokenizer.mask_token_id) == len(hidden)
    assert masked["holder_labels"] == plain["holder_labels"] and "جسر جديد" in tokenizer.decode(
        masked["input_ids"][:12]
    )


def test_the_mask_does_not_tell_related_from_unrelated(tokenizer: Any) -> None:
    """Pairs without a shared word lose words too, others for another seed; a share of 0 masks none."""
    config = dataclasses.replace(CONFIG, mask_words=1.0)
    pairs = [Pair(NEUTRAL, "مشروع الجسر", ())] * 8
    rows = [stance_features(pairs, tokenizer, PLAIN, config, seed=seed)["input_ids"] for seed in (1, 1, 2)]
    assert all(tokenizer.mask_token_id in ids for ids in rows[0])
    assert list(rows[0]) == list(rows[1]) != list(rows[2])
    half = dataclasses.replace(CONFIG, mask_words=0.5)
    drawn = [
        tokenizer.mask_token_id in r["input_ids"] for r in stance_features(pairs * 10, tokenizer, PLAIN, half)
    ]
    assert 20 < sum(drawn) < 60
    assert all(
        tokenizer.mask_token_id not in r["input_ids"]
        for r in stance_features(pairs, tokenizer, PLAIN, CONFIG)
    )


def test_unrelated_pairs_teach_their_label_and_no_tags(tokenizer: Any) -> None:
    (row,) = stance_features([_pair(SPORT)], tokenizer, PLAIN, CONFIG)
    assert set(row["holder_labels"]) == set(row["evidence_labels"]) == {IGNORE}
    assert row["labels"] == [0, 0, 0, 1]


def test_a_record_without_spans_teaches_that_there_are_none(tokenizer: Any) -> None:
    (row,) = stance_features(
        [_pair(SPORT, StanceLabel("x", "neutral", None, None))], tokenizer, PLAIN, CONFIG
    )
    assert set(row["holder_labels"]) == {IGNORE, 0}


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_a_second_topic_gets_its_share(tokenizer: Any, weight: float) -> None:
    rows = [TopicRow("a", SPORT, "sport", "health"), TopicRow("b", SPORT, "sport", None)]
    config = TrainConfig(max_length=64, second_label_weight=weight)
    both, alone = topic_features(rows, tokenizer, PLAIN, config)
    ids = load_labels("topic").ids
    assert both["labels"][ids.index("sport")] == pytest.approx(1 - weight)
    assert both["labels"][ids.index("health")] == pytest.approx(weight)
    assert sum(both["labels"]) == pytest.approx(1) and alone["labels"][ids.index("sport")] == 1


def test_a_teachers_shares_are_learnt_instead_of_the_label(tokenizer: Any) -> None:
    shares = (("sport", 0.7), ("health", 0.3))
    (topic,) = topic_features([TopicRow("a", SPORT, "sport", None, shares)], tokenizer, PLAIN, CONFIG)
    ids = load_labels("topic").ids
    assert topic["labels"][ids.index("health")] == pytest.approx(0.3) and sum(topic["labels"]) == 1
    record = StanceLabel("جسر جديد", "favor", _find(FAVOR, "رئيس البلدية"), None)
    pair = Pair(FAVOR, "جسر جديد", (record,), probabilities=(("favor", 0.6), ("unrelated", 0.4)))
    (stance,) = stance_features([pair], tokenizer, PLAIN, CONFIG)
    assert stance["labels"] == pytest.approx([0.6, 0, 0, 0.4])
    assert set(stance["holder_labels"]) == {IGNORE}  # the teacher's words are not known


def test_every_window_of_a_long_text_has_the_label(tokenizer: Any) -> None:
    rows = [TopicRow("a", " ".join([SPORT] * 12), "sport", None)]
    dataset = topic_features(rows, tokenizer, PLAIN, CONFIG)
    assert len(dataset) > 1 and all(row["labels"] == dataset[0]["labels"] for row in dataset)
    assert all(row["length"] == len(row["input_ids"]) <= 64 for row in dataset)


def test_summary_units_are_key_important_or_neither(tokenizer: Any) -> None:
    units = (FAVOR, AGAINST, SPORT, FAVOR)
    row = SummaryRow("a", "الجسر الجديد", units, (0,), (1,), "ملخص")
    config = TrainConfig(max_length=512, important_target=0.4)
    (features,) = summary_features([row], tokenizer, PLAIN, config)
    assert features["unit_labels"] == pytest.approx([1, 0.4, 0, 0])
    for number, unit in enumerate(units):
        ids = [i for i, u in zip(features["input_ids"], features["unit_ids"], strict=True) if u == number]
        assert tokenizer.decode(ids).strip() == unit


def test_units_that_do_not_fit_go_on_in_the_next_window_with_their_own_labels(tokenizer: Any) -> None:
    row = SummaryRow("a", "", (FAVOR, AGAINST, SPORT) * 4, (0, 5, 11), (), "ملخص")
    dataset = summary_features([row], tokenizer, PLAIN, CONFIG)
    assert len(dataset) > 1
    labels = [label for part in dataset for label in part["unit_labels"]]
    assert np.flatnonzero(labels).tolist() == [0, 5, 11] and len(labels) == 12


def test_a_unit_of_which_normalisation_leaves_nothing_keeps_its_place(tokenizer: Any) -> None:
    row = SummaryRow("a", "", (FAVOR, "\u200f", SPORT), (2,), (), "ملخص")
    (features,) = summary_features([row], tokenizer, PLAIN, TrainConfig(max_length=512))
    assert features["unit_labels"] == [0, 0, 1]


def test_collate_pads_with_what_counts_nothing_and_masks_it() -> None:
    def row(length: int, units: int) -> dict[str, Any]:
        return {
            "input_ids": list(range(5, 5 + length)),
            "unit_ids": [0] * length,
            "holder_labels": [2] * length,
            "features": [[0.5, 0.5]] * units,
            "unit_labels": [1.0] * units,
            "length": length,
        }

    batch = collate(1, [row(2, 1), row(4, 3)])
    assert "length" not in batch
    assert batch["input_ids"].tolist() == [[5, 6, 1, 1], [5, 6, 7, 8]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert batch["unit_ids"].tolist()[0] == [0, 0, -1, -1]
    assert batch["holder_labels"].tolist()[0] == [2, 2, IGNORE, IGNORE]
    assert batch["unit_labels"].tolist()[0] == [1, IGNORE, IGNORE]
    assert batch["features"].tolist()[0] == [[0.5, 0.5], [0, 0], [0, 0]]
    assert {str(v.dtype) for n, v in batch.items() if n in ("features", "unit_labels")} == {"torch.float32"}
    assert str(batch["input_ids"].dtype) == "torch.int64"


def test_with_respell_the_model_learns_the_commonest_spelling(tokenizer: Any) -> None:
    """Target and paragraph; the tags stay on the annotated words."""
    respell = dataclasses.replace(CONFIG, respell=True)
    text, target = "وقالت الشركة أن الأرباح زادت", "قالت أن السوق"
    other, asked = text.replace("أن", "ان"), target.replace("أن", "ان")
    rows = [TopicRow("a", t, "sport", None) for t in (text, other)]
    (plain, _), (known, read) = (topic_features(rows, tokenizer, PLAIN, c) for c in (CONFIG, respell))
    assert plain["input_ids"] == known["input_ids"] == read["input_ids"]
    assert topic_features(rows[1:], tokenizer, PLAIN, CONFIG)[0]["input_ids"] != plain["input_ids"]
    record = StanceLabel(target, "favor", _find(text, "الشركة"), _find(text, "الأرباح زادت"))
    pairs = [Pair(text, target, (record,)), Pair(other, asked, (record,))]
    (given_pair,) = stance_features(pairs[:1], tokenizer, PLAIN, CONFIG)
    (read_pair,) = stance_features(pairs[1:], tokenizer, PLAIN, respell)
    assert read_pair == given_pair
    assert stance_features(pairs[1:], tokenizer, PLAIN, CONFIG)[0]["input_ids"] != given_pair["input_ids"]

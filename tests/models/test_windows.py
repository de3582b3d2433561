"""Nothing of a text is cut off, and batching never changes what belongs to whom."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder import load_tokenizer
from models.windows import (
    Arrays,
    Window,
    batches,
    encode_units,
    pad,
    run,
    shorten,
    unit_windows,
    windows,
)
from tests.tiny import ECONOMY, FAVOR, HEALTH, SPORT

LONG = " ".join([SPORT, HEALTH, ECONOMY] * 6)
WORDS = st.sampled_from(" ".join([SPORT, FAVOR]).split())


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> Any:
    return load_tokenizer(tiny_base)


def _covered(cut: list[Window], item: int, text: str) -> str:
    """The text with every character that no window covers replaced."""
    seen = np.zeros(len(text), bool)
    for window in cut:
        for start, end in window.offsets if window.item == item else ():
            seen[start:end] = True
    return "".join(c if seen[i] or c == " " else "?" for i, c in enumerate(text))


def test_a_short_text_is_one_window(tokenizer: Any) -> None:
    (window,) = windows(tokenizer, [SPORT], max_length=64)
    assert window.item == 0
    assert window.input_ids.tolist() == tokenizer(SPORT)["input_ids"]
    assert window.offsets.shape == (len(window.input_ids), 2)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(WORDS, max_size=120).map(" ".join), min_size=1, max_size=4), st.integers(32, 80))
def test_windows_cover_every_text_to_its_end(tokenizer: Any, texts: list[str], max_length: int) -> None:
    """Whatever stands past `max_length` tokens is read in a further window."""
    for firsts in (None, ["مشروع الجسر"] * len(texts)):
        cut = windows(tokenizer, texts, firsts, max_length=max_length)
        assert {window.item for window in cut} == set(range(len(texts)))
        assert all(len(window.input_ids) <= max_length for window in cut)
        for item, text in enumerate(texts):
            assert _covered(cut, item, text) == text


def test_neighbouring_windows_overlap(tokenizer: Any) -> None:
    """What stands at a border is seen with its context at least once."""
    cut = windows(tokenizer, [LONG], max_length=32)
    assert len(cut) > 3
    for before, after in zip(cut, cut[1:], strict=False):
        assert after.offsets[1, 0] < before.offsets[-2, 0]


def test_tokens_outside_the_text_have_no_offsets(tokenizer: Any) -> None:
    """Specials and the target must never be decoded as spans of the paragraph."""
    target = "مشروع الجسر"
    (window,) = windows(tokenizer, [FAVOR], [target], max_length=64)
    length = len(tokenizer(target)["input_ids"]) + 1  # <s> target </s> </s>
    assert not window.offsets[:length].any() and not window.offsets[-1].any()
    assert window.offsets[length].tolist()[0] == 0
    assert window.offsets[-2].tolist()[1] == len(FAVOR)


def test_an_overlong_first_sequence_leaves_room_for_the_text(tokenizer: Any) -> None:
    """A target of hundreds of words used to end in a panic of the tokenizer."""
    cut = windows(tokenizer, [LONG, SPORT], [LONG, "هدف"], max_length=32)
    assert _covered(cut, 0, LONG) == LONG and _covered(cut, 1, SPORT) == SPORT
    assert all(len(window.input_ids) <= 32 for window in cut)


@pytest.mark.parametrize("text", ["", " "])
def test_a_text_of_nothing_is_one_window(tokenizer: Any, text: str) -> None:
    assert [w.item for w in windows(tokenizer, [text, SPORT], max_length=64)] == [0, 1]


def test_no_texts_are_no_windows(tokenizer: Any) -> None:
    assert windows(tokenizer, [], max_length=64) == windows(tokenizer, [], [], max_length=64) == []


def test_shortening_cuts_after_whole_tokens_only_where_needed(tokenizer: Any) -> None:
    length = len(tokenizer(SPORT, add_special_tokens=False)["input_ids"])
    assert shorten(tokenizer, [SPORT, "", LONG], length)[:2] == [SPORT, ""]
    short = shorten(tokenizer, [LONG], 5)[0]
    assert LONG.startswith(short) and 0 < len(short) < 40


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 1000))
def test_batches_hold_every_index_once_and_keep_to_the_bound(lengths: list[int], bound: int) -> None:
    found = list(batches(lengths, bound))
    assert sorted(i for batch in found for i in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= bound


def test_padding_fills_the_first_dimension() -> None:
    padded = pad([np.ones((1, 2), np.float32), np.ones((3, 2), np.float32)], -1)
    assert padded.shape == (2, 3, 2) and padded.dtype == np.float32
    assert padded[0].tolist() == [[1, 1], [-1, -1], [-1, -1]]


def _sums(arrays: Arrays) -> Arrays:
    """A backend that adds up what the mask keeps."""
    assert set(arrays) == {"input_ids", "attention_mask"}
    assert (arrays["input_ids"][arrays["attention_mask"] == 0] == 9).all()
    return {"sum": (arrays["input_ids"] * arrays["attention_mask"]).sum(1)}


@given(st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=50), max_size=30))
def test_results_come_back_in_the_inputs_order(rows: list[list[int]]) -> None:
    outputs = run(_sums, [{"input_ids": np.array(row, np.int64)} for row in rows], {"input_ids": 9})
    assert [int(output["sum"]) for output in outputs] == [sum(row) for row in rows]


def test_long_inputs_are_run_in_several_batches() -> None:
    seen = []

    def forward(arrays: Arrays) -> Arrays:
        seen.append(arrays["input_ids"].shape)
        return {"n": arrays["attention_mask"].sum(1)}

    lengths = [3000, 10, 2000, 1000, 3000]
    outputs = run(forward, [{"input_ids": np.zeros(n, np.int64)} for n in lengths], {"input_ids": 1})
    assert [int(output["n"]) for output in outputs] == lengths
    assert len(seen) > 2 and all(rows == 1 or rows * width <= 4096 for rows, width in seen)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=30).map(" ".join), max_size=12))
def test_every_unit_is_in_one_group_and_groups_fit(tokenizer: Any, units: list[str]) -> None:
    groups = unit_windows(tokenizer, "الجسر الجديد", units, 64)
    assert [i for group in groups for i in group] == list(range(len(units)))
    for group in groups:
        encoded = encode_units(tokenizer, "الجسر الجديد", [units[i] for i in group], 64)
        assert len(encoded["input_ids"]) <= 64
        assert len(group) == 1 or encoded["unit_ids"].max() == len(group) - 1


def test_every_token_belongs_to_the_unit_it_stands_in(tokenizer: Any) -> None:
    """The tokenizer counts the space before a word as its own: a unit's first token must not slip."""
    units = [SPORT, "قال.", FAVOR]
    encoded = encode_units(tokenizer, "خبر", units, 128)
    for number, unit in enumerate(units):
        ids = encoded["input_ids"][encoded["unit_ids"] == number]
        assert ids.tolist() == tokenizer(unit, add_special_tokens=False)["input_ids"]


def test_the_title_and_specials_belong_to_no_unit(tokenizer: Any) -> None:
    encoded = encode_units(tokenizer, "خبر", [SPORT], 128)
    outside = encoded["input_ids"][encoded["unit_ids"] == -1]
    assert outside.tolist() == [
        *tokenizer("خبر")["input_ids"],
        tokenizer.sep_token_id,
        tokenizer.sep_token_id,
    ]


@pytest.mark.parametrize("title", ["", " ", "خبر", "كلمة " * 200, "خ" * 3000])
def test_any_title_leaves_room_for_the_units(tokenizer: Any, title: str) -> None:
    """A title of one endless word used to end in a truncation error."""
    units = [SPORT, HEALTH]
    for group in unit_windows(tokenizer, title, units, 64):
        encoded = encode_units(tokenizer, title, [units[i] for i in group], 64)
        assert len(encoded["input_ids"]) <= 64
        assert set(range(len(group))) <= set(encoded["unit_ids"].tolist())

"""How rows are cut: the arithmetic that resuming relies on."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.batch.rows import Row, RowError
from inference.batch.shards import Shard, cut

ROWS = st.lists(st.builds(Row, st.text(max_size=3), st.text(max_size=30)), max_size=40)


@settings(deadline=None)
@given(ROWS, st.integers(1, 9), st.integers(1, 100))
def test_shards_are_the_rows(rows: list[Row], size: int, max_bytes: int) -> None:
    """All of them, in order, numbered without gaps, in shards that are never empty nor too large."""
    shards = list(cut(rows, size, max_bytes))
    assert [row for shard in shards for row in shard.rows] == rows
    assert [shard.index for shard in shards] == list(range(len(shards)))
    start = 0
    for shard in shards:
        assert shard.start == start
        assert 1 <= len(shard.rows) <= size
        assert len(shard.rows) == 1 or sum(len(row.text) for row in shard.rows) <= max_bytes
        start += len(shard.rows)


@settings(deadline=None)
@given(ROWS, st.integers(1, 9))
def test_shards_are_full_where_memory_allows(rows: list[Row], size: int) -> None:
    """Only the last one may be smaller."""
    assert [len(shard.rows) for shard in cut(rows, size)][:-1] == [size] * ((len(rows) - 1) // size)


@settings(deadline=None)
@given(ROWS, ROWS, st.integers(1, 9))
def test_earlier_shards_do_not_depend_on_later_rows(first: list[Row], more: list[Row], size: int) -> None:
    """What a run has done stays valid, however the input goes on."""
    alone, longer = list(cut(first, size)), list(cut(first + more, size))
    assert alone[:-1] == longer[: max(len(alone) - 1, 0)]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "y"},
        {"text": "b"},
        {"targets": ()},
        {"kept": {"k": 1}},
        {"error": RowError("invalid_json", "no")},
    ],
)
def test_hash_is_of_everything_in_a_row(change: dict[str, object]) -> None:
    row = Row("x", "a\ud800")
    changed = replace(row, **change)  # type: ignore[arg-type]
    assert Shard(0, 0, (row,)).sha256 == Shard(5, 9, (row,)).sha256
    assert Shard(0, 0, (row,)).sha256 != Shard(0, 0, (changed,)).sha256

"""Rows out of Parquet, whatever the file was made to do."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from inference.batch.readers import read_rows
from inference.batch.rows import Columns, Row
from inference.batch.sources import walk

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=20), max_size=12)


def read(path: Path, *keep: str) -> list[Row]:
    return list(read_rows(walk([path]), Columns(keep=keep)))


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    parquet.write_table(pyarrow.table(columns), path, **options)
    return path


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.integers(1, 5), st.booleans())
def test_gives_back_what_was_written(
    tmp_path: Path, texts: list[str | None], group: int, dictionary: bool
) -> None:
    """Over row groups, with and without dictionaries; a null is an error of its row."""
    table = {"text": pyarrow.array(texts, pyarrow.string())}
    path = write(tmp_path / "a.parquet", table, row_group_size=group, use_dictionary=dictionary)
    found = read(path)
    assert [row.text if row.error is None else None for row in found] == texts
    assert [row.id for row in found] == [f"a.parquet:{i + 1}" for i in range(len(texts))]


def test_types(tmp_path: Path) -> None:
    """Lists of targets, bytes as text, and other types kept as text."""
    table = {
        "id": [1, 2],
        "text": pyarrow.array(["نص".encode(), b"\xff"], pyarrow.binary()),
        "targets": [["السد"], None],
        "day": [datetime.date(2024, 1, 2), None],
        "score": [0.5, float("nan")],
    }
    good, bad = read(write(tmp_path / "a.parquet", table), "day", "score")
    assert (good.id, good.text, good.targets) == ("1", "نص", ("السد",))
    assert good.kept == {"day": "2024-01-02", "score": 0.5}
    assert bad.error is not None and bad.error.code == "invalid_utf8"


def test_text_in_the_wrong_encoding(tmp_path: Path) -> None:
    """Parquet does not check that strings are UTF-8."""
    raw = pyarrow.array([b"ok", b"\xff\xfe"], pyarrow.binary()).view(pyarrow.string())
    found = read(write(tmp_path / "a.parquet", {"text": raw}))
    assert [row.error.code if row.error else "" for row in found] == ["", "invalid_utf8"]


def test_no_column(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "a.parquet", {"body": ["x"]}))
    assert row.error is not None and row.error.code == "missing_column"
    assert "'body'" in row.error.message


def test_damage_in_the_middle(tmp_path: Path) -> None:
    """Row groups before it are read, and the message says how many rows are lost."""
    path = write(tmp_path / "a.parquet", {"text": [f"نص {i}" for i in range(100)]}, row_group_size=25)
    chunk = parquet.ParquetFile(path).metadata.row_group(2).column(0)
    data = bytearray(path.read_bytes())
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    data[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)
    *good, bad = read(path)
    assert len(good) == 50
    assert bad.error is not None and "50 rows from here on are lost" in bad.error.message


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no parquet at all", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_not_parquet(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(data)
    (row,) = read(tmp_path / "a.parquet")
    assert row.error is not None and row.error.code == "damaged_file"


def test_bomb_of_a_repeated_value(tmp_path: Path) -> None:
    """A file of a few hundred bytes that unpacks to 50 GB is read a row at a time, flat."""
    value = pyarrow.array(["ا" * 500_000])
    repeated = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 50_000, pyarrow.int32()), value)
    path = write(tmp_path / "a.parquet", {"text": repeated}, compression="zstd", store_schema=False)
    assert path.stat().st_size < 2000
    before = pyarrow.total_allocated_bytes()
    rows = read_rows(walk([path]), Columns())
    for _ in range(200):
        assert len(next(rows).text) == 500_000
    assert pyarrow.total_allocated_bytes() - before < 20_000_000


def test_bomb_of_one_huge_value(tmp_path: Path) -> None:
    """Over the limit it is not unpacked where the file says so, and made no text where it does not."""
    honest = write(
        tmp_path / "a.parquet", {"text": ["x" * 21_000_000]}, compression="zstd", use_dictionary=False
    )
    (row,) = read(honest)
    assert row.error is not None and row.error.code == "too_large"
    mixed = ["x"] * 9 + ["x" * 21_000_000] + ["x"]
    path = write(tmp_path / "b.parquet", {"text": mixed}, compression="zstd", use_dictionary=False)
    found = read(path)
    assert [row.error.code if row.error else "" for row in found] == [""] * 9 + ["too_large", ""]

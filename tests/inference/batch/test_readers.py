"""Every line of every file becomes a row or an error, and nothing stops the reading."""

import csv
import gzip
import io
import json
import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arabic.errors import InputError
from inference.batch import readers, rows, streams
from inference.batch.readers import Position, read_rows
from inference.batch.rows import Columns, Row
from inference.batch.sources import walk
from tests.inference.batch.conftest import TEXT

PLAIN_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\0"), max_size=30)
same_folder = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(*paths: Path, **columns: object) -> list[Row]:
    return list(read_rows(walk(paths), Columns(**columns)))  # type: ignore[arg-type]


def codes(found: list[Row]) -> list[str]:
    return [row.error.code if row.error else "" for row in found]


def zstd(data: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}


@pytest.fixture
def small_rows(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a row be overlong at a thousand bytes."""
    for module in (rows, readers, streams):
        monkeypatch.setattr(module, "MAX_ROW_BYTES", 1000)
    return 1000


@same_folder
@given(st.lists(st.tuples(PLAIN_TEXT, PLAIN_TEXT), max_size=8), st.sampled_from(sorted(PACKERS)))
def test_jsonl_gives_back_what_was_written(tmp_path: Path, made: list[tuple[str, str]], end: str) -> None:
    """Packed or not; ids that are empty become places."""
    lines = [json.dumps({"id": id_, "text": text}, ensure_ascii=False) for id_, text in made]
    path = tmp_path / f"a.jsonl{end}"
    path.write_bytes(PACKERS[end]("".join(f"{line}\n" for line in lines).encode()))
    found = read(path)
    assert [(row.id, row.text) for row in found] == [
        (id_ or f"a.jsonl{end}:{number}", text) for number, (id_, text) in enumerate(made, start=1)
    ]


@same_folder
@given(
    st.lists(
        st.tuples(PLAIN_TEXT, st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))),
        max_size=8,
    ),
    st.sampled_from(["csv", "tsv"]),
    st.sampled_from(sorted(PACKERS)),
)
def test_csv_gives_back_what_was_written(
    tmp_path: Path, made: list[tuple[str, str]], kind: str, end: str
) -> None:
    """With quotes, line breaks and delimiters within cells."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if kind == "tsv" else ",", quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text"), *made])
    path = tmp_path / f"a.{kind}{end}"
    path.write_bytes(PACKERS[end](text.getvalue().encode()))
    found = read(path)
    assert [row.text for row in found] == [text for _, text in made]
    assert [row.id for row in found if not row.id.startswith("a.")] == [id_ for id_, _ in made if id_]


@same_folder
@given(
    st.binary(max_size=300), st.sampled_from(["jsonl", "csv", "tsv", "parquet", "txt", "jsonl.gz", "csv.zst"])
)
def test_no_bytes_stop_the_reading(tmp_path: Path, data: bytes, kind: str) -> None:
    """Whatever a file holds, it gives rows."""
    path = tmp_path / f"a.{kind}"
    for head in (b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PAR1", b"id,text\n", b'"text"\n'):
        path.write_bytes(head + data)
        for row in read(path):
            assert row.error is None or row.error.message


def test_a_header_with_a_bare_carriage_return_is_an_error_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id\rtext\n1,2\n")
    (row,) = read(path)
    assert row.error is not None and "header" in row.error.message


@same_folder
@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=10))
def test_every_line_of_jsonl_is_one_row(tmp_path: Path, lines: list[bytes]) -> None:
    """None is lost, none is doubled, whatever it holds; blank ones are no rows."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"[]\n" + b"".join(line + b"\n" for line in lines))
    assert len(read(path)) == 1 + sum(bool(line) and not line.isspace() for line in lines)


@pytest.mark.parametrize("end", [".gz", ".zst"])
def test_cut_off_archive_keeps_what_came_before(tmp_path: Path, end: str) -> None:
    """The rows before the damage come out, one error row stands for the rest, the next file is read."""
    lines = [json.dumps({"id": str(i), "text": f"{TEXT} {os.urandom(60).hex()}"}) for i in range(3000)]
    data = PACKERS[end]("".join(f"{line}\n" for line in lines).encode())
    (tmp_path / "b.jsonl").write_text('{"id": "next", "text": "نص"}\n', encoding="utf-8")
    for share in (0.999, 0.5, 0.01):
        (tmp_path / f"a.jsonl{end}").write_bytes(data[: int(len(data) * share)])
        *good, bad, following = read(tmp_path)
        assert [row.id for row in good] == [str(i) for i in range(len(good))]
        assert len(good) > 2500 * share - 300
        assert bad.error is not None and bad.error.code == "damaged_file"
        assert following.id == "next"


def test_archive_with_a_wrong_checksum(tmp_path: Path) -> None:
    """The rows are there, and so is the warning that they may be wrong."""
    data = bytearray(gzip.compress(b'{"id": "1", "text": "x"}\n'))
    data[-6] ^= 1
    (tmp_path / "a.jsonl.gz").write_bytes(data)
    assert codes(read(tmp_path)) == ["", "damaged_file"]


def test_archive_of_several_members(tmp_path: Path) -> None:
    """As `cat a.gz b.gz` makes them."""
    for end, pack in PACKERS.items():
        (tmp_path / f"a.jsonl{end}").write_bytes(pack(b'{"text": "1"}\n') + pack(b'{"text": "2"}\n'))
    assert [row.text for row in read(tmp_path)] == ["1", "2"] * 3


def test_overlong_line_is_one_error_and_the_rest_goes_on(tmp_path: Path, small_rows: int) -> None:
    """At the limit it is taken, past it it is not, at the end of a file either."""
    fits = json.dumps({"text": "x" * (small_rows - 12)})
    assert len(fits) == small_rows
    (tmp_path / "a.jsonl").write_text(f'{fits}\n{fits[:-2]}xx"}}\n{fits}\n{"y" * 5000}', encoding="utf-8")
    assert codes(read(tmp_path)) == ["", "too_large", "", "too_large"]
    (tmp_path / "a.jsonl").unlink()
    (tmp_path / "a.csv").write_text(
        f'text,id\n{"x" * 2000},1\nb,2\n"{"z" * 1500}",3\nd,4\n', encoding="utf-8"
    )
    assert [row.text for row in read(tmp_path) if not row.error] == ["b", "d"]


def test_row_of_fifty_megabytes_is_not_held(tmp_path: Path) -> None:
    """It costs an error row, and no more memory than a row may have."""
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"id": "big", "text": "' + b"x" * 50_000_000 + b'"}\n{"id": "small", "text": "x"}\n')
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes(found) == ["too_large", ""]
    assert peak < 2.5 * rows.MAX_ROW_BYTES


def test_invalid_utf8_is_an_error_of_its_row(tmp_path: Path) -> None:
    """In JSON Lines and CSV alike; the rows around it are read."""
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "1"}\n{"text": "\xff"}\n{"text": "3"}\n')
    (tmp_path / "b.csv").write_bytes(b"text\n1\n\xff\n3\n")
    (tmp_path / "c.jsonl").write_bytes('{"text": "1"}\n'.encode("utf-16"))
    (tmp_path / "d.csv").write_bytes("text\n1\n".encode("utf-16"))
    assert codes(read(tmp_path)) == ["", "invalid_utf8", ""] * 2 + ["invalid_utf8"] * 2


def test_byte_order_mark_and_semicolons(tmp_path: Path) -> None:
    """CSV as Excel saves it in countries with a decimal comma."""
    (tmp_path / "a.csv").write_bytes("\ufeffid;text\r\n1;قال، ثم\r\n".encode())
    assert [(row.id, row.text) for row in read(tmp_path)] == [("1", "قال، ثم")]


def test_broken_quotes_cost_the_lines_they_hold(tmp_path: Path) -> None:
    """The message says which lines; the rest is read."""
    (tmp_path / "a.csv").write_text('id,text\n1,"a"b\n2,ok\n3,x,y\n4,ok\n5,"open\n6,lost\n', encoding="utf-8")
    found = read(tmp_path)
    assert codes(found) == ["invalid_csv", "", "invalid_csv", "", "invalid_csv"]
    assert found[-1].error is not None and "lines 6 to 7" in found[-1].error.message


def test_targets_of_a_csv_row(tmp_path: Path) -> None:
    """A bar stands between them; an empty cell asks for nothing of its own."""
    (tmp_path / "a.csv").write_text("text,targets\nنص,السد | الجسر\nنص,\n", encoding="utf-8")
    assert [row.targets for row in read(tmp_path)] == [("السد", "الجسر"), None]


def test_columns_of_other_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("nr,body,date\n5,نص,2024\n", encoding="utf-8")
    (row,) = read(tmp_path, text="body", id="nr", keep=("date",))
    assert (row.id, row.text, row.kept) == ("5", "نص", {"date": "2024"})


@pytest.mark.parametrize("header", ["id,body", "", "text,text"])
def test_header_without_the_column(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n1,2\n", encoding="utf-8")
    assert codes(read(tmp_path)) == ["missing_column"]


def test_text_files_are_decoded_as_articles_are(tmp_path: Path) -> None:
    """One row a file, of any Arabic encoding, packed or not; what is no text is an error row."""
    (tmp_path / "a.txt").write_bytes(TEXT.encode("cp1256"))
    (tmp_path / "b.html").write_text(f"<p>{TEXT}</p>", encoding="utf-16")
    (tmp_path / "c.md.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "d.txt").write_bytes(b"%PDF-1.7")
    (tmp_path / "e.txt").touch()
    found = read(tmp_path)
    assert [row.id for row in found] == ["a.txt", "b.html", "c.md.gz", "d.txt", "e.txt"]
    assert [row.text for row in found[:3]] == [TEXT, f"<p>{TEXT}</p>", TEXT]
    assert codes(found) == ["", "", "", "unsuitable_text", "unsuitable_text"]


def test_position_counts_bytes_on_disk(tmp_path: Path) -> None:
    """So that the time left can be told; at the end all are counted."""
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('{"text": "x"}\n' * 50, encoding="utf-8")
    position = Position()
    seen = [position.bytes for _ in read_rows(walk([tmp_path]), Columns(), position)]
    assert seen == sorted(seen)
    assert position.bytes == 2 * 50 * 14


def test_file_that_changes_under_the_reader(tmp_path: Path) -> None:
    """A run must not mix two versions of its input."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n' * 3, encoding="utf-8")
    reading: Iterator[Row] = read_rows(list(walk([path])), Columns())
    next(reading)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"text": "y"}\n')
    with pytest.raises(InputError, match=r"a\.jsonl.*changed"):
        list(reading)


def test_failing_disk_is_no_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that may be read later must not be answered with errors now."""
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n', encoding="utf-8")

    def fail(stream: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(readers, "unpack", fail)
    with pytest.raises(OSError, match="Input/output"):
        read(tmp_path)

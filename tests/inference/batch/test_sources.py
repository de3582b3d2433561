"""Which files are read, in which order, and how a change is found."""

import os
from pathlib import Path

import pytest

from arabic.errors import InputError
from inference.batch.sources import difference, fingerprint, kind_of, read_list, walk


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with files of many kinds."""
    root = tmp_path / "in"
    for name in (
        "b.jsonl",
        "a/x.txt",
        "a/y.CSV.gz",
        "c.parquet",
        "_SUCCESS",
        ".DS_Store",
        "a/z.pdf",
        "_part/q.txt",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    return root


def listed(tmp_path: Path, name: str, *inputs: Path) -> Path:
    out = tmp_path / name
    fingerprint(walk(inputs), out, hashed=lambda _: None)
    return out


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jsonl", "jsonl"),
        ("a.NDJSON.gz", "jsonl"),
        ("a.csv.zst", "csv"),
        ("a.b.tsv", "tsv"),
        ("a.htm", "text"),
        ("a.parquet", "parquet"),
        ("a.parquet.gz", None),
        ("a.gz", None),
        ("a.docx", None),
        ("jsonl", None),
    ],
)
def test_kinds_by_name(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_folder_in_the_order_of_names(tree: Path) -> None:
    """Hidden files and those of other programs' bookkeeping are passed over, others are reported."""
    ignored: list[str] = []
    names = [file.name for file in walk([tree], ignored=ignored.append)]
    assert names == ["a/x.txt", "a/y.CSV.gz", "b.jsonl", "c.parquet"]
    assert ignored == [str(tree / "a" / "z.pdf")]


def test_several_inputs_are_named_below_what_they_share(tree: Path) -> None:
    names = [file.name for file in walk([tree / "b.jsonl", tree / "a"])]
    assert names == ["b.jsonl", "a/x.txt", "a/y.CSV.gz"]
    assert [file.name for file in walk([tree / "b.jsonl"])] == ["b.jsonl"]


def test_links_to_folders_are_not_followed(tree: Path) -> None:
    """One may lead in a circle; it is reported, not read."""
    (tree / "loop").symlink_to(tree)
    ignored: list[str] = []
    assert len(list(walk([tree], ignored=ignored.append))) == 4
    assert str(tree / "loop") in ignored


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (["missing.jsonl"], "missing.jsonl.*No such file"),
        (["a/z.pdf"], "no kind that is read"),
        (["b.jsonl", "b.jsonl"], "twice"),
        (["a", "a/x.txt"], "twice"),
        (["_part"], None),
        (["empty"], "holds no file"),
    ],
)
def test_inputs_that_are_refused(tree: Path, inputs: list[str], words: str | None) -> None:
    (tree / "empty").mkdir()
    paths = [tree / name for name in inputs]
    if words is None:
        assert len(list(walk(paths))) == 1  # what is named outright is read
    else:
        with pytest.raises(InputError, match=words):
            list(walk(paths))


def test_fifo_is_refused(tree: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(tree / "pipe.jsonl")
    with pytest.raises(InputError, match="no regular file"):
        list(walk([tree / "pipe.jsonl"]))


def test_fingerprint_is_of_names_and_content(tree: Path, tmp_path: Path) -> None:
    """Not of times, and not of the folder's place: a copy on another machine is the same input."""
    first = fingerprint(walk([tree]), tmp_path / "1", hashed=lambda _: None)
    os.utime(tree / "b.jsonl", (1, 1))
    moved = tree.rename(tmp_path / "moved")
    assert fingerprint(walk([moved]), tmp_path / "2", hashed=lambda _: None) == first
    assert first.files == 4 and first.bytes == sum(file.size for file in read_list(tmp_path / "2"))
    (moved / "b.jsonl").write_text("b.jsonL", encoding="utf-8")
    changed = fingerprint(walk([moved]), tmp_path / "3", hashed=lambda _: None)
    assert changed.bytes == first.bytes and changed.sha256 != first.sha256


def test_difference_is_told(tree: Path, tmp_path: Path) -> None:
    old = listed(tmp_path, "old", tree)
    (tree / "b.jsonl").write_text("longer than before", encoding="utf-8")
    (tree / "c.parquet").unlink()
    (tree / "d.txt").touch()
    assert difference(old, listed(tmp_path, "new", tree)) == [
        "c.parquet: is gone",
        "d.txt: is new",
        "b.jsonl: its content changed (7 bytes before, 18 now)",
    ]
    assert difference(old, listed(tmp_path, "new", tree), limit=1)[1:] == ["and 2 more"]
    assert difference(old, old) == []


def test_difference_of_order(tree: Path, tmp_path: Path) -> None:
    old, new = (
        listed(tmp_path, str(i), *inputs)
        for i, inputs in enumerate([(tree / "a", tree / "b.jsonl"), (tree / "b.jsonl", tree / "a")])
    )
    assert difference(old, new) == ["the files are in another order"]

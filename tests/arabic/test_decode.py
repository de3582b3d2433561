"""Decoding: the right letters from any usual encoding, refusal of what is not text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic.decode import decode, read_file
from arabic.errors import InputError

SHORT = ["سلام", "الهدنة", "وقف إطلاق النار", "بيان", "رفض قاطع", "خطّة كبيرة", "كتب: أحمد علي"]
LONG = (
    "أعلنت وزارة النقل يوم الأحد افتتاح خط جديد للقطارات بين المدينتين، وقال مسؤول إن الرحلة تستغرق "
    "ثلاث ساعات.\r\nوأضاف أن التذاكر ستُطرح قريباً؟\n"
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1256", "iso8859_6"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", [*SHORT, LONG, LONG * 50])
def test_round_trip(text: str, encoding: str) -> None:
    """Own Arabic text comes back letter by letter, without a BOM and with its line endings."""
    assert decode(text.encode(encoding)).text == text


def test_cp1256_beats_iso() -> None:
    """The Windows page is named as such, so a caller can tell how the text was read."""
    assert decode(LONG.encode("cp1256")).encoding == "cp1256"
    assert decode(LONG.encode("iso8859_6")).encoding == "iso8859_6"


def test_html_in_cp1256() -> None:
    """A page that is mostly ASCII is judged by its other bytes alone."""
    page = f"<html><head><meta charset=windows-1256></head><body><p>{LONG}</p></body></html>"
    assert decode(page.encode("cp1256")).text == page


def test_few_bad_bytes_warn() -> None:
    """Damage is repaired aloud, never in silence."""
    decoded = decode((LONG * 5).encode()[:-3] + b"\xd9\n")
    assert decoded.warnings == ("replacement_characters",)
    assert decoded.text.count("\ufffd") == 1


def test_many_bad_bytes_are_refused() -> None:
    """UTF-8 with a letter in twenty broken is not guessed at."""
    with pytest.raises(InputError, match="damaged UTF-8"):
        decode((LONG * 5).encode().replace("ل".encode(), b"\xd9"))


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n%\xe2\xe3",
        b"PK\x03\x04\x14\x00",
        b"\x89PNG\r\n\x1a\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1",
        b"{\\rtf1\\ansi}",
        bytes(range(256)) * 8,
        b"\x01\x02\x03\x00" * 100,
        b"",
    ],
)
def test_binary_is_refused_in_one_line(data: bytes) -> None:
    """What is not text is named and refused; the file's name cannot break the line."""
    with pytest.raises(InputError) as error:
        decode(data, "a\nb.bin")
    assert "\n" not in str(error.value)
    assert "b.bin" in str(error.value)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Whatever comes, the answer is text or an InputError."""
    try:
        assert isinstance(decode(data).text, str)
    except InputError as error:
        assert "\n" not in str(error)


def test_read_file(tmp_path: Path) -> None:
    """A file is read whole; missing, empty, too large and folder are InputErrors."""
    good = tmp_path / "خبر.txt"
    good.write_bytes(LONG.encode())
    assert read_file(good).text == LONG
    empty = tmp_path / "empty.txt"
    empty.touch()
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(20_000_001)
    for path, reason in (
        (tmp_path / "no.txt", "not found"),
        (empty, "empty"),
        (large, "20 MB"),
        (tmp_path, "folder"),
        (good / "x", "cannot be read"),
        (Path("a\0b"), "cannot be read"),
    ):
        with pytest.raises(InputError, match=reason):
            read_file(path)

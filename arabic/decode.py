"""From bytes to text: find the encoding, refuse what is not text, never repair in silence.

Line endings stay as they are: all offsets of an analysis refer to the decoded text.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from arabic.errors import InputError

MAX_BYTES = 20_000_000
MAX_BAD_SHARE = 0.05
_SAMPLE_BYTES = 100_000

_BOMS = (  # UTF-32 first: its little-endian mark begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip or Office file (docx, xlsx, odt)"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (doc, xls)"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"\x7fELF", "a program"),
    (b"PAR1", "a Parquet file"),
)
# In order of preference, with the plausibility each needs; at equal plausibility the first one wins.
_LEGACY = (("cp1256", 0.5), ("iso8859_6", 0.5), ("mac_arabic", 1.2), ("cp720", 1.2), ("cp864", 1.2))
# Letters from the most to the least frequent in Arabic news.
_BY_FREQUENCY = "اليمنوترعبدةفسهقكحأجشطصىخإضزذثءغئظآؤ"
_WEIGHT = {letter: 2.0 - 1.8 * rank / len(_BY_FREQUENCY) for rank, letter in enumerate(_BY_FREQUENCY)}
_WEIGHT.update(dict.fromkeys("،؛؟«»“”‘’–—…ـ\u200c\u200d\u200e\u200f\xa0ًَُِّْ٠١٢٣٤٥٦٧٨٩", 0.3))
_WEIGHT.update({chr(code): 0.3 for code in range(0x20, 0x7F)})  # Mac Arabic has ASCII twice
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the Python name of the encoding it came in, and warning codes (see `arabic.checks`)."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def read_file(path: Path) -> Decoded:
    """Read and decode a text file.

    Raises:
        InputError: it is missing, a folder, unreadable, empty, over `MAX_BYTES`, or not text.

    """
    name = path.name
    if path.is_dir():
        raise InputError(f"{name!r} is a folder; give a file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{name!r} was not found; check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "bad path"
        raise InputError(f"{name!r} cannot be read ({reason}); check the path and its permissions") from None
    return decode(data, name)


def decode(data: bytes, name: str = "input") -> Decoded:
    """Decode an article: UTF-8, UTF-16, UTF-32, or an Arabic 8-bit encoding; a BOM is dropped.

    A few bad bytes in UTF-8 become U+FFFD, with the warning `replacement_characters`.

    Raises:
        InputError: empty, over `MAX_BYTES`, binary, damaged, or in no known encoding.

    """
    if not data:
        raise InputError(f"{name!r} is empty; give the text of an article")
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise InputError(f"{name!r} is larger than {limit} MB; give one article at a time")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise InputError(f"{name!r} is {kind}, not text; save it as plain text, HTML or Markdown")
    decoded = _with_bom(data) or _utf16(data) or _utf8(data, name) or _legacy(data)
    if decoded is None:
        raise InputError(f"{name!r} is in no encoding known here; save it as UTF-8")
    controls = len(_CONTROL.findall(decoded.text))
    if controls > max(8, 0.02 * len(decoded.text)):
        raise InputError(f"{name!r} looks like a binary file; save it as plain text, HTML or Markdown")
    return decoded


def _with_bom(data: bytes) -> Decoded | None:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _replacing(data[len(bom) :], encoding)
    return None


def _utf16(data: bytes) -> Decoded | None:
    """Decode UTF-16 without BOM: every second byte is then the high byte of Arabic (6) or of ASCII (0)."""
    for encoding, high in (("utf-16-le", data[1::2]), ("utf-16-be", data[0::2])):
        other = data[0::2] if encoding == "utf-16-le" else data[1::2]
        telling = high.count(6) + high.count(0)
        if len(high) > 1 and telling > 0.7 * len(high) and other.count(6) + other.count(0) < 0.3 * len(high):
            return _replacing(data, encoding)
    return None


def _utf8(data: bytes, name: str) -> Decoded | None:
    """Decode UTF-8, perhaps with a few bad bytes; None where it is rather an 8-bit encoding."""
    decoded = _replacing(data, "utf-8")
    bad = decoded.text.count("\ufffd") - data.count("\ufffd".encode())
    if not bad:
        return decoded
    good = sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", decoded.text)))
    if bad > good:
        return None
    if bad > MAX_BAD_SHARE * good + 1:
        raise InputError(f"{name!r} is damaged UTF-8 ({bad} bad bytes); give an undamaged copy")
    return decoded


def _replacing(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, errors="replace")
    warnings = ("replacement_characters",) if "\ufffd" in text else ()
    return Decoded(text, encoding, warnings)


def _legacy(data: bytes) -> Decoded | None:
    """Choose the 8-bit encoding that makes the most plausible Arabic, else charset-normalizer's guess."""
    best, best_score = None, 0.0
    for encoding, needed in _LEGACY:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        score = _plausibility(data[:_SAMPLE_BYTES], encoding)
        if score >= needed and score > best_score:
            best, best_score = Decoded(text, encoding), score
    if best is not None:
        return best
    guess = from_bytes(data[:_SAMPLE_BYTES]).best()
    if guess is None or guess.encoding.startswith("utf"):
        return None
    return _replacing(data, guess.encoding)


def _plausibility(data: bytes, encoding: str) -> float:
    """Compute the mean weight of the non-ASCII bytes: about 1.5 for Arabic news, below 0.5 for mojibake."""
    high = {byte: count for byte, count in Counter(data).items() if byte >= 0x80}
    weight = sum(count * _WEIGHT.get(bytes([byte]).decode(encoding), -2.0) for byte, count in high.items())
    text = data.decode(encoding)
    # "ال" opens every third word; its two bytes are other letters in every other encoding.
    article = len(re.findall(r"(?<![^\s«(])ال", text))
    mixed = len(re.findall(r"[A-Za-z][ء-ي]|[ء-ي][A-Za-z]", text))
    return (weight + 2 * article - 3 * mixed) / max(sum(high.values()), 1)

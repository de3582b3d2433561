"""Uploaded files: what they say is read, what they do is contained."""

import asyncio
import io
import zipfile
import zlib
from pathlib import Path

import pytest
from docx import Document

from arabic.errors import InputError
from serving import extract, uploads
from serving.uploads import read_upload

TEXT = "أعلنت الوزارة تأييدها لمشروع السد الجديد."


def read(path: Path) -> str:
    """Read a file as the page does."""
    return asyncio.run(read_upload(path))


def written(folder: Path, name: str, data: bytes | str) -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


def docx_file(path: Path) -> Path:
    """Write a Word file with a heading, a paragraph and a table."""
    document = Document()
    document.add_heading("خلاف على السد", 1)
    document.add_paragraph(TEXT)
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "الكلفة", "90 مليونا"
    document.save(str(path))
    return path


def pdf(text: str, streams: int = 1, content: bytes | None = None) -> bytes:
    """Write a PDF by hand: a page with `text` in Latin letters, or with a stream of our own."""
    stream = content or zlib.compress(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode())
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream"
        % (len(stream), b"[" + b"/FlateDecode " * streams + b"]", stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start


def test_every_kind_is_read(tmp_path: Path) -> None:
    """Text in its encodings, HTML as what it shows, Word in order with tables, PDF pages."""
    assert read(written(tmp_path, "a.txt", TEXT)) == TEXT
    assert read(written(tmp_path, "b.TXT", (TEXT * 3).encode("cp1256"))) == TEXT * 3
    assert read(written(tmp_path, "c.md", f"# عنوان\n\n{TEXT}")).startswith("# عنوان")
    page = f"<html><body><script>alert(1)</script><p>{TEXT}</p></body></html>"
    assert read(written(tmp_path, "d.html", page)).strip() == TEXT
    assert read(docx_file(tmp_path / "e.docx")) == f"خلاف على السد\n\n{TEXT}\n\nالكلفة | 90 مليونا"
    assert read(written(tmp_path, "f.pdf", pdf("Hello"))) == "Hello"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.exe", b"MZ", "no file of these kinds"),
        ("a", b"x", "no file of these kinds"),
        ("a.pdf", b"no pdf", "no pdf file inside"),
        ("a.docx", TEXT.encode(), "no docx file inside"),
        ("a.txt", b"%PDF-1.4 ...", "PDF"),
        ("a.pdf", b"%PDF-1.4\n" + b"\x00\xff" * 500, "damaged"),
        ("a.docx", b"PK\x03\x04" + b"\x00" * 500, "damaged"),
        ("a.txt", b"", "empty"),
        ("a.txt", b"   ", "no text"),
        ("a.txt", "كلمة ".encode() * 50_000, "characters"),
        ("\u202eexe.\u202c<b>.txt", b"", "U+202E"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """The message says why; a name is shown, never obeyed."""
    with pytest.raises(InputError, match=words.replace("+", r"\+")) as refused:
        read(written(tmp_path, name, data))
    assert str(tmp_path) not in str(refused.value)


def test_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Eleven megabytes are too many."""
    with pytest.raises(InputError, match="larger than 10 MB"):
        read(written(tmp_path, "a.txt", b"a" * 11_000_000))


def test_zip_bomb_is_refused(tmp_path: Path) -> None:
    """A Word file that unpacks to 60 MB, and one with thousands of parts."""
    for parts, size in ((1, 60_000_000), (3_000, 1)):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(parts):
                archive.writestr(f"word/{number}.xml", b" " * size)
        with pytest.raises(InputError, match="unpacks to more"):
            read(written(tmp_path, "bomb.docx", data.getvalue()))


def test_xml_bomb_in_a_word_file_does_not_grow(tmp_path: Path) -> None:
    """Entities are not expanded, and files that they name are not read."""
    good = docx_file(tmp_path / "good.docx")
    entities = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12)
    )
    entities += b'<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    bomb = tmp_path / "bomb.docx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bomb, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                head, rest = data.split(b"?>", 1)
                data = head + b"?>" + entities + rest.replace(b"</w:t>", b"&m;&file;</w:t>", 1)
            target.writestr(name, data)
    try:
        text = read(bomb)
    except InputError:
        return
    assert "aaaa" not in text and "root:" not in text and len(text) < 1_000


def test_pdf_bomb_is_contained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream packed three times over, 300 MB when unpacked: refused, and quickly."""
    monkeypatch.setattr(uploads, "SECONDS", 20)
    content = zlib.compress(zlib.compress(zlib.compress(bytes(300_000_000), 1), 9), 9)
    assert len(content) < 100_000
    with pytest.raises(InputError):
        read(written(tmp_path, "bomb.pdf", pdf("", 3, content)))


def test_extraction_has_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes for ever is given up, and its process is gone."""
    monkeypatch.setattr(uploads, "SECONDS", 0.001)
    with pytest.raises(InputError, match="took longer"):
        read(docx_file(tmp_path / "slow.docx"))


def test_too_many_pages_are_refused() -> None:
    """The count is looked at before any page is."""
    from pypdf import PdfWriter

    writer, data = PdfWriter(), io.BytesIO()
    for _ in range(extract.MAX_PAGES + 1):
        writer.add_blank_page(100, 100)
    writer.write(data)
    with pytest.raises(extract.Refused, match="pages"):
        extract.pdf_text(data.getvalue())


def test_text_without_end_is_refused() -> None:
    """More text than any article is cut short while it is read."""
    with pytest.raises(extract.Refused, match="more text"):
        extract._joined(iter(["كلمة " * 100_000] * 5))


def test_scanned_pdf_says_what_is_missing(tmp_path: Path) -> None:
    """A page without text asks for OCR."""
    with pytest.raises(InputError, match="OCR"):
        read(written(tmp_path, "scan.pdf", pdf(" ")))

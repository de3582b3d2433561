"""Text of a Word or PDF file: `python -m serving.extract docx|pdf`, the file on stdin, JSON on stdout.

A process of its own with little memory and time, because such files are small programs of strangers:
archives that unpack to gigabytes, pages that draw for hours.
"""

import io
import json
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterator

MEMORY = 1_500_000_000
CPU_SECONDS = 20
MAX_UNPACKED = 50_000_000
MAX_PARTS = 2_000
MAX_PAGES = 300
MAX_TEXT = 1_000_000


class Refused(Exception):
    """Why a file is not read, worded to follow its name."""


def docx_text(data: bytes) -> str:
    """Paragraphs and table rows of a Word file, a blank line between them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Refused("unpacks to more than a document of words would; save its text as .txt")
    from docx import Document
    from docx.table import Table

    pieces: list[str] = []
    for block in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(block, Table):
            pieces.append("\n".join(" | ".join(cell.text for cell in row.cells) for row in block.rows))
        else:
            pieces.append(block.text)
    return _joined(iter(pieces))


def pdf_text(data: bytes) -> str:
    """Text of a PDF's pages in order."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("is encrypted; give a copy without a password")
    if len(reader.pages) > MAX_PAGES:
        raise Refused(f"has {len(reader.pages)} pages, at most {MAX_PAGES} are taken; split it")
    return _joined(page.extract_text() for page in reader.pages)


def _joined(pieces: Iterator[str]) -> str:
    kept: list[str] = []
    length = 0
    for piece in pieces:
        if piece.strip():
            kept.append(piece.strip())
            length += len(piece)
        if length > MAX_TEXT:
            raise Refused("has more text than an article; split it")
    return "\n\n".join(kept)


def main() -> None:
    """Read, extract, answer `{"text": …}` or `{"error": …}`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    warnings.simplefilter("ignore")
    try:
        answer = {"text": {"docx": docx_text, "pdf": pdf_text}[sys.argv[1]](sys.stdin.buffer.read())}
    except Refused as error:
        answer = {"error": str(error)}
    except (
        Exception
    ):  # a damaged file fails in a hundred ways, and none of them is worth a stranger's reading
        answer = {"error": f"is damaged or no {sys.argv[1]} file; save it again or give plain text"}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii", errors="replace"))


if __name__ == "__main__":
    main()

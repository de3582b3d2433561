"""Uploaded files in, plain text out. PDF and Word files are opened in a process of their own."""

import asyncio
import json
import sys
from pathlib import Path

from arabic.checks import MAX_CHARS
from arabic.decode import decode
from arabic.errors import InputError
from arabic.parse import parse_article
from inference.display import one_line
from serving.settings import MAX_UPLOAD_BYTES

SUFFIXES = (".txt", ".md", ".html", ".htm", ".docx", ".pdf")
SECONDS = 30
_ROOT = Path(__file__).resolve().parents[1]
_EXTRACTED = {".docx": b"PK\x03\x04", ".pdf": b"%PDF-"}


async def read_upload(path: Path) -> str:
    """Read the text of an uploaded file: its name's ending says what it should be, its bytes prove it.

    The name is used for nothing else. The file is left where it is.

    Raises:
        InputError: another kind of file, too large, damaged, encrypted, without text, or a bomb.

    """
    name, suffix = one_line(path.name)[:80], path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{name!r} is no file of these kinds: {', '.join(SUFFIXES)}")
    data = await asyncio.to_thread(_read, path)
    if len(data) > MAX_UPLOAD_BYTES:
        raise InputError(f"{name!r} is larger than {MAX_UPLOAD_BYTES // 1_000_000} MB; give a smaller file")
    if suffix in _EXTRACTED:
        if not data.startswith(_EXTRACTED[suffix]):
            raise InputError(f"{name!r} is no {suffix[1:]} file inside; save it again and give that file")
        text = await _extract(data, suffix[1:], name)
    else:
        text = await asyncio.to_thread(_decoded, data, name, suffix)
    if not text.strip():
        hint = "; a scanned page must be read by OCR first" if suffix == ".pdf" else ""
        raise InputError(f"{name!r} has no text{hint}")
    if len(text) > MAX_CHARS:
        raise InputError(f"{name!r} has {len(text)} characters, at most {MAX_CHARS} are taken; split it")
    return text


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_UPLOAD_BYTES + 1)


def _decoded(data: bytes, name: str, suffix: str) -> str:
    text = decode(data, name).text
    return parse_article(text, "html").text if suffix in (".html", ".htm") else text


async def _extract(data: bytes, kind: str, name: str) -> str:
    """Run `serving.extract` on the data; whatever happens to it does not happen to the service."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "serving.extract",
        kind,
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(data), SECONDS)
    except TimeoutError:
        raise InputError(f"{name!r} took longer than {SECONDS} s to open; give it as plain text") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer = json.loads(output)
    except ValueError:
        raise InputError(
            f"{name!r} needs more memory or time than a file may; give it as plain text"
        ) from None
    if "error" in answer:
        raise InputError(f"{name!r} {answer['error']}")
    return str(answer["text"])

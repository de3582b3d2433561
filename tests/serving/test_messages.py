"""Error messages in Arabic: every one that a visitor can meet has one."""

import ast
from pathlib import Path

import pytest

from serving.messages import MESSAGES, in_arabic
from tests.conftest import ROOT

READ_BY_THE_PAGE = (
    *("arabic/checks.py", "arabic/decode.py", "arabic/html.py", "arabic/parse.py"),
    *("inference/documents.py", "serving/corrections.py", "serving/extract.py", "serving/records.py"),
    "serving/uploads.py",
)
ELSEWHERE = (
    "{} is a folder; give a file",  # of reading paths, which the page does not
    "{} was not found; check the path",
    "{} cannot be read ({}); check the path and its permissions",
    "{}: corrections cannot be written there ({})",  # at the start of the service
    "{} {}",  # a file's name and a message of serving/extract.py
    "{} has no text{}",
)


def template(node: ast.expr) -> str:
    """The text of a message with {} for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(template, node.values))
    return "{}"


def messages(path: Path) -> list[str]:
    """What a module says when it refuses something."""
    found = [
        (node.func.id, template(node.args[0]))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
    ]
    said = [text for name, text in found if name == "InputError"]
    return said + [f"{{}} {text}" for name, text in found if name == "Refused"]


@pytest.mark.parametrize("module", READ_BY_THE_PAGE)
def test_every_message_has_arabic(module: str) -> None:
    """A new or changed message fails here until its Arabic is written."""
    found = messages(ROOT / module)
    assert found
    missing = [
        text for text in found if text not in ELSEWHERE and in_arabic(text.replace("{}", "'x'")) is None
    ]
    assert not missing


def test_arabic_carries_the_values_and_no_english() -> None:
    """Names without Python's quotes, numbers in their places, and no other Latin letters than terms."""
    assert in_arabic("'خبر.pdf' has 400 pages, at most 300 are taken; split it") == (
        "في الملف «خبر.pdf» 400 صفحة، والحد 300: قسّمه."
    )
    assert in_arabic("input.csv:1: no column 'body'; it has 'id', 'text'; see --text-column") == (
        "لا عمود اسمه «body» في الملف؛ أعمدته: id', 'text. صحّح خانة «عمود النص»."
    )
    assert in_arabic("something else") is None
    words = {word.strip(".,:»«()،؛") for _, arabic in MESSAGES for word in arabic.split() if word.isascii()}
    terms = {"HTML", "Markdown", "UTF-8", "OCR", "CSV", "JSON", "text", "txt", "2"}
    assert {word for word in words if not word.startswith("{")} <= terms

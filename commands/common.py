"""What several commands use: options, printing, progress.

Nothing heavy is imported here or at the head of any command's module: `mujaz --help` must not wait for torch.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

Bundle = Annotated[Path | None, typer.Option(help="A bundle's folder.", show_default="the one that ships")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, UTF-8.")]


def _decode_targets(targets: list[str] | None) -> list[str] | None:
    """Decode the targets as UTF-8 whatever the locale says, and refuse empty ones."""
    decoded = [os.fsencode(target).decode("utf-8", errors="replace").strip() for target in targets or ()]
    if not all(decoded):
        raise typer.BadParameter("a target must not be empty")
    return decoded or None


Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        "-t",
        callback=_decode_targets,
        metavar="TEXT",
        help="What to find stances on; repeatable.",
    ),
]
Topics = Annotated[
    Path | None,
    typer.Option(
        "--topics",
        metavar="FILE",
        help="Topics of your own, zero-shot: a label set such as samples/topics.yaml.",
        show_default="the bundle's topic model",
    ),
]
TaskName = Literal["topic", "stance", "summary"]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="OURS=THEIRS", help="Where a column has another name; repeatable."),
]


def parse_columns(pairs: list[str] | None) -> dict[str, str]:
    """Read `text=content` into {"text": "content"}."""
    columns = {}
    for pair in pairs or ():
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise typer.BadParameter(f"expected OURS=THEIRS, such as text=content, was {pair!r}")
        columns[ours] = theirs
    return columns


def print_utf8(text: str) -> None:
    """Write to standard output as UTF-8 with one line feed at the end, on every platform and locale."""
    typer.echo(text.encode("utf-8"))


def print_json(data: dict[str, object], indent: int | None = None) -> None:
    """Write one JSON value to standard output, Arabic as it is (no escapes)."""
    from json import dumps

    print_utf8(dumps(data, ensure_ascii=False, indent=indent))


@contextmanager
def progress(words: str, quiet: bool) -> Iterator[None]:
    """Show what is being done, where somebody is watching."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield

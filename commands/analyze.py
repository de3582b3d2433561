"""One article in, its analysis out; the output's schema."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from arabic.errors import InputError
from commands.common import Bundle, Json, Targets, Topics, print_json, print_utf8, progress


def analyze(
    file: Annotated[
        Path, typer.Argument(help="Text, Markdown or HTML; - is standard input.", metavar="FILE|-")
    ],
    target: Targets = None,
    topics: Topics = None,
    words: Annotated[int, typer.Option(min=5, help="Word budget of the summary.")] = 60,
    json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write a report to this file.", metavar="OUT")] = None,
    bundle: Bundle = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default="all cores")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Analyse an article: topic of every paragraph, stances with evidence, summary with sources."""
    text = _read(file)
    with progress("Loading the models …", quiet):
        from inference.analyzer import Analyzer

        analyzer = Analyzer.load(bundle, threads=threads, topics=topics)
    with progress("Analysing …", quiet):
        analysis = analyzer.analyze(text, targets=target, words=words)
    if html:
        from inference.report import to_html

        _write(html, to_html(analysis))
        if not quiet:
            typer.echo(f"mujaz: wrote {html}", err=True)
    if json:
        print_utf8(analysis.to_json())
    elif not html:
        from rich.console import Console

        from inference.console import render

        render(analysis, Console())


def schema(
    batch: Annotated[bool, typer.Option("--batch", help="Of a row of `mujaz batch` instead.")] = False,
) -> None:
    """Print the JSON Schema of `mujaz analyze --json`."""
    from inference.batch.output import row_schema
    from inference.results import json_schema

    print_json(row_schema() if batch else json_schema(), indent=2)


def _read(file: Path) -> str:
    from arabic.decode import MAX_BYTES, decode, read_file

    if str(file) == "-":
        return decode(sys.stdin.buffer.read(MAX_BYTES + 1), "stdin").text
    return read_file(file).text


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written ({error.strerror}); give another path") from error

"""The command line: `mujaz`.

Exit codes: 0 done, 1 the input or the bundle has a problem (one line on stderr), 2 wrong usage.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from arabic.errors import InputError
from models.errors import BundleError

# Everything else is imported where it is used: `mujaz --help` must not wait for torch.

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
bundle_app = typer.Typer(no_args_is_help=True, help="Look after bundles of trained models.")
app.add_typer(bundle_app, name="bundle")
base_app = typer.Typer(no_args_is_help=True, help="Prepare base encoders.")
app.add_typer(base_app, name="base")

Bundle = Annotated[Path | None, typer.Option(help="A bundle's folder.", show_default="the one that ships")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, UTF-8.")]


def main() -> None:
    """Run the command line."""
    try:
        app(prog_name="mujaz")
    except (InputError, BundleError) as error:
        typer.echo(f"mujaz: {error}", err=True)
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mujaz {version('mujaz')}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Stance, topic and summary for Arabic news: who stands where on what, on which words."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # Arabic must come out under LANG=C too
            stream.reconfigure(encoding="utf-8", errors="replace")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _targets(targets: list[str] | None) -> list[str] | None:
    """Decode the targets as UTF-8 whatever the locale says, and refuse empty ones."""
    decoded = [os.fsencode(target).decode("utf-8", errors="replace").strip() for target in targets or ()]
    if not all(decoded):
        raise typer.BadParameter("a target must not be empty")
    return decoded or None


@app.command()
def analyze(
    file: Annotated[
        Path, typer.Argument(help="Text, Markdown or HTML; - is standard input.", metavar="FILE|-")
    ],
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", "-t", callback=_targets, metavar="TEXT", help="What to find stances on; repeatable."
        ),
    ] = None,
    words: Annotated[int, typer.Option(min=5, help="Word budget of the summary.")] = 60,
    json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write a report to this file.", metavar="OUT")] = None,
    bundle: Bundle = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default="all cores")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Analyse an article: topic of every paragraph, stances with evidence, summary with sources."""
    text = _read(file)
    with _progress("Loading the models …", quiet):
        from inference.analyzer import Analyzer

        analyzer = Analyzer.load(bundle, threads=threads)
    with _progress("Analysing …", quiet):
        analysis = analyzer.analyze(text, targets=target, words=words)
    if html:
        from inference.report import to_html

        _write(html, to_html(analysis))
        if not quiet:
            typer.echo(f"mujaz: wrote {html}", err=True)
    if json:
        _print_utf8(analysis.to_json())
    elif not html:
        from rich.console import Console

        from inference.console import render

        render(analysis, Console())


@app.command()
def evaluate(
    task: Annotated[Literal["topic", "stance", "summary"], typer.Argument(help="What to evaluate.")],
    data: Annotated[Path, typer.Option(help="Labelled rows, JSONL.", metavar="FILE")],
    bundle: Bundle = None,
    json: Json = False,
) -> None:
    """Evaluate a bundle on labelled data."""
    from models.bundle import DEFAULT_BUNDLE
    from training.evaluate import evaluate as evaluate_task

    figures = evaluate_task(task, bundle or DEFAULT_BUNDLE, data)
    if json:
        _print_json(figures)
    else:
        for name, value in _flat(figures):
            typer.echo(f"{name:<40} {value:.4f}" if isinstance(value, float) else f"{name:<40} {value}")


@app.command()
def labels(
    task: Annotated[Literal["topic", "stance"] | None, typer.Argument(help="Only this label set.")] = None,
    json: Json = False,
) -> None:
    """List the labels: id, code, Arabic and English name."""
    from dataclasses import asdict

    from models.label_sets import load_labels

    sets = {name: load_labels(name).labels for name in ([task] if task else ["topic", "stance"])}
    if json:
        _print_json({name: [asdict(label) for label in found] for name, found in sets.items()})
    else:
        for label in (label for found in sets.values() for label in found):
            typer.echo("\t".join([label.id, label.code, label.ar, label.en]))


@bundle_app.command()
def verify(
    path: Annotated[
        Path | None, typer.Argument(help="Its folder.", show_default="the one that ships")
    ] = None,
) -> None:
    """Check a bundle's manifest and the SHA-256 of every file."""
    from models.bundle import DEFAULT_BUNDLE
    from models.bundle import verify as verify_bundle

    info = verify_bundle(path or DEFAULT_BUNDLE)
    typer.echo(f"{info.name} {info.version}: {len(info.files)} files as they should be, {info.sha256}")


@bundle_app.command()
def merge(
    parts: Annotated[list[Path], typer.Argument(help="Bundles to take the tasks of.", metavar="BUNDLE...")],
    out: Annotated[Path, typer.Option(help="The merged bundle's folder.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    version: Annotated[str, typer.Option(help="Its version.")],
) -> None:
    """Put tasks that were trained apart into one bundle; of a task held twice the last is taken."""
    from models.merge import merge_bundles

    info = merge_bundles(parts, out, name=name, version=version)
    typer.echo(f"{info.name} {info.version}: {', '.join(info.tasks)}; {len(info.files)} files, {info.sha256}")


@base_app.command()
def trim(
    base: Annotated[str, typer.Argument(help="An encoder's folder or hub id.", metavar="BASE")],
    corpus: Annotated[list[Path], typer.Argument(help="UTF-8 text, one passage a line.", metavar="CORPUS")],
    out: Annotated[Path, typer.Option(help="A new folder for the smaller encoder.", metavar="DIR")],
    latin: Annotated[int, typer.Option(min=0, help="Latin pieces to keep, the likeliest ones.")] = 4000,
    min_count: Annotated[int, typer.Option(min=1, help="Keep pieces that stand this often.")] = 1,
    revision: Annotated[str | None, typer.Option(help="Revision of a hub model.")] = None,
) -> None:
    """Cut an encoder's vocabulary down to a corpus, check it, save it; prints what was found."""
    from dataclasses import asdict

    from models.trim import trim_vocabulary

    report = trim_vocabulary(base, corpus, out, keep_latin=latin, min_count=min_count, revision=revision)
    _print_json(asdict(report), indent=2)


@app.command()
def train(
    task: Annotated[Literal["topic", "stance", "summary"], typer.Argument(help="What to train.")],
    train_file: Annotated[Path, typer.Option("--train", help="Labelled rows, JSONL.", metavar="FILE")],
    dev_file: Annotated[Path, typer.Option("--dev", help="Rows to choose and calibrate by.", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="A new folder for the bundle.", metavar="DIR")],
    config: Annotated[
        Path | None,
        typer.Option(help="YAML over the defaults.", show_default="the task's own"),
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Folder or hub id.", show_default="the encoder that ships")
    ] = None,
    revision: Annotated[str, typer.Option(help="Revision of a hub model.")] = "",
    data_licence: Annotated[str, typer.Option(help="Licence of the data, for the bundle's manifest.")] = "",
    seed: Annotated[int | None, typer.Option(help="Instead of the configuration's.")] = None,
) -> None:
    """Fine-tune a base on labelled rows and write a bundle; prints the figures on dev."""
    from models.bundle import DEFAULT_BUNDLE, LAYOUT
    from training.config import CONFIGS_DIR, load_config
    from training.run import train as train_task

    figures = train_task(
        task,
        train_file,
        dev_file,
        out,
        load_config(config or CONFIGS_DIR / f"{task}.yaml", seed=seed),
        base=base or DEFAULT_BUNDLE / LAYOUT.encoder,
        revision=revision,
        data_licence=data_licence,
    )
    _print_json(figures, indent=2)


@app.command()
def schema() -> None:
    """Print the JSON Schema of `mujaz analyze --json`."""
    from inference.results import json_schema

    _print_json(json_schema(), indent=2)


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Open the demo page on this machine."""
    import app as page

    page.main(port)


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


def _print_utf8(text: str) -> None:
    """Write to standard output as UTF-8 with one line feed at the end, on every platform and locale."""
    typer.echo(text.encode("utf-8"))


def _print_json(data: dict[str, object], indent: int | None = None) -> None:
    from json import dumps

    _print_utf8(dumps(data, ensure_ascii=False, indent=indent))


def _flat(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


@contextmanager
def _progress(words: str, quiet: bool) -> Iterator[None]:
    """Show what is being done, where somebody is watching."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield


if __name__ == "__main__":
    main()

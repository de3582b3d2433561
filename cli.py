"""The command line: `mujaz`.

Exit codes: 0 done, 1 the input or the bundle has a problem (one line on stderr), 2 wrong usage.
"""

import os
import sys
import warnings
from io import TextIOWrapper
from typing import Annotated

import typer

from arabic.errors import InputError
from commands import analyze, batch, bundles, data, demo, evaluate, train
from models.errors import BundleError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    analyze.analyze,
    batch.batch,
    evaluate.evaluate,
    evaluate.compare,
    train.train,
    bundles.labels,
    analyze.schema,
    demo.demo,
):
    app.command()(command)
app.add_typer(bundles.bundle_app, name="bundle")
app.add_typer(bundles.base_app, name="base")
app.add_typer(data.data_app, name="data")


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


if __name__ == "__main__":
    main()

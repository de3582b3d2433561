"""Labelled data before training: is it fit, and which rows to label next."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commands.common import Bundle, ColumnOption, Json, TaskName, parse_columns, print_json, progress

if TYPE_CHECKING:
    from training.check import Report
    from training.fix import Fixed

data_app = typer.Typer(no_args_is_help=True, help="Check labelled data, choose what to label next.")
_WHOLE_FILE = ("few_rows", "one_label")


@data_app.command()
def check(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="CSV, TSV, JSONL, Parquet or a saved data set; each is a split.", metavar="FILE..."
        ),
    ],
    task: Annotated[TaskName, typer.Option(help="What the rows are labelled for.")],
    column: ColumnOption = None,
    fix: Annotated[
        Path | None,
        typer.Option(help="Write clean rows and rejected.jsonl to this new folder.", metavar="DIR"),
    ] = None,
    json: Json = False,
) -> None:
    """Check every row of labelled data; exit code 1 if an error would stop training.

    With --fix only errors that no row can be blamed for count.
    """
    from training.check import check_files
    from training.fix import fix as write_fixed

    columns = parse_columns(column)
    with progress("Reading the rows …", quiet=json):
        checked = check_files(task, files, columns=columns)
        fixed = write_fixed(checked, fix, columns=columns) if fix else ()
    report = checked.report
    if json:
        written = [{"file": f.file, "kept": f.kept, "rejected": f.rejected} for f in fixed]
        print_json({**report.to_json(), **({"fixed": written} if fix else {})})
    else:
        _show(report, fixed)
    if any(not fix or error.code in _WHOLE_FILE for error in report.errors):
        raise typer.Exit(1)


@data_app.command()
def suggest(
    pool: Annotated[
        Path, typer.Option(help="Texts without labels; for stance with a target each.", metavar="FILE")
    ],
    task: Annotated[Literal["topic", "stance"], typer.Option(help="What they will be labelled for.")],
    out: Annotated[Path, typer.Option(help="A .csv or .jsonl file for the annotator.", metavar="FILE")],
    bundle: Bundle = None,
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many rows.")] = 200,
    column: ColumnOption = None,
) -> None:
    """Choose the unlabelled rows most worth labelling: the model is unsure of them, and they differ."""
    from models.bundle import DEFAULT_BUNDLE
    from training.suggest import suggest as choose
    from training.suggest import write_suggestions

    with progress("Choosing …", quiet=False):
        rows = choose(task, bundle or DEFAULT_BUNDLE, pool, number, columns=parse_columns(column))
    write_suggestions(rows, out)
    typer.echo(f"mujaz: wrote {len(rows)} rows to {out}; fill in the column label", err=True)


def _show(report: "Report", fixed: "tuple[Fixed, ...]") -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    names = _short_names([file.file for file in report.files])
    files = Table(box=box.SIMPLE)
    files.add_column("file", overflow="fold")
    files.add_column("rows", justify="right")
    files.add_column("words", justify="right")
    files.add_column("labels", overflow="fold")
    for file in report.files:
        ordered = sorted(file.labels.items(), key=lambda item: -item[1])
        labels = ", ".join(f"{label} {count:,}" for label, count in ordered[:30])
        words = f"{file.words_mean:.0f}, at most {file.words_max:,}"
        files.add_row(escape(names[file.file]), f"{file.rows:,}", words, escape(labels))
    console.print(files)
    if report.own_labels:
        console.print(f"The labels are a set of the data's own: {escape(', '.join(report.labels))}\n")
    for level, colour, findings in (("error", "red", report.errors), ("warning", "yellow", report.warnings)):
        for finding in findings:
            first = finding.examples[0]
            place = names[finding.file] + (f":{first.line}" if first.line else "")
            rows = f", {finding.count:,} rows, the first" if finding.count > 1 else ""
            console.print(
                f"[{colour}]{level}[/{colour}] [bold]{finding.code}[/bold]{rows} at {escape(place)}"
            )
            console.print(f"  {escape(first.message)}", highlight=False)
    for written in fixed:
        console.print(f"wrote {escape(written.file)}: {written.kept:,} rows, {written.rejected:,} rejected")
    console.print(f"{len(report.errors)} kinds of errors, {len(report.warnings)} of warnings")


def _short_names(files: list[str]) -> dict[str, str]:
    """The files' names without their folders, where that tells them apart."""
    names = {file: Path(file).name for file in files}
    return names if len(set(names.values())) == len(names) else {file: file for file in files}

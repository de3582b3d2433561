"""Many articles in, one answer for each row."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from arabic.errors import InputError
from commands.common import Bundle, Json, Targets, print_json

if TYPE_CHECKING:
    from inference.batch.prepare import BatchRun
    from inference.batch.progress import Reporter
    from inference.batch.run import Summary
    from models.bundle import Task

TOO_MANY_ERRORS = 3
STOPPED = 75  # EX_TEMPFAIL of sysexits.h: try again later


def batch(
    inputs: Annotated[
        list[Path],
        typer.Argument(help="Files or folders; - is standard input.", metavar="INPUT..."),
    ],
    out: Annotated[Path, typer.Option(help="The folder for the answers.", metavar="DIR")],
    tasks: Annotated[str, typer.Option(help="Which of topic, stance, summary.")] = "topic,stance,summary",
    target: Targets = None,
    targets: Annotated[Path | None, typer.Option(help="Targets, one a line.", metavar="FILE")] = None,
    unit: Annotated[Literal["article", "paragraph"], typer.Option(help="What a text is.")] = "article",
    words: Annotated[int, typer.Option(min=5, help="Word budget of a summary.")] = 60,
    format: Annotated[Literal["jsonl", "parquet", "csv"], typer.Option(help="Of the answers.")] = "jsonl",
    text_column: Annotated[str, typer.Option(help="Where a record has its text.")] = "text",
    id_column: Annotated[str, typer.Option(help="Where it has its id.")] = "id",
    keep: Annotated[
        list[str] | None, typer.Option(help="A column to hand through; repeatable.", metavar="COLUMN")
    ] = None,
    stdin_format: Annotated[
        Literal["jsonl", "csv", "tsv"], typer.Option(help="Of standard input.")
    ] = "jsonl",
    bundle: Bundle = None,
    backend: Annotated[
        Literal["auto", "onnx", "torch"],
        typer.Option(help="What computes; auto: ONNX where it can and there is no GPU."),
    ] = "auto",
    engine: Annotated[Literal["local", "ray"], typer.Option(help="Who does the work.")] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="A Ray cluster, HOST:PORT or auto.", show_default="start one on this machine"),
    ] = None,
    workers: Annotated[
        str, typer.Option(help="auto, N, or NxT: N workers of T threads.", metavar="WORKERS")
    ] = "auto",
    shard_rows: Annotated[int, typer.Option(min=1, help="Rows a file of answers has.")] = 512,
    resume: Annotated[
        bool | None,
        typer.Option("--resume/--restart", help="Go on with the run in DIR, or delete it and begin again."),
    ] = None,
    max_errors: Annotated[int, typer.Option(min=0, help="Exit with 3 past this many error rows.")] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only read the input and estimate the time.")
    ] = False,
    log_every: Annotated[
        float, typer.Option(min=0.1, help="Seconds between progress lines where nobody watches.")
    ] = 10.0,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Analyse millions of rows: every one answered once, whatever dies in between."""
    from inference.batch.options import Options
    from inference.batch.prepare import BatchRun
    from inference.batch.progress import Reporter
    from inference.batch.rows import Columns
    from inference.batch.workers import parse_workers

    options = Options(
        tasks=_tasks(tasks),
        targets=_all_targets(target, targets),
        unit=unit,
        words=words,
        format=format,
        columns=Columns(text=text_column, id=id_column, keep=tuple(keep or ())),
        shard_rows=shard_rows,
        backend=backend,
    )
    run = BatchRun(
        inputs=tuple(inputs),
        out=out,
        options=options,
        bundle=bundle,
        engine=engine,
        address=address,
        workers=parse_workers(workers),
        existing="refuse" if resume is None else "resume" if resume else "restart",
        stdin=stdin_format,
    )
    reporter = Reporter(every=log_every, quiet=quiet)
    if dry_run:
        _dry_run(run, reporter, json)
    else:
        _run(run, reporter, json, max_errors)


def _run(run: "BatchRun", reporter: "Reporter", json: bool, max_errors: int) -> None:
    from dataclasses import asdict

    from inference.batch.run import run_batch

    summary = run_batch(run, reporter)
    if json:
        print_json(asdict(summary))
    else:
        typer.echo(_tell(summary, run))
    if not summary.complete:
        raise typer.Exit(STOPPED)
    if sum(summary.errors.values()) > max_errors:
        raise typer.Exit(TOO_MANY_ERRORS)


def _dry_run(run: "BatchRun", reporter: "Reporter", json: bool) -> None:
    from dataclasses import asdict

    from inference.batch.dry_run import estimate

    found = estimate(run, reporter)
    if json:
        print_json(asdict(found))
        return
    typer.echo(f"{found.rows:,} rows in {found.files:,} files make {found.shards:,} shards")
    for code, count in found.errors.items():
        typer.echo(f"{count:,} rows cannot be read: {code}, as {found.examples[code]}")
    typer.echo(f"about {_time(found.seconds)} at {found.rows_per_s:.1f} rows/s with {found.workers} workers")


def _tell(summary: "Summary", run: "BatchRun") -> str:
    state = "complete" if summary.complete else "stopped; go on with --resume"
    lines = [
        f"{run.out}: {state}",
        f"{summary.rows:,} rows, {summary.new_rows:,} of them now, in {_time(summary.seconds)}, "
        f"{summary.rows_per_s:.1f} rows/s with {summary.workers} workers",
        f"peak memory: {summary.peak_mb['driver']:,} MB, largest worker {summary.peak_mb['worker']:,} MB",
    ]
    return "\n".join([*lines, *(f"{count:,} rows failed: {code}" for code, count in summary.errors.items())])


def _time(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _tasks(text: str) -> tuple["Task", ...]:
    from models.bundle import TASKS

    asked = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in asked if name not in TASKS]:
        raise typer.BadParameter(f"no task {unknown[0]!r}; take some of {','.join(TASKS)}")
    if not asked:
        raise typer.BadParameter(f"no task given; take some of {','.join(TASKS)}")
    return tuple(task for task in TASKS if task in asked)


def _all_targets(given: list[str] | None, file: Path | None) -> tuple[str, ...] | None:
    """The targets of the command line and of the file, None where neither is given."""
    found = list(given or ())
    if file is not None:
        from arabic.decode import read_file

        lines = [line.strip() for line in read_file(file).text.splitlines()]
        found += [line for line in lines if line]
        if not found:
            raise InputError(f"{str(file)!r} has no targets; write one a line")
    return tuple(dict.fromkeys(found)) if found else None

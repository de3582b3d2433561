"""Labelled data in, a bundle out."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from arabic.errors import InputError
from commands.common import ColumnOption, TaskName, parse_columns, print_json


def train(
    task: Annotated[TaskName, typer.Argument(help="What to train.")],
    train_file: Annotated[Path, typer.Option("--train", help="Labelled rows.", metavar="FILE")],
    dev_file: Annotated[Path, typer.Option("--dev", help="Rows to choose and calibrate by.", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="A new folder for the bundle.", metavar="DIR")],
    config: Annotated[
        Path | None,
        typer.Option(help="YAML over the defaults.", show_default="the task's own"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting over the YAML's; repeatable.", metavar="KEY=VALUE"),
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Folder or hub id.", show_default="the encoder that ships")
    ] = None,
    revision: Annotated[str, typer.Option(help="Revision of a hub model.")] = "",
    start: Annotated[
        Path | None, typer.Option(help="A bundle whose adapter is trained on.", metavar="BUNDLE")
    ] = None,
    method: Annotated[
        Literal["lora", "full"] | None, typer.Option(help="Adapters, or all weights.", show_default="lora")
    ] = None,
    kind: Annotated[
        Literal["extractive", "abstractive"] | None,
        typer.Option(help="Summary: choose units, or write (a seq2seq base).", show_default="extractive"),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Instead of the configuration's.")] = None,
    patience: Annotated[int | None, typer.Option(help="Epochs without a gain before it stops.")] = None,
    precision: Annotated[
        float | None, typer.Option(help="Share of right answers, below which it abstains.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the configuration's.")] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Train once a seed and keep the best: 1,2,3.", metavar="N,N…")
    ] = None,
    search: Annotated[int, typer.Option(min=0, help="Trials of a hyper-parameter search before.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    track: Annotated[
        Literal["none", "tensorboard", "trackio", "mlflow"], typer.Option(help="Where to log to.")
    ] = "none",
    column: ColumnOption = None,
    data_licence: Annotated[str, typer.Option(help="Licence of the data, for the bundle's manifest.")] = "",
) -> None:
    """Fine-tune a base on labelled rows and write a bundle; prints the figures on dev.

    SIGTERM or Ctrl-C saves a checkpoint and ends with exit code 0; the same command with --resume goes on.
    """
    from models.bundle import DEFAULT_BUNDLE, LAYOUT
    from training.callbacks import RunInterrupted
    from training.check import check
    from training.config import CONFIGS_DIR, load_config
    from training.processes import is_main
    from training.run import train
    from training.seeds import train_seeds

    overrides = {
        "method": method,
        "kind": kind,
        "epochs": epochs,
        "patience": patience,
        "precision": precision,
        "seed": seed,
    }
    configuration = load_config(config or CONFIGS_DIR / f"{task}.yaml", settings or (), **overrides)
    if configuration.kind == "abstractive" and base is None:
        raise InputError("kind=abstractive needs a seq2seq base; name one with --base")
    columns = parse_columns(column)
    if is_main():
        report = check(task, [train_file, dev_file], columns=columns)
        report.raise_for_errors()
        for warning in report.warnings:
            typer.echo(f"mujaz: {warning}", err=True)
    options: dict[str, Any] = {
        "base": base or (start or DEFAULT_BUNDLE) / LAYOUT.encoder,
        "start": start,
        "revision": revision,
        "data_licence": data_licence,
        "columns": columns,
        "resume": resume,
        "track": track,
    }
    try:
        if search:
            from training.search import search_config

            configuration = search_config(
                task, train_file, dev_file, out, configuration, trials=search, **options
            )
        if seeds:
            figures = train_seeds(
                task, train_file, dev_file, out, configuration, seeds=_numbers(seeds), **options
            )
        else:
            figures = train(task, train_file, dev_file, out, configuration, **options)
    except RunInterrupted as interruption:
        typer.echo(f"mujaz: {interruption}", err=True)
        return
    if figures:  # of several processes only the main one has them
        from training.card import write_card
        from training.evaluate import evaluate

        write_card(out, {task: evaluate(task, out, dev_file, columns=columns)})
        print_json(figures, indent=2)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--seeds needs numbers with commas between, was {text!r}") from None

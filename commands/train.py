"""Labelled data in, a bundle out."""

from pathlib import Path
from typing import Annotated

import typer

from commands.common import TaskName, print_json


def train(
    task: Annotated[TaskName, typer.Argument(help="What to train.")],
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
    print_json(figures, indent=2)

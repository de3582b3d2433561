"""How good a bundle is on labelled data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.common import Bundle, Json, TaskName, print_json


def evaluate(
    task: Annotated[TaskName, typer.Argument(help="What to evaluate.")],
    data: Annotated[Path, typer.Option(help="Labelled rows, JSONL.", metavar="FILE")],
    bundle: Bundle = None,
    json: Json = False,
) -> None:
    """Evaluate a bundle on labelled data."""
    from models.bundle import DEFAULT_BUNDLE
    from training.evaluate import evaluate as evaluate_task

    figures = evaluate_task(task, bundle or DEFAULT_BUNDLE, data)
    if json:
        print_json(figures)
    else:
        for name, value in _flat(figures):
            typer.echo(f"{name:<40} {value:.4f}" if isinstance(value, float) else f"{name:<40} {value}")


def _flat(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value

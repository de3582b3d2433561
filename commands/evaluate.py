"""How good a bundle is on labelled data, and what differs between two of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.common import Bundle, ColumnOption, Json, TaskName, Topics, parse_columns, print_json, progress


def evaluate(
    task: Annotated[TaskName, typer.Argument(help="What to evaluate.")],
    data: Annotated[Path, typer.Option(help="Labelled rows: CSV, TSV, JSONL, Parquet.", metavar="FILE")],
    bundle: Bundle = None,
    topics: Topics = None,
    column: ColumnOption = None,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML report and its figures here.", metavar="DIR")
    ] = None,
    leave_targets_out: Annotated[
        int,
        typer.Option(
            min=0, help="Stance: train again without each of the N most frequent targets.", metavar="N"
        ),
    ] = 0,
    json: Json = False,
) -> None:
    """Evaluate a bundle on labelled data: figures with 95 % intervals, by class and on parts of the data."""
    from models.bundle import DEFAULT_BUNDLE
    from training.evaluate import evaluate as evaluate_task

    if leave_targets_out and task != "stance":
        raise typer.BadParameter("only stance has targets to leave out")
    if topics and task != "topic":
        raise typer.BadParameter("--topics goes with `evaluate topic` only")
    columns = parse_columns(column)
    with progress("Evaluating …", quiet=json):
        figures = evaluate_task(task, bundle or DEFAULT_BUNDLE, data, columns=columns, topics=topics)
        if leave_targets_out:
            from training.leave_one_out import leave_one_target_out

            figures["leave_one_target_out"] = leave_one_target_out(
                bundle or DEFAULT_BUNDLE, data, targets=leave_targets_out, columns=columns
            )
        if report:
            from training.report import write_report

            path = write_report(figures, report)
    if json:
        print_json(figures)
    else:
        _show(figures)
    if report:
        typer.echo(f"mujaz: wrote {path}", err=True)


def _show(figures: Mapping[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from training.report import headline_rows, shown

    console = Console()
    table = Table(box=box.SIMPLE, title=f"{figures['n']} rows")
    for name in ("figure", "value", "95 % interval", "what it is"):
        table.add_column(name, justify="right" if name in ("value", "95 % interval") else "left")
    for row in headline_rows(figures):
        table.add_row(row.name, row.value, row.interval, row.meaning)
    console.print(table)
    tables = {"label": figures.get("per_class", {}), **figures.get("slices", {})}
    if "leave_one_target_out" in figures:
        tables["target left out"] = figures["leave_one_target_out"]["targets"]
    for kind, parts in tables.items():
        if not parts:
            continue
        names = [name for name, value in next(iter(parts.values())).items() if not isinstance(value, dict)]
        table = Table(box=box.SIMPLE)
        table.add_column(kind, overflow="fold")
        for name in names:
            table.add_column(name, justify="right")
        for key, part in parts.items():
            table.add_row(escape(key), *(shown(part[name]) for name in names))
        console.print(table)


def compare(
    first: Annotated[Path, typer.Argument(help="A bundle.", metavar="A")],
    second: Annotated[Path, typer.Argument(help="The bundle to compare it with.", metavar="B")],
    data: Annotated[Path, typer.Option(help="Rows, labelled or not.", metavar="FILE")],
    task: Annotated[
        TaskName | None, typer.Option(help="What to compare.", show_default="the task they share")
    ] = None,
    column: ColumnOption = None,
    rows: Annotated[int, typer.Option(min=0, help="Rows to print, those they disagree on first.")] = 10,
    out: Annotated[
        Path | None, typer.Option(help="Write all rows here, JSONL, in the same order.", metavar="FILE")
    ] = None,
    json: Json = False,
) -> None:
    """Compare two bundles on the same rows: which is better, and what changed, also without labels."""
    from training.compare import compare as compare_bundles

    with progress("Comparing …", quiet=json):
        found = compare_bundles(first, second, data, task=task, columns=parse_columns(column))
    if out:
        _write_rows(out, found["rows"])
    found["rows"] = found["rows"][:rows]
    if json:
        print_json(found)
    else:
        _show_comparison(found)


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    from json import dumps

    from arabic.errors import InputError

    try:
        text = "".join(dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); give another path") from error


def _show_comparison(found: Mapping[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    a, b = (f"{found[side]['name']} {found[side]['version']}" for side in "ab")
    console.print(
        f"A is {escape(a)}, B is {escape(b)}; {found['n']} rows, agreement {found['agreement']:.3f}"
    )
    if "figures" in found:
        table = Table(box=box.SIMPLE)
        for name in ("figure", "A", "B", "B - A", "95 % interval"):
            table.add_column(name, justify="left" if name == "figure" else "right")
        for name, row in found["figures"].items():
            low, high = row["interval"]
            sides = (f"{row['a']:.3f}", f"{row['b']:.3f}", f"{row['difference']:+.3f}")
            table.add_row(name, *sides, f"{low:+.3f} to {high:+.3f}")
        console.print(table)
    if "mcnemar" in found:
        test = found["mcnemar"]
        console.print(
            f"Only A right {test['only_a_right']}, only B right {test['only_b_right']}; "
            f"McNemar's exact p = {test['p']:.4f}"
        )
    for change in found.get("changes", [])[:10]:
        console.print(f"  {change['n']:>5} x {escape(change['a'])} → {escape(change['b'])}")
    for row in found["rows"]:
        gold = f" annotated {row['gold']}," if "gold" in row and "label" in row["a"] else ""
        answers = f"{gold} {_side(row, 'a')} | {_side(row, 'b')}"
        console.print(f"\n[bold]{escape(row['id'])}[/bold]{escape(answers)}")
        console.print(escape(" ‖ ".join(filter(None, (row.get("target"), row.get("text"))))), highlight=False)


def _side(row: Mapping[str, Any], side: str) -> str:
    answer = row[side]
    name = side.upper()
    if "summary" in answer:
        return f"{name}: {answer['summary']}"
    return f"{name}: {answer['label']} {answer['probability']:.2f}"

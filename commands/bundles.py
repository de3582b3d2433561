"""Bundles, the encoders they start from, and the labels they answer with."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.common import ColumnOption, Json, TaskName, parse_columns, print_json

bundle_app = typer.Typer(no_args_is_help=True, help="Look after bundles of trained models.")
base_app = typer.Typer(no_args_is_help=True, help="Prepare base encoders.")


def labels(
    task: Annotated[Literal["topic", "stance"] | None, typer.Argument(help="Only this label set.")] = None,
    json: Json = False,
) -> None:
    """List the labels: id, code, Arabic and English name."""
    from dataclasses import asdict

    from models.label_sets import load_labels

    sets = {name: load_labels(name).labels for name in ([task] if task else ["topic", "stance"])}
    if json:
        print_json({name: [asdict(label) for label in found] for name, found in sets.items()})
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
    from training.card import write_card

    info = merge_bundles(parts, out, name=name, version=version)
    write_card(out)
    typer.echo(f"{info.name} {info.version}: {', '.join(info.tasks)}; {len(info.files)} files, {info.sha256}")


@bundle_app.command()
def average(
    parts: Annotated[list[Path], typer.Argument(help="Bundles of runs of one task.", metavar="BUNDLE...")],
    task: Annotated[TaskName, typer.Option(help="The task.")],
    dev: Annotated[Path, typer.Option(help="Rows to calibrate by.", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="A new folder for the bundle.", metavar="DIR")],
    column: ColumnOption = None,
) -> None:
    """Average the adapters of several runs into one that costs no more; prints the figures on dev.

    The runs should have gone on from one bundle (`mujaz train --start`).
    """
    from training.average import average_bundles

    figures = average_bundles(parts, task, dev, out, columns=parse_columns(column))
    print_json(figures, indent=2)


@bundle_app.command()
def sides(
    bundle: Annotated[Path, typer.Argument(help="A bundle with a stance model.", metavar="BUNDLE")],
    second: Annotated[Path, typer.Argument(help="One trained with sides=true.", metavar="SECOND")],
    out: Annotated[Path, typer.Option(help="The new bundle's folder.")],
    sure: Annotated[float, typer.Option(help="Log-odds of the opposite over which its side counts.")] = 3.0,
) -> None:
    """Add a second opinion on the side, for targets whose opposite a text may name."""
    from models.merge import add_sides
    from training.card import write_card

    info = add_sides(bundle, second, out, sure=sure)
    write_card(out)
    typer.echo(f"{info.name} {info.version}: {len(info.files)} files, {info.sha256}")


@bundle_app.command()
def push(
    path: Annotated[Path, typer.Argument(help="The bundle's folder.", metavar="BUNDLE")],
    repository: Annotated[str, typer.Argument(help="A model repository of the hub.", metavar="OWNER/NAME")],
    public: Annotated[bool, typer.Option("--public", help="Make a new repository public.")] = False,
    message: Annotated[str, typer.Option(help="The commit's message.", show_default="name and version")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
) -> None:
    """Send a bundle to the Hugging Face hub, its hashes checked and its model card with it."""
    from training.push import push as push_bundle

    upload = push_bundle(path, repository, private=not public, message=message, dry_run=dry_run)
    for name, size in upload.files.items():
        typer.echo(f"{size:>12,}  {name}")
    done = "would be sent to" if dry_run else "sent to"
    typer.echo(
        f"{len(upload.files)} files, {upload.size:,} bytes {done} {upload.repository} {upload.url}".rstrip()
    )


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
    print_json(asdict(report), indent=2)

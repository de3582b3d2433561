"""Texts without labels: what two models are compared on, and what is chosen from to be labelled."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from arabic.checks import has_arabic
from arabic.errors import InputError
from models.bundle import Task
from training.answers import Item
from training.data import Columns
from training.data_files import read_records
from training.data_rows import RowError, SummaryRow, belongs_to, text_field, units_of

_LABELS = ("label", "stance", "corrected")


def is_labelled(task: Task, path: Path, columns: Columns | None) -> bool:
    """Whether the first row of a file has a label, or a written summary."""
    for record in read_records(path, columns):
        if not belongs_to(task, record.values):
            continue
        if task == "summary":
            return bool(record.values.get("summary"))
        stances = record.values.get("stances") or ()
        named = any(isinstance(stance, dict) and stance.get("stance") for stance in stances)
        return named or any(record.values.get(name) not in (None, "") for name in _LABELS)
    return False


def read_items(task: Task, path: Path, columns: Columns | None) -> Iterator[Item]:
    """Read {id?, text}, for stance {id?, text, target} or {id?, text, targets: […]}; labels do not count.

    Raises `InputError` with file and line, also where there is no row.
    """
    count = 0
    for line, values in _rows(path, columns):
        count += 1
        try:
            text = text_field(values, "text")
            made = f"{path.stem}-{line}"
            row_id = made if values.get("id") in (None, "") else str(values["id"])
            for target in _targets(values) if task == "stance" else [""]:
                yield Item(row_id, text, target)
        except RowError as error:
            raise InputError(f"{path}:{line}: {error}") from error
    if not count:
        raise InputError(f"{path}: no rows; expected one text a row")


def read_articles(path: Path, columns: Columns | None) -> list[SummaryRow]:
    """Read {id?, title?, units} or {id?, title?, text} as rows without key units or summary.

    Raises `InputError` with file and line, also where there is no row.
    """
    rows = []
    for line, values in _rows(path, columns):
        try:
            title = text_field(values, "title") if values.get("title") else ""
            row_id = f"{path.stem}-{line}" if values.get("id") in (None, "") else str(values["id"])
            rows.append(SummaryRow(row_id, title, units_of(values), (), (), ""))
        except RowError as error:
            raise InputError(f"{path}:{line}: {error}") from error
    if not rows:
        raise InputError(f"{path}: no rows; expected one article a row")
    return rows


def _rows(path: Path, columns: Columns | None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for record in read_records(path, columns):
        if record.problem:
            raise InputError(f"{path}:{record.line}: {record.problem}")
        yield record.line, record.values


def _targets(values: Mapping[str, Any]) -> list[str]:
    """The targets that the row names, each once."""
    given = values.get("targets")
    if given is None and isinstance(values.get("stances"), list):
        given = [stance.get("target") for stance in values["stances"] if isinstance(stance, dict)]
    if given is None:
        return [text_field(values, "target")]
    if not isinstance(given, list) or not all(isinstance(t, str) and has_arabic(t) for t in given):
        raise RowError("wrong_value", f"targets must be a list of Arabic phrases, was {given!r:.60}")
    return list(dict.fromkeys(given))

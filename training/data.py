"""Labelled data: a file in any of the formats of `training.data_files` in, frozen rows out."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

from arabic.errors import InputError
from models.bundle import Task
from models.label_sets import load_labels
from training.data_files import Record, read_records
from training.data_rows import (
    UNRELATED,
    RowError,
    StanceLabel,
    StanceRow,
    SummaryRow,
    TopicRow,
    belongs_to,
    is_correction,
    stance_row,
    summary_row,
    topic_row,
)

__all__ = [
    "UNRELATED",
    "LabelledData",
    "StanceLabel",
    "StanceRow",
    "SummaryRow",
    "TopicRow",
    "label_set",
    "read_rows",
    "read_stance",
    "read_summary",
    "read_topic",
]
Row = TypeVar("Row", TopicRow, StanceRow, SummaryRow)
Columns = Mapping[str, str]
Lines = dict[str, int]
OWN_ROWS, OWN_SHARE = 5, 0.05
"""Labels that are not ours make a label set of its own from this many rows and this share of them on;
below that they are taken for slips of the pen."""


@dataclass(frozen=True, slots=True)
class LabelledData(Generic[Row]):
    """The rows of one file, and the labels found in them; summaries have none.

    `labels` are in our order where all of them are ours, else sorted.
    """

    rows: tuple[Row, ...]
    labels: tuple[str, ...]


def read_topic(
    path: Path, *, columns: Columns | None = None, labels: Sequence[str] = ()
) -> LabelledData[TopicRow]:
    """Read rows {id?, text, label, second?}; `columns` maps our names to the file's.

    Of `labels`, where given, every label must be one. Raises `InputError` with file and line.
    """
    kept: dict[Hashable, tuple[int, TopicRow]] = {}
    for record, row in _read("topic", path, topic_row, columns):
        key = _key(record, row.id, row.text) if is_correction(record.values) else record.line
        kept[key] = record.line, row
    found, lines = Counter[str](), Lines()
    for line, row in kept.values():
        for label in filter(None, (row.label, row.second, *dict(row.probabilities))):
            found[label] += 1
            lines.setdefault(label, line)
    rows = tuple(row for _, row in kept.values())
    return LabelledData(rows, _labels("topic", path, found, lines, len(rows), labels))


def read_stance(
    path: Path, *, columns: Columns | None = None, labels: Sequence[str] = ()
) -> LabelledData[StanceRow]:
    """Read stance rows, nested or flat; flat records of one paragraph become one row.

    `columns` maps our names to the file's. Of `labels`, where given, every label must be one. With labels
    that are not ours the rows have no spans: holders and evidence are only learnt with ours. Raises
    `InputError` with file and line.
    """
    rows: dict[Hashable, StanceRow] = {}
    found, lines = Counter[str](), Lines()
    for record, row in _read("stance", path, stance_row, columns):
        for stance in row.stances:
            for label in (stance.stance, *dict(stance.probabilities)):
                found[label] += 1
                lines.setdefault(label, record.line)
        key = _key(record, row.id, row.text)
        known = rows.get(key, dataclasses.replace(row, stances=()))
        if known.text != row.text:
            raise InputError(f"{path}:{record.line}: the id {row.id!r} stands before with another text")
        rows[key] = _joined(known, row, is_correction(record.values))
    if not found:
        raise InputError(f"{path}: no row has a stance; expected records in `stances`")
    names = _labels("stance", path, found, lines, found.total(), labels)
    if set(names) <= set(load_labels("stance").ids):
        return LabelledData(tuple(rows.values()), names)
    return LabelledData(tuple(_without_spans(row) for row in rows.values()), names)


def read_summary(path: Path, *, columns: Columns | None = None) -> LabelledData[SummaryRow]:
    """Read rows {id?, title?, units, key, important?, summary} or {id?, title?, text, summary}.

    `columns` maps our names to the file's. Raises `InputError` with file and line.
    """
    return LabelledData(tuple(row for _, row in _read("summary", path, summary_row, columns)), ())


def read_rows(
    task: Task, path: Path, *, columns: Columns | None = None, labels: Sequence[str] = ()
) -> LabelledData[Any]:
    """Read the rows of a task, see the three readers above."""
    if task == "topic":
        return read_topic(path, columns=columns, labels=labels)
    if task == "stance":
        return read_stance(path, columns=columns, labels=labels)
    return read_summary(path, columns=columns)


def label_set(task: Task, found: Sequence[str]) -> tuple[str, ...]:
    """The labels that a model of data with these labels has: all of ours, or those of the data's own set."""
    if task == "summary":
        return ()
    ours = load_labels(task).ids
    return ours if set(found) <= set(ours) else tuple(found)


def foreign_labels(task: Task, found: Mapping[str, int], rows: int) -> tuple[list[str], bool]:
    """The labels that are not ours, and whether they make a label set of the data's own."""
    ours = set(load_labels(task).ids)
    foreign = [label for label in found if label not in ours]
    if len(foreign) == len(found):
        return foreign, True
    count = sum(found[label] for label in foreign)
    return foreign, count >= OWN_ROWS and count >= OWN_SHARE * rows


def unknown_label(task: Task, label: str, known: Sequence[str]) -> str:
    """What to say of a label that is none of the known ones."""
    nearest = next(iter(get_close_matches(label, known, n=1)), None)
    meant = f", was {nearest!r} meant?" if nearest else ";"
    own = f"a label set of your own needs {OWN_ROWS} rows and {OWN_SHARE:.0%} of them"
    return f"unknown {task} {label!r}{meant} known are: {', '.join(known)} ({own})"


def _read(
    task: Task, path: Path, parse: Callable[[Mapping[str, Any], str], Row], columns: Columns | None
) -> Iterator[tuple[Record, Row]]:
    count = 0
    for record in read_records(path, columns):
        if record.problem:
            raise InputError(f"{path}:{record.line}: {record.problem}")
        if belongs_to(task, record.values):
            try:
                yield record, parse(record.values, f"{path.stem}-{record.line}")
            except RowError as error:
                raise InputError(f"{path}:{record.line}: {error}") from error
            count += 1
    if not count:
        raise InputError(f"{path}: no rows for {task}; expected one row a labelled text")


def _key(record: Record, row_id: str, text: str) -> Hashable:
    """What rows of one paragraph have in common: the id, or the text where there is none."""
    return ("id", row_id) if record.values.get("id") not in (None, "") else ("text", text)


def _joined(known: StanceRow, row: StanceRow, correction: bool) -> StanceRow:
    """Add a paragraph's further stances; a correction replaces what was said of the same holder."""
    stances = list(known.stances)
    for stance in row.stances:
        if correction:
            same = (stance.target, stance.holder)
            stances = [other for other in stances if (other.target, other.holder) != same]
        if stance not in stances:
            stances.append(stance)
    return dataclasses.replace(known, stances=tuple(stances))


def _without_spans(row: StanceRow) -> StanceRow:
    bare = (dataclasses.replace(stance, holder=None, evidence=None) for stance in row.stances)
    return dataclasses.replace(row, stances=tuple(dict.fromkeys(bare)))


def _labels(
    task: Task, path: Path, found: Counter[str], lines: Lines, rows: int, wanted: Sequence[str]
) -> tuple[str, ...]:
    """Order the labels found. Raises `InputError` for the first that is none of the wanted or of ours."""
    ours = load_labels(task).ids
    known = tuple(wanted) or ours
    unknown = [label for label in found if label not in known]
    if not wanted and unknown:
        unknown, own = foreign_labels(task, found, rows)
        if own:
            return tuple(sorted(found))
    if unknown:
        message = unknown_label(task, unknown[0], known)
        raise InputError(f"{path}:{lines[unknown[0]]}: {message}")
    return tuple(label for label in known if label in found)

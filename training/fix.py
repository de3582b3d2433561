"""The second pass of `mujaz data check --fix`: the clean rows of every file, and all that were rejected."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arabic.errors import InputError
from training.check import Checked
from training.check_file import Scan, checked_row, labels_of
from training.data import Columns
from training.data_files import Record, read_records
from training.data_rows import RowError, belongs_to
from training.duplicates import repeated, reused_ids, shared

REJECTED = "rejected.jsonl"
_REASONS = (
    ("", ""),
    ("duplicate_text", "the text stands before"),
    ("text_in_two_splits", "the text stands in a later file too"),
    ("contrary_labels", "the text stands before with another label"),
    ("duplicate_id", "the id stands before with another text"),
)


@dataclass(frozen=True, slots=True)
class Fixed:
    """One file that was written: rows kept and rows rejected."""

    file: str
    kept: int
    rejected: int


def fix(checked: Checked, out: Path, *, columns: Columns | None = None) -> tuple[Fixed, ...]:
    """Write `out/<name>.jsonl` for every file, under our column names, and `out/rejected.jsonl`.

    Rejected are rows with an error, rows that repeat an earlier one of their file, and rows whose text stands
    in a later file too: of `train dev test` the test set stays whole. Raises `InputError` where `out`
    is in use or cannot be written.
    """
    names = [scan.path.stem for scan in checked.scans]
    if len(set(names)) < len(names) or Path(REJECTED).stem in names:
        names = [f"{number}-{name}" for number, name in enumerate(names, start=1)]
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"{out} is not empty; name a new folder for the clean rows")
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            rejected = stack.enter_context(_open(out / REJECTED))
            return tuple(
                _fix_file(checked, number, out / f"{name}.jsonl", rejected, columns)
                for number, name in enumerate(names)
            )
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}); name another folder") from error


def _open(path: Path) -> Any:
    # JSON's own escape for lone surrogates, which UTF-8 cannot hold
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _fix_file(checked: Checked, number: int, out: Path, rejected: Any, columns: Columns | None) -> Fixed:
    found = checked.scans[number]
    kept = bad = 0
    with _open(out) as file:
        for record, code, reason in _judged(checked, number, columns):
            if not code:
                kept += 1
                file.write(_line(record.values))
                continue
            bad += 1
            content = {"raw": record.raw} if record.raw else {"row": record.values}
            row = {"file": str(found.path), "line": record.line, "code": code, "reason": reason}
            rejected.write(_line({**row, **content}))
    return Fixed(str(out), kept, bad)


def _judged(checked: Checked, number: int, columns: Columns | None) -> Iterator[tuple[Record, str, str]]:
    """The records of a file's task, with the code and the reason of a rejection, both empty for none."""
    task, found = checked.report.task, checked.scans[number]
    repeats = iter(_repeats(found, checked.scans[number + 1 :]).tolist())
    for record in read_records(found.path, columns):
        if not belongs_to(task, record.values):
            continue
        try:
            labels = labels_of(checked_row(task, record, found.path.stem))
        except RowError as error:
            yield record, error.code, str(error)
            continue
        code, reason = _REASONS[next(repeats)]
        unknown = next((label for label in labels if label in checked.unknown), None)
        if unknown is not None:
            code, reason = "unknown_label", f"unknown label {unknown!r}"
        yield record, code, reason


def _repeats(found: Scan, later: tuple[Scan, ...]) -> NDArray[np.int8]:
    """For every usable row the number of its reason among `_REASONS`, 0 for none."""
    reasons = np.zeros(found.rows, np.int8)
    if not found.rows:
        return reasons
    _, again, contrary = repeated(found.prints)
    reasons[again] = 1
    for other in later:
        reasons[shared(found.prints.texts, other.prints.texts)] = 2
    reasons[contrary] = 3
    reasons[reused_ids(found.prints)[1]] = 4
    return reasons


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, default=str) + "\n"

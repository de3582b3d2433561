"""Is labelled data fit to train on: the report of `mujaz data check`. Every file is a split."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arabic.errors import InputError
from models.bundle import Task
from models.label_sets import load_labels
from training.check_file import Example, Scan, scan
from training.data import Columns, foreign_labels, unknown_label
from training.data_files import splits
from training.duplicates import Mask, repeated, reused_ids, shared

Level = Literal["error", "warning"]
FEWEST_ROWS, FEW_ROWS = 5, 100
RARE, IMBALANCE = 10, 20
"""A label is rare below this many rows; labels are imbalanced from this ratio on."""
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in a file: how often, and at which lines first."""

    level: Level
    code: str
    file: str
    count: int
    examples: tuple[Example, ...]

    @property
    def message(self) -> str:
        """What is wrong with the first of them."""
        return self.examples[0].message

    def __str__(self) -> str:
        line = self.examples[0].line
        place = f"{self.file}:{line}" if line else self.file
        return f"{place}: {self.message}" + (f" [{self.count:,} such rows]" if self.count > 1 else "")


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a file holds: usable rows, rows of other tasks, labels, whitespace words a text."""

    file: str
    rows: int
    other_tasks: int
    labels: dict[str, int]
    words_mean: float
    words_max: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check. `own_labels`: the data brings a label set of its own."""

    task: Task
    files: tuple[FileReport, ...]
    labels: tuple[str, ...]
    own_labels: bool
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stops training."""
        return tuple(finding for finding in self.findings if finding.level == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What does not."""
        return tuple(finding for finding in self.findings if finding.level == "warning")

    def raise_for_errors(self) -> None:
        """Raise `InputError` with the first error, if there is one, and the number of the others."""
        if self.errors:
            others = len(self.errors) - 1
            more = f"; and {others} further kinds of errors" if others else ""
            raise InputError(f"{self.errors[0]}{more}; mujaz data check shows all, --fix drops bad rows")

    def to_json(self) -> dict[str, Any]:
        """The report as JSON, see docs/data.md."""
        counts = {"errors": len(self.errors), "warnings": len(self.warnings)}
        return {**dataclasses.asdict(self), **counts}


@dataclass(frozen=True, slots=True)
class Checked:
    """A report with what `training.fix` needs: the scans, and which rows repeat others."""

    report: Report
    scans: tuple[Scan, ...]
    unknown: frozenset[str]


def check(task: Task, paths: Sequence[Path], *, columns: Columns | None = None) -> Report:
    """Check files of labelled rows, each one a split, a folder of several data sets several.

    Memory grows by about 40 bytes a row. Raises `InputError` where a file cannot be read at all.
    """
    return check_files(task, paths, columns=columns).report


def check_files(task: Task, paths: Sequence[Path], *, columns: Columns | None = None) -> Checked:
    """Check files and keep what a second pass needs."""
    codes: dict[str, int] = {}
    files = list(dict.fromkeys(part for path in paths for part in splits(path)))
    scans = tuple(scan(task, path, columns, codes) for path in files)
    found = sum((s.labels for s in scans), Counter[str]())
    total = found.total() if task == "stance" else sum(s.rows for s in scans)
    foreign, own = ([], False) if task == "summary" else foreign_labels(task, found, total)
    own = own and bool(found)
    unknown = frozenset() if own else frozenset(foreign)
    findings = [
        *(f for s in scans for f in _row_findings(s)),
        *(f for s in scans for f in _label_findings(task, s, scans[0], unknown, own)),
        *(f for s in scans for f in _repeated_findings(s)),
        *(f for a, b in combinations(scans, 2) for f in _leaks(a, b)),
    ]
    ours = () if task == "summary" else load_labels(task).ids
    labels = sorted(found) if own else [label for label in ours if label in found]
    report = Report(
        task,
        tuple(
            FileReport(
                str(s.path), s.rows, s.other_tasks, dict(s.labels), s.words / max(s.rows, 1), s.longest
            )
            for s in scans
        ),
        tuple(labels),
        own,
        tuple(sorted(findings, key=lambda finding: finding.level)),
    )
    return Checked(report, scans, unknown)


def _row_findings(found: Scan) -> Iterator[Finding]:
    levels: tuple[tuple[Level, Any], ...] = (("error", found.errors), ("warning", found.warnings))
    for level, tallies in levels:
        for code, tally in tallies.items():
            yield Finding(level, code, str(found.path), tally.count, tuple(tally.examples))
    if found.rows < FEWEST_ROWS:
        yield _whole(
            found,
            "error",
            "few_rows",
            f"{found.rows} usable rows; at least {FEWEST_ROWS} are needed, some hundreds to learn from",
        )
    elif found.rows < FEW_ROWS:
        yield _whole(
            found,
            "warning",
            "few_rows",
            f"{found.rows} usable rows; figures on so few mean little, some hundreds are a start",
        )


def _label_findings(
    task: Task, found: Scan, first: Scan, unknown: frozenset[str], own: bool
) -> Iterator[Finding]:
    if task == "summary" or not found.rows:
        return
    ours = load_labels(task).ids
    bad = [label for label in found.labels if label in unknown]
    if bad:
        count = sum(found.labels[label] for label in bad)
        examples = (Example(found.label_lines[x][0], unknown_label(task, x, ours)) for x in bad[:_EXAMPLES])
        yield Finding("error", "unknown_label", str(found.path), count, tuple(examples))
    counts = {label: n for label, n in found.labels.items() if label not in unknown}
    if len(counts) < 2:
        what = f"all rows have the label {next(iter(counts))!r}" if counts else "no row has a label"
        message = f"{what}; a classifier needs rows of two labels or more"
        yield _whole(found, "error", "one_label", message)
        return
    least, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[most] >= IMBALANCE * counts[least] or counts[least] < RARE:
        uneven = counts[most] >= IMBALANCE * counts[least]
        message = f"{counts[most]:,} rows of {most!r}, {counts[least]:,} of {least!r}; use class weights or "
        message += "balanced sampling, and read the figures by class"
        if not uneven:
            message = f"only {counts[least]:,} rows of {least!r}; read the figures by class, and label more"
        yield _whole(found, "warning", "imbalance", message)
    mixed = sorted(set(counts) & set(ours)) if own else []
    if mixed:
        others = ", ".join(sorted(set(counts) - set(ours)))
        message = f"{others} are not labels of ours: taken for a set of your own with {', '.join(mixed)}"
        yield _whole(found, "warning", "own_labels", message)
    if own and found.spans:
        message = "holders and evidence are only learnt with our labels: these are left out"
        yield _whole(found, "warning", "spans_left_out", message, found.spans)
    new = sorted(set(counts) - set(first.labels))
    if new:
        message = f"{', '.join(new)} do not occur in {first.path}: nothing can be learnt of them there"
        yield _whole(found, "warning", "new_label", message)


def _whole(found: Scan, level: Level, code: str, message: str, count: int = 1) -> Finding:
    return Finding(level, code, str(found.path), count, (Example(0, message),))


def _repeated_findings(found: Scan) -> Iterator[Finding]:
    if not found.rows:
        return
    first, other_text = reused_ids(found.prints)
    yield from _at(
        found, "error", "duplicate_id", other_text, first, "the id stands before on line {} with another text"
    )
    first, again, contrary = repeated(found.prints)
    yield from _at(
        found, "warning", "duplicate_text", again & ~contrary, first, "the text stands before on line {}"
    )
    yield from _at(
        found,
        "warning",
        "contrary_labels",
        contrary,
        first,
        "the text stands before on line {} with another label",
    )


def _leaks(here: Scan, there: Scan) -> Iterator[Finding]:
    """What stands in two splits: texts that are the same but for their spelling, and documents."""
    texts = shared(here.prints.texts, there.prints.texts)
    documents = shared(here.prints.documents, there.prints.documents) & ~texts
    yield from _at(
        here,
        "warning",
        "text_in_two_splits",
        texts,
        None,
        f"the text stands in {there.path} too: figures on it flatter",
    )
    yield from _at(
        here,
        "warning",
        "document_in_two_splits",
        documents,
        None,
        f"the document stands in {there.path} too (the id up to #); split by document, never by paragraph",
    )


def _at(
    found: Scan, level: Level, code: str, rows: Mask, first: NDArray[np.int64] | None, message: str
) -> Iterator[Finding]:
    places = np.flatnonzero(rows)
    if not len(places):
        return
    lines = found.prints.lines
    examples = tuple(
        Example(lines[i], message if first is None else message.replace("{}", str(lines[first[i]])))
        for i in places[:_EXAMPLES]
    )
    yield Finding(level, code, str(found.path), len(places), examples)

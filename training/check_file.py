"""One pass over a file of labelled rows: what is wrong with each, and what is kept to compare files."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arabic.checks import MAX_CHARS, has_arabic
from arabic.errors import InputError
from models.bundle import Task
from training.data import Columns
from training.data_files import Record, read_records
from training.data_rows import (
    RowError,
    StanceRow,
    SummaryRow,
    TopicRow,
    belongs_to,
    is_correction,
    stance_row,
    summary_row,
    topic_row,
)
from training.duplicates import Fingerprints, text_key

AnyRow = TopicRow | StanceRow | SummaryRow
_PARSERS: dict[Task, Callable[[Mapping[str, Any], str], AnyRow]] = {
    "topic": topic_row,
    "stance": stance_row,
    "summary": summary_row,
}
LONG_WORDS = 170
"""About what fits into a window of 256 tokens."""
_MAX_LABELS = 1000
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A row of which something is to be said, by the line it begins on."""

    line: int
    message: str


@dataclass(slots=True)
class Tally:
    """How often something was found, and the first places."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, line: int, message: str) -> None:
        """Count a row."""
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(Example(line, message))


@dataclass(slots=True)
class Scan:
    """What one pass over a file found."""

    path: Path
    errors: dict[str, Tally] = field(default_factory=dict)
    warnings: dict[str, Tally] = field(default_factory=dict)
    rows: int = 0
    other_tasks: int = 0
    spans: int = 0
    words: int = 0
    longest: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    label_lines: dict[str, list[int]] = field(default_factory=dict)
    prints: Fingerprints = field(default_factory=Fingerprints)


def checked_row(task: Task, record: Record, stem: str) -> AnyRow:
    """The row of a record. Raises `RowError` for everything that makes a single row unusable."""
    if record.problem:
        raise RowError("broken_row", record.problem)
    row = _PARSERS[task](record.values, f"{stem}-{record.line}")
    text = text_of(row)
    if not has_arabic(text):
        raise RowError("no_arabic", f"no Arabic letter in {text!r:.60}; expected an Arabic text")
    if len(text) > MAX_CHARS:
        raise RowError("too_long", f"{len(text):,} characters; at most {MAX_CHARS:,} are taken, cut the text")
    return row


def text_of(row: AnyRow) -> str:
    """The text that a row labels."""
    return " ".join(row.units) if isinstance(row, SummaryRow) else row.text


def labels_of(row: AnyRow) -> list[str]:
    """The labels that a row carries."""
    if isinstance(row, TopicRow):
        return [row.label, row.second] if row.second else [row.label]
    return [stance.stance for stance in row.stances] if isinstance(row, StanceRow) else []


def scan(task: Task, path: Path, columns: Columns | None, codes: dict[str, int]) -> Scan:
    """Read a file once. `codes` numbers the labels, the same in all files.

    Raises `InputError` where the file as a whole cannot be read, or has too many labels.
    """
    found = Scan(path)
    for record in read_records(path, columns):
        if not belongs_to(task, record.values):
            found.other_tasks += 1
            continue
        try:
            row = checked_row(task, record, path.stem)
        except RowError as error:
            found.errors.setdefault(error.code, Tally()).add(record.line, str(error))
            continue
        _count(found, record, row, codes)
        if len(found.labels) > _MAX_LABELS:
            raise InputError(
                f"{path}: more than {_MAX_LABELS:,} different labels, {next(iter(found.labels))!r:.40} among "
                "them; which column holds the label? (--column label=NAME)"
            )
    return found


def _count(found: Scan, record: Record, row: AnyRow, codes: dict[str, int]) -> None:
    text, labels = text_of(row), labels_of(row)
    words = text.count(" ") + 1
    found.rows += 1
    found.words += words
    found.longest = max(found.longest, words)
    if words > LONG_WORDS and not isinstance(row, SummaryRow):
        message = f"{words} words; the text is read in several windows and its label stands for each"
        found.warnings.setdefault("long_text", Tally()).add(record.line, message)
    for label in labels:
        found.labels[label] += 1
        lines = found.label_lines.setdefault(label, [])
        if len(lines) < _EXAMPLES:
            lines.append(record.line)
    extra = ""
    if isinstance(row, StanceRow):
        found.spans += sum(1 for stance in row.stances if stance.holder or stance.evidence)
        if "stances" not in record.values:  # flat: one record of several on the paragraph
            (stance,) = row.stances
            extra = f"{stance.target}\0{stance.holder}\0{stance.evidence}"
    if isinstance(row, SummaryRow) and not row.key:
        found.warnings.setdefault("no_key_units", Tally()).add(
            record.line, "no key units: an abstractive model can learn from the row, an extractive one cannot"
        )
    if is_correction(record.values):
        extra = str(record.line)  # a later correction replaces an earlier one, it does not repeat it
    if record.values.get("id") in (None, ""):
        message = "no id: the documents of the rows cannot be told apart"
        found.warnings.setdefault("no_id", Tally()).add(record.line, message)
    code = codes.setdefault("|".join(labels), len(codes))
    found.prints.add(record.line, record.values, text_key(text), extra, code)

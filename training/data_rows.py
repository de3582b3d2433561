"""What a labelled row is, and how one is made from a record of a file; every value is checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arabic.sentences import clauses

UNRELATED = "unrelated"
TASK_NAMES = ("topic", "stance", "summary")
Shares = tuple[tuple[str, float], ...]
_ROUNDING = 0.01


class RowError(ValueError):
    """A row cannot be used; `code` is one of the codes of `mujaz data check` (docs/data.md)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A paragraph with its topic and, where a reader could file it twice, a second one.

    `probabilities`, where there are any, are what is learnt instead: a teacher's, (label, share) each.
    """

    id: str
    text: str
    label: str
    second: str | None
    probabilities: Shares = ()


@dataclass(frozen=True, slots=True)
class StanceLabel:
    """One holder's stance on one target; spans are offsets into the paragraph, None where unnamed.

    `probabilities`, where there are any, are what is learnt of the pair instead, and no spans are. `opposite`
    says that the words name the target's opposite: they ask for the closing of what is to stay.
    """

    target: str
    stance: str
    holder: tuple[int, int] | None
    evidence: tuple[int, int] | None
    probabilities: Shares = ()
    opposite: bool = False


@dataclass(frozen=True, slots=True)
class StanceRow:
    """A paragraph with the stances it reports."""

    id: str
    text: str
    stances: tuple[StanceLabel, ...]
    title: str = ""

    @property
    def document(self) -> str:
        """The article the paragraph is from: the id up to `#`."""
        return document(self.id)


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """An article cut into units, with the numbers of its key units and a written summary.

    `key` is empty for articles that come with a written summary only.
    """

    id: str
    title: str
    units: tuple[str, ...]
    key: tuple[int, ...]
    important: tuple[int, ...]
    summary: str


def document(row_id: str) -> str:
    """The document that a row is from: its id up to `#`."""
    return row_id.split("#")[0]


def source(row_id: str) -> str:
    """Where a row is from: its id up to the first `-`, such as the newspaper."""
    return row_id.split("-")[0]


def is_correction(values: Mapping[str, Any]) -> bool:
    """Whether a record was saved by the demo when somebody corrected a label."""
    return bool(values.get("corrected"))


def belongs_to(task: str, values: Mapping[str, Any]) -> bool:
    """Whether a record is of the task: corrections of all tasks stand in one file, others name none."""
    return values.get("task") not in TASK_NAMES or values["task"] == task


def topic_row(values: Mapping[str, Any], made_id: str) -> TopicRow:
    """Make a row from {id?, text, label, second?}, or from a correction. Raises `RowError`."""
    second = values.get("second")
    if second is not None and not isinstance(second, str):
        raise RowError("wrong_value", f"second must be a label or null, was {second!r:.60}")
    text, label = text_field(values, "text"), _label(values, "label", "corrected")
    return TopicRow(_id(values, made_id), text, label, second or None, _probabilities(values))


def stance_row(values: Mapping[str, Any], made_id: str) -> StanceRow:
    """Make a row from {id?, text, stances: [{target, stance, holder?, evidence?, …}]} or a flat record.

    A flat record is {id?, text, target, stance (or label), holder?, evidence?, …}, or a correction.
    Raises `RowError`.
    """
    text = text_field(values, "text")
    if "stances" not in values and "target" in values:
        records: Sequence[Mapping[str, Any]] = [values]
    else:
        records = _field(values, "stances")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise RowError("wrong_value", f"stances must be a list of objects, was {records!r:.60}")
    stances = tuple(
        StanceLabel(
            text_field(record, "target"),
            _label(record, "stance", "label", "corrected"),
            _span(text, record, "holder"),
            _span(text, record, "evidence"),
            _probabilities(record),
            _truth(record, "opposite"),
        )
        for record in records
    )
    title = values.get("title")
    return StanceRow(_id(values, made_id), text, stances, title if isinstance(title, str) else "")


def summary_row(values: Mapping[str, Any], made_id: str) -> SummaryRow:
    """Make a row from {id?, title?, units, key, important?, summary} or {id?, title?, text, summary}.

    A `text` is cut into clauses as the analyser does, and has no key units. Raises `RowError`.
    """
    title = text_field(values, "title") if values.get("title") else ""
    units, summary = units_of(values), text_field(values, "summary")
    if "units" not in values:
        return SummaryRow(_id(values, made_id), title, units, (), (), summary)
    key = _numbers(_field(values, "key"), "key", units)
    important = _numbers(values.get("important") or [], "important", units)
    return SummaryRow(_id(values, made_id), title, units, key, important, summary)


def units_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The units of an article, or the clauses of its text. Raises `RowError`."""
    if "units" not in values and "text" in values:
        return tuple(clause.text for clause in clauses(text_field(values, "text")))
    given = _field(values, "units")
    if not isinstance(given, list) or not given:
        raise RowError("wrong_value", f"units must hold at least one sentence or clause, was {given!r:.60}")
    return tuple(text_field({"unit": unit}, "unit") for unit in given)


def _id(values: Mapping[str, Any], made_id: str) -> str:
    found = values.get("id")
    return made_id if found is None or found == "" else str(found)


def _field(values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        have = ", ".join(map(str, values)) or "nothing"
        raise RowError(
            "missing_column", f"the field {name!r} is missing; the row has: {have:.200} (--column maps names)"
        )
    return values[name]


def text_field(values: Mapping[str, Any], name: str) -> str:
    """A field that must be a text. Raises `RowError` where it is missing, empty or something else."""
    value = _field(values, name)
    if not isinstance(value, str) or not value.strip():
        code = "empty_text" if value is None or isinstance(value, str) else "wrong_value"
        raise RowError(code, f"{name} must be a text that is not empty, was {value!r:.60}")
    return value


def _label(values: Mapping[str, Any], *names: str) -> str:
    """The first of the fields that is not empty; a whole number is a label too."""
    given = next((values[name] for name in names if values.get(name) not in (None, "")), None)
    if given is None:
        found = next((name for name in names if name in values), None)
        if found is None:
            _field(values, names[0])
        raise RowError("missing_label", f"{found} must be a label, was empty; label the row or leave it out")
    if not isinstance(given, (str, int)) or isinstance(given, bool) or not str(given).strip():
        raise RowError("wrong_value", f"{names[0]} must be a label, was {given!r:.60}")
    return str(given).strip()


def _probabilities(values: Mapping[str, Any]) -> Shares:
    given = values.get("probabilities") or {}
    numbers: list[Any] = list(given.values()) if isinstance(given, dict) else [None]
    sound = all(isinstance(p, (int, float)) and not isinstance(p, bool) and p >= 0 for p in numbers)
    if not sound or (numbers and not abs(sum(numbers) - 1) <= _ROUNDING):
        raise RowError(
            "wrong_value", f"probabilities must be shares of labels that make 1 together, were {given!r:.80}"
        )
    return tuple((str(label), float(p) / sum(numbers)) for label, p in given.items())


def _span(text: str, record: Mapping[str, Any], name: str) -> tuple[int, int] | None:
    piece = record.get(name) or ""
    start = record.get(f"{name}_start", -1)
    if not isinstance(piece, str) or not (start is None or isinstance(start, int)):
        wrong = name if not isinstance(piece, str) else f"{name}_start"
        kind = type(record[wrong]).__name__
        raise RowError(
            "wrong_value", f"{wrong} must be {'words' if wrong == name else 'a number'}, was {kind}"
        )
    if not piece:
        return None
    if start is None or start < 0:
        start = text.find(piece)
    if start < 0 or text[start : start + len(piece)] != piece:
        raise RowError(
            f"{name}_not_in_text",
            f"the {name} {piece!r:.60} does not stand in the text at {name}_start={start}",
        )
    return start, start + len(piece)


def _truth(record: Mapping[str, Any], name: str) -> bool:
    value = record.get(name) or False
    if not isinstance(value, bool):
        raise RowError("wrong_value", f"{name} must be true or false, was {value!r:.60}")
    return value


def _numbers(given: Any, name: str, units: Sequence[str]) -> tuple[int, ...]:
    if not isinstance(given, list):
        raise RowError("wrong_value", f"{name} must be a list of numbers of units, was {given!r:.60}")
    for number in given:
        if not isinstance(number, int) or not 0 <= number < len(units):
            raise RowError(
                "wrong_value", f"{name} names unit {number!r}; the article has units 0 to {len(units) - 1}"
            )
    return tuple(given)

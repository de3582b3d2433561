"""Labelled data: JSON lines to frozen rows, every row checked."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from arabic.errors import InputError
from models.decoding import POLARITIES
from models.label_sets import load_labels

Row = TypeVar("Row")
UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A paragraph with its topic and, where a reader could file it twice, a second one."""

    id: str
    text: str
    label: str
    second: str | None


@dataclass(frozen=True, slots=True)
class StanceLabel:
    """One holder's stance on one target; spans are offsets into the paragraph, None where unnamed."""

    target: str
    stance: str
    holder: tuple[int, int] | None
    evidence: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class StanceRow:
    """A paragraph with the stances it reports."""

    id: str
    text: str
    stances: tuple[StanceLabel, ...]

    @property
    def document(self) -> str:
        """The article the paragraph is from: the id up to `#`."""
        return self.id.split("#")[0]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """An article cut into units, with the numbers of its key units and a written summary."""

    id: str
    title: str
    units: tuple[str, ...]
    key: tuple[int, ...]
    important: tuple[int, ...]
    summary: str


def read_topic(path: Path) -> list[TopicRow]:
    """Read rows {id, text, label, second?}. Raises `InputError` with file and line."""
    return list(_read(path, _topic_row))


def read_stance(path: Path) -> list[StanceRow]:
    """Read rows {id, text, stances: [{target, stance, holder, holder_start, evidence, evidence_start}]}.

    Raises `InputError` with file and line.
    """
    rows = list(_read(path, _stance_row))
    if not any(row.stances for row in rows):
        raise InputError(f"{path}: no row has a stance; expected records in `stances`")
    return rows


def read_summary(path: Path) -> list[SummaryRow]:
    """Read rows {id, title?, units, key, important?, summary}. Raises `InputError` with file and line."""
    return list(_read(path, _summary_row))


def _read(path: Path, parse: Callable[[dict[str, Any]], Row]) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8") as file:
            count = 0
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    yield parse(json.loads(line))
                except KeyError as error:
                    raise InputError(f"{path}:{number}: the field {error} is missing") from error
                except (ValueError, TypeError, AttributeError) as error:
                    raise InputError(f"{path}:{number}: {error}") from error
                count += 1
    except OSError as error:
        raise InputError(f"{path}: the data could not be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: expected UTF-8 ({error.reason} at byte {error.start}); convert the file"
        ) from error
    if not count:
        raise InputError(f"{path}: no rows; expected one JSON object a line")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text that is not empty, was {value!r:.60}")
    return value


def _topic_row(data: dict[str, Any]) -> TopicRow:
    known = load_labels("topic").ids
    second = data.get("second")
    for label in (data["label"], second):
        if label is not None and label not in known:
            raise ValueError(f"unknown topic {label!r}; known are: {', '.join(known)}")
    return TopicRow(str(data["id"]), _text(data["text"], "text"), _text(data["label"], "label"), second)


def _stance_row(data: dict[str, Any]) -> StanceRow:
    text = _text(data["text"], "text")
    stances = []
    for record in data["stances"]:
        if record["stance"] not in (*POLARITIES, UNRELATED):
            raise ValueError(
                f"unknown stance {record['stance']!r}; known are: {', '.join(POLARITIES)}, {UNRELATED}"
            )
        stances.append(
            StanceLabel(
                _text(record["target"], "target"),
                record["stance"],
                _span(text, record, "holder"),
                _span(text, record, "evidence"),
            )
        )
    return StanceRow(str(data["id"]), text, tuple(stances))


def _span(text: str, record: dict[str, Any], name: str) -> tuple[int, int] | None:
    piece = record.get(name) or ""
    if not piece:
        return None
    start = record.get(f"{name}_start", -1)
    if start is None or start < 0:
        start = text.find(piece)
    if start < 0 or text[start : start + len(piece)] != piece:
        raise ValueError(f"the {name} {piece!r:.60} does not stand in the text at {name}_start={start}")
    return start, start + len(piece)


def _summary_row(data: dict[str, Any]) -> SummaryRow:
    units = tuple(_text(unit, "unit") for unit in data["units"])
    if not units:
        raise ValueError("units must hold at least one sentence or clause, was []")
    for name in ("key", "important"):
        for number in data.get(name, ()):
            if not isinstance(number, int) or not 0 <= number < len(units):
                raise ValueError(f"{name} names unit {number!r}; the article has units 0 to {len(units) - 1}")
    return SummaryRow(
        str(data["id"]),
        _text(data["title"], "title") if data.get("title") else "",
        units,
        tuple(data["key"]),
        tuple(data.get("important", ())),
        _text(data["summary"], "summary"),
    )

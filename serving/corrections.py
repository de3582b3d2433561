"""Corrections, appended to a JSON lines file in the form that `mujaz train` reads."""

import asyncio
import fcntl
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from arabic.errors import InputError
from inference.results import ModelInfo, StanceLabel
from models.label_sets import load_labels

MAX_TEXT = 20_000
MAX_FILE_BYTES = 1_000_000_000
_Short = Annotated[str, Field(max_length=500)]
_Stance = StanceLabel | Literal["unrelated"]


class _Given(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=False)
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    annotator: Annotated[str, Field(max_length=100)] = ""


class TopicCorrection(_Given):
    """The topic of a paragraph as it was predicted and as it should be."""

    task: Literal["topic"]
    predicted: _Short
    corrected: _Short


class StanceCorrection(_Given):
    """A stance as it was predicted, and as it should be: with its holder and evidence, words of the text.

    A stance that the model missed was predicted as `unrelated`. The starts are offsets in the text in
    code points; -1 stands for the first place where the words are.
    """

    task: Literal["stance"]
    target: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    predicted: _Stance
    corrected: _Stance
    holder: _Short = ""
    holder_start: int = -1
    evidence: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    evidence_start: int = -1


_ADAPTER: TypeAdapter[TopicCorrection | StanceCorrection] = TypeAdapter(
    Annotated[TopicCorrection | StanceCorrection, Field(discriminator="task")]
)


class Corrections:
    """The file of corrections: several processes may append to it; what has been answered is on disk."""

    def __init__(self, path: Path, model: ModelInfo) -> None:
        """Make sure that the file can be written. Raises `InputError`."""
        self._path = path
        self._bundle = f"{model.name} {model.version} {model.sha256[:12]}"
        try:
            path.open("ab").close()
        except OSError as error:
            raise InputError(f"{path}: corrections cannot be written there ({error.strerror})") from None

    async def append(self, correction: str) -> str:
        """Check and append one correction (JSON); gives its id.

        Raises:
            InputError: it does not fit the form, or its words do not stand in its text.

        """
        row = self._row(correction)
        await asyncio.to_thread(self._write, json.dumps(row, ensure_ascii=False).encode() + b"\n")
        return str(row["id"])

    def _row(self, correction: str) -> dict[str, object]:
        try:
            given = _ADAPTER.validate_json(correction)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InputError(f"the correction does not fit: {place}: {first['msg']}") from None
        if isinstance(given, TopicCorrection):
            ids = load_labels("topic").ids
            if given.corrected not in ids:
                raise InputError(f"{given.corrected[:40]!r} is no topic; give one of: {', '.join(ids)}")
        else:
            for name, words, start in (
                ("holder", given.holder, given.holder_start),
                ("evidence", given.evidence, given.evidence_start),
            ):
                if words not in given.text if start < 0 else not given.text.startswith(words, start):
                    raise InputError(f"the {name} {words[:60]!r} does not stand in the paragraph")
        digest = hashlib.sha256(given.text.encode("utf-8", errors="replace")).hexdigest()
        return {
            "id": f"{digest[:16]}#0",  # corrections of one paragraph stay on one side of a split
            **given.model_dump(),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "bundle": self._bundle,
        }

    def _write(self, line: bytes) -> None:
        with self._path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            if size + len(line) > MAX_FILE_BYTES:
                raise InputError("the file of corrections is full; the operator must move it away")
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":  # a line that a crash cut off must not spoil this one
                    line = b"\n" + line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

"""What a run is asked for. Two runs with equal options on equal input give the same output."""

from dataclasses import dataclass, field
from typing import Literal

from arabic.errors import InputError
from inference.batch.rows import Columns
from inference.documents import Unit, clean_targets
from models.bundle import TASKS, Task
from models.selection import BASE_WORDS

OutputFormat = Literal["jsonl", "parquet", "csv"]
Backend = Literal["auto", "onnx", "torch"]
SHARD_ROWS = 512


@dataclass(frozen=True, slots=True)
class Options:
    """What decides the content of the output.

    `targets` are for rows that have none of their own; None proposes some from each text.
    Raises `InputError` for a target that cannot be used.
    """

    tasks: tuple[Task, ...] = TASKS
    targets: tuple[str, ...] | None = None
    unit: Unit = "article"
    words: int = BASE_WORDS
    format: OutputFormat = "jsonl"
    columns: Columns = field(default_factory=Columns)
    shard_rows: int = SHARD_ROWS
    backend: Backend = "auto"

    def __post_init__(self) -> None:
        if self.targets is not None:
            clean_targets(self.targets)
        if self.words < 1 or self.shard_rows < 1:
            raise InputError(
                f"words and rows a shard must be at least 1, were {self.words} and {self.shard_rows}"
            )

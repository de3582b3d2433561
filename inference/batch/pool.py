"""What the run asks of its workers, wherever they are."""

from dataclasses import dataclass
from typing import Protocol

from inference.batch.worker import Outcome, Sample, Task


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers, and the CPU threads of each."""

    processes: int
    threads: int

    def __str__(self) -> str:
        return f"{self.processes}x{self.threads}"


@dataclass(frozen=True, slots=True)
class Died:
    """A worker died; `task` is what it was at, `loading` that it had not loaded the models yet."""

    task: Task | Sample | None
    how: str
    loading: bool = False


Event = Outcome | Died


class Pool(Protocol):
    """Workers of one task each. One that dies is replaced; its task is the caller's to give again."""

    @property
    def idle(self) -> int:
        """Workers that wait for a task."""

    @property
    def busy(self) -> int:
        """Workers that are at a task."""

    def submit(self, task: Task | Sample) -> None:
        """Give a task to an idle worker."""

    def wait(self, timeout: float) -> list[Event]:
        """What has happened, as soon as something has, at the latest after `timeout` seconds."""

    def close(self) -> None:
        """End all workers at once."""

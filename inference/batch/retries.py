"""What becomes of a shard whose worker died: done again, where a row is the cause without that row."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from arabic.errors import InputError
from inference.batch.worker import Job, Task, suspect_file

WHOLE = 2
"""Deaths after which a shard's rows are taken one by one."""
SUSPECT = 2
"""Deaths at the same row after which it is left out: the first may have been an accident."""
HOPELESS = 5
"""Deaths that no row explains, of one shard or of workers that were loading, after which the run stops."""


@dataclass(slots=True)
class Retries:
    """Counts the deaths of a run's workers."""

    job: Job
    _deaths: Counter[int] = field(default_factory=Counter)
    _suspects: Counter[tuple[int, int]] = field(default_factory=Counter)
    _loading: int = 0

    def again(self, task: Task, how: str) -> Task:
        """The task to give after a worker died on `task`. Raises `InputError` where it is hopeless."""
        index = task.shard.index
        suspect = _read(suspect_file(self.job, index)) if task.one_by_one else None
        if suspect is None:
            self._deaths[index] += 1
            if self._deaths[index] >= WHOLE + HOPELESS:
                last = task.shard.start + len(task.shard.rows) - 1
                raise InputError(
                    f"{self._deaths[index]} workers died on rows {task.shard.start} to {last} ({how}); "
                    "free memory, or take fewer workers or a smaller --shard-rows, then give --resume"
                )
            return replace(task, one_by_one=self._deaths[index] >= WHOLE)
        self._suspects[index, suspect] += 1
        guilty = self._suspects[index, suspect] >= SUSPECT
        return replace(task, condemned=task.condemned | {suspect}) if guilty else task

    def loading(self, how: str) -> None:
        """Count a worker that died before it had a task. Raises `InputError` where it is hopeless."""
        self._loading += 1
        if self._loading >= HOPELESS:
            raise InputError(
                f"{self._loading} workers in a row died while they loaded the models ({how}); "
                "free memory or take fewer --workers, then give --resume"
            )

    def alive(self) -> None:
        """A worker did a shard: loading works."""
        self._loading = 0


def _read(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    finally:
        path.unlink(missing_ok=True)

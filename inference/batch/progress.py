"""What the run tells: a bar where somebody watches, JSON lines where nobody does, and a log in the folder."""

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from inference.batch.folder import LOG, Receipt

if TYPE_CHECKING:
    from rich.progress import Progress

TROUBLE = {"worker_died", "ignored", "stopping", "failed"}


class Reporter:
    """Counts what is done in this attempt, and tells it.

    On a terminal a bar on standard error; else a JSON object a line there, events as they happen and
    `progress` every `every` seconds. Events go to the folder's log as well, all with the ids of the
    run and of the attempt.
    """

    def __init__(self, *, every: float = 10.0, quiet: bool = False) -> None:
        self._every = every
        self._quiet = quiet
        self._bar: Progress | None = None
        self._ids: dict[str, str] = {}
        self._log: Path | None = None
        self._total = 0
        self._started = self._told = time.monotonic()
        self._skipped_bytes = 0
        self.rows = self.skipped_rows = 0
        self.errors: Counter[str] = Counter()

    def __enter__(self) -> "Reporter":
        if sys.stderr.isatty() and not self._quiet:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, TextColumn("{task.fields[told]}"), console=Console(stderr=True))
            self._bar.add_task("", total=None, told="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, folder: Path, run: str, attempt: str) -> None:
        """Write the log into a folder from here on, under these ids."""
        self._log = folder / LOG
        self._ids = {"run": run, "attempt": attempt}

    def stage(self, words: str, total: int = 0) -> None:
        """Say what is being done; `total` bytes are to be gone through, 0 if that is not known."""
        self._total = total
        self._started = time.monotonic()
        if self._bar is not None:
            self._bar.reset(self._bar.task_ids[0], total=total or None, description=words, told="")

    def event(self, name: str, **fields: object) -> None:
        """Log what happened."""
        line = self._line(name, fields)
        if self._log is not None:
            try:
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(line)
            except OSError:
                pass  # a full disk stops the run where a shard or the journal is written
        if self._bar is None:
            self._tell(line)
        elif name in TROUBLE:
            self._bar.console.print(
                f"{name}: " + ", ".join(f"{k} {v}" for k, v in fields.items()), markup=False, highlight=False
            )

    def skipped(self, receipt: Receipt, position: int) -> None:
        """Count a shard that an earlier attempt did; with it `position` bytes of the input are done."""
        self.skipped_rows += receipt.rows
        self.errors.update(receipt.errors)
        if not self.rows:  # the rate is that of the work, not of passing over what is done
            self._skipped_bytes = position
            self._started = time.monotonic()

    def done(self, receipt: Receipt) -> None:
        """Count a shard."""
        self.rows += receipt.rows
        self.errors.update(receipt.errors)
        self.event(
            "shard", index=receipt.index, rows=receipt.rows, errors=receipt.errors, seconds=receipt.seconds
        )

    @property
    def rate(self) -> float:
        """Rows a second in this attempt."""
        return self.rows / max(time.monotonic() - self._started, 1e-9)

    def tick(self, position: int) -> None:
        """Tell how far the run is, if it is time: `position` bytes of the input are done."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=position, told=self._words(position))
        elif now - self._told >= self._every:
            self._told = now
            fields = {
                "rows": self.skipped_rows + self.rows,
                "rows_per_s": round(self.rate, 1),
                "errors": self.errors.total(),
                "share": round(position / self._total, 4) if self._total else None,
                "seconds_left": self._left(position),
            }
            self._tell(self._line("progress", fields))

    def _left(self, position: int) -> int | None:
        done = position - self._skipped_bytes
        if not self._total or not self.rows or done <= 0:
            return None
        return round((self._total - position) * (time.monotonic() - self._started) / done)

    def _words(self, position: int) -> str:
        left = self._left(position)
        time_left = "" if left is None else f", {left // 3600}:{left // 60 % 60:02}:{left % 60:02} left"
        rows = f"{self.skipped_rows + self.rows:,} rows, {self.rate:.1f}/s"
        return f"{rows}, {self.errors.total():,} errors{time_left}" if self.rows or self.skipped_rows else ""

    def _line(self, name: str, fields: dict[str, Any]) -> str:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": now, **self._ids, "event": name, **fields}, ensure_ascii=False) + "\n"

    def _tell(self, line: str) -> None:
        if not self._quiet:
            sys.stderr.write(line)
            sys.stderr.flush()

"""A batch run from its input to `_SUCCESS`."""

import resource
import shutil
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any
from uuid import uuid4

from arabic.errors import InputError
from inference.batch import folder
from inference.batch.feed import Feed, reconcile
from inference.batch.local import LocalPool
from inference.batch.pool import Died, Event, Pool, Workers
from inference.batch.prepare import BatchRun, prepare, settled
from inference.batch.progress import Reporter
from inference.batch.readers import Position, read_rows
from inference.batch.retries import Retries
from inference.batch.shards import Shard, cut
from inference.batch.sources import read_list
from inference.batch.stop import Stop, Stopped
from inference.batch.worker import Failed, Job, Loader, Task, load_analyzer
from inference.batch.workers import choose_workers, cores

_LOOK = 20  # rows; where none of them has the text's column, its name is wrong
_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to. Not `complete`: it was told to stop, and can be resumed.

    `rows` and `errors` are of the whole run, `new_rows` and `rows_per_s` of this attempt. Peak memory
    is of the driver and of its largest worker on this machine.
    """

    run: str
    complete: bool
    rows: int
    errors: dict[str, int]
    new_rows: int
    rows_per_s: float
    seconds: float
    workers: str
    peak_mb: dict[str, int]


def run_batch(run: BatchRun, reporter: Reporter, load: Loader = load_analyzer) -> Summary:
    """Answer every row of the input, or go on with it.

    To be called from the main thread: it listens to SIGTERM and SIGINT.

    Raises:
        InputError: the input, the folder or the options do not allow it, or the disk is full; what is
            done is kept.
        BundleError: the bundle cannot be used.

    """
    started = time.monotonic()
    attempt = _Attempt(settled(run), reporter, load)
    with folder.locked(run.out), Stop() as stop, reporter:
        try:
            complete = attempt.go(stop)
        except Stopped:
            complete = False
        except OSError as error:
            where = error.filename or str(run.out)
            raise InputError(
                f"{where!r}: {error.strerror or error}; mend that, then give --resume"
            ) from error
        except InputError as error:
            reporter.event("failed", message=str(error))
            raise
        summary = attempt.summary(complete, time.monotonic() - started)
        reporter.event("complete" if complete else "stopped", **asdict(summary))
    return summary


@dataclass(slots=True)
class _Attempt:
    """One attempt at a run, with what it knows at the time."""

    run: BatchRun
    reporter: Reporter
    load: Loader
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    manifest: dict[str, Any] = field(default_factory=dict)
    workers: Workers = field(default_factory=lambda: Workers(1, cores()))
    position: Position = field(default_factory=Position)

    def go(self, stop: Stop) -> bool:
        """Prepare, work, reconcile; whether it is complete."""
        out = self.run.out
        with stop.interruptible():
            self.manifest = prepare(self.run, self.id, self.reporter)
            if counts := folder.read_json(out / folder.SUCCESS):
                self.reporter.skipped_rows = counts["rows"]
                self.reporter.errors.update(counts["errors"])
                return True
            rows = read_rows(read_list(out / folder.INPUT), self.run.options.columns, self.position)
            shards = cut(rows, self.run.options.shard_rows)
            first = next(shards, None)
            self._begin(first)
            journal = folder.Journal(out)
        with journal:
            feed = Feed(chain([first] if first else [], shards), journal, self.reporter, self.position)
            if not self._work(feed, journal, stop):
                return False
            reconcile(journal, feed)
        counts = {
            "rows": feed.rows,
            "shards": feed.shards,
            "errors": dict(sorted(self.reporter.errors.items())),
        }
        folder.publish_json(out, folder.SUCCESS, {"run": self.manifest["run"], **counts}, self.id)
        shutil.rmtree(out / folder.TEMP, ignore_errors=True)
        return True

    def _begin(self, first: Shard | None) -> None:
        """Look at the first rows, settle who does the work, and write the manifest where there is none."""
        rows = first.rows if first else ()
        errors = [row.error for row in rows[:_LOOK] if row.error and row.error.code == "missing_column"]
        if errors and len(errors) == len(rows[:_LOOK]):
            raise InputError(errors[0].message)
        fresh = "workers" not in self.manifest
        if self.run.workers:
            self.workers = self.run.workers
        elif not fresh:
            self.workers = Workers(**self.manifest["workers"])
        elif len(rows) == self.run.options.shard_rows:
            self.reporter.stage("Trying how many workers are fastest")
            sample = [row for row in rows if row.error is None]
            self.workers, rate = choose_workers(self.load, self._job(), self.run.model, sample)
            self.reporter.event("workers", chosen=str(self.workers), rows_per_s=round(rate, 1))
        if fresh:
            self.manifest["workers"] = asdict(self.workers)
            folder.publish_json(self.run.out, folder.MANIFEST, self.manifest, self.id)

    def _job(self) -> Job:
        return Job(self.run.out.absolute(), self.id, self.run.options, self.run.bundle, self.workers.threads)

    def _work(self, feed: Feed, journal: folder.Journal, stop: Stop) -> bool:
        """Have all shards done; False if it was told to stop before."""
        retries = Retries(self._job())
        waiting: list[Task] = []
        pool = self._pool()
        self.reporter.stage("Analysing", self.manifest["input"]["bytes"])
        self.reporter.event("start", workers=str(self.workers), engine=self.run.engine)
        try:
            while True:
                while pool.idle and not stop.requested and (task := feed.next(waiting, stop)):
                    pool.submit(task)
                if not pool.busy and (stop.requested or feed.exhausted and not waiting):
                    return feed.exhausted and not waiting
                for event in pool.wait(_SECONDS):
                    self._take(event, feed, journal, retries, waiting)
                self.reporter.tick(feed.done_bytes)
        finally:
            pool.close()

    def _pool(self) -> Pool:
        run, job = self.run, self._job()
        if run.engine == "local":
            return LocalPool(self.load, job, self.workers.processes, run.model)
        from inference.batch.ray_pool import RayPool

        pool = RayPool(self.load, job, self.run.workers, run.model, run.address)
        self.workers = Workers(pool.size, job.threads)
        return pool

    def _take(
        self, event: Event, feed: Feed, journal: folder.Journal, retries: Retries, waiting: list[Task]
    ) -> None:
        """Note what a worker has done, or that it died."""
        if isinstance(event, folder.Receipt):
            retries.alive()
            journal.add(event)
            feed.finish(event.index)
            self.reporter.done(event)
        elif isinstance(event, Failed):
            raise InputError(f"{event.message}; then give --resume")
        elif isinstance(event, Died) and isinstance(event.task, Task):
            self.reporter.event("worker_died", shard=event.task.shard.index, how=event.how)
            waiting.append(retries.again(event.task, event.how))
        elif isinstance(event, Died):
            self.reporter.event("worker_died", shard=None, how=event.how)
            if event.loading:
                retries.loading(event.how)

    def summary(self, complete: bool, seconds: float) -> Summary:
        """What came of it."""
        told = self.reporter
        return Summary(
            run=str(self.manifest.get("run", "")),
            complete=complete,
            rows=told.skipped_rows + told.rows,
            errors=dict(sorted(told.errors.items())),
            new_rows=told.rows,
            rows_per_s=round(told.rate, 2),
            seconds=round(seconds, 2),
            workers=str(self.workers),
            peak_mb=_peak_mb(),
        )


def _peak_mb() -> dict[str, int]:
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        name: resource.getrusage(who).ru_maxrss * unit // 1_000_000
        for name, who in (("driver", resource.RUSAGE_SELF), ("worker", resource.RUSAGE_CHILDREN))
    }

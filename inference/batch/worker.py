"""What a worker does with a shard, on this machine or on a cluster: rows in, a file and its receipt out."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from arabic.errors import InputError
from inference.batch.folder import TEMP, FencedError, Receipt, part_name, publish
from inference.batch.options import Options
from inference.batch.output import encode, to_answer
from inference.batch.rows import Row, RowError
from inference.batch.shards import Shard
from inference.documents import Request
from inference.results import Analysis, ModelInfo
from models.errors import BundleError


class BatchAnalyzer(Protocol):
    """What a worker needs of an analyser."""

    @property
    def model(self) -> ModelInfo:
        """The bundle that answers."""

    def analyze_many(self, requests: Sequence[Request], *, words: int) -> list[Analysis | InputError]:
        """One answer for each request, in order."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker has to know beside its shards."""

    out: Path
    attempt: str
    options: Options
    bundle: Path | None
    threads: int


Loader = Callable[[Job], BatchAnalyzer]


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to do.

    After workers died on it, `one_by_one` is set: then every row is analysed alone, and announced in a
    file before, so that the row that kills can be told. `condemned` rows have killed and are left out.
    """

    shard: Shard
    one_by_one: bool = False
    condemned: frozenset[int] = frozenset()


def load_analyzer(job: Job) -> BatchAnalyzer:
    """Load the analyser of a job."""
    from inference.analyzer import Analyzer

    return Analyzer.load(
        job.bundle, threads=job.threads, tasks=job.options.tasks, backend=job.options.backend
    )


def load_checked(load: Loader, job: Job, model: ModelInfo) -> BatchAnalyzer:
    """Load the analyser and see that its bundle is the run's. Raises `BundleError`."""
    analyzer = load(job)
    if analyzer.model != model:
        raise BundleError(
            f"a worker loaded the bundle {analyzer.model.name} {analyzer.model.version} "
            f"({analyzer.model.sha256[:12]}…), the run is of {model.name} {model.version} "
            f"({model.sha256[:12]}…); put the same bundle and version of mujaz on every machine"
        )
    return analyzer


def process(analyzer: BatchAnalyzer, task: Task, job: Job) -> Receipt:
    """Answer every row of a shard and put the file in place. Raises `OSError`, `FencedError`."""
    started = time.perf_counter()
    shard, options = task.shard, job.options
    outcomes = _one_by_one(analyzer, task, job) if task.one_by_one else answer(analyzer, shard.rows, options)
    answers = [
        to_answer(shard.start + i, row, outcome)
        for i, (row, outcome) in enumerate(zip(shard.rows, outcomes, strict=True))
    ]
    data = encode(answers, options.format, options.columns.keep)
    name = part_name(shard.index, options.format)
    publish(job.out, name, data, job.attempt)
    return Receipt(
        index=shard.index,
        start=shard.start,
        rows=len(answers),
        errors=dict(sorted(Counter(o.code for o in outcomes if isinstance(o, RowError)).items())),
        input_sha256=shard.sha256,
        file=name,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        seconds=round(time.perf_counter() - started, 3),
    )


def answer(analyzer: BatchAnalyzer, rows: Sequence[Row], options: Options) -> list[Analysis | RowError]:
    """An analysis or an error for every row; an exception costs only the rows that raise it."""
    asked = [row for row in rows if row.error is None]
    try:
        found = iter(_analyze(analyzer, asked, options))
        return [row.error or next(found) for row in rows]
    except Exception as error:
        if len(rows) == 1:
            return [RowError("internal_error", f"{rows[0].id}: {type(error).__name__}: {error}")]
    return [outcome for row in rows for outcome in answer(analyzer, [row], options)]


def _analyze(analyzer: BatchAnalyzer, rows: Sequence[Row], options: Options) -> list[Analysis | RowError]:
    requests = [
        Request(row.id, row.text, options.targets if row.targets is None else row.targets, options.unit)
        for row in rows
    ]
    found = analyzer.analyze_many(requests, words=options.words) if requests else []
    return [
        RowError("unsuitable_text", str(outcome)) if isinstance(outcome, InputError) else outcome
        for outcome in found
    ]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows to analyse only for the time it takes."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A worker cannot go on, and no other could: the disk is full, the bundle is another."""

    message: str


Outcome = Receipt | float | Failed


def work(analyzer: BatchAnalyzer, task: Task | Sample, job: Job) -> Outcome:
    """Do a task: a shard's receipt, or a sample's seconds, or what makes it impossible."""
    try:
        if isinstance(task, Task):
            return process(analyzer, task, job)
        answer(analyzer, task.rows[:8], job.options)  # warm up
        started = time.perf_counter()
        answer(analyzer, task.rows, job.options)
        return time.perf_counter() - started
    except OSError as error:
        return Failed(f"{str(job.out)!r} cannot be written ({error.strerror or error}); mend that")
    except Exception as error:
        return failure(error)


def failure(error: Exception) -> Failed:
    """What the run says of an exception that no other worker would be spared."""
    known = isinstance(error, InputError | BundleError | FencedError)
    return Failed(str(error) if known else f"{type(error).__name__}: {error}")


def suspect_file(job: Job, index: int) -> Path:
    """Where a worker that takes rows one by one announces the row it is at."""
    return job.out / TEMP / f"suspect-{index}"


def _one_by_one(analyzer: BatchAnalyzer, task: Task, job: Job) -> list[Analysis | RowError]:
    outcomes: list[Analysis | RowError] = []
    for number, row in enumerate(task.shard.rows):
        if number in task.condemned:
            message = f"{row.id}: every worker that took this row died (out of memory?)"
            outcomes.append(RowError("worker_died", message))
        else:
            suspect_file(job, task.shard.index).write_text(str(number), encoding="ascii")
            outcomes += answer(analyzer, [row], job.options)
    suspect_file(job, task.shard.index).unlink(missing_ok=True)
    return outcomes

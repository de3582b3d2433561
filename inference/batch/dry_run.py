"""What a run would do: the input read to its end, and the time estimated from a sample."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inference.batch.prepare import BatchRun
from inference.batch.progress import Reporter
from inference.batch.readers import Position, read_rows, stdin_file
from inference.batch.rows import Row
from inference.batch.shards import cut
from inference.batch.sources import STDIN, InputFile, walk
from inference.batch.worker import Job, Loader, load_analyzer
from inference.batch.workers import SAMPLE_ROWS, choose_workers, measure


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was found; `errors` counts the rows that cannot be read, `examples` has a message of each code."""

    files: int
    rows: int
    shards: int
    errors: dict[str, int]
    examples: dict[str, str]
    rows_per_s: float
    seconds: float
    workers: str


@dataclass(slots=True)
class _Survey:
    """A look at every row, with a sample of the good ones in which each is as likely."""

    files: int = 0
    rows: int = 0
    good: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    sample: list[Row] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(0))

    def count_files(self, files: Iterable[InputFile]) -> Iterator[InputFile]:
        for file in files:
            self.files += 1
            yield file

    def look(self, rows: Iterable[Row], told: Callable[[], None]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            if row.error is not None:
                self.errors[row.error.code] += 1
                self.examples.setdefault(row.error.code, row.error.message)
            else:
                self._keep(row)
            told()
            yield row

    def _keep(self, row: Row) -> None:
        """Keep a row of those so far, each with the same chance (Vitter's algorithm R)."""
        self.good += 1
        if len(self.sample) < SAMPLE_ROWS:
            self.sample.append(row)
        elif (place := self._random.randrange(self.good)) < SAMPLE_ROWS:
            self.sample[place] = row


def estimate(run: BatchRun, reporter: Reporter, load: Loader = load_analyzer) -> Estimate:
    """Read the whole input, write nothing, try a sample. Raises `InputError`, `BundleError`."""
    survey, position = _Survey(), Position()
    with reporter:
        standard = run.inputs == (Path(STDIN),)
        total = 0 if standard else sum(file.size for file in walk(run.inputs))
        reporter.stage("Reading the input", total)
        files = survey.count_files([stdin_file(run.stdin)] if standard else walk(run.inputs))
        rows = survey.look(
            read_rows(files, run.options.columns, position), lambda: reporter.tick(position.bytes)
        )
        shards = sum(1 for _ in cut(rows, run.options.shard_rows))
        reporter.stage("Trying how fast it goes")
        threads = run.workers.threads if run.workers else 1
        job = Job(run.out, "", run.options, run.bundle, threads)
        workers, rate = run.workers, 0.0
        if not survey.sample:
            pass
        elif workers is None:
            workers, rate = choose_workers(load, job, run.model, survey.sample)
        else:
            rate = measure(load, job, run.model, survey.sample, workers)
    return Estimate(
        files=survey.files,
        rows=survey.rows,
        shards=shards,
        errors=dict(sorted(survey.errors.items())),
        examples=survey.examples,
        rows_per_s=round(rate, 2),
        seconds=round(survey.good / rate, 1) if rate else 0.0,
        workers=str(workers or "no"),
    )

"""A pool without processes, so that most tests of a run need none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import inference.batch.run as run_module
from benchmarks.light_batch import load_light
from inference.batch.options import Options
from inference.batch.pool import Died, Event, Workers
from inference.batch.prepare import BatchRun
from inference.batch.progress import Reporter
from inference.batch.run import Summary, run_batch
from inference.batch.worker import BatchAnalyzer, Job, Loader, Sample, Task, work
from inference.results import ModelInfo

TEXT = "رحبت وزارة الزراعة بقرار دعم القمح وقالت إن الخطوة تحمي الفلاحين."


class InlinePool:
    """One worker, in this process, that does a task when it is waited for."""

    def __init__(self, load: Loader, job: Job, processes: int, model: ModelInfo) -> None:
        self.job = job
        self.analyzer: BatchAnalyzer = load(job)
        self.task: Task | Sample | None = None

    @property
    def idle(self) -> int:
        """One before a task is given."""
        return int(self.task is None)

    @property
    def busy(self) -> int:
        """One after."""
        return int(self.task is not None)

    def submit(self, task: Task | Sample) -> None:
        """Keep the task."""
        self.task = task

    def wait(self, timeout: float) -> list[Event]:
        """Do it."""
        assert self.task is not None
        task, self.task = self.task, None
        try:
            return [work(self.analyzer, task, self.job)]
        except SystemExit:  # how an analyser of the tests dies
            return [Died(task, "exit")]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs work in this process."""
    monkeypatch.setattr(run_module, "LocalPool", InlinePool)


Batch = Callable[..., Summary]


@pytest.fixture
def batch(inline: None, tmp_path: Path) -> Batch:
    """Run a batch into `tmp_path/out` with the light analyser, in this process."""

    def start(
        *inputs: Path,
        out: Path | None = None,
        load: Loader = load_light,
        existing: str = "refuse",
        **options: object,
    ) -> Summary:
        run = BatchRun(
            inputs,
            out or tmp_path / "out",
            replace(Options(tasks=("topic",), shard_rows=4), **options),  # type: ignore[arg-type]
            workers=Workers(1, 1),
            existing=existing,  # type: ignore[arg-type]
        )
        return run_batch(run, Reporter(quiet=True), load)

    return start

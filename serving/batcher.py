"""Micro-batching: whatever arrives while the models are busy is run together, as soon as they are free."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Run = Callable[[list[Item]], Sequence[Result]]
"""A batch of items in, as many results out, in the items' order; called in the batcher's thread."""


@dataclass(slots=True)
class _Job(Generic[Item, Result]):
    run: Run[Item, Result]
    items: Sequence[Item]
    done: asyncio.Future[Sequence[Result]]


class Batcher:
    """Runs jobs of several requests together in one thread, so that models are never used twice at once.

    Nothing is waited for: a job that comes to an idle batcher starts alone at once, and the jobs that
    come meanwhile form the next batch. A batch holds jobs of one kind (the same `run`). Callers send
    long work in pieces, one after another, so that short requests get their turn in between.
    """

    def __init__(self, max_items: int = 64) -> None:
        self._max_items = max_items
        self._jobs: deque[_Job[Any, Any]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="models")
        self._task: asyncio.Task[None] | None = None

    async def submit(self, run: Run[Item, Result], items: Sequence[Item]) -> Sequence[Result]:
        """Wait for the results of `items`, run together with other jobs of the same `run`."""
        if not items:
            return []
        job = _Job(run, items, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await job.done

    async def close(self) -> None:
        """Finish what is waiting, then let the thread go."""
        if self._task is not None:
            await self._task
        self._thread.shutdown()

    async def _work(self) -> None:
        while self._jobs:
            if batch := self._next_batch():
                await self._run(batch)

    def _next_batch(self) -> list[_Job[Any, Any]]:
        """Take the oldest job and, in their order, the others of its kind that fit with it."""
        batch: list[_Job[Any, Any]] = []
        later: list[_Job[Any, Any]] = []
        size = 0
        for job in self._jobs:
            if job.done.cancelled():  # whoever asked has gone
                continue
            if batch and (job.run != batch[0].run or size + len(job.items) > self._max_items):
                later.append(job)
            else:
                batch.append(job)
                size += len(job.items)
        self._jobs = deque(later)
        return batch

    async def _run(self, batch: list[_Job[Any, Any]]) -> None:
        items = [item for job in batch for item in job.items]
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._thread, batch[0].run, items)
        except Exception as error:
            if len(batch) > 1:  # one bad job must not fail those beside it
                for job in batch:
                    await self._run([job])
            elif not batch[0].done.done():
                batch[0].done.set_exception(error)
            return
        position = 0
        for job in batch:
            if not job.done.done():
                job.done.set_result(results[position : position + len(job.items)])
            position += len(job.items)

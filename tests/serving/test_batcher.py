"""Micro-batching: many requests, few runs of the models, everybody their own answer."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from serving.batcher import Batcher


class Doubler:
    """Doubles numbers, remembers its batches, and waits to be let go before the first one."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.threads: set[str] = set()

    def run(self, items: list[int]) -> list[int]:
        """Double; refuse 13."""
        self.gate.wait(5)
        self.threads.add(threading.current_thread().name)
        self.batches.append(list(items))
        if 13 in items:
            raise ValueError("thirteen")
        return [item * 2 for item in items]


def with_batcher(
    work: Callable[[Batcher, Doubler], Coroutine[Any, Any, Any]], max_items: int = 64
) -> tuple[Any, Doubler]:
    """Run `work` with a batcher that is closed afterwards."""
    doubler = Doubler()

    async def main() -> Any:
        batcher = Batcher(max_items)
        try:
            return await work(batcher, doubler)
        finally:
            doubler.gate.set()
            await batcher.close()

    return asyncio.run(main()), doubler


async def gathered(batcher: Batcher, doubler: Doubler, *jobs: list[int]) -> list[Any]:
    """Send the jobs one after another while the thread is held with the first, then let it go."""
    tasks = []
    for job in jobs:
        tasks.append(asyncio.create_task(batcher.submit(doubler.run, job)))
        await asyncio.sleep(0.01)
    doubler.gate.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_waiting_jobs_form_one_batch() -> None:
    """The first starts alone, the others run together, each gets what is its own."""
    results, doubler = with_batcher(lambda b, d: gathered(b, d, [1], [2, 3], [], [4]))
    assert results == [[2], [4, 6], [], [8]]
    assert doubler.batches == [[1], [2, 3, 4]]
    assert len(doubler.threads) == 1


def test_a_batch_is_bounded() -> None:
    """What does not fit waits for the next one; a job larger than the bound still runs."""
    results, doubler = with_batcher(lambda b, d: gathered(b, d, [0], [1, 2], [3], [4, 5, 6, 7]), max_items=3)
    assert results == [[0], [2, 4], [6], [8, 10, 12, 14]]
    assert doubler.batches == [[0], [1, 2, 3], [4, 5, 6, 7]]


def test_one_bad_job_fails_alone() -> None:
    """Those beside it are answered."""
    results, _ = with_batcher(lambda b, d: gathered(b, d, [1], [2], [13], [3]))
    assert results[:2] == [[2], [4]] and results[3] == [6]
    assert isinstance(results[2], ValueError)


def test_kinds_are_not_mixed() -> None:
    """Jobs of another kind make a batch of their own and keep their turn."""
    other = Doubler()
    other.gate.set()

    async def work(batcher: Batcher, doubler: Doubler) -> list[Any]:
        tasks = []
        for number, run in enumerate([doubler.run, other.run, doubler.run, other.run]):
            tasks.append(asyncio.create_task(batcher.submit(run, [number])))
            await asyncio.sleep(0.01)
        doubler.gate.set()
        return await asyncio.gather(*tasks)

    results, doubler = with_batcher(work)
    assert results == [[0], [2], [4], [6]]
    assert doubler.batches == [[0], [2]] and other.batches == [[1, 3]]


def test_nothing_is_run_for_those_who_left() -> None:
    """A cancelled request is dropped before it costs anything."""

    async def work(batcher: Batcher, doubler: Doubler) -> list[int]:
        first = asyncio.create_task(batcher.submit(doubler.run, [1]))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(batcher.submit(doubler.run, [2]))
        await asyncio.sleep(0.02)
        second.cancel()
        doubler.gate.set()
        await asyncio.gather(second, return_exceptions=True)
        return list(await first)

    results, doubler = with_batcher(work)
    assert results == [2] and doubler.batches == [[1]]


def test_closing_finishes_what_waits() -> None:
    """A graceful end answers everybody who is in the queue."""

    async def work() -> list[Any]:
        batcher, doubler = Batcher(), Doubler()
        tasks = [asyncio.create_task(batcher.submit(doubler.run, [n])) for n in range(3)]
        await asyncio.sleep(0.02)
        doubler.gate.set()
        await batcher.close()
        return await asyncio.gather(*tasks)

    assert asyncio.run(work()) == [[0], [2], [4]]


def test_error_of_a_single_job_is_its_own() -> None:
    """The caller sees the exception as it was raised."""

    async def work(batcher: Batcher, doubler: Doubler) -> None:
        doubler.gate.set()
        await batcher.submit(doubler.run, [13])

    with pytest.raises(ValueError, match="thirteen"):
        with_batcher(work)

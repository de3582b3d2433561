"""How many workers with how many threads each: found by trying."""

import os
from collections.abc import Sequence
from dataclasses import replace

from arabic.errors import InputError
from inference.batch.local import LocalPool
from inference.batch.pool import Workers
from inference.batch.rows import Row
from inference.batch.worker import Failed, Job, Loader, Sample
from inference.results import ModelInfo

MEMORY_A_WORKER = 2e9
"""Bytes to allow for each process."""
SAMPLE_ROWS = 32
_SECONDS = 120.0


def parse_workers(text: str) -> Workers | None:
    """Read `auto` (None), a number of workers, or `workers x threads` as in `4x2`.

    Raises:
        InputError: it is none of these.

    """
    if text == "auto":
        return None
    processes, _, threads = text.partition("x")
    if not processes.isdecimal() or not int(processes) or (threads and not threads.isdecimal()):
        raise InputError(f"--workers must be auto, a number such as 4, or 4x2 (4 of 2 threads), was {text!r}")
    return Workers(int(processes), int(threads) if threads else max(cores() // int(processes), 1))


def cores() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def candidates(cpus: int, memory: float) -> list[Workers]:
    """Ways to share out the CPUs: workers of 1, 2, 4 … threads, as many as the memory (bytes) allows."""
    found = []
    threads = 1
    while threads <= cpus:
        processes = min(cpus // threads, max(int(memory / MEMORY_A_WORKER), 1))
        found.append(Workers(processes, threads))
        threads *= 2
    return found[:3] + [way for way in found[3:] if way.processes == 1]


def choose_workers(load: Loader, job: Job, model: ModelInfo, rows: Sequence[Row]) -> tuple[Workers, float]:
    """Try each way on a few rows, and take the fastest; with its rate in rows a second.

    Raises `InputError` where the models cannot be loaded.
    """
    memory = 0.8 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    ways = candidates(cores(), memory)
    rates = [measure(load, job, model, rows, way) for way in ways]
    best = max(range(len(ways)), key=rates.__getitem__)
    return ways[best], rates[best]


def measure(load: Loader, job: Job, model: ModelInfo, rows: Sequence[Row], workers: Workers) -> float:
    """Rows a second of these workers, all at work on the same sample at once.

    Raises `InputError` where a worker cannot do it.
    """
    pool = LocalPool(load, replace(job, threads=workers.threads), workers.processes, model)
    try:
        while pool.idle < workers.processes:  # loaded before the first begins, or they would share less
            _raise(pool.wait(_SECONDS))
        for _ in range(workers.processes):
            pool.submit(Sample(tuple(rows[:SAMPLE_ROWS])))
        seconds: list[float] = []
        while pool.busy:
            seconds += _raise(pool.wait(_SECONDS))
    finally:
        pool.close()
    return workers.processes * min(len(rows), SAMPLE_ROWS) / max(*seconds, 1e-6)


def _raise(events: Sequence[object]) -> list[float]:
    for event in events:
        if isinstance(event, Failed):
            raise InputError(event.message)
        if not isinstance(event, float):
            raise InputError(f"a worker died in the measurement of --workers ({event}); give --workers 1")
    return [event for event in events if isinstance(event, float)]

"""Workers that are processes: how they answer, die, and end with their driver."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.kill_batch import kill_and_compare, start_driver, workers_of
from benchmarks.light_batch import POISON, LightAnalyzer, load_light, make_input
from inference.batch import folder
from inference.batch.local import LocalPool
from inference.batch.options import Options
from inference.batch.pool import Died, Event
from inference.batch.rows import Row
from inference.batch.shards import Shard
from inference.batch.worker import Failed, Job, Task
from models.errors import BundleError
from tests.inference.batch.conftest import TEXT

SLOW = 120.0  # seconds that a process may take to start on a busy machine


def load_nothing(job: Job) -> LightAnalyzer:
    raise BundleError("no bundle here")


def load_and_die(job: Job) -> LightAnalyzer:
    os._exit(3)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job in a folder that has been taken over."""
    folder.take_over(tmp_path, "a")
    return Job(tmp_path, "a", Options(tasks=("topic",)), None, 1)


@pytest.fixture
def pool(job: Job) -> Iterator[LocalPool]:
    """Two workers with the light analyser."""
    pool = LocalPool(load_light, job, 2, LightAnalyzer().model)
    yield pool
    pool.close()


def first(pool: LocalPool) -> Event:
    """The next event."""
    deadline = time.monotonic() + SLOW
    while time.monotonic() < deadline:
        for event in pool.wait(1.0):
            return event
    raise AssertionError("nothing happened")


def next_events(pool: LocalPool, count: int) -> list[Event]:
    """The next events, of which several may come at once."""
    events: list[Event] = []
    deadline = time.monotonic() + SLOW
    while len(events) < count and time.monotonic() < deadline:
        events += pool.wait(1.0)
    return events


def until_idle(pool: LocalPool, count: int) -> None:
    deadline = time.monotonic() + SLOW
    while pool.idle < count and time.monotonic() < deadline:
        assert not pool.wait(1.0)
    assert pool.idle == count


def test_workers_answer_die_and_are_replaced(pool: LocalPool) -> None:
    """The death of one is told with its task; the other goes on, a new one takes its place."""
    until_idle(pool, 2)
    poisoned = Task(Shard(1, 1, (Row("b", POISON),)))
    pool.submit(Task(Shard(0, 0, (Row("a", TEXT),))))
    pool.submit(poisoned)
    assert (pool.idle, pool.busy) == (0, 2)
    events = next_events(pool, 2)
    (receipt,) = (event for event in events if isinstance(event, folder.Receipt))
    (death,) = (event for event in events if isinstance(event, Died))
    assert receipt.rows == 1
    assert death == Died(poisoned, "exit code 9")
    until_idle(pool, 2)


def test_workers_that_cannot_load(job: Job) -> None:
    """A bundle that is wrong is said in its own words, a death is a death."""
    model = LightAnalyzer().model
    for load, expected in (
        (load_nothing, Failed("no bundle here")),
        (load_and_die, Died(None, "exit code 3", True)),
    ):
        pool = LocalPool(load, job, 1, model)
        try:
            assert first(pool) == expected
        finally:
            pool.close()


def test_run_survives_kills(tmp_path: Path) -> None:
    """Twenty times kill -9 at driver and workers; resumed; benchmarks.kill_batch is longer."""
    (verdict,) = kill_and_compare(tmp_path, rows=1500, shard_rows=25, kills={"local": 20}, seed=1)
    assert sum(verdict.kills.values()) == 20 and len(verdict.kills) >= 3
    assert (verdict.lost, verdict.doubled, verdict.same) == (0, 0, True)


def test_workers_end_with_their_driver_and_the_lock_with_them(tmp_path: Path) -> None:
    """Nothing is left behind after kill -9; while it lives, a second run is refused; SIGTERM leaves 75."""
    source, out = make_input(tmp_path / "in", 4000), tmp_path / "out"
    driver = start_driver(source, out, "local", 20)
    try:
        deadline = time.monotonic() + SLOW
        while not list(out.glob("part-*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        second = start_driver(source, out, "local", 20, stderr=subprocess.PIPE)
        assert b"is being written by process" in second.communicate(timeout=SLOW)[1]
        workers = [psutil.Process(pid) for pid in workers_of(driver.pid)]
        assert len(workers) == 2
    finally:
        driver.kill()
        driver.wait()
    assert psutil.wait_procs(workers, timeout=SLOW)[1] == []
    third = start_driver(source, out, "local", 20)
    done = len(list(out.glob("part-*")))
    while len(list(out.glob("part-*"))) <= done and third.poll() is None:
        time.sleep(0.05)
    third.send_signal(signal.SIGTERM)
    assert third.wait(timeout=SLOW) in (75, 0)
    assert (out / folder.SUCCESS).exists() == (third.returncode == 0)


def test_driver_loads_no_models() -> None:
    """It only reads and hands out; torch would cost it a gigabyte and seconds."""
    code = "import sys, inference.batch.run; sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)

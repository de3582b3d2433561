"""Workers that are Ray actors: the same files, and the same deaths."""

import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.kill_batch import content, start_driver, workers_of
from benchmarks.light_batch import make_input
from inference.batch import folder

pytest.importorskip("ray", reason="needs the extra [ray]")
SLOW = 300.0


def test_same_files_as_local_though_an_actor_and_the_driver_are_killed(tmp_path: Path) -> None:
    """One actor is killed, then the driver; another driver on Ray goes on; Ray's processes end with it."""
    source, out = make_input(tmp_path / "in", 3000), tmp_path / "ray"
    assert start_driver(source, tmp_path / "local", "local", 50).wait(SLOW) == 0
    driver = start_driver(source, out, "ray", 50)
    deadline = time.monotonic() + SLOW
    while not list(out.glob("part-*")) and driver.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(min(workers_of(driver.pid)), signal.SIGKILL)
    done = len(list(out.glob("part-*")))
    while len(list(out.glob("part-*"))) < done + 5 and driver.poll() is None:
        time.sleep(0.02)
    driver.kill()
    driver.wait()
    assert not (out / folder.SUCCESS).exists()
    assert start_driver(source, out, "ray", 50).wait(SLOW) == 0
    assert content(out) == content(tmp_path / "local")
    log = (out / folder.LOG).read_text(encoding="utf-8")
    assert "worker_died" in log and '"engine": "ray"' in log

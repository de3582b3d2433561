"""How many workers: what may be asked for, and what is tried."""

from pathlib import Path

import pytest

from arabic.errors import InputError
from benchmarks.light_batch import LightAnalyzer, load_light
from inference.batch import workers
from inference.batch.options import Options
from inference.batch.pool import Workers
from inference.batch.rows import Row
from inference.batch.worker import Job
from inference.batch.workers import candidates, choose_workers, cores, measure, parse_workers
from inference.results import ModelInfo
from tests.inference.batch.conftest import TEXT, InlinePool

MODEL = ModelInfo("m", "1", "0")
JOB = Job(Path(), "", Options(), None, 1)


def test_what_may_be_asked_for() -> None:
    assert parse_workers("auto") is None
    assert parse_workers("4x2") == Workers(4, 2)
    assert parse_workers("1") == Workers(1, cores())
    assert str(Workers(4, 2)) == "4x2"


@pytest.mark.parametrize("text", ["", "0", "0x1", "x", "two", "4x", "-1", "4x2x1"])
def test_what_may_not(text: str) -> None:
    if text == "4x":
        assert parse_workers(text) == Workers(4, max(cores() // 4, 1))
        return
    with pytest.raises(InputError, match="--workers must be"):
        parse_workers(text)


def test_ways_fill_the_machine_and_fit_in_its_memory() -> None:
    assert candidates(2, 16e9) == [Workers(2, 1), Workers(1, 2)]
    assert candidates(8, 64e9) == [Workers(8, 1), Workers(4, 2), Workers(2, 4), Workers(1, 8)]
    assert candidates(64, 20e9)[0] == Workers(10, 1)
    assert candidates(1, 0) == [Workers(1, 1)]
    assert all(way.processes * way.threads <= 12 for way in candidates(12, 1e12))


def test_fastest_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {Workers(8, 1): 5.0, Workers(4, 2): 9.0, Workers(2, 4): 7.0, Workers(1, 8): 1.0}
    monkeypatch.setattr(workers, "cores", lambda: 8)
    monkeypatch.setattr(workers, "measure", lambda load, job, model, rows, way: rates.get(way, 0.0))
    assert choose_workers(load_light, JOB, MODEL, []) == (Workers(4, 2), 9.0)


def test_measurement_is_real_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows a second of the whole pool."""
    monkeypatch.setattr(workers, "LocalPool", InlinePool)
    rate = measure(
        load_light, JOB, LightAnalyzer().model, [Row(str(i), TEXT) for i in range(100)], Workers(1, 1)
    )
    assert 1 < rate < 2000  # the light analyser sleeps half a millisecond a row

"""What is told, to whom."""

import io
import json
import sys
from pathlib import Path

import pytest

from inference.batch import folder
from inference.batch.folder import Receipt
from inference.batch.progress import Reporter


def receipt(rows: int, **errors: int) -> Receipt:
    return Receipt(0, 0, rows, errors, "", "part", 1, "", 0.1)


def test_json_lines_where_nobody_watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rate, share, errors and time left; events in the log as well, progress not."""
    with Reporter(every=0.0) as reporter:
        reporter.begin(tmp_path, "run1", "attempt1")
        reporter.stage("Analysing", total=1000)
        reporter.tick(0)
        reporter.skipped(receipt(30, invalid_json=1), position=200)
        reporter.done(receipt(50, unsuitable_text=2))
        reporter.tick(600)
    before, shard, after = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert before["event"] == "progress" and before["seconds_left"] is None
    assert shard["event"] == "shard" and shard["errors"] == {"unsuitable_text": 2}
    assert (after["rows"], after["errors"], after["share"], after["run"]) == (80, 3, 0.6, "run1")
    assert after["rows_per_s"] > 0 and after["seconds_left"] == 0
    assert [json.loads(line) for line in (tmp_path / folder.LOG).read_text().splitlines()] == [shard]


def test_time_left_is_that_of_the_bytes_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passing over what an earlier attempt did does not count as speed."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    reporter = Reporter()
    reporter.stage("Analysing", total=1000)
    reporter.skipped(receipt(30), position=400)
    now[0] += 10
    reporter.done(receipt(20))
    assert reporter.rate == 2.0
    assert reporter._left(600) == 20


def test_nothing_where_nothing_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter(every=0.0, quiet=True) as reporter:
        reporter.begin(tmp_path, "r", "a")
        reporter.event("start")
        reporter.tick(5)
    assert capsys.readouterr().err == ""
    assert (tmp_path / folder.LOG).exists()


def test_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, rate and trouble are shown, no JSON."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            """Be one."""
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Reporter() as reporter:
        reporter.stage("Analysing", total=100)
        reporter.done(receipt(1234))
        reporter.event("worker_died", shard=3, how="signal SIGKILL")
        reporter.tick(50)
    shown = terminal.getvalue()
    assert (
        "Analysing" in shown and "1,234 rows" in shown and "worker_died: shard 3, how signal SIGKILL" in shown
    )
    assert "{" not in shown

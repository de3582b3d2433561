"""What is said before anything is done."""

import json
from pathlib import Path

import pytest

from benchmarks.light_batch import load_light, make_input
from inference.batch import dry_run, workers
from inference.batch.dry_run import estimate
from inference.batch.options import Options
from inference.batch.pool import Workers
from inference.batch.prepare import BatchRun
from inference.batch.progress import Reporter
from tests.inference.batch.conftest import TEXT, Batch, InlinePool


@pytest.fixture(autouse=True)
def inline_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure in this process."""
    monkeypatch.setattr(workers, "LocalPool", InlinePool)


def test_counts_are_those_of_the_run(batch: Batch, tmp_path: Path) -> None:
    """Rows, shards and errors in reading; the analyser's own errors are only found by running."""
    source = make_input(tmp_path / "in", 100)
    run = BatchRun((source,), tmp_path / "never", Options(shard_rows=4), workers=Workers(1, 1))
    found = estimate(run, Reporter(quiet=True), load_light)
    summary = batch(source)
    assert (found.files, found.rows) == (13, summary.rows)
    assert found.shards == len(list((tmp_path / "out").glob("part-*")))
    assert found.errors == {code: n for code, n in summary.errors.items() if code != "unsuitable_text"}
    assert found.examples.keys() == found.errors.keys()
    assert found.seconds == pytest.approx(
        (found.rows - sum(found.errors.values())) / found.rows_per_s, abs=0.1
    )
    assert not (tmp_path / "never").exists()


def test_sample_is_of_the_whole_input(tmp_path: Path) -> None:
    """Long texts at the end count as much as short ones at the beginning."""
    survey = dry_run._Survey()
    from inference.batch.rows import Row

    list(survey.look((Row(str(i), TEXT) for i in range(10_000)), lambda: None))
    places = sorted(int(row.id) for row in survey.sample)
    assert len(set(places)) == workers.SAMPLE_ROWS
    assert places[0] < 1000 and places[-1] > 9000


def test_input_without_a_good_row(tmp_path: Path) -> None:
    """There is nothing to measure."""
    (tmp_path / "in.jsonl").write_text(json.dumps([]), encoding="utf-8")
    run = BatchRun((tmp_path / "in.jsonl",), tmp_path / "out", Options())
    found = estimate(run, Reporter(quiet=True), load_light)
    assert (found.rows, found.errors, found.seconds) == (1, {"invalid_record": 1}, 0.0)

"""The shard function: an answer for every row, whatever the analyser does."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from arabic.errors import InputError
from benchmarks.light_batch import LightAnalyzer
from inference.batch import folder
from inference.batch.options import Options
from inference.batch.rows import Row, RowError
from inference.batch.shards import Shard
from inference.batch.worker import (
    Failed,
    Job,
    Sample,
    Task,
    answer,
    load_checked,
    process,
    suspect_file,
    work,
)
from inference.documents import Request
from inference.results import Analysis, ModelInfo
from models.errors import BundleError
from tests.inference.batch.conftest import TEXT

ROWS = (
    Row("good", TEXT),
    Row("empty", " "),
    Row("bad", error=RowError("invalid_json", "no")),
    Row("own", TEXT, targets=("القمح",)),
)


class Recorder(LightAnalyzer):
    """Keeps what it is asked; raises at texts that say so."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[Request]] = []

    def analyze_many(self, requests: Sequence[Request], *, words: int) -> list[Analysis | InputError]:
        """Record, raise or answer."""
        self.calls.append(list(requests))
        if any("خطأ" in str(request.text) for request in requests):
            raise MemoryError("too much")
        return super().analyze_many(requests, words=words)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job in a folder that has been taken over."""
    folder.take_over(tmp_path, "attempt")
    return Job(tmp_path, "attempt", Options(targets=("السد",), unit="paragraph"), None, 1)


def test_receipt_and_file_agree(job: Job) -> None:
    found = process(LightAnalyzer(), Task(Shard(3, 12, ROWS)), job)
    lines = (job.out / "part-000003.jsonl").read_bytes()
    assert (found.index, found.start, found.rows, found.bytes) == (3, 12, 4, len(lines))
    assert found.errors == {"invalid_json": 1, "unsuitable_text": 1}
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [(row["id"], row["row"], "error" in row) for row in rows] == [
        ("good", 12, False),
        ("empty", 13, True),
        ("bad", 14, True),
        ("own", 15, False),
    ]


def test_one_call_a_shard_with_the_rows_own_targets(job: Job) -> None:
    """Texts are batched across documents; rows that could not be read are not asked for."""
    analyzer = Recorder()
    answer(analyzer, ROWS, job.options)
    (requests,) = analyzer.calls
    assert [(request.id, request.targets) for request in requests] == [
        ("good", ("السد",)),
        ("empty", ("السد",)),
        ("own", ("القمح",)),
    ]
    assert {request.unit for request in requests} == {"paragraph"}


def test_exception_costs_only_its_row(job: Job) -> None:
    """A bug or a lack of memory at one text must not take the others with it."""
    found = answer(Recorder(), (*ROWS, Row("boom", "خطأ")), job.options)
    assert [type(outcome).__name__ for outcome in found] == [
        "Analysis",
        "RowError",
        "RowError",
        "Analysis",
        "RowError",
    ]
    assert found[-1] == RowError("internal_error", "boom: MemoryError: too much")


def test_one_by_one_announces_each_row_and_leaves_out_the_condemned(job: Job) -> None:
    seen = []

    class Watcher(LightAnalyzer):
        def analyze_many(self, requests: Sequence[Request], *, words: int) -> list[Analysis | InputError]:
            """Look at what is announced."""
            seen.append(suspect_file(job, 0).read_text(encoding="ascii"))
            return super().analyze_many(requests, words=words)

    found = process(Watcher(), Task(Shard(0, 0, ROWS), one_by_one=True, condemned=frozenset({3})), job)
    assert seen == ["0", "1"]
    assert found.errors == {"invalid_json": 1, "unsuitable_text": 1, "worker_died": 1}
    assert not suspect_file(job, 0).exists()


def test_full_disk_stops_the_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no error of a row."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inference.batch.worker.publish", full)
    outcome = work(LightAnalyzer(), Task(Shard(0, 0, ROWS)), job)
    assert isinstance(outcome, Failed) and "No space left" in outcome.message


def test_sample_is_timed_and_writes_nothing(job: Job) -> None:
    assert isinstance(work(LightAnalyzer(), Sample(ROWS), job), float)
    assert not list(job.out.glob("part-*"))


def test_another_bundle_is_refused(job: Job) -> None:
    """As on a node of a cluster that was not updated."""
    with pytest.raises(BundleError, match="mujaz-default.*other"):
        load_checked(lambda _: LightAnalyzer(), job, ModelInfo("other", "1", "0" * 64))

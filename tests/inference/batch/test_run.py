"""A run from input to `_SUCCESS`: exactly once, resumed, refused, stopped."""

import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import inference.batch.run as run_module
from arabic.errors import InputError
from benchmarks.kill_batch import content
from benchmarks.light_batch import POISON, LightAnalyzer, make_input
from inference.batch import folder
from inference.batch.rows import Columns
from inference.batch.stop import Stop, Stopped
from inference.batch.worker import Job
from inference.documents import Request
from inference.results import Analysis
from tests.inference.batch.conftest import TEXT, Batch, InlinePool


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Ten good rows, two of them with the same id, and one that is not JSON."""
    lines = [json.dumps({"id": f"n{i % 9}", "text": f"{TEXT} {i}"}, ensure_ascii=False) for i in range(10)]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{line}\n" for line in [*lines[:5], "{", *lines[5:]]), encoding="utf-8")
    return path


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for data in content(out).values() for line in data.splitlines()]


def success(out: Path) -> dict[str, Any]:
    return json.loads((out / folder.SUCCESS).read_text(encoding="utf-8"))


class StopAfter(InlinePool):
    """Has the driver told to stop when the second task is done."""

    def wait(self, timeout: float) -> list[Any]:
        """Do the task, then send the signal."""
        events = super().wait(timeout)
        if any(isinstance(event, folder.Receipt) and event.index == 1 for event in events):
            os.kill(os.getpid(), signal.SIGTERM)
        return events


@pytest.fixture
def stopped(batch: Batch, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that was told to stop after two of its three shards."""
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "LocalPool", StopAfter)
        summary = batch(source)
    assert not summary.complete
    return tmp_path / "out"


def test_every_row_once_in_order(batch: Batch, source: Path, tmp_path: Path) -> None:
    """With the input's ids, also where two are the same; errors are rows, and are counted."""
    summary = batch(source)
    found = rows(tmp_path / "out")
    assert [row["row"] for row in found] == list(range(11))
    assert [row["id"] for row in found if "error" not in row] == [f"n{i % 9}" for i in range(10)]
    assert found[5]["error"]["code"] == "invalid_json" and found[5]["id"] == "rows.jsonl:6"
    assert sorted(content(tmp_path / "out")) == [f"part-00000{i}.jsonl" for i in range(3)]
    assert (summary.complete, summary.rows, summary.errors) == (True, 11, {"invalid_json": 1})
    counts = success(tmp_path / "out")
    assert (counts["rows"], counts["shards"], counts["errors"]) == (11, 3, {"invalid_json": 1})


def test_stopped_run_goes_on_where_it_was(batch: Batch, source: Path, stopped: Path, tmp_path: Path) -> None:
    """SIGTERM lets the shard be finished; resuming does only the rest; the files are those of one run."""
    assert len(content(stopped)) == 2 and not (stopped / folder.SUCCESS).exists()
    summary = batch(source, existing="resume")
    assert (summary.complete, summary.rows, summary.new_rows) == (True, 11, 3)
    batch(source, out=tmp_path / "alone")
    assert content(stopped) == content(tmp_path / "alone")


def test_second_signal_stops_at_once(batch: Batch, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without waiting for the shards that are being worked on."""

    class Waiting(InlinePool):
        def wait(self, timeout: float) -> list[Any]:
            """Never come to an end of it."""
            os.kill(os.getpid(), signal.SIGINT)
            return []

    monkeypatch.setattr(run_module, "LocalPool", Waiting)
    before = signal.getsignal(signal.SIGINT)
    assert not batch(source).complete
    assert signal.getsignal(signal.SIGINT) is before


def test_signal_while_input_is_awaited(batch: Batch, tmp_path: Path) -> None:
    """A pipe that nothing comes out of must not keep the run from stopping."""
    with Stop() as stop, pytest.raises(Stopped), stop.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.requested


def test_complete_run_is_not_done_again(batch: Batch, source: Path, tmp_path: Path) -> None:
    first = batch(source)

    def fail(job: Job) -> LightAnalyzer:
        raise AssertionError("nothing is left to do")

    again = batch(source, existing="resume", load=fail)
    assert (again.complete, again.rows, again.errors, again.new_rows) == (True, first.rows, first.errors, 0)


def test_existing_run_is_not_touched_unasked(batch: Batch, source: Path, stopped: Path) -> None:
    before = content(stopped)
    with pytest.raises(InputError, match=r"not complete.*--resume.*--restart"):
        batch(source)
    batch(source, existing="resume")
    with pytest.raises(InputError, match="a complete run"):
        batch(source)
    assert before.items() <= content(stopped).items()


def test_restart_begins_anew(batch: Batch, source: Path, stopped: Path) -> None:
    """With other options, and without what was there."""
    summary = batch(source, existing="restart", shard_rows=6)
    assert summary.new_rows == 11
    assert len(content(stopped)) == 2


@pytest.mark.parametrize("existing", ["refuse", "resume", "restart"])
def test_folder_of_others_is_left_alone(batch: Batch, source: Path, tmp_path: Path, existing: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"thesis\.tex"):
        batch(source, existing=existing)
    assert [path.name for path in (tmp_path / "out").iterdir() if path.suffix] == ["thesis.tex"]


def test_changed_input_is_refused_with_the_difference(batch: Batch, source: Path, stopped: Path) -> None:
    before = content(stopped)
    source.write_text(source.read_text(encoding="utf-8").replace("القمح", "القطن"), encoding="utf-8")
    with pytest.raises(InputError, match=r"rows\.jsonl: its content changed"):
        batch(source, existing="resume")
    assert content(stopped) == before


def test_other_options_are_refused_with_the_difference(batch: Batch, source: Path, stopped: Path) -> None:
    with pytest.raises(InputError, match=r"options\.words was 60, is now 30; options\.columns\.id was"):
        batch(source, existing="resume", words=30, columns=Columns(id="key"))


def test_copy_of_the_input_is_the_input(batch: Batch, source: Path, stopped: Path, tmp_path: Path) -> None:
    """A run may go on on another machine."""
    (tmp_path / "elsewhere").mkdir()
    copied = Path(shutil.copy(source, tmp_path / "elsewhere"))
    assert batch(copied, existing="resume").complete


@pytest.mark.parametrize("harm", ["remove", "change", "cut"])
def test_damaged_shards_are_done_again(batch: Batch, source: Path, stopped: Path, harm: str) -> None:
    """Whatever a disk or a person did to a file since."""
    part = stopped / "part-000000.jsonl"
    data = part.read_bytes()
    if harm == "remove":
        part.unlink()
    else:
        part.write_bytes(data[:-1] if harm == "cut" else data.replace(b"n0", b"n1"))
    assert batch(source, existing="resume").new_rows == 7
    assert part.read_bytes() == data


def test_run_that_died_before_its_manifest(batch: Batch, source: Path, tmp_path: Path) -> None:
    """Nothing was done yet, and `--resume` simply begins."""
    out = tmp_path / "out"
    out.mkdir()
    for name in (folder.LOCK, folder.FENCE, folder.INPUT):
        (out / name).touch()
    assert batch(source, existing="resume").complete


def test_restart_that_died_halfway(batch: Batch, source: Path, stopped: Path) -> None:
    """Journal and some files are gone, the manifest is not: all is done again."""
    (stopped / folder.JOURNAL).unlink()
    (stopped / "part-000000.jsonl").unlink()
    assert batch(source, existing="resume").new_rows == 11


def test_stray_file_keeps_success_away(batch: Batch, source: Path, stopped: Path) -> None:
    """Whoever reads all parts of the folder would read its rows as well."""
    shutil.copy(stopped / "part-000000.jsonl", stopped / "part-000099.jsonl")
    with pytest.raises(InputError, match="part-000099"):
        batch(source, existing="resume")
    assert not (stopped / folder.SUCCESS).exists()


def test_row_that_kills_workers_is_an_error_row(batch: Batch, tmp_path: Path) -> None:
    """All others are answered."""

    class Mortal(LightAnalyzer):
        def analyze_many(self, requests: Sequence[Request], *, words: int) -> list[Analysis | InputError]:
            """Die of poison, as far as this process can."""
            if any(POISON in str(request.text) for request in requests):
                raise SystemExit
            return super().analyze_many(requests, words=words)

    lines = [json.dumps({"id": str(i), "text": POISON if i in (2, 5) else TEXT}) for i in range(10)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    summary = batch(tmp_path / "in.jsonl", load=lambda job: Mortal())
    found = rows(tmp_path / "out")
    assert [row["id"] for row in found] == [str(i) for i in range(10)]
    assert [row["id"] for row in found if "error" in row] == ["2", "5"]
    assert summary.errors == {"worker_died": 2}


@pytest.mark.parametrize("format", ["jsonl", "parquet", "csv"])
def test_all_formats_over_a_mixed_folder(batch: Batch, tmp_path: Path, format: str) -> None:
    """Every kind of file in one run."""
    source = make_input(tmp_path / "in", 60)
    summary = batch(source, format=format, shard_rows=25)
    assert len(list((tmp_path / "out").glob(f"part-*.{format}"))) == -(-summary.rows // 25)
    assert {"damaged_file", "invalid_utf8"} <= summary.errors.keys()


def test_input_without_rows_is_complete(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    assert (batch(tmp_path / "in.jsonl").rows, success(tmp_path / "out")["shards"]) == (0, 0)


def test_wrong_column_is_found_before_the_run(batch: Batch, tmp_path: Path) -> None:
    """Not after a night of error rows."""
    (tmp_path / "in.jsonl").write_text('{"id": 1, "body": "نص"}\n' * 30, encoding="utf-8")
    with pytest.raises(InputError, match=r"no column 'text'; it has 'id', 'body'; see --text-column"):
        batch(tmp_path / "in.jsonl")
    assert batch(tmp_path / "in.jsonl", columns=Columns(text="body")).complete


def test_out_within_the_input_is_refused(batch: Batch, source: Path) -> None:
    """The run would read what it writes."""
    with pytest.raises(InputError, match="lies in the input"):
        batch(source.parent)


def test_full_disk_ends_the_run_and_can_be_resumed(
    batch: Batch, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one line that says what to do."""
    real = os.fsync

    def fail_on_data(descriptor: int) -> None:
        if folder.TEMP in os.readlink(f"/proc/self/fd/{descriptor}") and content(tmp_path / "out"):
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_on_data)
        with pytest.raises(InputError, match=r"No space left on device.*--resume"):
            batch(source)
    assert batch(source, existing="resume").new_rows == 7


@pytest.mark.skipif(
    os.geteuid() != 0 or not sys.platform.startswith("linux"), reason="mounting needs root on Linux"
)
@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_real_file_system(batch: Batch, tmp_path: Path, kind: str) -> None:
    """A tmpfs that is too small, or may not be written; made larger, the run goes on."""
    source, disk = make_input(tmp_path / "in", 300), tmp_path / "disk"
    disk.mkdir()
    options = "size=96k" if kind == "full" else "size=8m,ro"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let a tmpfs be mounted")
    try:
        with pytest.raises(InputError, match="No space left" if kind == "full" else "cannot be written"):
            batch(source, out=disk / "out", shard_rows=10)
        subprocess.run(["mount", "-o", "remount,rw,size=8m", str(disk)], check=True)
        assert batch(source, out=disk / "out", shard_rows=10, existing="resume").complete
        batch(source, shard_rows=10)
        assert content(disk / "out") == content(tmp_path / "out")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


class TestStandardInput:
    """A pipe cannot be hashed before; each shard is compared as it comes by."""

    @pytest.fixture
    def pipe(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Give bytes as standard input."""

        def give(data: bytes) -> Path:
            path = Path(os.environ["PYTEST_PIPE"])
            path.write_bytes(data)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(path.open("rb")))
            return Path("-")

        return give

    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the bytes lie."""
        monkeypatch.setenv("PYTEST_PIPE", str(tmp_path / "pipe"))

    def test_packed_or_not(self, batch: Batch, source: Path, tmp_path: Path, pipe: Any) -> None:
        """The same rows; places are named after the pipe."""
        batch(pipe(gzip.compress(source.read_bytes())))
        found = rows(tmp_path / "out")
        assert len(found) == 11 and found[5]["id"] == "stdin:6"

    def test_resumed_with_the_same_and_with_other_bytes(
        self, batch: Batch, source: Path, tmp_path: Path, pipe: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same pipe goes on; another is refused where it differs."""
        with monkeypatch.context() as patch:
            patch.setattr(run_module, "LocalPool", StopAfter)
            batch(pipe(source.read_bytes()))
        with pytest.raises(InputError, match="rows 0 to 3 of the input are not those"):
            batch(pipe(source.read_bytes().replace(b"n1", b"m1")), existing="resume")
        assert batch(pipe(source.read_bytes()), existing="resume").new_rows == 3


def test_log_tells_the_story(batch: Batch, source: Path, stopped: Path) -> None:
    """JSON lines with the ids of run and attempt; the run's is the same after resuming."""
    batch(source, existing="resume")
    lines = [json.loads(line) for line in (stopped / folder.LOG).read_text(encoding="utf-8").splitlines()]
    assert [line["event"] for line in lines] == [
        "start",
        "shard",
        "shard",
        "stopped",
        "start",
        "shard",
        "complete",
    ]
    assert len({line["run"] for line in lines}) == 1
    assert len({line["attempt"] for line in lines}) == 2

"""What is on disk stays true: locks, renames, the journal, the fence."""

import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arabic.errors import InputError
from inference.batch import folder
from inference.batch.folder import FencedError, Journal, Receipt, locked, publish, take_over


def receipt(out: Path, index: int) -> Receipt:
    """Write a part and its receipt."""
    import hashlib

    name, data = folder.part_name(index, "jsonl"), f"row {index}\n".encode()
    (out / name).write_bytes(data)
    return Receipt(index, index, 1, {}, "in", name, len(data), hashlib.sha256(data).hexdigest(), 0.1)


def test_lock_is_for_one(tmp_path: Path) -> None:
    """The second is told who holds it; after the first has ended it is free."""
    with locked(tmp_path / "new" / "out"):
        with pytest.raises(InputError, match=f"process {os.getpid()} on"), locked(tmp_path / "new" / "out"):
            pass
    with locked(tmp_path / "new" / "out"):
        pass


def _die_with_lock(path: Path) -> None:
    with locked(path):
        os._exit(1)


def test_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    """The file it left does not block."""
    process = multiprocessing.get_context("fork").Process(target=_die_with_lock, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == 1 and (tmp_path / folder.LOCK).exists()
    with locked(tmp_path):
        pass


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="cannot be written"), locked(tmp_path / "out"):
        pass


def test_publish_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails before the rename leaves the old file, and nothing half-written."""
    take_over(tmp_path, "a")
    publish(tmp_path, "part", b"old", "a")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        publish(tmp_path, "part", b"new", "a")
    assert (tmp_path / "part").read_bytes() == b"old"
    assert list((tmp_path / folder.TEMP).iterdir()) == []


def test_worker_of_an_earlier_attempt_is_shut_out(tmp_path: Path) -> None:
    """It may live a moment longer than its driver, but cannot publish any more."""
    take_over(tmp_path, "first")
    publish(tmp_path, "part", b"first", "first")
    take_over(tmp_path, "second attempt")
    with pytest.raises(FencedError):
        publish(tmp_path, "part", b"late", "first")
    assert (tmp_path / "part").read_bytes() == b"first"
    publish(tmp_path, "part", b"second", "second attempt")


def test_take_over_clears_what_was_left_half_written(tmp_path: Path) -> None:
    take_over(tmp_path, "a")
    (tmp_path / folder.TEMP / "part.1").write_bytes(b"half")
    take_over(tmp_path, "b")
    assert list((tmp_path / folder.TEMP).iterdir()) == []


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000))
def test_journal_that_was_cut_off_anywhere(tmp_path: Path, place: int) -> None:
    """The receipts before the cut count, the rest does not, and writing goes on behind them."""
    (tmp_path / folder.JOURNAL).unlink(missing_ok=True)
    receipts = [receipt(tmp_path, index) for index in range(6)]
    with Journal(tmp_path) as journal:
        for made in receipts[:5]:
            journal.add(made)
    data = (tmp_path / folder.JOURNAL).read_bytes()
    place %= len(data) + 1
    (tmp_path / folder.JOURNAL).write_bytes(data[:place])
    with Journal(tmp_path) as journal:
        assert list(journal.done.values()) == receipts[: data[:place].count(b"\n")]
        journal.add(receipts[5])
    with Journal(tmp_path) as journal:
        assert journal.done[5] == receipts[5]
        assert len(journal.done) == data[:place].count(b"\n") + 1


@pytest.mark.parametrize(
    "harm", [Path.unlink, lambda path: path.write_bytes(b"row X\n"), lambda path: path.write_bytes(b"")]
)
def test_journal_forgets_shards_whose_file_is_not_as_it_was(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    """They are done again."""
    with Journal(tmp_path) as journal:
        for index in range(2):
            journal.add(receipt(tmp_path, index))
    harm(tmp_path / folder.part_name(1, "jsonl"))
    with Journal(tmp_path) as journal:
        assert list(journal.done) == [0]


def test_file_without_receipt_is_found(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.add(receipt(tmp_path, 0))
        journal.check_no_other()
        receipt(tmp_path, 1)
        with pytest.raises(InputError, match="part-000001"):
            journal.check_no_other()


@pytest.mark.parametrize("content", ["", "[]", "{", "\0"])
def test_damaged_manifest_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"m\.json"):
        folder.read_json(tmp_path / "m.json")
    assert folder.read_json(tmp_path / "missing.json") is None


def test_clear_takes_only_what_is_the_runs_own(tmp_path: Path) -> None:
    for name in ("part-000000.jsonl", folder.MANIFEST, folder.JOURNAL, folder.SUCCESS, "notes.txt"):
        (tmp_path / name).write_text(json.dumps({}), encoding="utf-8")
    folder.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

"""A run that is killed at any moment goes on where it was and ends with the very same bytes."""

import json
import multiprocessing
import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from models.bundle import LAYOUT, verify
from tests.tiny import train_tiny
from tests.training import killed_run
from training.callbacks import RunInterrupted, Saving
from training.checkpoints import MARK, STATE, checkpoint, is_complete, newest_complete, prune, publish
from training.folder import CHECKPOINTS

KILLS = 20


def _staged(folder: Path, step: int) -> Path:
    path = folder / "staged" / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / STATE).write_text(json.dumps({"global_step": step}), encoding="utf-8")
    (path / "model.safetensors").write_bytes(b"weights")
    return path


def _publish(folder: Path, step: int) -> Path:
    publish(_staged(folder, step), checkpoint(folder, step))
    return checkpoint(folder, step)


def _tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_newest_complete_checkpoint_is_taken_and_no_broken_one(tmp_path: Path) -> None:
    assert newest_complete(tmp_path / "nowhere") is None
    for step in (3, 20, 100):
        _publish(tmp_path, step)
    assert newest_complete(tmp_path) == checkpoint(tmp_path, 100)
    (checkpoint(tmp_path, 100) / MARK).unlink()
    assert newest_complete(tmp_path) == checkpoint(tmp_path, 20)
    (checkpoint(tmp_path, 20) / "model.safetensors").write_bytes(b"weigh")  # cut short
    assert newest_complete(tmp_path) == checkpoint(tmp_path, 3)
    (checkpoint(tmp_path, 3) / MARK).write_text("{", encoding="utf-8")
    _staged(tmp_path, 200)
    assert newest_complete(tmp_path) is None


def test_a_broken_checkpoint_of_the_same_update_is_replaced(tmp_path: Path) -> None:
    (_publish(tmp_path, 7) / MARK).unlink()
    assert is_complete(_publish(tmp_path, 7))


def test_pruning_keeps_what_is_asked_for_and_never_leaves_half_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 2, 3):
        _publish(tmp_path, step)
    monkeypatch.setattr("training.checkpoints.shutil.rmtree", lambda *args, **kwargs: None)  # killed here
    prune(tmp_path, {3})
    assert not is_complete(checkpoint(tmp_path, 1))
    monkeypatch.undo()
    prune(tmp_path, {3})
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*")) == ["checkpoint-3"]


def test_a_run_killed_twenty_times_ends_with_the_bytes_of_an_unbroken_one(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Half of the kills fall inside a save, at the flush of a file, of the mark, of the new name.

    The stance task is taken because it draws unrelated pairs anew in each epoch; dropout is on.
    """
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["tests.training.fork_server"])
    chance = random.Random(7)

    def run(out: Path, **death: Any) -> bool:
        arguments = (tiny_rows["stance"], tiny_base, out)
        child = server.Process(target=killed_run.run, args=arguments, kwargs=death)
        child.start()
        child.join(300)
        assert child.exitcode in (0, -signal.SIGKILL)
        return child.exitcode == 0

    unbroken = tmp_path / "unbroken" / "out"
    assert run(unbroken)
    kills, saved, out = 0, 0, tmp_path / "broken-0" / "out"
    for attempt in range(10 * KILLS):
        inside = attempt % 2 == 0
        death = {"flushes": chance.randrange(1, 25)} if inside else {"seconds": chance.uniform(0.2, 2.0)}
        if run(out, **death):
            assert _tree(out) == _tree(unbroken)
            if kills >= KILLS:
                break
            saved, out = 0, tmp_path / f"broken-{kills}" / "out"  # through too early: once more
        else:
            kills += 1
            newest = newest_complete(out / CHECKPOINTS)
            step = int(newest.name.rpartition("-")[2]) if newest else 0
            if (out / LAYOUT.manifest).is_file():  # killed between publication and exit: all is there
                verify(out)
                continue
            assert step >= saved, "a complete checkpoint was lost"
            saved = step
    assert kills >= KILLS


def test_sigterm_saves_and_the_run_goes_on_from_there(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"epochs": 3, "batch_size": 4}
    whole = train_tiny("topic", tiny_rows["topic"], tmp_path / "whole" / "out", tiny_base, **settings)
    out = tmp_path / "stopped" / "out"
    before = signal.getsignal(signal.SIGTERM)
    callbacks = Saving.on_step_end

    def on_step_end(self: Saving, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        callbacks(self, args, state, control, **kwargs)

    monkeypatch.setattr(Saving, "on_step_end", on_step_end)
    with pytest.raises(RunInterrupted, match="stopped after update 7 of 15; go on with --resume"):
        train_tiny("topic", tiny_rows["topic"], out, tiny_base, **settings)
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGTERM) == before
    assert not (out / "bundle.json").exists()
    newest = newest_complete(out / CHECKPOINTS)
    assert newest is not None and newest.name == "checkpoint-7"
    train_tiny("topic", tiny_rows["topic"], out, tiny_base, resume=True, **settings)
    assert _tree(out) == _tree(whole)


def test_a_finished_run_resumed_gives_its_figures_and_changes_nothing(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """What a job scheduler does that restarts a job whose end it missed."""
    out = train_tiny("topic", tiny_rows["topic"], tmp_path / "out", tiny_base, epochs=1)
    before = _tree(out)
    (out / CHECKPOINTS).mkdir()  # killed between the bundle's last file and tidying up
    train_tiny("topic", tiny_rows["topic"], out, tiny_base, resume=True, epochs=1)
    assert _tree(out) == before and not (out / CHECKPOINTS).exists()

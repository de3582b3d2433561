"""How often a shard is tried, and when a row is blamed."""

from pathlib import Path

import pytest

from arabic.errors import InputError
from inference.batch import folder
from inference.batch.options import Options
from inference.batch.retries import HOPELESS, SUSPECT, WHOLE, Retries
from inference.batch.rows import Row
from inference.batch.shards import Shard
from inference.batch.worker import Job, Task, suspect_file

SHARD = Shard(2, 10, tuple(Row(str(i)) for i in range(3)))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job in a folder that has been taken over."""
    folder.take_over(tmp_path, "a")
    return Job(tmp_path, "a", Options(), None, 1)


def test_accidents_are_forgiven(job: Job) -> None:
    """A shard is first tried again as a whole; another shard's deaths do not count."""
    retries = Retries(job)
    again = retries.again(Task(SHARD), "signal SIGKILL")
    assert again == Task(SHARD)
    assert retries.again(Task(Shard(5, 0, ())), "signal SIGKILL") == Task(Shard(5, 0, ()))


def test_row_that_kills_is_found_and_left_out(job: Job) -> None:
    """One death at a row may be an accident, the second condemns it."""
    retries, task = Retries(job), Task(SHARD)
    for _ in range(WHOLE):
        task = retries.again(task, "signal SIGKILL")
    assert task.one_by_one and not task.condemned
    for death in range(1, SUSPECT + 1):
        suspect_file(job, 2).write_text("1", encoding="ascii")
        task = retries.again(task, "signal SIGKILL")
        assert task.condemned == (frozenset({1}) if death == SUSPECT else frozenset())
    assert not suspect_file(job, 2).exists()


def test_deaths_that_no_row_explains_end_the_run(job: Job) -> None:
    """Rather than to try for ever; the message names the rows."""
    retries, task = Retries(job), Task(SHARD)
    with pytest.raises(InputError, match="rows 10 to 12.*--resume"):
        for _ in range(WHOLE + HOPELESS):
            task = retries.again(task, "signal SIGKILL")


def test_workers_that_die_while_loading_end_the_run(job: Job) -> None:
    """Unless one of them gets through in between."""
    retries = Retries(job)
    for _ in range(3):
        for _ in range(HOPELESS - 1):
            retries.loading("exit code 1")
        retries.alive()
    with pytest.raises(InputError, match="loaded the models.*exit code 1"):
        for _ in range(HOPELESS):
            retries.loading("exit code 1")

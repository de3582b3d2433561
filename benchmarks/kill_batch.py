"""Does a batch run survive? `python -m benchmarks.kill_batch`: kill -9 at random, resume, compare.

One run is left alone, another over the same input is killed again and again: the driver, a worker, either
of them between writing a file and renaming it, and the same with Ray. Whatever was killed, `--resume` must
end in files that are byte for byte those of the run that was left alone. The analyser is a light stand-in, so
that what is tested is the bookkeeping; everything else is the real code.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from arabic.errors import InputError
from benchmarks.light_batch import MARKS, load_light, make_input, mark_renames
from inference.batch import folder
from inference.batch.options import Options
from inference.batch.pool import Workers
from inference.batch.prepare import BatchRun
from inference.batch.progress import Reporter
from inference.batch.rows import Columns
from inference.batch.run import run_batch

ROOT = Path(__file__).resolve().parents[1]


def drive(source: Path, out: Path, engine: str, shard_rows: int) -> None:
    """Be a driver: run, or go on with the run."""
    if marks := os.environ.get(MARKS):
        mark_renames(Path(marks), "driver")
    options = Options(tasks=("topic",), shard_rows=shard_rows, columns=Columns())
    run = BatchRun(
        (source,),
        out,
        options,
        engine="ray" if engine == "ray" else "local",
        workers=Workers(2, 1),
        existing="resume",
    )
    try:
        summary = run_batch(run, Reporter(quiet=True), load_light)
    except InputError as error:  # as when workers are killed faster than they start: to be resumed
        sys.exit(f"driver: {error}")
    sys.exit(0 if summary.complete else 75)


@dataclass(slots=True)
class Killer:
    """Runs drivers over one folder and kills, until `kills` are done; then lets the run be finished."""

    source: Path
    out: Path
    marks: Path
    engine: str
    kills: int
    shard_rows: int
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    drivers: int = 0

    def go(self) -> None:
        """Kill, resume, and finish."""
        while self.done.total() < self.kills:
            driver = self._start()
            try:
                while driver.poll() is None and self.done.total() < self.kills:
                    self._kill_something(driver)
            finally:
                if driver.poll() is None and self.done.total() < self.kills:
                    driver.kill()
                if driver.wait(timeout=300) == 0 and self.done.total() < self.kills:
                    self._begin_again()
        while self._start().wait(timeout=600) != 0:
            pass

    def _start(self) -> "subprocess.Popen[bytes]":
        self.drivers += 1
        for mark in self.marks.iterdir():
            mark.unlink(missing_ok=True)
        return start_driver(self.source, self.out, self.engine, self.shard_rows, self.marks)

    def _begin_again(self) -> None:
        """The run was complete before all kills were done: take half of the files away, as a disk might."""
        (self.out / folder.SUCCESS).unlink()
        parts = sorted(self.out.glob("part-*"))
        for part in self.chance.sample(parts, len(parts) // 2):
            part.unlink()

    def _kill_something(self, driver: "subprocess.Popen[bytes]") -> None:
        """Kill the driver or a worker, at a random time or, every second time, within a rename."""
        victim = self.chance.choice(["driver", "worker", "worker"])
        renaming = self.chance.random() < 0.5
        if (victim, renaming) != ("driver", True):  # a driver renames when it starts and when it ends
            if self.chance.random() < 0.7:  # not while it starts, which takes most of its life
                self._await_mark(driver, "*")
            time.sleep(self.chance.uniform(0, 1))
        if renaming and (pid := self._await_mark(driver, victim)):
            return self._kill(driver, pid, f"{victim} in a rename")
        pids = {driver.pid} if victim == "driver" else workers_of(driver.pid)
        if driver.poll() is None and pids:
            self._kill(driver, self.chance.choice(sorted(pids)), victim)
        return None

    def _await_mark(self, driver: "subprocess.Popen[bytes]", role: str) -> int | None:
        """Wait for a process that is about to rename or just has; its id, None where none comes."""
        deadline = time.monotonic() + 10
        while driver.poll() is None and time.monotonic() < deadline:
            for mark in self.marks.glob(f"{role}-*"):
                return int(mark.name.split("-")[1])
            time.sleep(0.001)
        return None

    def _kill(self, driver: "subprocess.Popen[bytes]", pid: int, what: str) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.done[f"{self.engine} {what}"] += 1
        for mark in self.marks.glob(f"*-{pid}"):
            mark.unlink(missing_ok=True)
        if pid == driver.pid:
            driver.wait()


def start_driver(
    source: Path,
    out: Path,
    engine: str,
    shard_rows: int,
    marks: Path | None = None,
    stderr: int | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a driver in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.kill_batch", "drive", source, out, engine, shard_rows]
    environment = os.environ | ({MARKS: str(marks)} if marks else {}) | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([str(part) for part in command], cwd=ROOT, env=environment, stderr=stderr)


def workers_of(pid: int) -> set[int]:
    """The processes that work for a driver."""
    import psutil

    found = set()
    try:
        for child in psutil.Process(pid).children(recursive=True):
            command = " ".join(child.cmdline())
            if "spawn_main" in command or command.startswith("ray::_Actor"):
                found.add(child.pid)
    except psutil.Error:
        pass
    return found


def content(out: Path) -> dict[str, bytes]:
    """The files of a run."""
    return {path.name: path.read_bytes() for path in sorted(out.glob("part-*"))}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run that was killed came to, beside the one that was left alone."""

    kills: dict[str, int]
    drivers: int
    rows: int
    lost: int
    doubled: int
    same: bool
    seconds: float


def compare(reference: Path, killer: Killer, seconds: float) -> Verdict:
    """Compare rows and bytes."""
    expected, found = content(reference), content(killer.out)
    rows = Counter(json.loads(line)["row"] for data in found.values() for line in data.splitlines())
    wanted = sum(data.count(b"\n") for data in expected.values())
    return Verdict(
        kills=dict(sorted(killer.done.items())),
        drivers=killer.drivers,
        rows=rows.total(),
        lost=wanted - len(rows),
        doubled=rows.total() - len(rows),
        same=expected == found and (killer.out / folder.SUCCESS).exists(),
        seconds=round(seconds, 1),
    )


def kill_and_compare(
    work: Path, *, rows: int, shard_rows: int, kills: dict[str, int], seed: int
) -> list[Verdict]:
    """Make an input, run it undisturbed, then with kills, once for each engine."""
    source = make_input(work / "input", rows, seed)
    if start_driver(source, work / "alone", "local", shard_rows).wait(timeout=600) != 0:
        raise RuntimeError("the run that was left alone did not complete")
    verdicts = []
    for engine, count in kills.items():
        marks = work / f"marks-{engine}"
        marks.mkdir()
        killer = Killer(source, work / engine, marks, engine, count, shard_rows, random.Random(seed))
        started = time.monotonic()
        killer.go()
        verdicts.append(compare(work / "alone", killer, time.monotonic() - started))
    return verdicts


def main() -> None:
    """Kill, and print a summary; exit code 1 where anything was lost, doubled or different."""
    if sys.argv[1:2] == ["drive"]:
        drive(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    parser = argparse.ArgumentParser(
        description="Kill batch runs at random, resume them, compare the output."
    )
    parser.add_argument("--kills", type=int, default=100, help="of local runs")
    parser.add_argument("--ray-kills", type=int, default=20, help="of runs on Ray, 0 for none")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--shard-rows", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kills = {"local": options.kills} | ({"ray": options.ray_kills} if options.ray_kills else {})
    work = Path(tempfile.mkdtemp(prefix="kill-batch-"))
    try:
        verdicts = kill_and_compare(
            work, rows=options.rows, shard_rows=options.shard_rows, kills=kills, seed=options.seed
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for verdict in verdicts:
        for what, count in verdict.kills.items():
            print(f"{count:>5} x kill -9: {what}")
        print(
            f"      {verdict.drivers} drivers in {verdict.seconds} s: {verdict.rows} rows, "
            f"{verdict.lost} lost, {verdict.doubled} doubled, "
            f"files {'the same' if verdict.same else 'DIFFERENT'}"
        )
    sys.exit(0 if all(verdict.same for verdict in verdicts) else 1)


if __name__ == "__main__":
    main()

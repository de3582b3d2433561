"""`mujaz batch` on the command line: options, exit codes, what is printed."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import cli
import inference.batch.run as run_module
from inference.batch.dry_run import Estimate
from inference.batch.options import Options
from inference.batch.pool import Workers
from inference.batch.prepare import BatchRun
from inference.batch.rows import Columns
from inference.batch.run import Summary

DONE = Summary("r", True, 10, {"invalid_json": 2}, 4, 3.21, 61.0, "2x1", {"driver": 60, "worker": 900})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[BatchRun]:
    """Keep what is asked for instead of doing it."""
    runs: list[BatchRun] = []

    def run_batch(run: BatchRun, reporter: object) -> Summary:
        runs.append(run)
        return DONE

    monkeypatch.setattr(run_module, "run_batch", run_batch)
    return runs


def mujaz(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["mujaz", "batch", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_options_reach_the_run(
    monkeypatch: pytest.MonkeyPatch, asked: list[BatchRun], tmp_path: Path
) -> None:
    """All of them."""
    (tmp_path / "targets.txt").write_text("السد\n\n الجسر \n", encoding="utf-8")
    arguments = (
        "a b.csv --out out --tasks stance,topic -t القمح --targets TARGETS --unit paragraph --words 30 "
        "--format parquet --text-column body --id-column nr --keep date --keep place --stdin-format csv "
        "--bundle B --backend torch --engine ray --address h:6379 --workers 3x2 --shard-rows 7 --resume "
        "--max-errors 2"
    )
    words = [str(tmp_path / "targets.txt") if word == "TARGETS" else word for word in arguments.split()]
    assert mujaz(monkeypatch, *words) == 0
    assert asked == [
        BatchRun(
            (Path("a"), Path("b.csv")),
            Path("out"),
            Options(
                tasks=("topic", "stance"),
                targets=("القمح", "السد", "الجسر"),
                unit="paragraph",
                words=30,
                format="parquet",
                columns=Columns(text="body", id="nr", keep=("date", "place")),
                shard_rows=7,
                backend="torch",
            ),
            bundle=Path("B"),
            engine="ray",
            address="h:6379",
            workers=Workers(3, 2),
            existing="resume",
            stdin="csv",
        )
    ]


def test_defaults(monkeypatch: pytest.MonkeyPatch, asked: list[BatchRun]) -> None:
    mujaz(monkeypatch, "in", "--out", "out")
    mujaz(monkeypatch, "in", "--out", "out", "--restart")
    assert asked[0] == BatchRun((Path("in"),), Path("out"), Options())
    assert asked[1].existing == "restart"


@pytest.mark.parametrize(("allowed", "code"), [(0, 3), (1, 3), (2, 0)])
def test_exit_code_past_the_errors_that_are_allowed(
    monkeypatch: pytest.MonkeyPatch, asked: list[BatchRun], allowed: int, code: int
) -> None:
    assert mujaz(monkeypatch, "in", "--out", "out", "--max-errors", allowed) == code


def test_stopped_run_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """75 is `EX_TEMPFAIL`: try again."""
    from dataclasses import replace

    monkeypatch.setattr(run_module, "run_batch", lambda run, reporter: replace(DONE, complete=False))
    assert mujaz(monkeypatch, "in", "--out", "out") == 75
    assert "go on with --resume" in capsys.readouterr().out


def test_summary_for_people_and_for_programs(
    monkeypatch: pytest.MonkeyPatch, asked: list[BatchRun], capsys: pytest.CaptureFixture[str]
) -> None:
    mujaz(monkeypatch, "in", "--out", "out")
    told = capsys.readouterr().out
    assert "10 rows, 4 of them now, in 0:01:01, 3.2 rows/s" in told and "2 rows failed: invalid_json" in told
    mujaz(monkeypatch, "in", "--out", "out", "--json")
    assert json.loads(capsys.readouterr().out)["errors"] == {"invalid_json": 2}


@pytest.mark.parametrize(
    "arguments",
    [["--tasks", "topics"], ["--tasks", ","], ["--words", "1"], ["-t", " "], ["--engine", "spark"]],
)
def test_wrong_usage(monkeypatch: pytest.MonkeyPatch, asked: list[BatchRun], arguments: list[str]) -> None:
    assert mujaz(monkeypatch, "in", "--out", "out", *arguments) == 2
    assert asked == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--workers", "many"], "--workers must be"),
        (["-t", "كلمة " * 30], "a target has 30 words"),
        (["--targets", "missing.txt"], "missing.txt"),
        ([], "'in' cannot be read"),
    ],
)
def test_errors_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert mujaz(monkeypatch, "in", "--out", "out", "-q", *arguments) == 1
    told = capsys.readouterr().err
    assert words in told and told.startswith("mujaz: ") and told.count("\n") == 1


def test_dry_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = Estimate(2, 1000, 4, {"invalid_json": 3}, {"invalid_json": "a:1: no"}, 10.0, 99.7, "2x1")
    monkeypatch.setattr("inference.batch.dry_run.estimate", lambda run, reporter: found)
    assert mujaz(monkeypatch, "in", "--out", "out", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "1,000 rows in 2 files make 4 shards" in told and "about 0:01:40" in told
    assert "3 rows cannot be read: invalid_json, as a:1: no" in told


@pytest.mark.shared
def test_the_real_thing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, shared: Path
) -> None:
    """Real articles through the bundle that ships."""
    with (shared / "data" / "ant_topic" / "all.jsonl").open(encoding="utf-8") as file:
        lines = [next(file) for _ in range(3)]
    (tmp_path / "in.jsonl").write_text("".join(lines), encoding="utf-8")
    code = mujaz(
        monkeypatch,
        tmp_path / "in.jsonl",
        "--out",
        tmp_path / "out",
        "--tasks",
        "topic,summary",
        "--keep",
        "label",
        "-q",
    )
    assert code == 0
    rows: list[dict[str, Any]] = [
        json.loads(line)
        for line in (tmp_path / "out" / "part-000000.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [row["id"] for row in rows] == [json.loads(line)["id"] for line in lines]
    assert all(row["topics"] and row["summary"] and row["input"]["label"] for row in rows)

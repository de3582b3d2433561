"""Batch jobs of the page: the real command, in a process of its own, ended with its reader."""

import asyncio
import csv
import json
import os
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from arabic.errors import InputError
from inference.batch.rows import ERROR_CODES
from serving.jobs import Order, results, work
from serving.words import word

TEXTS = [
    "أيد رئيس البلدية مشروع الجسر الجديد وقال إنه ضرورة",
    "=cmd()|<script>alert(1)</script> خبر عن المستشفى",
    "",
]


def order(folder: Path, bundle: Path, name: str = "input.jsonl", **changes: object) -> Order:
    """Write a small input and order its topics."""
    path = folder / name
    lines = [json.dumps({"id": f"<b>{n}", "text": text}, ensure_ascii=False) for n, text in enumerate(TEXTS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    options = {
        "tasks": ("topic", "summary"),
        "targets": (),
        "text_column": "text",
        "bundle": bundle,
    } | changes
    return Order(path, folder / "out", **options)  # type: ignore[arg-type]


async def run(job: Order) -> list[str]:
    """Run a job; the names of its events."""
    return [event["event"] async for event in work(job)]


def test_answers_and_report_in_every_format(tmp_path: Path, tiny_bundle: Path) -> None:
    """Every row is there, formulas are guarded in CSV, the report escapes what it shows."""
    job = order(tmp_path, tiny_bundle)
    assert "shard" in asyncio.run(run(job))
    answers, report = results(job, "jsonl")
    rows = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["<b>0", "<b>1", "<b>2"] and "error" in rows[2]
    with results(job, "csv")[0].open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 3 and not any(value.startswith("=") for row in table for value in row.values())
    assert parquet.read_table(results(job, "parquet")[0]).num_rows == 3
    page = report.read_text(encoding="utf-8")
    assert "<script>" not in page and "<b>" not in page and "تعذّر منها: 1" in page
    assert "نص فارغ أو غير عربي أو أطول من المسموح: 1" in page
    assert all(word(f"error_{code}", "ar") for code in ERROR_CODES)


def test_wrong_input_is_told_without_the_host(tmp_path: Path, tiny_bundle: Path) -> None:
    """A missing column is the command's message; no path of this machine is in it."""
    with pytest.raises(InputError, match="body") as refused:
        asyncio.run(run(order(tmp_path, tiny_bundle, text_column="body")))
    assert str(tmp_path) not in str(refused.value)


def test_options_are_no_options_of_the_command(tmp_path: Path) -> None:
    """What a visitor types is a value, whatever it looks like."""
    job = order(tmp_path, tmp_path, targets=("--engine=ray", "-h"), text_column="--restart")
    assert "--target=--engine=ray" in job.command() and "--text-column=--restart" in job.command()


def test_job_ends_with_its_reader(tmp_path: Path, tiny_bundle: Path) -> None:
    """A stopped job leaves no process."""

    async def stopped() -> None:
        parts = work(order(tmp_path, tiny_bundle))
        task = asyncio.ensure_future(anext(parts))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await parts.aclose()

    started = time.monotonic()
    asyncio.run(stopped())
    assert time.monotonic() - started < 10
    running = [
        command.read_bytes()
        for command in Path("/proc").glob("[0-9]*/cmdline")
        if os.access(command, os.R_OK) and command.exists()
    ]
    assert not [command for command in running if str(tmp_path).encode() in command]

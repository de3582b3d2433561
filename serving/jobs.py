"""Batch jobs of the page: `mujaz batch` in a process of its own, and its answers to take away."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from arabic.errors import InputError
from inference import display
from inference.batch.output import encode
from serving.words import word

ROOT = Path(__file__).resolve().parents[1]
NICE = 10
PARTS_ROWS = 64
SHOWN = 200
_DONE = (0, 3)  # 3: some rows failed, and are in the answers as such


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a job."""

    input: Path
    out: Path
    tasks: tuple[str, ...]
    targets: tuple[str, ...]
    text_column: str
    bundle: Path | None

    def command(self) -> list[str]:
        """The command line; every value is one argument, none can be taken for an option."""
        bundle = [f"--bundle={self.bundle}"] if self.bundle else []
        return [
            *(sys.executable, "-m", "cli", "batch", str(self.input), f"--out={self.out}"),
            *(f"--tasks={','.join(self.tasks)}", f"--text-column={self.text_column}", "--workers=1x1"),
            *(f"--shard-rows={PARTS_ROWS}", "--log-every=1", *bundle),
            *(f"--target={target}" for target in self.targets),
        ]


async def work(order: Order) -> AsyncIterator[dict[str, Any]]:
    """Run the job and give its progress; when the reader goes, the job ends.

    Raises:
        InputError: the input cannot be used; the message is the command's own.

    """
    process = await asyncio.create_subprocess_exec(
        *order.command(),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=1_000_000,
        start_new_session=True,
    )
    last = ""
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode("utf-8", errors="replace").strip()
            try:
                event = json.loads(line)
            except ValueError:
                last = line or last
                continue
            if isinstance(event, dict) and event.get("event") in ("progress", "shard"):
                yield event
        await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode not in _DONE:
        message = last.removeprefix("mujaz: ").replace(str(order.input), order.input.name)
        raise InputError(message.replace(str(order.out.parent), "") or "the job ended without an answer")


def results(order: Order, format: str) -> list[Path]:
    """Write the answers in a format, and a report on them, into the job's folder."""
    answers = order.out.parent / f"mujaz-results.{format}"
    parts = sorted(order.out.glob("part-*.jsonl"))
    if format == "parquet":
        _write_parquet(parts, answers)
    else:
        with answers.open("wb") as file:
            for number, part in enumerate(parts):
                data = part.read_bytes() if format == "jsonl" else encode(_rows(part), "csv", ())
                skipped = data.index(b"\n") + 1 if format == "csv" and number else 0
                file.write(data[skipped:])
    report = order.out.parent / "mujaz-report.html"
    report.write_text(_report(parts), encoding="utf-8")
    return [answers, report]


def _write_parquet(parts: list[Path], path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    writer = None
    for part in parts:
        table = parquet.read_table(pyarrow.BufferReader(encode(_rows(part), "parquet", ())))
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _rows(part: Path) -> list[dict[str, Any]]:
    with part.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@dataclass(slots=True)
class Findings:
    """What the report shows of a job's answers."""

    rows: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    stances: dict[str, Counter[str]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        """Count a row."""
        self.rows += 1
        if "error" in row:
            self.errors[row["error"]["code"]] += 1
            return
        self.topics.update(topic["ar"] for topic in row["topics"][:1])
        for stance in row["stances"]:
            self.stances.setdefault(stance["target"], Counter())[stance["stance"]] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(row)


def _report(parts: list[Path]) -> str:
    findings = Findings()
    for row in _all_rows(parts):
        findings.add(row)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["one_line"] = display.one_line
    css = (ROOT / "inference" / "report.css").read_text(encoding="utf-8")
    return environment.get_template("batch_report.html").render(
        found=findings, display=display, css=css, reason=lambda code: word(f"error_{code}", "ar")
    )


def _all_rows(parts: list[Path]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield from _rows(part)

"""How long an analysis takes and how much memory it needs: `python -m benchmarks.analyze`.

The bars hold for two cores; close everything else before you believe a figure.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "diplomacy.txt"  # about 350 words
TARGETS = ("ملء السد", "تبادل البيانات", "محكمة التحكيم")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement and the bar it has to stay under."""

    name: str
    value: float
    unit: str
    bar: float | None = None


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measure the start, a cold and a warm analysis, and memory.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    text = SAMPLE.read_text(encoding="utf-8")
    figures = [*measure_help(), *measure_cold(text), *measure_warm(text)]
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures]))
    else:
        Console().print(_table(figures))


def measure_help() -> list[Figure]:
    """Start `mujaz --help` five times."""
    times = _times(lambda: _mujaz("--help"), 5)
    return [
        Figure("mujaz --help, best", min(times), "s", 0.5),
        Figure("mujaz --help, median", statistics.median(times), "s", 0.5),
    ]


def measure_cold(text: str) -> list[Figure]:
    """Run `mujaz analyze` in a new process three times; the memory is the peak of the largest one."""
    times = _times(lambda: _mujaz("analyze", "-", "--json", stdin=text), 3)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak_bytes = peak if sys.platform == "darwin" else peak * 1024
    return [
        Figure("mujaz analyze, cold, median", statistics.median(times), "s", 8.0),
        Figure("mujaz analyze, peak memory", peak_bytes / 1e9, "GB", 1.5),
    ]


def measure_warm(text: str) -> list[Figure]:
    """Analyse ten times with three targets and the models loaded."""
    from inference.analyzer import Analyzer

    started = time.perf_counter()
    analyzer = Analyzer.load()
    loaded = time.perf_counter() - started
    analyzer.analyze(text, targets=TARGETS)
    times = _times(lambda: analyzer.analyze(text, targets=TARGETS), 10)
    return [
        Figure("loading the models", loaded, "s"),
        Figure("analysis, warm, three targets, median", statistics.median(times), "s", 1.5),
    ]


def _mujaz(*arguments: str, stdin: str = "") -> None:
    command = [sys.executable, "-m", "cli", *arguments]
    subprocess.run(command, cwd=ROOT, input=stdin.encode("utf-8"), stdout=subprocess.DEVNULL, check=True)


def _times(action: Callable[[], object], count: int) -> list[float]:
    times = []
    for _ in range(count):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return times


def _table(figures: Sequence[Figure]) -> Table:
    table = Table("measure", "value", "bar", "")
    for figure in figures:
        verdict = "" if figure.bar is None else "ok" if figure.value < figure.bar else "over"
        bar = "" if figure.bar is None else f"< {figure.bar:.2f} {figure.unit}"
        table.add_row(figure.name, f"{figure.value:.2f} {figure.unit}", bar, verdict)
    return table


if __name__ == "__main__":
    main()

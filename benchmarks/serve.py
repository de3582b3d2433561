"""How the service holds under load: `python -m benchmarks.serve`.

Open-loop arrivals of `/v1/topics` with one paragraph, from this process to a service in another one, on
loopback. N users send a request each a second on average, whether or not the last one was answered.
Bounded in count and in time. Close everything else before you believe a figure.
"""

import argparse
import asyncio
import json
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from models.load import processors

ROOT = Path(__file__).resolve().parents[1]
USERS = (1, 8, 32, 100)
SEED = 13
BATCH_ROUNDS = 3
TARGETS = ("ملء السد", "تبادل البيانات", "محكمة التحكيم")


@dataclass(slots=True)
class Load:
    """What one number of users saw."""

    users: int
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, object]:
        """Percentiles in milliseconds of what was answered, and answers a second."""
        times = sorted(self.latencies) or [0.0]

        def percentile(share: float) -> float:
            return round(times[min(int(share * len(times)), len(times) - 1)] * 1000, 1)

        return {
            "users": self.users,
            "sent": self.statuses.total(),
            "ok": self.statuses["200"],
            "busy": self.statuses["429"],
            "errors": self.statuses.total() - self.statuses["200"] - self.statuses["429"],
            "p50_ms": percentile(0.5),
            "p95_ms": percentile(0.95),
            "p99_ms": percentile(0.99),
            "per_s": round(self.statuses["200"] / max(self.seconds, 1e-9), 1),
        }


def paragraphs() -> list[str]:
    """Paragraphs of the samples, and seeded mixes of their sentences so that few are alike."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "samples").glob("*.txt"))]
    found = [p.strip() for text in texts for p in text.split("\n\n") if len(p.split()) > 12]
    chooser = random.Random(SEED)
    sentences = [s.strip() for p in found for s in re.split(r"[.،]", p) if len(s.split()) > 3]
    mixed = ["، ".join(chooser.sample(sentences, chooser.randint(2, 6))) + "." for _ in range(600)]
    return found + mixed


async def load(url: str, users: int, seconds: float, texts: list[str]) -> Load:
    """Send requests at random moments, `users` a second, for some seconds; wait for all answers."""
    result, chooser = Load(users), random.Random(SEED + users)
    limits = httpx.Limits(max_connections=512, max_keepalive_connections=512)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:

        async def send() -> None:
            started = time.perf_counter()
            try:
                answer = await client.post("/v1/topics", json={"text": chooser.choice(texts)})
                result.statuses[str(answer.status_code)] += 1
                if answer.status_code == 200:
                    result.latencies.append(time.perf_counter() - started)
            except httpx.HTTPError as error:
                result.statuses[type(error).__name__] += 1

        started = time.perf_counter()
        tasks = []
        moment = chooser.expovariate(users)
        while moment < seconds:
            await asyncio.sleep(max(0.0, started + moment - time.perf_counter()))
            tasks.append(asyncio.create_task(send()))
            moment += chooser.expovariate(users)
        await asyncio.gather(*tasks)
        result.seconds = time.perf_counter() - started
    return result


async def closed_loop(url: str, users: int, seconds: float, texts: list[str]) -> Load:
    """Let `users` senders each send as soon as they are answered: the throughput the service can give."""
    result, chooser = Load(users), random.Random(SEED)
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        started = time.perf_counter()

        async def send() -> None:
            while time.perf_counter() - started < seconds:
                sent = time.perf_counter()
                answer = await client.post("/v1/topics", json={"text": chooser.choice(texts)})
                result.statuses[str(answer.status_code)] += 1
                result.latencies.append(time.perf_counter() - sent)

        await asyncio.gather(*(send() for _ in range(users)))
        result.seconds = time.perf_counter() - started
    return result


def batch_rate(texts: list[str], threads: int) -> float:
    """Paragraphs a second that `mujaz batch` reaches, warm: those after its first file of answers.

    One worker of as many threads as the service has, which has the models in one process too.
    """
    with tempfile.TemporaryDirectory() as folder:
        rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts * BATCH_ROUNDS]
        source = Path(folder, "paragraphs.jsonl")
        source.write_text("\n".join(rows), encoding="utf-8")
        options = ["--tasks=topic", "--unit=paragraph", f"--workers=1x{threads}", f"--out={folder}/out"]
        done = subprocess.run(
            [sys.executable, "-m", "cli", "batch", str(source), *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    shards = [event for event in events if event["event"] == "shard"]
    first, last = (datetime.fromisoformat(shards[place]["time"]) for place in (0, -1))
    return sum(shard["rows"] for shard in shards[1:]) / (last - first).total_seconds()


def parts(url: str) -> dict[str, float]:
    """Seconds until topics, and until all, of the sample with three targets at one user: medians of 7."""
    text = (ROOT / "samples" / "diplomacy.txt").read_text(encoding="utf-8")
    first, whole = [], []
    with httpx.Client(base_url=url, timeout=120) as client:
        for _ in range(8):
            started = time.perf_counter()
            event = client.post("/gradio_api/call/analyze", json={"data": [text, TARGETS, 60]}).json()[
                "event_id"
            ]
            seen = 0.0
            with client.stream("GET", f"/gradio_api/call/analyze/{event}") as stream:
                for line in stream.iter_lines():
                    if line.startswith("data: [") and not seen:
                        seen = time.perf_counter() - started
            first.append(seen)
            whole.append(time.perf_counter() - started)
    return {
        "first_paint_s": round(statistics.median(first[1:]), 2),
        "all_s": round(statistics.median(whole[1:]), 2),
    }


def memory_mb(pid: int) -> int:
    """Peak resident memory of a process on Linux."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def main() -> None:
    """Start a service, load it, print a table or JSON."""
    parser = argparse.ArgumentParser(description="Load the HTTP API with 1, 8, 32 and 100 users.")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each load")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    texts = paragraphs()
    threads = processors()
    rate = batch_rate(texts, threads)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    service = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        _wait(url, service)
        asyncio.run(load(url, 4, 3, texts))  # warm
        found = {
            "parts": parts(url),
            "open_loop": [asyncio.run(load(url, users, options.seconds, texts)).figures() for users in USERS],
            "closed_loop_32": asyncio.run(closed_loop(url, 32, options.seconds, texts)).figures(),
            "batch_per_s": round(rate, 1),
            "threads": threads,
            "peak_rss_mb": memory_mb(service.pid),
        }
    finally:
        service.terminate()
        service.wait(60)
    closed = found["closed_loop_32"]
    found["ratio_vs_batch"] = round(float(str(closed["per_s"])) / rate, 2)  # type: ignore[index]
    print(json.dumps(found)) if options.json else _show(found)


def _wait(url: str, service: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if service.poll() is not None:
            sys.exit("the service did not start")
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    sys.exit("the service did not answer within two minutes")


def _show(found: dict[str, object]) -> None:
    rows = [*found["open_loop"], found["closed_loop_32"]]  # type: ignore[misc]
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    console = Console()
    console.print(table, "the last line: 32 senders, each waiting for its answer", sep="\n")
    console.print({name: value for name, value in found.items() if "loop" not in name})


if __name__ == "__main__":
    main()

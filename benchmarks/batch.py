"""How fast many paragraphs are analysed, beside what else one could use: `python -m benchmarks.batch`.

All systems get the same paragraphs, the same weights and the same number of threads, warm, in rounds
that take turns, so that what else the machine does meets them alike. Without `--data` (JSON lines with
`text`) the paragraphs are mixed from `samples/`. Close everything else before you believe a figure.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.corpus import articles, paragraphs
from benchmarks.peers import gemm_rate, hugging_face, sentence_transformers
from inference.analyzer import Analyzer
from inference.documents import Request
from models.bundle import DEFAULT_BUNDLE
from models.load import BackendName, OpenBundle, processors
from models.predict import TopicPredictor
from models.windows import windows

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ("ملء السد", "تبادل البيانات", "محكمة التحكيم", "دعم القمح", "الحكومة")
ROUNDS = 4
BARS = {"ratio_vs_pipeline": 4.0, "ratio_vs_best_peer": 1.5, "agreement": 0.985}
PIPELINE, SORTED, SENTENCES = (
    "HF pipeline, file order",
    "HF pipeline, sorted",
    "ONNX int8, as sentence-transformers",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured."""

    data: Path | None
    dev: Path | None
    count: int
    threads: int


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measure the throughput of topics, stances, whole articles.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--data", type=Path, help="JSON lines with text; else paragraphs mixed from samples/")
    parser.add_argument("--dev", type=Path, help="labelled topic rows: measures what int8 costs in macro-F1")
    parser.add_argument("--count", type=int, default=2000, help="paragraphs")
    parser.add_argument("--threads", type=int, default=processors())
    options = parser.parse_args()
    figures = measure(Settings(options.data, options.dev, options.count, options.threads))
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        Console().print(_table(figures))


def measure(settings: Settings) -> dict[str, Any]:
    """All figures by name; rates are paragraphs, pairs and articles a second."""
    onnx, torch = (_opened(backend, settings.threads) for backend in ("onnx", "torch"))
    topic, reference = onnx.topic(), torch.topic()
    texts = _whole(topic, settings)
    in_order, by_length = hugging_face(settings.threads)
    rates = _rates(
        {
            "mujaz": topic.logits,
            "mujaz, torch fp32": reference.logits,
            PIPELINE: in_order,
            SORTED: by_length,
            SENTENCES: sentence_transformers(settings.threads),
        },
        texts,
    )
    tokens = [
        len(w.input_ids) for w in windows(topic.backend.tokenizer, texts, max_length=topic.info.max_length)
    ]
    gemm = {kind: _gemm(kind, settings.threads) for kind in ("int8", "fp32")}
    done = _operations(tokens) * rates["mujaz"] / len(texts)
    labels = [predictor.logits(texts).argmax(1) for predictor in (topic, reference)]
    return {
        "ratio_vs_pipeline": rates["mujaz"] / rates[PIPELINE],
        "ratio_vs_best_peer": rates["mujaz"] / max(rates[SORTED], rates[SENTENCES]),
        "agreement": float((labels[0] == labels[1]).mean()),
        "paragraphs_per_s": rates["mujaz"],
        "gemm_fraction": done / gemm["int8"],
        "gemm_fraction_fp32": done / gemm["fp32"],
        "peak_rss_mb": _peak_memory(settings),
        "paragraphs": len(texts),
        "tokens_mean": float(np.mean(tokens)),
        "threads": settings.threads,
        "gemm_gops": {kind: rate / 1e9 for kind, rate in gemm.items()},
        "rates": rates,
        "stance_pairs_per_s": _stances(settings, texts),
        "articles_per_s": _articles(settings),
        "macro_f1": _macro_f1(settings.dev, {"int8": topic, "fp32": reference}),
    }


def _whole(topic: TopicPredictor, settings: Settings) -> list[str]:
    """Paragraphs that every system reads whole: what is longer than a window, the peers would cut."""
    found = paragraphs(settings.data, settings.count + settings.count // 4)
    longest = topic.info.max_length
    cut = Counter(w.item for w in windows(topic.backend.tokenizer, found, max_length=longest))
    return [text for i, text in enumerate(found) if cut[i] == 1][: settings.count]


def _opened(backend: BackendName, threads: int) -> OpenBundle:
    bundle = OpenBundle.open(DEFAULT_BUNDLE, backend)
    bundle.threads = threads
    return bundle


def _rates(systems: dict[str, Callable[[Sequence[str]], object]], texts: Sequence[str]) -> dict[str, float]:
    """Texts a second of every system, the rounds of all of them in turns."""
    seconds = dict.fromkeys(systems, 0.0)
    for run in systems.values():
        run(texts[:32])
    for number in range(ROUNDS):
        part = texts[len(texts) * number // ROUNDS : len(texts) * (number + 1) // ROUNDS]
        for name, run in systems.items():
            started = time.perf_counter()
            run(part)
            seconds[name] += time.perf_counter() - started
    return {name: len(texts) / spent for name, spent in seconds.items()}


def _gemm(kind: str, threads: int) -> float:
    """Operations a second of the machine's matrix product on that many threads, the best of three."""
    run = gemm_rate(kind)
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, [20] * threads))
        for _ in range(3):
            started = time.perf_counter()
            done = sum(pool.map(run, [80] * threads))
            best = max(best, done / (time.perf_counter() - started))
    return best


def _operations(tokens: Sequence[int]) -> float:
    """What the encoder's matrix products take for windows of these lengths."""
    config = json.loads((DEFAULT_BUNDLE / "encoder" / "config.json").read_text(encoding="utf-8"))
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    linear = 2 * (4 * hidden * hidden + 2 * hidden * inner)
    per_window = [n * linear + 4 * n * n * hidden for n in tokens]
    return float(config["num_hidden_layers"] * sum(per_window))


def _stances(settings: Settings, texts: Sequence[str]) -> dict[str, float]:
    """(target, paragraph) pairs a second, five targets a paragraph."""
    some = texts[:: max(1, len(texts) // 40)][:40]
    pairs = [(target, text) for text in some for target in TARGETS]
    rates = {}
    for backend in ("onnx", "torch"):
        stance = _opened(backend, settings.threads).stance()
        stance.predict(*zip(*pairs[:5], strict=True))
        started = time.perf_counter()
        stance.predict(*zip(*pairs, strict=True))
        rates[backend] = len(pairs) / (time.perf_counter() - started)
    return rates


def _articles(settings: Settings) -> dict[str, float]:
    """Whole articles a second: topics, stances on proposed targets, summary."""
    requests = [Request(str(i), text) for i, text in enumerate(articles(settings.data, 12))]
    rates = {}
    for backend in ("onnx", "torch"):
        analyzer = Analyzer.load(threads=settings.threads, backend=backend)
        analyzer.analyze_many(requests[:1])
        started = time.perf_counter()
        analyzer.analyze_many(requests)
        rates[backend] = len(requests) / (time.perf_counter() - started)
    return rates


def _macro_f1(dev: Path | None, predictors: dict[str, TopicPredictor]) -> dict[str, float] | None:
    from sklearn.metrics import f1_score

    if dev is None:
        return None
    rows = [json.loads(line) for line in dev.read_text(encoding="utf-8").splitlines()]
    gold = [row["label"] for row in rows]
    found = {}
    for name, predictor in predictors.items():
        answers = predictor.logits([row["text"] for row in rows]).argmax(1)
        found[name] = f1_score(gold, [predictor.info.labels[i] for i in answers], average="macro")
    return found


def _peak_memory(settings: Settings) -> float:
    """Peak memory in MB of a process that does nothing but the topics of the same paragraphs."""
    code = (
        "import re, resource\n"
        "from pathlib import Path\n"
        "from benchmarks.corpus import paragraphs\n"
        "from models.bundle import DEFAULT_BUNDLE\n"
        "from models.load import OpenBundle\n"
        f"texts = paragraphs({str(settings.data)!r} != 'None' and Path({str(settings.data)!r}) or None, "
        f"{min(settings.count, 500)})\n"
        f"bundle = OpenBundle.open(DEFAULT_BUNDLE, 'onnx'); bundle.threads = {settings.threads}\n"
        "bundle.topic().logits(texts)\n"
        "status = Path('/proc/self/status')\n"  # on Linux getrusage counts what the parent had
        "if status.exists():\n"
        "    print(int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1]) * 1.024e-3)\n"
        "else:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)  # bytes on macOS"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    return float(done.stdout)


def _table(figures: dict[str, Any]) -> Table:
    table = Table("measure", "value", "bar")
    for name, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, number in parts:
            shown = f"{number:.3f}" if isinstance(number, float) else str(number)
            table.add_row(f"{name} {part}".strip(), shown, f">= {BARS[name]}" if name in BARS else "")
    return table


if __name__ == "__main__":
    main()

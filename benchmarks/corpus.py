"""Paragraphs and articles for the benchmarks: from a file, or mixed from the samples."""

import json
import random
import re
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SEED = 13
_SENTENCE = re.compile(r"[^.!؟\n]+[.!؟]?")


def articles(data: Path | None, count: int) -> list[str]:
    """`count` articles: the `text` of JSON lines drawn by a seed, or mixes of the samples' sentences."""
    rng = random.Random(SEED)
    if data is None:
        return ["\n\n".join(_mixed(rng, 7)) for _ in range(count)]
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [row["text"] for row in rng.sample(rows, min(count, len(rows)))]


def paragraphs(data: Path | None, count: int) -> list[str]:
    """`count` different paragraphs of mixed length, in the order of the file."""
    rng = random.Random(SEED)
    if data is None:
        return _mixed(rng, count)
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines() if line.strip()]
    lines = [line.strip() for row in rows for line in row["text"].splitlines()]
    found = list(dict.fromkeys(line for line in lines if len(line.split()) >= 5))
    kept = sorted(rng.sample(range(len(found)), min(count, len(found))))
    return [found[i] for i in kept]


def _mixed(rng: random.Random, count: int) -> list[str]:
    """Paragraphs of one to nine sentences of the samples, no two alike, many short and few long."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))]
    sentences = [s.strip() for text in texts for s in _SENTENCE.findall(text) if len(s.split()) >= 4]
    found: dict[str, None] = {}
    while len(found) < count:
        found[" ".join(rng.sample(sentences, min(rng.randint(1, 9), rng.randint(1, 9))))] = None
    return list(found)

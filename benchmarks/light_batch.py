"""A batch run without a model: a stand-in for the analyser, and inputs with everything that is broken."""

import gzip
import json
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

from arabic.errors import InputError
from inference.batch.worker import Job
from inference.documents import Request, read_article
from inference.results import Analysis, ModelInfo, ParagraphResult
from models.bundle import DEFAULT_BUNDLE, read_manifest

MARKS = "MUJAZ_KILL_MARKS"  # a folder where processes say that they are about to rename
POISON = "سطر قاتل"
_WORDS = (
    "قال وزير النقل إن مشروع الجسر الجديد يبدأ في الربيع ورفضت نقابة الصيادين الخطة خوفا على الميناء".split()
)


class LightAnalyzer:
    """Takes a moment for every text and answers with its paragraphs; dies of `POISON`."""

    def __init__(self) -> None:
        info = read_manifest(DEFAULT_BUNDLE)
        self.model = ModelInfo(info.name, info.version, info.sha256)

    def analyze_many(self, requests: Sequence[Request], *, words: int) -> list[Analysis | InputError]:
        """Answer each request."""
        return [self._analyze(request) for request in requests]

    def _analyze(self, request: Request) -> Analysis | InputError:
        if POISON in str(request.text):
            os._exit(9)
        time.sleep(0.0005)
        try:
            article = read_article(request)
        except InputError as error:
            return error
        paragraphs = tuple(ParagraphResult(p.text, p.start, p.end, None) for p in article.paragraphs())
        return Analysis(article, (), paragraphs, (), (), None, self.model)


def load_light(job: Job) -> LightAnalyzer:
    """Load the stand-in, and make this process mark its renames where the killer asked for it."""
    if marks := os.environ.get(MARKS):
        mark_renames(Path(marks), "worker")
    return LightAnalyzer()


def mark_renames(marks: Path, role: str) -> None:
    """Before and after a rename, leave a mark of this process for a few milliseconds."""
    rename, chance = os.replace, random.Random()

    def slow(source: str | Path, target: str | Path) -> None:
        mark = marks / f"{role}-{os.getpid()}"
        mark.touch()
        time.sleep(chance.uniform(0, 0.02))
        rename(source, target)
        time.sleep(chance.uniform(0, 0.02))
        mark.unlink(missing_ok=True)

    os.replace = slow  # type: ignore[assignment]


def make_input(target: Path, rows: int, seed: int = 0) -> Path:
    """Write files of several kinds, with broken rows, duplicate ids and a gzip that is cut off."""
    chance = random.Random(seed)
    target.mkdir()

    def text() -> str:
        return "\n\n".join(" ".join(chance.choices(_WORDS, k=chance.randint(5, 30))) + "." for _ in range(2))

    def lines(count: int) -> bytes:
        made = [json.dumps({"id": f"n{chance.randrange(rows)}", "text": text()}) for _ in range(count)]
        for place in chance.sample(range(count), count // 50):
            made[place] = chance.choice(
                ["{broken", '{"text": ""}', '{"text": 7}', '{"id": "x", "text": "plain"}']
            )
        return "".join(f"{line}\n" for line in made).encode()

    half = rows // 2
    (target / "a.jsonl").write_bytes(lines(half) + b'{"text": "\xff\xfe"}\n')
    (target / "b.jsonl.gz").write_bytes(gzip.compress(lines(rows - half), mtime=0))
    cut_off = gzip.compress(lines(max(rows // 20, 40)), mtime=0)
    (target / "c.jsonl.gz").write_bytes(cut_off[: len(cut_off) * 2 // 3])
    for number in range(10):
        (target / f"d{number}.txt").write_text(text(), encoding="utf-8")
    return target

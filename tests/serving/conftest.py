"""A service over an analyser that needs no models, run in a thread as it would run in a process."""

import asyncio
import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from arabic.spans import Span
from inference.documents import Request, read_article
from inference.results import (
    Analysis,
    ModelInfo,
    ParagraphResult,
    Stance,
    SummarySentence,
    Topic,
    TopicLabel,
    TopicShare,
)
from serving.access import Accounts
from serving.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SPORT = Topic("sport", "رياضة", "sport", 0.91, TopicLabel("health", "صحة", "health", 0.05), abstained=False)
UNSURE = replace(SPORT, probability=0.31, abstained=True)


@dataclass
class FakeAnalyzer:
    """Answers by rules: a paragraph that has the target's words favours it; «ترفض» makes it against."""

    model: ModelInfo = field(default_factory=lambda: ModelInfo("fake", "1.0", "ab" * 32))
    embedder: None = None
    delay: float = 0.0
    calls: list[int] = field(default_factory=list)

    def read(self, request: Request) -> Analysis:
        """Read as the real one does."""
        article = read_article(request)
        paragraphs = tuple(ParagraphResult(p.text, p.start, p.end, None) for p in article.paragraphs())
        return Analysis(article, (), paragraphs, (), (), None, self.model)

    def topics(self, analyses: Sequence[Analysis]) -> list[Analysis]:
        """Everything is sport; short paragraphs are uncertain."""
        time.sleep(self.delay)
        self.calls.append(len(analyses))
        if any("انفجار" in analysis.article.text for analysis in analyses):
            raise RuntimeError("/home/secret/model.bin exploded")
        return [
            replace(
                analysis,
                topics=(TopicShare("sport", "رياضة", "sport", 1.0),),
                paragraphs=tuple(
                    replace(p, topic=SPORT if len(p.text) > 30 else UNSURE) for p in analysis.paragraphs
                ),
            )
            for analysis in analyses
        ]

    def stances(self, analyses: Sequence[Analysis], targets: Sequence[Sequence[str]]) -> list[Analysis]:
        """Find the targets' words."""
        time.sleep(self.delay)
        return [
            replace(
                analysis,
                stances=tuple(
                    Stance(
                        target=target,
                        proposed=False,
                        holder=Span.of(analysis.article.text, p.start, p.start + p.text.find(" ")),
                        stance="against" if "ترفض" in p.text else "favor",
                        conditional=False,
                        probability=0.8,
                        paragraph=number,
                        evidence=Span.of(
                            analysis.article.text,
                            p.start + p.text.index(target),
                            p.start + p.text.index(target) + len(target),
                        ),
                    )
                    for target in names
                    for number, p in enumerate(analysis.paragraphs)
                    if target in p.text
                ),
            )
            for analysis, names in zip(analyses, targets, strict=True)
        ]

    def summaries(self, analyses: Sequence[Analysis], *, words: int = 60) -> list[Analysis]:
        """The first `words` words of the first paragraph."""
        time.sleep(self.delay)
        found = []
        for analysis in analyses:
            first = analysis.paragraphs[0]
            text = " ".join(first.text.split()[:words])
            text = text if first.text.startswith(text) else first.text
            sentence = SummarySentence(text, first.start, first.start + len(text), 0)
            found.append(replace(analysis, summary=(sentence,)))
        return found


@dataclass(frozen=True)
class Running:
    """A service that answers at `url`, and what is behind it."""

    url: str
    analyzer: FakeAnalyzer
    app: Any
    uploads: Path
    stop: Callable[[], None]

    def client(self, **options: Any) -> httpx.Client:
        """Make a client of it."""
        return httpx.Client(base_url=self.url, timeout=20, **options)


@contextlib.contextmanager
def running(
    analyzer: FakeAnalyzer, settings: Settings, accounts: Accounts | None = None
) -> Iterator[Running]:
    """Serve in a thread until the block ends."""
    import uvicorn

    from serving.server import create_app, private_uploads

    with private_uploads() as uploads, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        ready = threading.Event()
        made: list[Any] = []

        def work() -> None:
            async def main() -> None:
                app = create_app(analyzer, settings, accounts)  # type: ignore[arg-type]
                server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=3))
                made.extend([app, server])
                ready.set()
                await server.serve(sockets=[listener])

            asyncio.run(main())

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        assert ready.wait(60), "the service did not start"
        app, server = made
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)

        def stop() -> None:
            server.should_exit = True
            thread.join(20)

        try:
            yield Running(url, analyzer, app, uploads, stop)
        finally:
            stop()


@pytest.fixture(scope="session")
def corrections_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's service writes corrections."""
    return tmp_path_factory.mktemp("corrections") / "corrections.jsonl"


@pytest.fixture(scope="session")
def service(corrections_file: Path, tiny_bundle: Path) -> Iterator[Running]:
    """A service with everything switched on that needs no account; shared by the session's tests.

    Its page answers by rules, its batches are of a tiny bundle.
    """
    settings = Settings(bundle=tiny_bundle, corrections=corrections_file, seconds=20)
    with running(FakeAnalyzer(), settings) as started:
        yield started


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    """A client of the shared service."""
    with service.client() as client:
        yield client


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start services with settings of their own, ended with the test."""
    with contextlib.ExitStack() as stack:

        def started(accounts: Accounts | None = None, delay: float = 0.0, **settings: Any) -> Running:
            return stack.enter_context(running(FakeAnalyzer(delay=delay), Settings(**settings), accounts))

        yield started


@pytest.fixture(scope="module")  # its event loop is in the way of asyncio.run in the tests of others
def chromium() -> Iterator["Browser"]:
    """One Chromium for the module; tests that want it are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install '.[dev]'")
    path = os.environ.get("MUJAZ_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("needs Chromium: apt install chromium")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(chromium: "Browser", service: Running) -> Iterator[Callable[..., "Page"]]:
    """Open the page in a context of its own; whatever goes to another server, or breaks, fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def opened(width: int = 1200, **options: Any) -> "Page":
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((service.url, "data:", "blob:")) else wrong.append(request.url)
            ),
        )
        page.goto(service.url)
        page.wait_for_selector("#text textarea")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong

"""One process: the API and the page over one analyser, from start to a graceful end."""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from arabic.errors import InputError
from models.bundle import DEFAULT_BUNDLE
from serving.access import Accounts
from serving.settings import MAX_BATCH_UPLOAD_BYTES, Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from inference.analyzer import Analyzer

STATIC = Path(__file__).parent / "static"
GRACE = 30
"""Seconds that requests in work are given at the end."""


def serve(settings: Settings) -> None:
    """Load the bundle and serve until interrupted; what is in work then is finished first.

    Raises `BundleError`, and `InputError` where the address cannot be used or a file is wrong.
    """
    accounts = Accounts.read(settings.auth) if settings.auth else None
    if settings.mcp and find_spec("mcp") is None:
        raise InputError("--mcp needs the package mcp; install it: pip install 'mujaz[mcp]'")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            f"{settings.host} port {settings.port} cannot be used; give another one ({error})"
        ) from None
    with listener, private_uploads():
        from inference.analyzer import Analyzer

        app = create_app(Analyzer.load(settings.bundle), settings, accounts)
        print(f"Mujaz: http://{settings.host}:{listener.getsockname()[1]}", flush=True)  # noqa: T201
        run(app, listener)


@contextmanager
def private_uploads() -> Iterator[Path]:
    """Give Gradio a folder for uploads that only this user can open and that is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="mujaz-") as folder:
        before = os.environ.get("GRADIO_TEMP_DIR")
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["GRADIO_TEMP_DIR"]
            else:
                os.environ["GRADIO_TEMP_DIR"] = before


def create_app(analyzer: "Analyzer", settings: Settings, accounts: Accounts | None = None) -> "FastAPI":
    """Put routes and page together; inside `private_uploads`."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"  # else a table is built after every event
    import gradio as gr
    from fastapi import FastAPI
    from fastapi.staticfiles import StaticFiles

    from serving.access import RateLimit
    from serving.api import State, make_router
    from serving.batcher import Batcher
    from serving.bundles import Bundles
    from serving.corrections import Corrections
    from serving.desk import Desk, translate
    from serving.gradio_safety import close_gaps, sweep
    from serving.metrics import Metrics
    from serving.page import build, look
    from serving.service import Gate, Service
    from serving.web import Surround, add_error_answers

    metrics, batcher = Metrics(), Batcher()
    service = Service(analyzer, batcher, metrics)
    gate = Gate(settings.queue, settings.seconds, metrics)
    rate = RateLimit(settings.rate) if settings.rate else None
    state = State(service, gate, metrics, accounts, rate)
    desk = Desk(
        service,
        Bundles(service, settings.bundle or DEFAULT_BUNDLE, settings.bundles),
        gate,
        Corrections(settings.corrections, analyzer.model) if settings.corrections else None,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(sweep(Path(os.environ["GRADIO_TEMP_DIR"])))
        yield
        sweeper.cancel()
        await batcher.close()

    app = FastAPI(
        title="Mujaz",
        version=version("mujaz"),
        summary="Stance, topic and summary for Arabic news.",
        docs_url=None,  # its page loads scripts from another server
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.mujaz = state
    app.include_router(make_router(state))
    app.mount("/desk", StaticFiles(directory=STATIC))
    add_error_answers(app)
    page = build(desk)
    close_gaps(page)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        auth=accounts.admits if accounts else None,
        allowed_paths=[],
        blocked_paths=[],
        show_error=False,
        max_file_size=MAX_BATCH_UPLOAD_BYTES,
        enable_monitoring=False,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        i18n=translate,
        mcp_server=settings.mcp,
        theme=look(),
    )
    app.state.page = app.routes[-1].app  # type: ignore[attr-defined]  # what Gradio has just mounted
    app.add_middleware(Surround, metrics=metrics)
    return app


def run(app: "FastAPI", listener: socket.socket) -> None:
    """Serve on a bound socket until SIGINT or SIGTERM."""
    import uvicorn

    class Server(uvicorn.Server):
        """Tells the readiness probe, and Gradio's streams that only keep a page connected, of the end."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.mujaz.ready = False
            app.state.page.stop_event.set()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        date_header=True,
    )
    Server(config).run(sockets=[listener])

"""What the tabs of the page share: the services behind them, and errors said in the reader's language."""

import asyncio
import logging
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TypeVar

import gradio as gr
from pydantic import TypeAdapter

from arabic.errors import InputError
from inference.display import visible
from inference.documents import Request as Document
from inference.results import Analysis
from models.errors import BundleError
from serving.bundles import Bundles
from serving.corrections import Corrections
from serving.errors import BusyError, TooSlowError
from serving.messages import in_arabic
from serving.service import Gate, Service
from serving.settings import MAX_TARGETS
from serving.uploads import read_upload
from serving.web import language_of
from serving.words import WORDS, Language, word

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
PARTS = frozenset({"topics", "summary", "stances"})
ANALYSIS: TypeAdapter[Analysis] = TypeAdapter(Analysis)
translate = gr.I18n(
    ar={key: pair[0] for key, pair in WORDS.items()}, en={key: pair[1] for key, pair in WORDS.items()}
)
_Part = TypeVar("_Part")
_log = logging.getLogger("mujaz")


@dataclass(frozen=True, slots=True)
class Desk:
    """The services behind the page."""

    service: Service
    bundles: Bundles
    gate: Gate
    corrections: Corrections | None

    async def analyses(
        self, text: str, targets: list[str] | None, words: int, service: Service | None = None
    ) -> AsyncIterator[tuple[Analysis, frozenset[str]]]:
        """Give the analysis as it grows, admitted like a request of the API."""
        wanted = tuple(target for target in targets or () if target.strip())
        if len(wanted) > MAX_TARGETS:
            raise TooManyTargetsError
        chosen = service or self.service

        async def work() -> AsyncIterator[tuple[Analysis, frozenset[str]]]:
            async with self.gate.admit():
                async for part in chosen.analyze(Document("text", text, wanted or None), words):
                    yield part

        async for part in in_own_task(work()):
            yield part

    async def analysis(
        self, text: str, targets: list[str] | None, words: int, service: Service | None = None
    ) -> Analysis:
        """Give the whole analysis."""
        analysis: Analysis | None = None
        async for found, _ in self.analyses(text, targets, words, service):
            analysis = found
        assert analysis is not None
        return analysis


class TooManyTargetsError(Exception):
    """More targets than one visitor may ask for."""


async def in_own_task(parts: AsyncIterator[_Part]) -> AsyncIterator[_Part]:
    """Iterate in one task: Gradio asks for each part from another one, which timeouts do not survive."""
    ready: asyncio.Queue[_Part | None] = asyncio.Queue()

    async def produce() -> None:
        try:
            async for part in parts:
                ready.put_nowait(part)
        finally:
            ready.put_nowait(None)

    task = asyncio.create_task(produce())
    try:
        while (part := await ready.get()) is not None:
            yield part
        await task
    finally:
        task.cancel()


def to_json(analysis: Analysis, parts: frozenset[str] = PARTS) -> str:
    """Write the analysis with only those of its parts that are ready; whole, it is `Analysis.to_json`."""
    return ANALYSIS.dump_json(analysis, exclude=set(PARTS - parts)).decode("utf-8")


def language(request: gr.Request | None) -> Language:
    """Find the language of whoever asks; Arabic where nobody says."""
    return language_of(request.request) if request is not None and request.request is not None else "ar"


@contextmanager
def readable_errors(spoken: Language) -> Iterator[None]:
    """Turn what goes wrong into one escaped line: Gradio renders errors as HTML."""
    try:
        yield
    except TooManyTargetsError:
        raise _error(spoken, word("many_targets", spoken, MAX_TARGETS)) from None
    except BusyError as error:
        raise _error(spoken, word("busy", spoken, error.retry_after)) from None
    except TooSlowError:
        raise _error(spoken, word("slow", spoken)) from None
    except (InputError, BundleError) as error:
        raise _error(spoken, _told(spoken, str(error))) from None
    except (gr.Error, asyncio.CancelledError, GeneratorExit):
        raise
    except Exception:
        _log.exception("a call from the page failed")
        raise _error(spoken, word("failed", spoken)) from None


def refuse(spoken: Language, key: str, *values: object) -> gr.Error:
    """Make the error that says why nothing was done."""
    return _error(spoken, word(key, spoken, *values))


def _told(spoken: Language, message: str) -> str:
    """Say it in the reader's language; what has no Arabic is a matter for whoever runs the service."""
    if spoken == "en":
        return message
    arabic = in_arabic(message)
    if arabic is None:
        _log.warning("refused on the page: %s", message)
    return arabic or word("refused", spoken)


def _error(spoken: Language, message: str) -> gr.Error:
    return gr.Error(escape(visible(message)), title=word("cannot", spoken), print_exception=False)


async def read_and_remove(path: str) -> str:
    """Read an uploaded file and remove it at once. Raises `InputError`."""
    try:
        return await read_upload(Path(path))
    finally:
        Path(path).unlink(missing_ok=True)


def file_stem(title: str) -> str:
    """Make a safe name of letters and digits for a file to download."""
    kept = "".join(c if unicodedata.category(c)[0] in "LN" else "-" for c in title[:60])
    return "-".join(filter(None, kept.split("-"))) or "mujaz"

"""The HTTP API: `/v1/…` for programs, `/healthz`, `/readyz` and `/metrics` for those who keep it running."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from arabic.checks import MAX_CHARS
from arabic.errors import InputError
from inference.documents import Request as Document
from inference.documents import Unit
from inference.results import Analysis, ModelInfo
from models.bundle import Task
from models.label_sets import load_labels
from serving import metrics
from serving.access import Accounts, RateLimit
from serving.metrics import Metrics
from serving.schemas import (
    AnalyzeRequest,
    ErrorAnswer,
    Problem,
    StancesAnswer,
    StancesItem,
    StancesRequest,
    SummariesAnswer,
    SummariesRequest,
    SummaryItem,
    TopicItem,
    TopicsAnswer,
    TopicsRequest,
)
from serving.service import Gate, Service

_STATUSES = {
    400: "The text cannot be analysed.",
    401: "No key, or a wrong one.",
    413: "The body or the texts in it are too large.",
    422: "The body does not fit the schema.",
    429: "The queue is full or the client too fast; `Retry-After` says when to come again.",
    503: "The request took longer than it may.",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": words} for status, words in _STATUSES.items()
}


@dataclass(slots=True)
class State:
    """What the routes work with."""

    service: Service
    gate: Gate
    metrics: Metrics
    accounts: Accounts | None
    rate: RateLimit | None
    ready: bool = True


def client_of(request: Request, state: State) -> str:
    """Name who asks: the owner of the key, or without accounts the address.

    Raises:
        HTTPException: 401, accounts are needed and the key is nobody's.

    """
    if state.accounts is None:
        return request.client.host if request.client else ""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    owner = state.accounts.owner(secret.strip()) if scheme.lower() == "bearer" else None
    if owner is None:
        raise HTTPException(401, "give a key, as in: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
    return owner


def make_router(state: State) -> APIRouter:
    """Make the routes over a state."""

    def checked(request: Request) -> None:
        client = client_of(request, state)
        if state.rate is not None and (seconds := state.rate.wait(client)):
            raise HTTPException(429, "too many requests a minute", {"Retry-After": str(seconds)})

    key = [Depends(HTTPBearer(auto_error=False))] if state.accounts else []
    router = APIRouter()
    v1 = APIRouter(prefix="/v1", dependencies=[*key, Depends(checked)], responses=RESPONSES, tags=["v1"])
    _add_models(v1, state)
    _add_information(v1, state)
    router.include_router(v1)
    _add_operation(router, state)
    return router


def _add_models(router: APIRouter, state: State) -> None:
    service, model = state.service, state.service.analyzer.model

    @router.post("/analyze", response_model=Analysis)
    async def analyze(body: AnalyzeRequest) -> Response:
        """Analyse one article: the JSON of `mujaz analyze --json`, see docs/output.md."""
        targets = None if body.targets is None else tuple(body.targets)
        async with _counted(state, "analyze"):
            async for analysis, _ in service.analyze(Document("text", body.text, targets), body.words):
                answer = analysis
        return Response(answer.to_json(), media_type="application/json")

    @router.post("/topics")
    async def topics(body: TopicsRequest) -> TopicsAnswer:
        """Find the topic of paragraphs."""
        async with _counted(state, "topics"):
            read = await _read_all(service, body.text, "paragraph")
            answers = iter(await service.topics([a for a in read if isinstance(a, Analysis)]))
        results = tuple(
            TopicItem(error=found)
            if isinstance(found, Problem)
            else TopicItem(warnings=found.article.warnings, topic=next(answers).paragraphs[0].topic)
            for found in read
        )
        return TopicsAnswer(results=results, model=model)

    @router.post("/stances")
    async def stances(body: StancesRequest) -> StancesAnswer:
        """Find the stances that paragraphs report."""
        results = []
        async with _counted(state, "stances"):
            for found in await _read_all(service, body.text, "paragraph"):
                if isinstance(found, Problem):
                    results.append(StancesItem(error=found))
                else:
                    answer = await service.stances(found, body.targets)
                    results.append(StancesItem(warnings=found.article.warnings, stances=answer.stances))
        return StancesAnswer(results=tuple(results), model=model)

    @router.post("/summaries")
    async def summaries(body: SummariesRequest) -> SummariesAnswer:
        """Summarise articles by their own sentences."""
        async with _counted(state, "summaries"):
            read = await _read_all(service, body.text, "article")
            some = [a for a in read if isinstance(a, Analysis)]
            answers = iter(await service.summaries(some, body.words))
        results = tuple(
            SummaryItem(error=found)
            if isinstance(found, Problem)
            else SummaryItem(warnings=found.article.warnings, summary=next(answers).summary)
            for found in read
        )
        return SummariesAnswer(results=results, model=model)


def _add_information(router: APIRouter, state: State) -> None:
    @router.get("/labels")
    async def labels() -> dict[Task, list[dict[str, str]]]:
        """List the labels of topics and stances with their names."""
        tasks: tuple[Task, ...] = ("topic", "stance")
        return {task: [asdict(label) for label in load_labels(task).labels] for task in tasks}

    @router.get("/model")
    async def model() -> ModelInfo:
        """Tell which bundle answers."""
        return state.service.analyzer.model


def _add_operation(router: APIRouter, state: State) -> None:
    @router.get("/healthz", tags=["operation"])
    async def healthz() -> dict[str, str]:
        """Tell that the process answers."""
        return {"status": "ok"}

    @router.get("/readyz", tags=["operation"], responses={503: {"description": "Going down."}})
    async def readyz(response: Response) -> dict[str, str]:
        """Tell whether new requests are welcome."""
        response.status_code = 200 if state.ready else 503
        return {"status": "ready" if state.ready else "stopping"}

    @router.get("/metrics", tags=["operation"], response_class=PlainTextResponse)
    async def prometheus(request: Request) -> Response:
        """Counts and times in the Prometheus format."""
        client_of(request, state)
        return Response(state.metrics.text(), media_type=metrics.CONTENT_TYPE)


@asynccontextmanager
async def _counted(state: State, route: str) -> AsyncIterator[None]:
    started = time.monotonic()
    async with state.gate.admit():
        yield
    state.metrics.seconds.labels(route).observe(time.monotonic() - started)


async def _read_all(service: Service, given: str | Sequence[str], unit: Unit) -> list[Analysis | Problem]:
    """Read every text; a bad one among several is answered in its place, a bad one alone is an error."""
    texts = [given] if isinstance(given, str) else given
    if sum(map(len, texts)) > MAX_CHARS:
        raise HTTPException(413, f"the texts have more than {MAX_CHARS} characters together; send fewer")
    read: list[Analysis | Problem] = []
    for number, text in zip(count(), texts, strict=False):
        try:
            read.append(await service.read(Document(str(number), text, (), unit)))
        except InputError as error:
            if isinstance(given, str):
                raise
            read.append(Problem(code="bad_input", message=str(error)))
    return read

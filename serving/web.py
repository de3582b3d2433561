"""What stands around every answer: size limits, safe headers, errors of one form, the page's language."""

import json
import logging
import re

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arabic.errors import InputError
from models.label_sets import load_labels
from serving.access import RateLimit
from serving.errors import BusyError, TooSlowError
from serving.metrics import Metrics
from serving.schemas import Code
from serving.settings import MAX_BATCH_UPLOAD_BYTES, MAX_BODY_BYTES
from serving.words import Language, dictionary

LOGINS_PER_MINUTE = 10
COOKIE = "mujaz_language"
HEADERS = {
    # Gradio's own scripts need inline code and eval; nothing may come from, or go to, another server.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}
_HEADER_BYTES = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
ROUTES = frozenset(f"/v1/{name}" for name in ("analyze", "topics", "stances", "summaries", "labels", "model"))
_CODES: dict[int, Code] = {
    401: "unauthorized",
    404: "not_found",
    413: "too_large",
    429: "rate",
}
_FETCHES = re.compile("/(?:proxy=|file=[a-z]+:/)", re.I)  # Gradio would at least look the name up
_log = logging.getLogger("mujaz")


class Surround:
    """ASGI middleware: bounds bodies and logins, adds headers, counts answers, gives the page a language."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._logins = RateLimit(LOGINS_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path = request.url.path
        if path == "/login" and (seconds := self._logins.wait(request.client.host if request.client else "")):
            answer = problem(429, "rate", "too many logins a minute", {"Retry-After": str(seconds)})
            await answer(scope, receive, send)
            return
        if _FETCHES.search(path):
            await problem(404, "not_found", "addresses are not fetched")(scope, receive, send)
            return
        limit = MAX_BATCH_UPLOAD_BYTES + 100_000 if path.endswith("/upload") else MAX_BODY_BYTES
        watched = _Watched(send, self._metrics, path if path in ROUTES else "other")
        page = (
            _Page(watched.send, language_of(request)) if request.method == "GET" and path == "/" else watched
        )
        try:
            await self._app(scope, _bounded(receive, limit), page.send)
        except Exception as error:
            if watched.started:
                raise
            await _failed(error)(scope, receive, watched.send)


def _failed(error: Exception) -> Response:
    """Answer what no handler did: the log has the reason, the client has none of it."""
    if isinstance(error, HTTPException):
        return problem(error.status_code, _CODES.get(error.status_code, "bad_request"), str(error.detail))
    _log.error("a request failed", exc_info=error)
    return problem(500, "internal", "something went wrong on our side; it was logged")


def _bounded(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, f"the body is larger than {limit // 1_000_000} MB")
        return message

    return bounded


class _Watched:
    """Sends an answer with the safe headers and counts it."""

    def __init__(self, send: Send, metrics: Metrics, route: str) -> None:
        self._send = send
        self._metrics = metrics
        self._route = route
        self.started = False

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.started = True
            self._metrics.requests.labels(self._route, str(message["status"])).inc()
            message["headers"] = [*message["headers"], *_HEADER_BYTES]
        await self._send(message)


class _Page:
    """Gradio's page: held back until it is whole, then sent in the reader's language."""

    def __init__(self, send: Send, language: Language) -> None:
        self._send = send
        self._language = language
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        """Take a part of the page."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        headers = dict(self._start["headers"])
        if headers.get(b"content-type", b"").startswith(b"text/html"):
            self._body = localized(self._body.decode("utf-8"), self._language).encode("utf-8")
        headers[b"content-length"] = str(len(self._body)).encode()
        headers[b"vary"] = b"Cookie"
        await self._send({**self._start, "headers": list(headers.items())})
        await self._send({"type": "http.response.body", "body": self._body})


def localized(page: str, language: Language) -> str:
    """Put Gradio's page in a language: direction, the words of the desk, the language that Gradio asks for.

    Gradio chooses among the translations of `gr.I18n` by `navigator.language` alone, so that is what is set.
    """
    topics = [{"id": label.id, "ar": label.ar, "en": label.en} for label in load_labels("topic").labels]
    head = (
        f"<script>for (const [name, value] of [['language', '{language}'], ['languages', ['{language}']]]) "
        "Object.defineProperty(navigator, name, {value});</script>"
        f"{_data('mujaz-words', dictionary(language))}{_data('mujaz-topics', topics)}"
        '<link rel="stylesheet" href="./desk/desk.css"><script type="module" src="./desk/page.js"></script>'
    )
    direction = "rtl" if language == "ar" else "ltr"
    page = page.replace('<html\n\tlang="en"', f'<html lang="{language}" dir="{direction}"', 1)
    return page.replace('<meta charset="utf-8" />', f'<meta charset="utf-8" />{head}', 1)


def _data(name: str, value: object) -> str:
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def language_of(request: Request) -> Language:
    """Read the language that the reader chose; Arabic where none was."""
    return "en" if request.cookies.get(COOKIE) == "en" else "ar"


def problem(status: int, code: Code, message: str, headers: dict[str, str] | None = None) -> Response:
    """Answer with an error in the form that all errors have."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def add_error_answers(app: FastAPI) -> None:
    """Give every error the same form, and tell nothing about the host in any."""

    @app.exception_handler(InputError)
    async def bad_input(request: Request, error: InputError) -> Response:
        return problem(400, "bad_input", str(error))

    @app.exception_handler(RequestValidationError)
    async def bad_request(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        return problem(422, "bad_request", f"{place or 'body'}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, "bad_request")
        return problem(error.status_code, code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(BusyError)
    async def busy(request: Request, error: BusyError) -> Response:
        return problem(429, "busy", str(error), {"Retry-After": str(error.retry_after)})

    @app.exception_handler(TooSlowError)
    async def slow(request: Request, error: TooSlowError) -> Response:
        return problem(503, "too_slow", str(error))

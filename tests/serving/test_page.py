"""The page from a program's side: stable endpoints, and what strangers may try on them."""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from pydantic import TypeAdapter

from inference.results import Analysis
from serving.access import Accounts
from serving.gradio_safety import remove_old
from serving.schemas import ARTICLE
from serving.web import localized
from serving.words import WORDS, dictionary
from tests.serving.conftest import Running

ENDPOINTS = {"/analyze", "/batch", "/compare", "/compare_models", "/correct"}


def call(client: httpx.Client, name: str, *data: Any) -> tuple[str, Any]:
    """Call an endpoint of the page: the last event, and its data."""
    started = client.post(f"/gradio_api/call/{name}", json={"data": data})
    assert started.status_code == 200, started.text
    events = client.get(f"/gradio_api/call/{name}/{started.json()['event_id']}").text
    kind, body = events.strip().rsplit("event: ", 1)[1].split("\n", 1)
    return kind, json.loads(body.removeprefix("data: "))


def test_endpoints_are_usable_from_gradio_client(service: Running, tmp_path: Path) -> None:
    """Under names that stay; the answer of /analyze is the JSON of the command line."""
    client = Client(service.url, verbose=False, download_files=tmp_path)
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == ENDPOINTS
    answer = client.predict(ARTICLE, ["مشروع السد"], 20, api_name="/analyze")
    analysis = TypeAdapter(Analysis).validate_json(answer)
    assert [stance.target for stance in analysis.stances] == ["مشروع السد"]
    client.close()


def test_parts_are_streamed_in_order(client: httpx.Client) -> None:
    """Topics come first, then the summary, then the stances."""
    started = client.post("/gradio_api/call/analyze", json={"data": [ARTICLE, ["مشروع السد"], 20]}).json()
    events = client.get(f"/gradio_api/call/analyze/{started['event_id']}").text
    seen = [json.loads(json.loads(line[6:])[0]) for line in events.splitlines() if line.startswith("data: [")]
    parts = [{"topics", "summary", "stances"} & answer.keys() for answer in seen]
    assert parts[0] == {"topics"} and parts[-1] == {"topics", "summary", "stances"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (("  ", [], 60), "لا نص هنا"),
        ((ARTICLE, [f"قضية {n}" for n in range(11)], 60), "10"),
        (("no arabic", [], 60), "ليس في النص حرف عربي"),
        (("كلمة " * 60_000, [], 60), "والحد 200000"),
        (("فقرة\n\n" * 10_000, [], 60), "النص أطول من المسموح"),
        ((ARTICLE + "<b>", ["<img src=x onerror=alert(1)> " * 12], 60), "&lt;img"),
        (("https://news.example/a?b=c", [], 60), "العناوين لا تُفتح"),
        ((ARTICLE, [], 2), "كلمات الخلاصة"),
        ((ARTICLE, [], None), "كلمات الخلاصة"),
    ],
)
def test_refusals_are_one_escaped_line(client: httpx.Client, data: tuple[Any, ...], words: str) -> None:
    """Gradio renders an error as HTML, so what it quotes is escaped."""
    kind, answer = call(client, "analyze", *data)
    assert kind == "error" and words in answer["error"] and "<" not in answer["error"]


def test_refusals_are_in_english_on_the_english_page(client: httpx.Client) -> None:
    """As the command line says them."""
    client.cookies.set("mujaz_language", "en")
    assert "no Arabic letters" in call(client, "analyze", "no arabic", [], 60)[1]["error"]
    assert "whole number" in call(client, "analyze", ARTICLE, [], 2)[1]["error"]


def test_errors_of_ours_say_nothing_about_the_host(client: httpx.Client) -> None:
    """The reason is in the log."""
    kind, answer = call(client, "analyze", f"{ARTICLE} انفجار", [], 60)
    assert kind == "error" and "secret" not in json.dumps(answer)


@pytest.mark.parametrize("where", ["absolute", "relative", "upload/.."])
def test_files_of_the_host_are_no_inputs(
    client: httpx.Client, service: Running, tmp_path: Path, where: str
) -> None:
    """A path that a client sends is not read, and not removed, unless the client uploaded it."""
    secret = tmp_path / "secret.csv"
    secret.write_text("text\nالوزارة تؤيد مشروع السد سرا\nالنقابة ترفض مشروع السد سرا\n", encoding="utf-8")
    path = {
        "absolute": str(secret),
        "relative": os.path.relpath(secret),
        "upload/..": f"{service.uploads}/{os.path.relpath(secret, service.uploads)}",
    }[where]
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    kind, answer = call(client, "compare", "", "", "", "", "", "", [], file)
    assert kind == "error" and "سرا" not in json.dumps(answer, ensure_ascii=False)
    assert secret.exists()
    assert client.get(f"/gradio_api/file={path}").status_code in (403, 404)


def test_records_may_be_compared_again(client: httpx.Client) -> None:
    """With another target, without uploading the file anew."""
    lines = [json.dumps({"text": f"الوزارة تؤيد مشروع السد {n}"}, ensure_ascii=False) for n in "ab"]
    (path,) = client.post("/gradio_api/upload", files={"files": ("a.jsonl", "\n".join(lines))}).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    for target in ("مشروع السد", "الوزارة"):
        kind, answer = call(client, "compare", "", "", "", "", "", "", [target], file)
        assert kind == "complete" and target in answer[0]


def test_addresses_are_not_fetched(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for a file, not through the proxy route, not for a text: no name is even looked up."""
    asked: list[str] = []
    lookup = socket.getaddrinfo

    def spy(host: Any, *given: Any, **named: Any) -> Any:
        asked.append(str(host))
        return lookup(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    for url in ("http://news.example/a.csv", "http://127.0.0.1:9/a.csv", "http://169.254.169.254/a.csv"):
        file = {"path": url, "url": url, "meta": {"_type": "gradio.FileData"}}
        assert call(client, "compare", "", "", "", "", "", "", [], file)[0] == "error"
        assert call(client, "analyze", file, [], 60)[0] == "error"
        assert client.get(f"/gradio_api/proxy={url}").status_code == 404
        assert client.get(f"/gradio_api/file={url}", follow_redirects=False).status_code == 404
    assert not [host for host in asked if "example" in host or host.startswith("169")]


@pytest.mark.parametrize(
    "name", ["../../../etc/x.txt", "..", "/etc/passwd", "C:\\x.txt", "a\x00b.txt", "\u202etxt.exe"]
)
def test_names_of_uploads_lead_nowhere(client: httpx.Client, service: Running, name: str) -> None:
    """Whatever a file is called, it lands in the private folder."""
    answer = client.post("/gradio_api/upload", files={"files": (name, b"abc")})
    if answer.status_code == 200:
        (path,) = answer.json()
        assert Path(path).resolve().is_relative_to(service.uploads.resolve())
    else:
        assert answer.status_code == 400
    assert service.uploads.stat().st_mode & 0o077 == 0


def test_old_uploads_are_removed(tmp_path: Path) -> None:
    """What is new stays."""
    (tmp_path / "a").mkdir()
    old, new = tmp_path / "a" / "old.txt", tmp_path / "new.txt"
    for path in (old, new):
        path.write_text("x")
    os.utime(old, (1, 1))
    remove_old(tmp_path, time.time() - 60)
    assert not old.exists() and new.exists()


def test_bodies_of_the_page_are_bounded(client: httpx.Client) -> None:
    """A body of five megabytes is not even parsed."""
    answer = client.post("/gradio_api/call/analyze", json={"data": ["س" * 5_000_000, [], 60]})
    assert answer.status_code in (400, 413)


def test_strangers_origins_are_refused(service: Running) -> None:
    """A page of another site may not use a service on the visitor's own machine."""
    answer = httpx.get(f"{service.url}/config", headers={"Origin": "http://evil.example"})
    assert answer.headers.get("access-control-allow-origin") not in ("*", "http://evil.example")


def test_page_asks_for_a_login_where_there_are_accounts(start: Callable[..., Running]) -> None:
    """Name and secret open it; without them neither page nor endpoints answer."""
    running = start(accounts=Accounts({"huda": "a-long-secret"}))
    with running.client() as client:
        assert client.post("/gradio_api/call/analyze", json={"data": [ARTICLE, [], 60]}).status_code == 401
        assert (
            client.post("/login", data={"username": "huda", "password": "a-long-secret"}).status_code == 200
        )
        assert call(client, "analyze", ARTICLE, ["مشروع السد"], 20)[0] == "complete"


def test_tools_are_offered_over_mcp_when_asked(start: Callable[..., Running]) -> None:
    """`--mcp` switches it on; otherwise there is no such route."""
    pytest.importorskip("mcp")
    running = start(mcp=True)
    with running.client() as client:
        schema = client.get("/gradio_api/mcp/schema").json()
        assert {tool["name"] for tool in schema} == {"analyze", "batch", "compare", "compare_models"}


def test_page_is_in_the_readers_language(client: httpx.Client) -> None:
    """Arabic unless the reader chose English; direction and language are said to the browser at once."""
    page = client.get("/").text
    assert '<html lang="ar" dir="rtl"' in page and 'id="mujaz-words"' in page
    english = client.get("/", headers={"Cookie": "mujaz_language=en"}).text
    assert '<html lang="en" dir="ltr"' in english
    other = client.get("/", headers={"Cookie": 'mujaz_language="><script>'}).text
    assert '<html lang="ar" dir="rtl"' in other


def test_every_word_is_there_in_both_languages() -> None:
    """No entry is empty, and none closes the script that carries it."""
    assert all(arabic.strip() and english.strip() for arabic, english in WORDS.values())
    assert dictionary("ar").keys() == dictionary("en").keys()
    assert localized('<meta charset="utf-8" />', "ar").count("</script>") == 4

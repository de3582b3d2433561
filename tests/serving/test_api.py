"""The HTTP API over a running service: answers, limits, errors, the end."""

import concurrent.futures
import json
import time
from collections.abc import Callable

import httpx
import pytest
from pydantic import TypeAdapter

from inference.results import Analysis
from serving.access import Accounts
from serving.schemas import ARTICLE
from tests.serving.conftest import Running

LONG = "قال المدرب إن الفريق مستعد للمباراة النهائية على ملعب المدينة"


def test_analyze_answers_what_the_command_line_prints(client: httpx.Client) -> None:
    """The body is an `Analysis`, Arabic as it is, offsets into the text as given."""
    answer = client.post("/v1/analyze", json={"text": ARTICLE, "targets": ["مشروع السد"], "words": 10})
    assert answer.status_code == 200 and "السد" in answer.text
    analysis = TypeAdapter(Analysis).validate_json(answer.text)
    assert analysis.to_json() == answer.text
    assert [stance.target for stance in analysis.stances] == ["مشروع السد"]
    assert ARTICLE[analysis.stances[0].evidence.start :].startswith("مشروع السد")  # type: ignore[union-attr]
    assert analysis.summary and analysis.topics


def test_topics_of_one_and_of_many(client: httpx.Client) -> None:
    """A bad text among several is answered in its place; alone it is an error."""
    one = client.post("/v1/topics", json={"text": LONG}).json()
    assert one["results"][0]["topic"]["id"] == "sport" and one["model"]["name"] == "fake"
    many = client.post("/v1/topics", json={"text": [LONG, "no arabic", "خبر قصير"]}).json()["results"]
    assert [bool(item["topic"]) for item in many] == [True, False, True]
    assert many[1]["error"]["code"] == "bad_input" and many[2]["topic"]["abstained"]
    refused = client.post("/v1/topics", json={"text": "no arabic"})
    assert refused.status_code == 400 and refused.json()["error"]["code"] == "bad_input"


def test_stances_and_summaries(client: httpx.Client) -> None:
    """Lists are answered in order, offsets are into each paragraph."""
    texts = ["النقابة ترفض مشروع السد بشدة", LONG, "الوزارة تؤيد مشروع السد"]
    answer = client.post("/v1/stances", json={"text": texts, "targets": ["مشروع السد"]}).json()["results"]
    assert [[s["stance"] for s in item["stances"]] for item in answer] == [["against"], [], ["favor"]]
    evidence = answer[0]["stances"][0]["evidence"]
    assert texts[0][evidence["start"] : evidence["end"]] == "مشروع السد"
    assert client.post("/v1/stances", json={"text": LONG}).json()["results"][0]["stances"] == []
    short = client.post("/v1/summaries", json={"text": [LONG, ARTICLE], "words": 5}).json()["results"]
    assert [len(item["summary"]) for item in short] == [1, 1]


def test_information(client: httpx.Client) -> None:
    """Labels, model, health, readiness, metrics, and a schema with examples for every body."""
    labels = client.get("/v1/labels").json()
    assert len(labels["topic"]) == 17 and {label["id"] for label in labels["stance"]} >= {"favor", "against"}
    assert client.get("/v1/model").json()["sha256"] == "ab" * 32
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    client.post("/v1/topics", json={"text": LONG})
    text = client.get("/metrics").text
    assert 'mujaz_requests_total{route="/v1/topics",status="200"}' in text
    assert "mujaz_batch_items_bucket" in text and "mujaz_request_seconds_bucket" in text
    schema = client.get("/openapi.json").json()
    for name in ("analyze", "topics", "stances", "summaries"):
        assert "429" in schema["paths"][f"/v1/{name}"]["post"]["responses"]
        body = schema["components"]["schemas"][f"{name.title()}Request"]
        assert client.post(f"/v1/{name}", json=body["examples"][0]).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "bad_request"),
        ({"text": LONG, "words": 1}, 422, "bad_request"),
        ({"text": LONG, "targets": ["س"] * 11}, 422, "bad_request"),
        ({"text": LONG, "url": "http://127.0.0.1:1/"}, 422, "bad_request"),
        ({"text": "   "}, 400, "bad_input"),
        ({"text": LONG, "targets": [" "]}, 400, "bad_input"),
        ({"text": LONG, "targets": ["كلمة " * 30]}, 400, "bad_input"),
        ({"text": "كلمة " * 60_000}, 400, "bad_input"),
        ({"text": "س" * 1_000_000}, 400, "bad_input"),
        ({"text": "فقرة من الأخبار.\n\n" * 10_000}, 400, "bad_input"),
        ({"text": "http://169.254.169.254/latest/meta-data"}, 400, "bad_input"),
        ({"text": "س" * 5_000_000}, 413, "too_large"),
    ],
)
def test_bad_bodies(client: httpx.Client, body: dict[str, object], status: int, code: str) -> None:
    """Each is refused in the one form that errors have, quickly, without echoing what came."""
    started = time.monotonic()
    answer = client.post("/v1/analyze", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert len(answer.text) < 1_000 and time.monotonic() - started < 10


def test_too_much_in_a_list(client: httpx.Client) -> None:
    """Number and length of the texts of one request are bounded."""
    assert client.post("/v1/topics", json={"text": [LONG] * 257}).status_code == 422
    assert client.post("/v1/topics", json={"text": ["كلمة " * 10_000] * 5}).status_code == 413
    assert client.post("/v1/topics", json={"text": []}).status_code == 422


def test_broken_json_and_unknown_paths(client: httpx.Client) -> None:
    """These have the form of errors too, and tell nothing about the host."""
    broken = client.post("/v1/topics", content=b'{"text": ', headers={"content-type": "application/json"})
    assert broken.status_code == 422 and broken.json()["error"]["code"] == "bad_request"
    assert client.get("/v1/nothing").status_code == 404
    assert client.post(
        "/v1/topics", content=b"\xff\xfe", headers={"content-type": "application/json"}
    ).status_code in (
        400,
        422,
    )


def test_errors_of_ours_say_nothing_about_the_host(client: httpx.Client) -> None:
    """What broke is for the log: no path, no exception in the answer."""
    answer = client.post("/v1/topics", json={"text": f"{LONG} انفجار"})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal" and "secret" not in answer.text
    assert client.post("/v1/topics", json={"text": LONG}).status_code == 200


def test_answers_carry_safe_headers(client: httpx.Client) -> None:
    """Nothing may be loaded from, or sent to, another server."""
    for path in ("/", "/healthz", "/desk/desk.css"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_requests_are_batched_and_the_queue_is_bounded(start: Callable[..., Running]) -> None:
    """Forty at once: eight are let in and share batches, the others are told when to come again."""
    running = start(delay=0.2, queue=8)
    with running.client() as client, concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: client.post("/v1/topics", json={"text": LONG}), range(40)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429} and statuses.count(200) >= 8
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["code"] == "busy" and int(refused.headers["retry-after"]) >= 1
    assert len(running.analyzer.calls) < statuses.count(200)


def test_a_request_has_its_time(start: Callable[..., Running]) -> None:
    """What takes longer is given up, and the service goes on."""
    running = start(delay=1.0, seconds=0.3)
    with running.client() as client:
        answer = client.post("/v1/topics", json={"text": LONG})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "too_slow")
        assert client.get("/healthz").status_code == 200


def test_keys_and_rates(start: Callable[..., Running]) -> None:
    """With accounts everything but health needs a key, and each client has a rate."""
    running = start(accounts=Accounts({"ahmad": "a-long-secret", "huda": "another-secret"}), rate=3)
    with running.client() as client:
        assert client.get("/v1/model").status_code == 401
        assert client.get("/metrics").status_code == 401
        wrong = client.get("/v1/model", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401 and wrong.headers["www-authenticate"] == "Bearer"
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        keys = {"Authorization": "Bearer a-long-secret"}
        assert [client.get("/v1/model", headers=keys).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert client.get("/v1/model", headers={"Authorization": "bearer another-secret"}).status_code == 200
        assert client.get("/config").status_code == 401  # the page asks for a login
        logins = [client.post("/login", data={"username": "ahmad", "password": str(n)}) for n in range(11)]
        assert {answer.status_code for answer in logins[:10]} == {400} and logins[10].status_code == 429


def test_the_end_finishes_what_is_in_work(start: Callable[..., Running]) -> None:
    """A request that is being answered when the end comes is answered."""
    running = start(delay=0.5)
    with running.client() as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.post, "/v1/analyze", json={"text": ARTICLE})
        time.sleep(0.3)
        running.stop()
        assert json.loads(waiting.result(10).text)["summary"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.url}/healthz")

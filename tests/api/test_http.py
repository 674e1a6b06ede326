import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from feedline.feed import actions
from feedline.feed.people import UserRow
from tests.api.world import ADDRESS, World, paths, problem

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"text": "a"} b',
        b"{'text': 'a'}",
        b'{"text": NaN}',
        b'{"colour": "red"',
        b'{"text": 1,}',
        b"[" * 100_000,
        b'\xef\xbb\xbf{"text": "a"}',
        b'{"text": "\xff"}',
        b'{"text": "\xed\xa0\x80"}',
        b'{"text": "\\ud800"}',
        b'{"text": "\\udc00\\ud800"}',
        b'{"\xff": 1}',
        '{"text": "a"}'.encode("utf-16"),
    ],
)
async def test_what_is_no_json_is_a_bad_request(world: World, body: bytes) -> None:
    ann = await world.person()
    answer = await ann.client.post("/api/posts", content=body, headers=JSON)
    problem(answer, 400, "bad_request")
    assert await world.head() == 0


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("[]", ""),
        ("null", ""),
        ('"text"', ""),
        ('{"text": 1}', "text"),
        ('{"tags": "a"}', "tags"),
        ('{"tags": ["a", null]}', "tags[1]"),
        ('{"text": "a", "colour": "red"}', "colour"),
        ('{"text": "a", "media_id": "b"}', "media_id"),
        ('{"text": "a", "tier": "gold"}', "tier"),
        ('{"text": "a", "tier": ""}', "tier"),
        ('{"text": "a", "mediaId": "b"}', "mediaId"),
        ('{"text": "a\\u0000"}', "text"),
        ("{}", ""),
        ('{"text": " \\n "}', ""),
    ],
)
async def test_json_of_the_wrong_form_is_told_field_by_field(
    world: World, body: str, path: str
) -> None:
    ann = await world.person()
    answer = await ann.client.post("/api/posts", content=body, headers=JSON)
    assert path in paths(problem(answer, 422, "validation_failed"))
    assert await world.head() == 0


async def test_a_missing_field_is_named(world: World) -> None:
    answer = await world.client().post("/api/auth/register", json={"username": "ann"})
    body = problem(answer, 422, "validation_failed")
    assert body["errors"] == [{"path": "password", "message": "This field is required."}]


async def test_a_message_never_quotes_a_name_of_any_length(world: World) -> None:
    ann = await world.person()
    answer = await ann.client.post("/api/posts", json={"x" * 200_000: 1})
    assert len(problem(answer, 422, "validation_failed")["detail"]) < 1000


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
async def test_only_json_is_read(world: World, content_type: str | None) -> None:
    ann = await world.person()
    headers = {"content-type": content_type} if content_type else {}
    answer = await ann.client.post("/api/posts", content=b'{"text": "a"}', headers=headers)
    problem(answer, 415, "unsupported_media_type")
    assert await world.head() == 0


async def test_json_may_come_with_parameters(world: World) -> None:
    ann = await world.person()
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    answer = await ann.client.post("/api/posts", content=b'{"text": "a"}', headers=headers)
    assert answer.status_code == 201


async def test_the_largest_body_is_read_and_a_larger_one_refused(world: World) -> None:
    ann = await world.person()
    limit = world.services.settings.body_limit
    body = json.dumps({"text": "a"}).encode().ljust(limit)
    assert (await ann.client.post("/api/posts", content=body, headers=JSON)).status_code == 201
    answer = await ann.client.post("/api/posts", content=body + b" ", headers=JSON)
    problem(answer, 413, "payload_too_large")


async def test_a_large_body_of_unknown_length_is_read_no_further_than_the_limit(
    world: World,
) -> None:
    ann = await world.person()
    chunk = bytes(64 * 1024)
    asked = 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": chunk, "more_body": True}

    scope = scope_of(
        "POST",
        "/api/posts",
        (b"authorization", f"Bearer {ann.token}".encode()),
        (b"content-type", b"application/json"),
    )
    sent = await run(world, scope, receive)
    assert sent[0]["status"] == 413
    assert asked == 5


async def test_a_declared_length_over_the_limit_is_refused_unread(world: World) -> None:
    ann = await world.person()

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was asked for")

    scope = scope_of(
        "POST",
        "/api/posts",
        (b"authorization", f"Bearer {ann.token}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", b"999999999"),
    )
    assert (await run(world, scope, receive))[0]["status"] == 413


async def test_a_client_that_goes_in_mid_body_gets_no_answer(world: World) -> None:
    ann = await world.person()
    messages: Iterator[dict[str, Any]] = iter(
        [
            {"type": "http.request", "body": b'{"text": ', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    scope = scope_of(
        "POST",
        "/api/posts",
        (b"authorization", f"Bearer {ann.token}".encode()),
        (b"content-type", b"application/json"),
    )
    assert await run(world, scope, receive) == []
    assert await world.head() == 0


async def test_a_body_in_pieces_is_one_body(world: World) -> None:
    ann = await world.person()

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"te', b'xt": "in ', b"", b'pieces"}'):
            yield piece

    answer = await ann.client.post("/api/posts", content=pieces(), headers=JSON)
    assert answer.json()["post"]["content"]["text"] == "in pieces"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/posts", "GET, HEAD, POST"),
        ("OPTIONS", "/api/posts/1", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/api/auth/login", "POST"),
        ("PUT", "/api/me", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
async def test_a_method_that_is_not_there_is_answered_with_those_that_are(
    world: World, method: str, path: str, allow: str
) -> None:
    answer = await world.client().request(method, path)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/posts/", "/api/posts/1/2", "/ws", "/healthz/x"]
)
async def test_a_path_that_is_not_there_is_a_problem(world: World, path: str) -> None:
    problem(await world.client().get(path), 404, "not_found")


async def test_head_is_get_without_the_body(world: World) -> None:
    client = world.client()
    for path in ("/healthz", "/api/posts"):
        got, head = await client.get(path), await client.head(path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers == got.headers


async def test_every_answer_keeps_out_of_caches_and_away_from_other_sites(world: World) -> None:
    ann = await world.person()
    answers = [
        await ann.client.get("/api/me"),
        await ann.client.post("/api/posts", json={"text": "a"}),
        await ann.client.post("/api/posts", json={}),
        await world.client().get("/api/me"),
        await ann.client.get("/api/nothing"),
        await ann.client.put("/api/me"),
        await ann.client.post("/api/auth/logout"),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_an_answer_without_content_has_no_length(world: World) -> None:
    ann = await world.person()
    answer = await ann.client.post("/api/auth/logout")
    assert answer.status_code == 204
    assert "content-length" not in answer.headers
    assert "content-type" not in answer.headers


async def test_a_fault_is_logged_and_tells_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def publish(*_: object) -> UserRow:
        raise ZeroDivisionError

    monkeypatch.setattr(actions, "publish_post", publish)
    ann = await world.person()
    with caplog.at_level(logging.ERROR):
        answer = await ann.client.post("/api/posts", json={"text": "between us"})
    body = problem(answer, 500, "internal")
    assert "ZeroDivision" not in body["detail"]
    assert "ZeroDivisionError" in caplog.text
    assert "between us" not in caplog.text
    assert ann.token not in caplog.text
    metrics = (await ann.client.get("/metrics")).text
    assert 'requests_total{operation="publish_post",status="5xx"} 1.0' in metrics


async def test_no_database_is_no_acknowledgement(world: World) -> None:
    ann = await world.person()
    await world.store.stop()
    answer = await ann.client.post("/api/posts", json={"text": "a"})
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_unknown_query_parameters_are_nobodys_business(world: World) -> None:
    answer = await world.client().get("/api/posts?utm_source=x&limit=5")
    assert answer.status_code == 200


def scope_of(method: str, path: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        "client": (ADDRESS, 1),
        "scheme": "http",
    }


async def run(world: World, scope: dict[str, Any], receive: Any) -> list[Any]:
    """Runs a request by hand; what was sent."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await world.api(scope, receive, send)
    return sent

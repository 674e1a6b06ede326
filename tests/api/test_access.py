"""What is around every request; on real sockets it is in ``tests/system/test_log_secrets.py``."""

import logging
from typing import Any

import httpx
import pytest

from feedline.api.access import Access
from feedline.wire import request_id
from tests.api.world import ADDRESS, World


@pytest.fixture
def client(world: World) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(
        Access(world.api, lambda peer: peer == ADDRESS), client=(ADDRESS, 1)
    )
    client = httpx.AsyncClient(transport=transport, base_url="http://feedline.test")
    world.clients.append(client)
    return client


async def line(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, method: str, path: str, **more: Any
) -> dict[str, Any]:
    caplog.clear()
    with caplog.at_level(logging.INFO, "feedline.access"):
        await client.request(method, path, **more)
    (entry,) = [entry for entry in caplog.records if entry.name == "feedline.access"]
    fields: dict[str, Any] = entry.fields  # type: ignore[attr-defined]
    assert fields.pop("ms") >= 0
    assert fields.pop("address") == ADDRESS
    return fields


async def test_a_request_is_one_line_with_its_route_alone(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    for method, path, route, status in [
        ("GET", "/api/posts?tag=hidden", "/api/posts", 200),
        ("GET", "/api/posts/hidden", "/api/posts/{id}", 404),
        ("DELETE", "/api/posts", "/api/posts", 405),
        ("POST", "/api/posts", "/api/posts", 401),
        ("GET", "/api/hidden", "page", 404),
    ]:
        fields = await line(client, caplog, method, path)
        assert fields == {"method": method, "route": route, "status": status}


async def test_every_answer_has_an_id(client: httpx.AsyncClient) -> None:
    answers = [await client.get(path) for path in ("/healthz", "/api/me", "/api/x", "/healthz")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 4


async def test_a_proxy_gives_it_and_nobody_else(world: World, client: httpx.AsyncClient) -> None:
    given = {"X-Request-ID": "of-the-proxy"}
    assert (await client.get("/healthz", headers=given)).headers["x-request-id"] == "of-the-proxy"
    forged = {"X-Request-ID": "two words"}
    assert (await client.get("/healthz", headers=forged)).headers["x-request-id"] != "two words"
    transport = httpx.ASGITransport(Access(world.api, lambda _: False), client=(ADDRESS, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://feedline.test") as stranger:
        answer = await stranger.get("/healthz", headers=given)
    assert answer.headers["x-request-id"] != "of-the-proxy"


async def test_who_has_gone_is_told_with_no_status_and_the_id_is_there_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[str] = []

    async def app(*_: Any) -> None:
        seen.append(request_id.current())

    scope = {"type": "http", "method": "GET", "headers": [(b"x-request-id", b"r1")]}
    with caplog.at_level(logging.INFO, "feedline.access"):
        await Access(app, lambda _: True)(scope, None, None)  # type: ignore[arg-type]
    assert seen == ["r1"]
    assert caplog.records[0].fields["status"] == 0  # type: ignore[attr-defined]

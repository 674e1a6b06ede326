"""A node for REST and a node for sockets, on one PostgreSQL."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import websockets

from feedline import administration
from feedline.storage import Storage
from tests.postgres import databases
from tests.processes import Person, ServerProcess, serving

pytestmark = pytest.mark.system

LIVE = ("/api/stream", "/api/events")


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[tuple[ServerProcess, ServerProcess]]:
    """The one with the role api, and the gateway."""
    url = databases().empty()
    async with AsyncExitStack() as stack:
        api, gateway = [
            serving(tmp_path / role, "--database", url, "--role", role)
            for role in ("api", "gateway")
        ]
        yield await stack.enter_async_context(api), await stack.enter_async_context(gateway)
    databases().drop(url)


def is_misdirected(answer: httpx.Response, role: str) -> bool:
    problem = answer.json()
    return (
        answer.status_code == 421
        and answer.headers["content-type"] == "application/problem+json"
        and problem["code"] == "misdirected"
        and problem["status"] == 421
        and f"the role {role}" in problem["detail"]
    )


async def delivery(node: ServerProcess, author: Person, token: str) -> str:
    """What another program is told that sends somebody's post in, for the first time or again."""
    headers = {"Authorization": f"Bearer {token}"}
    body = {"post": {"id": "7", "text": "from elsewhere"}, "authorId": author.id}
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        answer = await client.post(f"{node.url}/api/notify/post-author", json=body)
    return str(answer.json()["delivery"])


async def test_each_serves_its_part_and_sends_away_what_is_the_others(
    nodes: tuple[ServerProcess, ServerProcess],
) -> None:
    api, gateway = nodes
    ann = await Person.register(api, "ann")
    async with httpx.AsyncClient(headers=ann.headers, timeout=30) as http:
        for node in nodes:
            for path in ("/healthz", "/readyz", "/metrics"):
                assert (await http.get(node.url + path)).status_code == 200
        for path in (*LIVE, "/ws"):
            assert is_misdirected(await http.get(api.url + path), "gateway")
        for path in (
            "/",
            "/api/posts",
            "/api/me",
            "/api/posts/x",
            "/api/openapi.json",
            "/api/docs",
        ):
            assert is_misdirected(await http.get(gateway.url + path), "api")
        answer = await http.post(f"{gateway.url}/api/posts", json={"text": "no"})
        assert is_misdirected(answer, "api")
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with ann.socket():
            pass
    assert refused.value.response.status_code == 421
    assert json.loads(refused.value.response.body)["code"] == "misdirected"
    assert not [line for node in nodes for line in node.log if "WARN" in line or "Trace" in line]


async def test_what_one_commits_the_other_delivers_on_every_transport(
    nodes: tuple[ServerProcess, ServerProcess],
) -> None:
    api, gateway = nodes
    ann = await Person.register(api, "ann")
    storage = Storage(api.data, api.options[1])
    token = await asyncio.to_thread(administration.create_service_token, storage, "shop")
    assert await delivery(api, ann, token) == "channel-only"
    cursor = (await ann.http.get("/api/posts")).json()["cursor"]
    ticket = (await ann.http.post("/api/auth/ticket")).json()["ticket"]
    query = {"channels": f"feed:{ann.id}", "cursor": cursor}

    async def by_socket() -> str:
        async with websockets.connect(f"{gateway.ws_url}?ticket={ticket}", proxy=None) as socket:
            connect = {"type": "connect", "channels": [f"feed:{ann.id}"], "cursor": cursor}
            await socket.send(json.dumps(connect))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "post_created":
                    return str(message["post"]["id"])
        raise AssertionError("it was closed")

    async def by_stream(http: httpx.AsyncClient) -> str:
        async with http.stream("GET", f"{gateway.url}/api/stream", params=query) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data:") and '"post_created"' in line:
                    return str(json.loads(line[5:])["post"]["id"])
        raise AssertionError("it was closed")

    async def by_poll(http: httpx.AsyncClient) -> str:
        answer = await http.get(f"{gateway.url}/api/events", params=query)
        return str(answer.json()["events"][0]["post"]["id"])

    async with httpx.AsyncClient(headers=ann.headers, timeout=30) as http, asyncio.timeout(30):
        waiting = asyncio.gather(by_socket(), by_stream(http), by_poll(http))
        while await delivery(api, ann, token) != "direct":
            pass  # a node without sockets asks those that have some
        post = await ann.publish("news")
        assert set(await waiting) == {post["post"]["id"]}


async def test_without_a_shared_database_it_says_what_is_missing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "feedline", "serve", "--role=api", "--data", str(tmp_path)),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "1000"},
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert "set --database" in said.decode()

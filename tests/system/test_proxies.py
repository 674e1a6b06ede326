"""Through proxies with the configurations that we ship: transports, addresses, files, restarts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import websockets

from tests.processes import ServerProcess, serving
from tests.system.fronts import KINDS, Front, front

pytestmark = pytest.mark.system

PATIENCE = 60.0
PASSWORD = "correct horse"
MIB = 1024 * 1024
SETTINGS = {
    "FEEDLINE_TRUSTED_PROXIES": "127.0.0.1",
    "FEEDLINE_CONNECTIONS_PER_ADDRESS": "0",
    "FEEDLINE_LOGIN_FAILURES_PER_ADDRESS": "3",
}


class Site(NamedTuple):
    """A server with a proxy in front."""

    front: Front
    server: ServerProcess


# The one of compose differs in how nodes are found, not in what is passed on.
once_each = pytest.mark.parametrize("site", ["nginx", "caddy"], indirect=True)


@pytest.fixture(params=sorted(KINDS))
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    async with (
        serving(tmp_path / "data", environment=SETTINGS) as server,
        front(request.param, tmp_path / "front", server.port) as there,
    ):
        yield Site(there, server)


class Author:
    """Somebody who signed up through the proxy."""

    def __init__(self, token: str, client: httpx.AsyncClient) -> None:
        self.token = token
        self.client = client

    async def publish(self, text: str) -> dict[str, Any]:
        answer = await self.client.post("/api/posts", json={"text": text})
        assert answer.status_code == 201, answer.text
        published: dict[str, Any] = answer.json()
        return published


@asynccontextmanager
async def author(site: Site, name: str = "ann") -> AsyncIterator[Author]:
    async with site.front.client() as client:
        account = {"username": name, "password": PASSWORD}
        answer = await client.post("/api/auth/register", json=account)
        assert answer.status_code == 201, answer.text
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield Author(answer.json()["token"], client)


# ---- the three transports


async def test_a_post_comes_over_websocket_stream_and_poll(site: Site) -> None:
    async with (
        author(site) as ann,
        site.front.socket(ann.token) as socket,
        ann.client.stream("GET", "/api/stream?channels=public") as stream,
        asyncio.timeout(PATIENCE),
    ):
        await socket.send(json.dumps({"type": "connect", "channels": ["public"]}))
        await _text_on(socket, "connected")
        lines = stream.aiter_lines()
        await _line(lines, "event: connected")
        start = (await ann.client.get("/api/events?channels=public")).json()["cursor"]
        waiting = asyncio.create_task(
            ann.client.get("/api/events", params={"channels": "public", "cursor": start})
        )
        while await _connections(site) < 3:
            await asyncio.sleep(0.02)
        cursor = (await ann.publish("hello"))["cursor"]
        event = await _text_on(socket, "post_created")
        told = json.loads((await _line(lines, "data: ", "post_created")).removeprefix("data: "))
        polled = (await waiting).json()["events"]
    for each in (event, told, *polled):
        assert (each["cursor"], each["post"]["content"]["text"]) == (cursor, "hello")
    assert len(polled) == 1


async def _text_on(socket: websockets.ClientConnection, kind: str) -> dict[str, Any]:
    async for text in socket:
        message: dict[str, Any] = json.loads(text)
        if message["type"] == kind:
            return message
    raise AssertionError(kind)


async def _line(lines: AsyncIterator[str], *words: str) -> str:
    async for line in lines:
        if all(word in line for word in words):
            return line
    raise AssertionError(words)


async def _connections(site: Site) -> int:
    """Asked of the server itself: the proxy keeps its metrics inside."""
    async with httpx.AsyncClient(timeout=30) as client:
        text = (await client.get(f"{site.server.url}/metrics")).text
    (line,) = (line for line in text.splitlines() if line.startswith("feedline_connections "))
    return int(float(line.split()[1]))


async def test_all_three_go_on_after_a_restart(site: Site) -> None:
    async with author(site) as ann, asyncio.timeout(2 * PATIENCE):
        async with site.front.socket(ann.token) as socket:
            await socket.send(json.dumps({"type": "connect", "channels": ["public"]}))
            await _text_on(socket, "connected")
            before = (await ann.publish("before"))["cursor"]
            await _text_on(socket, "post_created")
            await site.server.kill()
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
        assert (await ann.client.get("/api/posts")).status_code in (502, 503)
        await site.server.start()
        while (await ann.client.get("/healthz")).status_code != 200:
            await asyncio.sleep(0.05)
        missed = (await ann.publish("after"))["cursor"]
        async with site.front.socket(ann.token) as socket:
            connect = {"type": "connect", "channels": ["public"], "cursor": before}
            await socket.send(json.dumps(connect))
            assert (await _text_on(socket, "post_created"))["cursor"] == missed
        resumed = {"Last-Event-ID": before}
        address = "/api/stream?channels=public"
        async with ann.client.stream("GET", address, headers=resumed) as stream:
            await _line(stream.aiter_lines(), f"id: {missed}")
        asked = {"channels": "public", "cursor": before}
        events = (await ann.client.get("/api/events", params=asked)).json()["events"]
        assert [event["cursor"] for event in events] == [missed]


# ---- the page, its cookie and its origin


@once_each
async def test_the_page_loads_and_what_is_for_inside_does_not(site: Site) -> None:
    async with site.front.client() as client:
        page = await client.get("/")
        assert page.status_code == 200
        assert "text/html" in page.headers["content-type"]
        (script,) = (
            word.partition('"')[0] for word in page.text.split('src="')[1:] if ".js" in word
        )
        part = await client.get(script)
        assert (part.status_code, part.headers["content-encoding"]) == (200, "gzip")
        for path in ("/metrics", "/readyz"):
            assert (await client.get(path)).status_code == 404


@once_each
async def test_the_cookie_is_secure_and_the_origin_is_that_of_the_page(site: Site) -> None:
    async with author(site) as _, site.front.client() as client:
        login = {"username": "ann", "password": PASSWORD}
        own = {"Origin": site.front.url}
        answer = await client.post("/api/auth/login", json=login, headers=own)
        assert answer.status_code == 200, answer.text
        assert "Secure" in answer.headers["set-cookie"]
        post = {"text": "by cookie"}
        assert (await client.post("/api/posts", json=post, headers=own)).status_code == 201
        foreign = {"Origin": "https://elsewhere.example"}
        assert (await client.post("/api/posts", json=post, headers=foreign)).status_code == 403


async def test_plain_http_is_sent_to_https(tmp_path: Path) -> None:
    async with (
        serving(tmp_path / "data") as server,
        front("nginx", tmp_path / "front", server.port) as there,
        httpx.AsyncClient(timeout=30) as client,
    ):
        answer = await client.get(f"{there.plain_url}/posts/1?a=b")
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://127.0.0.1/posts/1?a=b"


# ---- who asks


@once_each
async def test_failed_logins_count_for_the_address_of_the_client(site: Site) -> None:
    async with (
        author(site),
        site.front.client("127.0.0.2") as guesser,
        site.front.client("127.0.0.3") as neighbour,
    ):
        wrong = {"username": "ann", "password": "wrong horse"}
        for _ in range(3):
            assert (await guesser.post("/api/auth/login", json=wrong)).status_code == 401
        assert (await guesser.post("/api/auth/login", json=wrong)).status_code == 429
        forged = {"X-Forwarded-For": "127.0.0.9"}
        answer = await guesser.post("/api/auth/login", json=wrong, headers=forged)
        assert answer.status_code == 429
        right = {"username": "ann", "password": PASSWORD}
        assert (await neighbour.post("/api/auth/login", json=right)).status_code == 200


async def test_one_address_makes_few_accounts(tmp_path: Path) -> None:
    async with (
        serving(tmp_path / "data") as server,
        front("nginx", tmp_path / "front", server.port) as there,
        there.client("127.0.0.2") as client,
    ):
        statuses = [await _signs_up(client, f"p{number}") for number in range(11)]
        assert statuses == [201] * 11
        async with asyncio.timeout(PATIENCE):  # one more every six seconds is let through
            while await _signs_up(client, f"p{len(statuses)}") != 429:
                statuses.append(201)
        async with there.client("127.0.0.3") as other:
            assert await _signs_up(other, "other") == 201


async def _signs_up(client: httpx.AsyncClient, name: str) -> int:
    account = {"username": name, "password": PASSWORD}
    return (await client.post("/api/auth/register", json=account)).status_code


# ---- what is large


@once_each
async def test_files_pass_up_to_the_limit(site: Site) -> None:
    async with author(site) as ann:
        whole = b"ID3\4\0\0\0\0\0\0".ljust(50 * MIB, b"a")
        answer = await ann.client.post("/api/media", files={"file": ("song.mp3", whole)})
        assert answer.status_code == 201, answer.text
        got = await ann.client.get(answer.json()["url"])
        assert len(got.content) == len(whole)
        assert await _refused(ann.client, "/api/media", whole + bytes(4 * MIB))
        assert await _refused(ann.client, "/api/posts", bytes(2 * MIB))


async def _refused(client: httpx.AsyncClient, path: str, data: bytes) -> bool:
    """Whether so much is not taken; who stops reading may cut the connection."""
    try:
        answer = await client.post(path, files={"file": ("a", data)})
    except httpx.TransportError:
        return True
    return answer.status_code == 413

"""Requests that do not arrive whole are cut off in time, wherever they stop."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import uvicorn
from uvicorn.server import ServerState

from feedline.gateway import http
from tests.gateway.raw import raw
from tests.hostile.requests import JSON, get, length, post

pytestmark = pytest.mark.system

SECONDS = 0.2  # instead of half a minute


class Listening(NamedTuple):
    port: int


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, and says that it did."""
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    if message["type"] == "http.disconnect":
        return
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def impatient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Listening]:
    """A server whose deadline comes soon."""
    monkeypatch.setattr(http, "REQUEST_SECONDS", SECONDS)
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: http.BoundedHttpProtocol(config=config, server_state=state, app_state={}),
        "127.0.0.1",
        0,
    )
    async with server:
        yield Listening(server.sockets[0].getsockname()[1])
        for connection in list(state.connections):
            connection.transport.abort()
    assert not state.tasks


BEGUN = {
    "nothing": b"",
    "a line": b"GET / HT",
    "half a head": get()[:-2],
    "a head without its body": post(JSON, length(9)),
    "half a body": post(JSON, length(9), body=b"{"),
    "half a chunk": post(JSON, b"Transfer-Encoding: chunked\r\n", body=b"9\r\n{"),
    "chunks without the last": post(JSON, b"Transfer-Encoding: chunked\r\n", body=b"1\r\n{\r\n"),
    "trailers without an end": post(
        JSON, b"Transfer-Encoding: chunked\r\n", body=b"0\r\nX-Late: yes\r\n"
    ),
}


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN.keys())
async def test_what_stops_halfway_is_cut_off(impatient: Listening, begun: bytes) -> None:
    async with raw(impatient) as connection:
        connection.send(begun)
        assert await connection.ended() == b""


async def test_dripping_does_not_put_the_deadline_off(impatient: Listening) -> None:
    async with raw(impatient) as connection:
        connection.send(get()[:-2] + b"X-A: ")
        while not connection.reader.at_eof() and connection.reader.exception() is None:
            if not connection.writer.transport.is_closing():
                connection.send(b"x")
            await asyncio.sleep(SECONDS / 50)
        assert await connection.ended() == b""


async def test_a_request_that_is_whole_has_no_deadline(
    impatient: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_SECONDS", 1.0)
    async with raw(impatient) as connection:
        for _ in range(2):
            connection.send(post(JSON, length(2), body=b"{}"))
            answer = await connection.head()
            assert (answer.status, await connection.body(answer)) == (200, b"ok")
            await asyncio.sleep(1.2)  # between requests it is not for us to be impatient


async def test_a_large_body_that_makes_its_way_gets_more_time(
    impatient: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_SECONDS", 1.0)
    monkeypatch.setattr(http, "REQUEST_BYTES", 1)
    async with raw(impatient) as connection:
        connection.send(post(JSON, length(30)))
        for _ in range(30):
            connection.send(b"x")
            await asyncio.sleep(0.05)  # in all longer than the deadline
        answer = await connection.head()
        assert (answer.status, await connection.body(answer)) == (200, b"ok")
        connection.send(post(JSON, length(2), body=b"x"))
        assert await connection.ended() == b""

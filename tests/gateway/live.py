"""A client of the live protocol that says and hears one message at a time."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import websockets

from tests.processes import Person, ServerProcess

PATIENCE = 30.0  # seconds for something that must happen; nothing waits this long when all is well

Message = dict[str, Any]
Crowd = Callable[[str], Awaitable[Person]]


class Live:
    """One WebSocket, in terms of protocol messages."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket

    async def say(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def hear(self) -> Message:
        """The next message, whatever it is."""
        message: Message = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
        return message

    async def expect(self, kind: str) -> Message:
        """The next message, which must be of this type."""
        message = await self.hear()
        assert message["type"] == kind, message
        return message

    async def connect(self, *channels: str, **fields: Any) -> Message:
        """Sends ``connect``; the ``connected``."""
        await self.say("connect", channels=list(channels), **fields)
        return await self.expect("connected")

    async def go_live(self, *channels: str, **fields: Any) -> Message:
        """Sends ``connect`` and waits until all before now has come; the ``connected``."""
        connected = await self.connect(*channels, **fields)
        await self.expect("caught_up")
        return connected

    async def hear_posts(self, count: int) -> list[str]:
        """The texts of the next messages, which must be new posts."""
        return [
            (await self.expect("post_created"))["post"]["content"]["text"] for _ in range(count)
        ]

    async def closed(self) -> int:
        """Waits for the end of the connection; its close code."""
        async with asyncio.timeout(PATIENCE):
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def hear_until_closed(self) -> list[Message]:
        """Everything that still comes."""
        messages: list[Message] = []
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                messages.append(await self.hear())
        return messages


@asynccontextmanager
async def live(person: Person, *channels: str, **fields: Any) -> AsyncIterator[Live]:
    """A live connection of a person, for the time of a block."""
    async with person.socket() as socket:
        connection = Live(socket)
        await connection.go_live(*channels, **fields)
        yield connection


@asynccontextmanager
async def opened(server: ServerProcess, query: str = "", **headers: str) -> AsyncIterator[Live]:
    """A WebSocket with these headers, on which nothing was said yet."""
    async with websockets.connect(
        server.ws_url + query, additional_headers=headers, proxy=None
    ) as socket:
        yield Live(socket)


@asynccontextmanager
async def crowd(server: ServerProcess) -> AsyncIterator[Crowd]:
    """Signs people up by name; they leave at the end of the block."""
    people: list[Person] = []

    async def join(name: str) -> Person:
        people.append(await Person.register(server, name))
        return people[-1]

    try:
        yield join
    finally:
        for person in people:
            await person.http.aclose()


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Asks again and again until something holds."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.02)


async def head(person: Person) -> str:
    """The cursor of now."""
    answer = await person.http.get("/api/posts", params={"limit": 1})
    cursor: str = answer.json()["cursor"]
    return cursor


async def open_sockets(person: Person) -> int:
    """How many sockets the server has open, as it says itself."""
    answer = await person.http.get("/metrics")
    for line in answer.text.splitlines():
        if line.startswith("feedline_connections "):
            return int(float(line.split()[1]))
    raise AssertionError("the metric is missing")


async def none_open(person: Person) -> int:
    """Waits until those that earlier tests have just closed are gone; so 0 are open."""

    async def gone() -> bool:
        return await open_sockets(person) == 0

    await eventually(gone)
    return 0

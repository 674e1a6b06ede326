"""Everybody who may look, and every way in which bytes come to them; all of these are kept."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

from feedline.feed.visibility import Tier
from tests.gateway.live import PATIENCE
from tests.processes import Person, ServerProcess

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_CURSOR = re.compile(rb'"cursor":"[^"]*-(\d+)"')
_ENDED = (OSError, httpx.HTTPError, websockets.WebSocketException)


class Asker:
    """One connection for plain requests, by hand: a good client would hide bytes, and time."""

    def __init__(self, server: ServerProcess, headers: Mapping[str, str]) -> None:
        self._server = server
        self._headers = {"Host": f"127.0.0.1:{server.port}", **headers}
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """The whole answer. A connection that was idle for too long is made anew."""
        lines = [f"{name}: {value}" for name, value in {**self._headers, **headers}.items()]
        head = "\r\n".join([f"{method} {url} HTTP/1.1", *lines, f"Content-Length: {len(body)}"])
        request = f"{head}\r\n\r\n".encode() + body
        while True:
            try:
                async with asyncio.timeout(6 * PATIENCE):
                    return await self._exchange(request)
            except (asyncio.IncompleteReadError, ConnectionError):
                await self.close()

    async def _exchange(self, request: bytes) -> bytes:
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self._server.port)
        reader, writer = self._ends
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        size = _LENGTH.search(answer)
        if size is None or request.startswith(b"HEAD"):
            return answer
        return answer + await reader.readexactly(int(size[1]))

    async def close(self) -> None:
        if self._ends is not None:
            self._ends[1].close()
            with suppress(ConnectionError):
                await self._ends[1].wait_closed()
        self._ends = None


@dataclass
class Viewer:
    """Somebody who looks. ``received``: every byte that came, by the path on which it did."""

    name: str
    http: httpx.AsyncClient
    asker: Asker
    person: Person | None = None
    follows: bool = False
    held: Tier | None = None
    is_author: bool = False
    is_apart: bool = False
    """Blocked by the author, whose channel and feed are not there any more."""
    received: defaultdict[str, bytearray] = field(default_factory=lambda: defaultdict(bytearray))

    async def ask(
        self, path: str, method: str, url: str, body: Any = None, **headers: str
    ) -> bytes:
        """A request; the body of its answer, which is kept with its head."""
        sent = b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Content-Type": "application/json"} if sent else {}
        answer = await self.asker.ask(method, url, named, sent)
        assert answer[9:10] in b"24", (self.name, path, answer)
        self.received[path] += answer
        return answer.partition(b"\r\n\r\n")[2]

    def channels(self, author: Person) -> dict[str, str]:
        """A channel of each kind but ``post:``, by kind."""
        id_ = self.person.id if self.person else author.id
        creator = {} if self.is_apart else {"creator": f"creator:{author.id}"}
        return {
            "public": "public",
            **creator,
            "feed": f"feed:{id_}",
            "notifications": f"notifications:{id_}",
        }


@dataclass
class Ear:
    """An open connection of a viewer. ``place``: how far in the log it was told everything."""

    viewer: Viewer
    path: str
    place: int = 0
    is_over: bool = False

    async def listen(self, pieces: AsyncIterator[bytes]) -> None:
        """Keeps what comes until the connection ends."""
        with suppress(*_ENDED):
            async for piece in pieces:
                self.take(piece)
        self.is_over = self.viewer.is_apart  # others may not lose what they have

    def take(self, piece: bytes) -> None:
        self.viewer.received[self.path] += piece
        for found in _CURSOR.findall(piece):
            self.place = max(self.place, int(found))


async def by_socket(
    server: ServerProcess, viewer: Viewer, *messages: dict[str, Any]
) -> AsyncIterator[bytes]:
    """What comes over a WebSocket on which these messages are said."""
    headers = viewer.http.headers.get("authorization")
    async with websockets.connect(
        server.ws_url,
        additional_headers={"Authorization": headers} if headers else {},
        proxy=None,
        max_queue=None,
    ) as socket:
        for message in messages:
            await socket.send(json.dumps(message))
        async for text in socket:
            yield text.encode() if isinstance(text, str) else text


async def by_stream(viewer: Viewer, channels: Iterable[str], cursor: str) -> AsyncIterator[bytes]:
    params = {"channels": ",".join(channels), "cursor": cursor}
    async with viewer.http.stream("GET", "/api/stream", params=params) as answer:
        async for chunk in answer.aiter_raw():
            yield chunk


async def by_polls(viewer: Viewer, channels: Iterable[str], cursor: str) -> AsyncIterator[bytes]:
    while True:
        params = {"channels": ",".join(channels), "cursor": cursor, "wait": "0.5"}
        answer = await viewer.http.get("/api/events", params=params)
        yield answer.content
        if answer.status_code != 200:
            return
        cursor = answer.json()["cursor"]


async def until(pieces: AsyncIterator[bytes], sign: bytes, times: int = 1) -> bytes:
    """What comes until a sign did so many times, or to the end of the connection."""
    received = bytearray()
    with suppress(*_ENDED):
        async with asyncio.timeout(6 * PATIENCE):  # everybody does it at the same time
            async for piece in pieces:
                begin = max(0, len(received) - len(sign) + 1)
                received += piece
                times -= received.count(sign, begin)
                if times <= 0:
                    break
    await pieces.aclose()  # type: ignore[attr-defined]
    return bytes(received)

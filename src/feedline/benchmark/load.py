"""The load: sockets that count and time what they get, and writers that post."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from feedline.errors import BenchmarkBroken

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds for something to come; nothing takes that long when all is well
_AT_ONCE = 64  # sockets that are being opened
_STAMP = b"@t="
_DIGITS = 20
_TEXT_BYTES = 280


def stamped_text() -> str:
    """A text that carries the moment of its sending; its length is constant."""
    return f"@t={time.monotonic_ns():0{_DIGITS}d}@".ljust(_TEXT_BYTES, "x")


@dataclass(slots=True)
class Crowd:
    """Sockets, and what they got since they were last asked."""

    deliveries: int = 0
    latencies: list[float] = field(default_factory=list)  # milliseconds
    lost: int = 0  # sockets that the server closed
    closing: bool = False
    readers: list["Reader"] = field(default_factory=list)

    def reset(self) -> None:
        self.deliveries = 0
        self.latencies = []

    async def wait_for(self, deliveries: int) -> None:
        """Raises BenchmarkBroken if they do not come."""
        deadline = time.monotonic() + PATIENCE
        while self.deliveries < deliveries:
            if self.lost:
                raise BenchmarkBroken(f"The server closed {self.lost:,} sockets.")
            if time.monotonic() > deadline:
                missing = deliveries - self.deliveries
                raise BenchmarkBroken(f"{missing:,} of {deliveries:,} deliveries did not come.")
            await asyncio.sleep(0.002)

    def close(self) -> None:
        self.closing = True
        for reader in self.readers:
            reader.close()


class Reader(asyncio.Protocol):
    """A WebSocket that is subscribed: it counts events and answers pings."""

    __slots__ = ("_buffer", "_connect", "_crowd", "_live", "_transport", "_upgrade", "_upgraded")

    def __init__(
        self, crowd: Crowd, upgrade: bytes, connect: bytes, live: asyncio.Future[None]
    ) -> None:
        self._crowd = crowd
        self._upgrade = upgrade
        self._connect = connect
        self._live = live
        self._buffer = b""
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        self._transport.write(self._upgrade)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._buffer + data if self._buffer else data
        if not self._upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(head.partition(b"\r\n")[0].decode())
                return
            self._upgraded = True
            self._transport.write(self._connect)
        self._buffer = self._read_frames(data, now)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(str(exc or "closed"))
        if not self._crowd.closing:
            self._crowd.lost += 1

    def close(self) -> None:
        self._transport.abort()

    def _fail(self, why: str) -> None:
        if not self._live.done():
            self._live.set_exception(BenchmarkBroken(f"A socket could not be opened: {why}."))

    def _read_frames(self, data: bytes, now: int) -> bytes:
        """Takes the whole frames (RFC 6455 section 5.2); what is left over."""
        at = 0
        while len(data) >= at + 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if len(data) < start + length:
                break
            self._take(data[at] & 15, data[start : start + length], now)
            at = start + length
        return data[at:]

    def _take(self, opcode: int, payload: bytes, now: int) -> None:
        stamp = payload.find(_STAMP)
        if stamp >= 0:
            sent = int(payload[stamp + len(_STAMP) : stamp + len(_STAMP) + _DIGITS])
            self._crowd.latencies.append((now - sent) / 1e6)
            self._crowd.deliveries += 1
        elif opcode == 9:
            self._transport.write(_frame(10, payload))
        elif b'"caught_up"' in payload and not self._live.done():
            self._live.set_result(None)


async def open_crowd(
    port: int, token: str, channel: str, count: int, opened: Callable[[], None]
) -> Crowd:
    """Sockets that are live on a channel; ``opened`` is called for each."""
    crowd, upgrade = Crowd(), _upgrade(token)
    connect = _frame(1, json.dumps({"type": "connect", "channels": [channel]}).encode())
    gate = asyncio.Semaphore(_AT_ONCE)

    async def open_one() -> None:
        async with gate, asyncio.timeout(PATIENCE):
            live = asyncio.get_running_loop().create_future()
            _, reader = await asyncio.get_running_loop().create_connection(
                lambda: Reader(crowd, upgrade, connect, live), HOST, port
            )
            crowd.readers.append(reader)
            await live
        opened()

    try:
        await asyncio.gather(*(open_one() for _ in range(count)))
    except (OSError, TimeoutError) as error:
        raise BenchmarkBroken(
            f"A socket could not be opened: {str(error) or 'no answer'}."
        ) from error
    return crowd


def _upgrade(token: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


def _frame(opcode: int, payload: bytes) -> bytes:
    """A short client frame; masked with zeros, which changes nothing (section 5.3)."""
    return bytes((0x80 | opcode, 0x80 | len(payload))) + bytes(4) + payload


class Client:
    """One keep-alive HTTP connection."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._port = port
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object) -> Any:
        """The JSON of a 201; anything else raises BenchmarkBroken."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._post(path, json.dumps(body).encode())
        except (OSError, EOFError, TimeoutError) as error:
            raise BenchmarkBroken(f"POST {path} got no answer: {error!r}.") from error

    async def publish(self) -> float:
        """Milliseconds from sending a post to its acknowledgement."""
        start = time.monotonic_ns()
        await self.post("/api/posts", {"title": "Benchmark", "text": stamped_text()})
        return (time.monotonic_ns() - start) / 1e6

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()

    async def _post(self, path: str, body: bytes) -> Any:
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        authorization = f"Authorization: Bearer {self._token}\r\n" if self._token else ""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
            f"{authorization}Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        content = await reader.readexactly(length)
        if not answer.startswith("http/1.1 201"):
            raise BenchmarkBroken(f"POST {path} was answered with {answer[9:12]}: {content!r}")
        return json.loads(content)

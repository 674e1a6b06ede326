"""WebSockets by hand: bytes on a TCP connection, right or wrong as a test wants them."""

import asyncio
import json
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Protocol

from tests.gateway.live import PATIENCE
from tests.processes import Person, ServerProcess

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 section 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class Listening(Protocol):
    """A server that is on a loopback port."""

    @property
    def port(self) -> int: ...


class Answer(NamedTuple):
    """The head of an HTTP response."""

    status: int
    headers: dict[str, str]


class Frame(NamedTuple):
    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        assert self.opcode == CLOSE
        return int.from_bytes(self.payload[:2], "big")


def request(method: str = "GET", target: str = "/ws", **changes: str | None) -> bytes:
    """The request of an upgrade; a header that is changed to None is left out."""
    headers: dict[str, str | None] = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode()


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: bytes | None = None,
) -> bytes:
    """A frame as a client sends it; ``length`` replaces the bytes that say its length."""
    size = len(payload)
    if length is None:
        if size < 126:
            length = bytes([size])
        elif size < 2**16:
            length = b"\x7e" + struct.pack("!H", size)
        else:
            length = b"\x7f" + struct.pack("!Q", size)
    head = bytes([fin << 7 | reserved << 4 | opcode, masked << 7 | length[0]]) + length[1:]
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + masked_with(mask, payload)


def masked_with(mask: bytes, payload: bytes) -> bytes:
    """The payload, each byte with the next of the mask's (RFC 6455 section 5.3)."""
    size = len(payload)
    stream = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(stream)).to_bytes(size)


def message(**fields: Any) -> bytes:
    """A protocol message in a frame."""
    return frame(TEXT, json.dumps(fields).encode())


class RawSocket:
    """A TCP connection to a server, before and after the upgrade."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> Answer:
        """The head of the next HTTP response."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        status, *lines = head.decode("latin-1").strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return Answer(int(status.split()[1]), {name.lower(): value for name, value in pairs})

    async def body(self, answer: Answer) -> bytes:
        size = int(answer.headers["content-length"])
        return await asyncio.wait_for(self.reader.readexactly(size), PATIENCE)

    async def frame(self) -> Frame:
        """The next frame from the server, which never masks and never fragments."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return Frame(first & 0x0F, await self.reader.readexactly(size))

    async def message(self) -> dict[str, Any]:
        """The next protocol message."""
        opcode, payload = await self.frame()
        assert opcode == TEXT, payload
        decoded: dict[str, Any] = json.loads(payload)
        return decoded

    async def ended(self) -> bytes:
        """What comes until the server ends the connection, one way or the other."""
        try:
            return await asyncio.wait_for(self.reader.read(), PATIENCE)
        except ConnectionError:
            return b""


@asynccontextmanager
async def raw(server: Listening, receive_buffer: int = 0) -> AsyncIterator[RawSocket]:
    """A TCP connection for the time of a block, with a small receive buffer if one is named."""
    endpoint = socket.socket()
    if receive_buffer:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    endpoint.setblocking(False)
    await asyncio.get_running_loop().sock_connect(endpoint, ("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=endpoint, limit=2**16)
    try:
        yield RawSocket(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def raw_live(
    server: ServerProcess, person: Person, *channels: str, receive_buffer: int = 0
) -> AsyncIterator[RawSocket]:
    """A connection after ``connect``, live."""
    async with raw(server, receive_buffer) as connection:
        connection.send(request(Authorization=f"Bearer {person.token}"))
        assert (await connection.head()).status == 101
        connection.send(message(type="connect", channels=list(channels)))
        assert (await connection.message())["type"] == "connected"
        assert (await connection.message())["type"] == "caught_up"
        yield connection

"""What a WebSocket does once it has said goodbye, on a transport that keeps what it is given."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from unittest.mock import Mock

from feedline.gateway.websocket import WebSocket, WebSocketGateway
from feedline.wire.frames import close_frame, text_frame
from tests.gateway.raw import PING, frame, request


class Kept(asyncio.Transport):
    """A transport over a real socket, which writes down what it is to write."""

    def __init__(self, endpoint: socket.socket) -> None:
        super().__init__({"socket": endpoint, "peername": ("127.0.0.1", 1)})
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def write_eof(self) -> None:
        self.written.append(b"EOF")

    def abort(self) -> None: ...
    def close(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[WebSocket, Kept, socket.socket]]:
    """A WebSocket after its handshake; its transport; and the peer's end of its socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        gateway = WebSocketGateway(
            connect=lambda _: cast("Any", Mock()),
            authenticator=Mock(),
            allowed_origins=(),
            message_limit=100,
            backlog_limit=0,
            watcher=None,
            trusts=lambda _: False,
        )
        one, transport = WebSocket(gateway, Mock()), Kept(ours)
        one.connection_made(transport)
        one.data_received(request())
        transport.written.clear()
        yield one, transport, theirs
        one.connection_lost(None)


async def test_a_close_frame_is_the_last_that_is_sent() -> None:
    async with opened() as (one, transport, theirs):
        one.send(b"before")
        one.close(1000, "")
        one.send(b"after")
        one.send_many([b"after"])
        one.ping()
        one.data_received(frame(PING, b"after"))
        assert theirs.recv(1000) == text_frame(b"before")
        assert transport.written == [close_frame(1000, "")]


async def test_nothing_is_written_after_a_broken_frame_and_the_end_comes_at_once() -> None:
    async with opened() as (one, transport, _):
        connection = cast("Mock", one.connection)
        connection.close.side_effect = one.close
        one.data_received(b"\x81\x00" + frame(PING))
        one.send(b"after")
        assert transport.written == [close_frame(1002, "A client must mask what it sends."), b"EOF"]


async def test_of_thousands_of_frames_in_one_read_some_are_heard_at_a_time() -> None:
    async with opened() as (one, _, _theirs):
        heard = cast("Mock", one.connection).heard
        one.data_received(frame(0xA) * 250)
        assert heard.call_count == 100
        await asyncio.sleep(0)
        assert heard.call_count == 200
        await asyncio.sleep(0)
        assert heard.call_count == 250

"""Feedline as it is served, except that its WebSockets send back what they get.

This is what a test suite for RFC 6455 wants of a server. Port, HTTP, handshake and frames are
those of production; only the connection behind the frames is another, and messages have no limit.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

import uvloop

from feedline.app import running
from feedline.config import Settings
from feedline.errors import CloseCode
from feedline.feed.people import Identity
from feedline.gateway.websocket import WebSocket, WebSocketGateway
from feedline.hub.connection import Connection
from feedline.server import Server, _address, _configure, _listen
from feedline.wire.frames import Opcode, frame

START_SECONDS = 60.0
STOP_SECONDS = 30.0


class EchoConnection:
    """Stands where a connection to the hub stands."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    def receive(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._socket.send(message.encode())
        else:
            self._socket.write(frame(Opcode.BINARY, message))

    def close(self, code: CloseCode, reason: str) -> None:
        self._socket.close(code, reason)

    def authenticate(self, identity: Awaitable[Identity], *, must: bool) -> None:
        raise AssertionError("nobody signs in here")

    def unnamed(self) -> None: ...

    def heard(self) -> None: ...

    def fragment(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def lost(self, code: int | None = None) -> None: ...


def _connect(socket: WebSocket) -> Connection:
    return cast("Connection", EchoConnection(socket))


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM; the address is the one line that is printed."""
    async with running(settings) as feedline:
        assert isinstance(feedline.gateway, WebSocketGateway)
        feedline.gateway = replace(feedline.gateway, connect=_connect)
        with _listen(settings.host, settings.port) as listener:
            server = Server(feedline, _configure(feedline))
            with server.heeding_signals():
                print(_address(listener), flush=True)  # noqa: T201
                await server.serve(sockets=[listener])


class Echo(NamedTuple):
    """An echo server that is running."""

    pid: int
    port: int
    log: list[str]


@asynccontextmanager
async def echoing(data: Path, *, message_limit: int = 0) -> AsyncIterator[Echo]:
    """An echo server in a process of its own, for the time of a block."""
    process = await asyncio.create_subprocess_exec(
        *_command(data, message_limit),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TERM": "dumb"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    log: list[str] = []
    reader = asyncio.create_task(_read(process.stderr, log))
    try:
        address = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        assert address, "the echo server did not start"
        yield Echo(process.pid, int(address.decode().rpartition(":")[2]), log)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
        await reader


def _command(data: Path, message_limit: int) -> Sequence[str]:
    return (sys.executable, "-m", "tests.conformance.echo", str(data), str(message_limit))


async def _read(stream: asyncio.StreamReader, log: list[str]) -> None:
    while line := await stream.readline():
        log.append(line.decode())


if __name__ == "__main__":
    data_, message_limit_ = sys.argv[1:]
    settings_ = Settings(data=Path(data_), port=0, message_limit=int(message_limit_))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings_))

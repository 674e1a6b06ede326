"""Server-sent events: a session whose messages go out as one long answer to a GET request."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
from starlette.types import Receive, Scope, Send

from feedline.errors import (
    CloseCode,
    OtherTransport,
    RateLimited,
    RealtimeOff,
    Refusal,
    Unauthenticated,
    Unavailable,
)
from feedline.feed.experiments import Transport
from feedline.feed.joining import refusal_for
from feedline.feed.visibility import Viewer
from feedline.gateway.entrance import Entrance, address_of, hung_up, refuse
from feedline.gateway.http import TRANSPORT
from feedline.hub.connection import Connection
from feedline.hub.lanes import Framing
from feedline.wire.answers import Header, typed_headers
from feedline.wire.encoded import EncodedEvent
from feedline.wire.messages import Connect, Connected
from feedline.wire.requests import StreamQuery
from feedline.wire.sse import COMMENT, close_frame, event_frame, retry_line

GOODBYE_SECONDS = 2.0  # for the client to take what waits after the end before it is cut off
_RESUME_AT = 16 * 1024  # bytes still waiting at which a slow reader counts as drained
_KERNEL_BYTES = 64 * 1024  # asked for; Linux takes twice as much, its bookkeeping included
_CROWDED_SECONDS = 10  # to wait before one may ask again if there are too many
_RETRY = (1_000, 4_000)  # milliseconds; after a restart not everybody comes back at once

_HEADERS: tuple[Header, ...] = (
    *typed_headers(b"text/event-stream"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events until a buffer is full
    (b"connection", b"close"),  # after the stream nothing follows
)
# A ticket is all that a page of another origin needs; no cookie is involved.
_FOR_TICKETS: tuple[Header, ...] = ((b"access-control-allow-origin", b"*"),)


class EventStreams:
    """The ASGI application of ``GET /api/stream``."""

    def __init__(
        self,
        entrance: Entrance,
        connect: Callable[["EventStream"], Connection],
        *,
        backlog_limit: int,
        comment_seconds: float,
        silence_seconds: float,
    ) -> None:
        self._entrance = entrance
        self._connect = connect
        self._backlog_limit = backlog_limit
        self._comment_seconds = comment_seconds
        self._silence_seconds = silence_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._opened(scope, receive) as (stream, query):
                await stream.granted()
                headers = [*_HEADERS, *(_FOR_TICKETS if query.ticket else ())]
                stream.bound_kernel(self._silence_seconds)
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await stream.pump(send)
        except Refusal as refusal:  # none comes after the stream has begun
            await refuse(send, refusal)

    @asynccontextmanager
    async def _opened(
        self, scope: Scope, receive: Receive
    ) -> AsyncIterator[tuple["EventStream", StreamQuery]]:
        """A stream whose session was told to connect, for the time of the request."""
        identity, query = await self._entrance.admit(scope, StreamQuery)
        transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        stream = EventStream(
            transport,
            address_of(scope),
            backlog_limit=self._backlog_limit,
            comment_seconds=self._comment_seconds,
        )
        stream.connection = self._connect(stream)
        hangup = asyncio.create_task(hung_up(receive))
        hangup.add_done_callback(lambda _: stream.hang_up())
        try:
            stream.connection.identify(identity)
            stream.connection.receive(_connect_message(scope, query))
            yield stream, query
        finally:
            hangup.cancel()
            stream.connection.lost()


class EventStreamFraming:
    """Events as server-sent ones; several are simply one after the other."""

    transport = "sse"

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        body = event.body_for(viewer)
        return b"" if body is None else event_frame(body)

    def joined(self, frames: Sequence[bytes]) -> bytes:
        return b"".join(frames)


FRAMING = EventStreamFraming()


class EventStream:
    """The socket of a session that only speaks: keeps what the client has not taken yet."""

    connection: Connection
    transport: Transport = "sse"

    def __init__(
        self,
        transport: asyncio.Transport,
        address: str,
        *,
        backlog_limit: int,
        comment_seconds: float,
    ) -> None:
        self.address = address
        self.framing: Framing = FRAMING
        self._transport = transport
        # The rest of the backlog's room is for the write that crosses the mark.
        self._mark = max((backlog_limit or 2**31) // 2, 4 * _RESUME_AT)
        self._comment_seconds = comment_seconds or None
        self._first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._queue: list[bytes] = []
        self._queued = 0  # bytes in the queue, or taken from it and not yet with the transport
        self._something = asyncio.Event()
        self._full = False
        self._closing = False
        self._gone = False

    # ---- from the connection

    def send(self, body: bytes) -> None:
        frame = event_frame(body)
        if not self._first.done():
            self._first.set_result(body)
            frame = retry_line(random.randint(*_RETRY)) + frame  # noqa: S311 - no secret
        self.write(frame)

    def write(self, frames: bytes) -> None:
        if self._closing:
            return
        self._put(frames)
        if not self._full and self.backlog() > self._mark:
            self._full = True
            self.connection.pause()

    def keep(self, frames: bytes, taken: int) -> None:
        """``write`` takes everything."""

    def send_many(self, bodies: list[bytes]) -> None:
        self.write(b"".join(map(event_frame, bodies)))

    def ping(self) -> None:
        """A client can't answer; but TCP gives up on one that takes nothing, not even comments."""
        self.connection.heard()

    def close(self, code: int, reason: str) -> None:
        if self._closing:
            return
        if self._first.done():
            self._put(close_frame(code, reason))
            asyncio.get_running_loop().call_later(GOODBYE_SECONDS, self._transport.abort)
        else:
            self._first.set_exception(_refusal(code))
        self._closing = True

    def backlog(self) -> int:
        return self._queued + self._transport.get_write_buffer_size()

    def _put(self, data: bytes) -> None:
        self._queue.append(data)
        self._queued += len(data)
        self._something.set()

    # ---- from the request

    def hang_up(self) -> None:
        """The client is gone."""
        self._gone = True
        self._something.set()
        if not self._first.done():
            self._first.set_exception(Unavailable("The client is gone."))

    async def granted(self) -> None:
        """Waits until the session has connected.

        Raises Forbidden or NotFound if a channel was refused, Unauthenticated or Unavailable if
        the session was closed instead.
        """
        connected = msgspec.json.decode(await self._first, type=Connected)
        for verdict in connected.channels:
            if verdict.code is not None:
                raise refusal_for(verdict.channel, verdict.code)

    def bound_kernel(self, silence_seconds: float) -> None:
        """Keeps the kernel from holding much for a slow reader, or anything for a dead one."""
        self._transport.set_write_buffer_limits(high=self._mark // 2, low=_RESUME_AT)
        kernel = self._transport.get_extra_info("socket")
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)
        milliseconds = int(silence_seconds * 1000)
        kernel.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)  # RFC 5482

    async def pump(self, send: Send) -> None:
        """Hands on what waits, as fast as the client takes it, until one of the two ends it."""
        while not (self._gone or (self._closing and not self._queue)):
            await self._wait()
            await self._flush(send)
        await _write(send, b"", more=False)

    async def _wait(self) -> None:
        """Waits for something to send; after some silence that is a comment."""
        try:
            async with asyncio.timeout(self._comment_seconds):
                await self._something.wait()
        except TimeoutError:
            self._put(COMMENT)
        self._something.clear()

    async def _flush(self, send: Send) -> None:
        data = b"".join(self._queue)
        self._queue.clear()
        await _write(send, data)
        self._queued -= len(data)
        await _write(send, b"")  # returns when the transport has room again
        if self._full and not self._queue:
            self._full = False
            self.connection.resume()


async def _write(send: Send, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


def _connect_message(scope: Scope, query: StreamQuery) -> str:
    """What a client of a WebSocket would say first. ``Last-Event-ID`` is newer than the address."""
    last = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    cursor = last or query.cursor or None
    return msgspec.json.encode(Connect(channels=query.names, cursor=cursor)).decode()


def _refusal(code: int) -> Refusal:
    """What a request is answered with if its session is closed before the stream begins."""
    if code == CloseCode.SESSION_ENDED:
        return Unauthenticated("This sign-in has ended. Sign in again.")
    if code == CloseCode.TOO_MANY_CONNECTIONS:
        return RateLimited(_CROWDED_SECONDS, "connections")
    if code == CloseCode.REALTIME_OFF:
        return RealtimeOff()
    if code == CloseCode.OTHER_TRANSPORT:
        return OtherTransport()
    return Unavailable("The stream can't be opened now.")

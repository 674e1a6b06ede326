"""HTTP/1.1 as uvicorn speaks it, with bounds on what it leaves open: heads, time, pipelines."""

import asyncio
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 32 * 1024  # bytes of a request's line and headers; of what is between or after chunks
REQUEST_SECONDS = 30.0  # from a request's first byte, or a connection's opening, to its last
REQUEST_BYTES = 256 * 1024  # of a body, for which an upload gets as much time again
PIPELINE_LIMIT = 32  # requests that wait for the answers before theirs; each takes some 7 KiB
TRANSPORT = "feedline.transport"
"""The extension of an ASGI scope that holds the connection's transport (ASGI 3.0, extensions)."""


class AnswerTransport:
    """The transport of one answer: its head waits for the body, to go with it in one write.

    uvicorn writes them one after the other, and each write costs a system call, a packet, and
    waking the peer: a fifth of what a small request costs. A head that no body follows at once,
    as that of a stream, goes by itself.
    """

    __slots__ = ("_begun", "_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._begun = False
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        if not self._begun:
            self._begun = True
            self._head = data
            self._loop.call_soon(self._flush)
        elif self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head + data)
        else:
            self._transport.write(data)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head is not None:
            self.write(b"")


class BoundedHttpProtocol(HttpToolsProtocol):
    """Cuts off requests whose head grows too large, or that do not arrive whole in time."""

    _head_bytes = 0
    _body_bytes = 0  # since the deadline was set
    _arriving = True
    _deadline: asyncio.TimerHandle | None = None
    _answering: Any = None  # the request that is being answered, or was last
    _receiving: Any = None  # the request whose body is arriving

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._keep_deadline()

    def data_received(self, data: bytes) -> None:
        if self._arriving:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._arriving and self._head_bytes > HEAD_LIMIT:
            self.send_400_response("The head of the request is too large.")
        self._keep_deadline()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= PIPELINE_LIMIT:
            raise HttpParserError("Too many requests at once.")
        self._arriving = True
        self._receiving = None
        self._head_bytes = 0
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._receiving = self.cycle
        if self.cycle is not None and self.cycle.transport is self.transport:  # no upgrade
            self.cycle.transport = AnswerTransport(self.transport, self.loop)  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._head_bytes = 0  # trailers look like a head, and are bounded like one
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._arriving = False
        self._receiving = None
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arriving = False
        self._keep_deadline()
        self._stop_answering()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._arriving = False
        self._keep_deadline()
        if self._is_answering() or self.flow.write_paused:
            # Or the answer would come in the middle of the frames; and of a socket that is full
            # from before, nobody would be told when it is full again.
            self._cut()
        elif self.scope["http_version"] != "1.1":
            self.send_400_response("A WebSocket needs HTTP/1.1.")  # RFC 6455 section 4.2.1
        else:
            super().handle_websocket_upgrade()
            del self.parser  # which points back here: the two would stay until a collection

    def send_400_response(self, msg: str) -> None:
        answering = self._answering
        if self._is_answering() and (
            answering is not self._receiving or answering.response_started
        ):
            self._cut()  # or this would be taken for the answer to another request
        else:
            self._stop_answering()
            super().send_400_response(msg)

    def end_with_this_answer(self) -> None:
        """The answer to what was asked last is the last one, if that can still be said in it."""
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _stop_answering(self) -> None:
        """Nobody is there for the answer. uvicorn says so to the newest request only."""
        if self._is_answering():
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _cut(self) -> None:
        self._stop_answering()
        self.transport.abort()

    def _end_time(self) -> None:
        """The time is up, but for a large body that makes its way."""
        self._deadline = None
        if self._body_bytes < REQUEST_BYTES:
            self.transport.abort()
        self._keep_deadline()

    def _keep_deadline(self) -> None:
        """Has a timer exactly while a request is arriving; most arrive whole and need none."""
        if self._arriving and self._deadline is None and not self.transport.is_closing():
            self._body_bytes = 0
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._end_time)
        elif not self._arriving and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

"""WebSocket: frames on uvicorn's port, pumping messages to a connection."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from uvicorn.server import ServerState

from feedline.errors import CloseCode, ProtocolViolation
from feedline.feed.experiments import Transport
from feedline.feed.people import Identity
from feedline.feed.visibility import Viewer
from feedline.gateway.entrance import Authenticator
from feedline.gateway.upgrade import NoUpgrade, Upgrade, acceptance, read_upgrade
from feedline.hub.connection import Connection
from feedline.hub.watcher import Watcher
from feedline.wire.credentials import bearer_token
from feedline.wire.encoded import EncodedEvent
from feedline.wire.frames import (
    Frame,
    FrameReader,
    MessageAssembler,
    Opcode,
    check_close,
    close_frame,
    frame,
    text_frame,
)
from feedline.wire.request_id import given_in, request_id, within

GOODBYE_SECONDS = 2.0  # for the peer to answer a close frame before the socket is cut
_RESUME_AT = 16 * 1024  # bytes still waiting at which a slow reader counts as drained
_HEARD_AT_ONCE = 100  # frames, before everything else gets its turn
_KERNEL_BYTES = 64 * 1024  # asked for; Linux takes twice as much, its bookkeeping included

access = logging.getLogger("feedline.connections")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketGateway:
    """What every WebSocket needs; as a callable, uvicorn's ``ws`` setting."""

    connect: Callable[["WebSocket"], Connection]
    authenticator: Authenticator
    allowed_origins: tuple[str, ...]
    message_limit: int
    backlog_limit: int
    watcher: Watcher | None
    trusts: Callable[[str], bool]
    """Whether a peer is a proxy whose id of a request is taken."""

    def __call__(self, *, server_state: ServerState, **_: Any) -> "WebSocket":
        return WebSocket(self, server_state)


class WebSocketFraming:
    """Events as WebSocket text frames; several are simply one after the other."""

    transport = "ws"

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        return event.frame_for(viewer)

    def joined(self, frames: Sequence[bytes]) -> bytes:
        return frames[0] if len(frames) == 1 else b"".join(frames)


FRAMING = WebSocketFraming()


class WebSocket(asyncio.Protocol):
    """One WebSocket: frames in, messages out.

    Takes over a connection for which uvicorn has read the request of an upgrade.
    """

    __slots__ = (
        "_closing",
        "_deaf",
        "_full",
        "_gateway",
        "_kernel",
        "_messages",
        "_reader",
        "_server_state",
        "_transport",
        "_unanswered",
        "_unheard",
        "address",
        "connection",
    )

    connection: Connection
    address: str
    _transport: asyncio.Transport

    def __init__(self, gateway: WebSocketGateway, server_state: ServerState) -> None:
        self._gateway = gateway
        self._server_state = server_state
        self._reader = FrameReader(gateway.message_limit)
        self._messages = MessageAssembler(gateway.message_limit)
        self._kernel: socket.socket | None = None  # until it is open
        self._closing = False
        self._full = False
        self._unanswered: bytes | None = None  # the last ping that came while it was full
        self._unheard = False  # whether frames were read whose turn comes later
        self._deaf = False  # what the peer sends is not read any more

    # ---- from uvicorn

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.address = str((transport.get_extra_info("peername") or ("",))[0])

    def shutdown(self) -> None:
        """uvicorn is about to stop."""
        self.connection.close(CloseCode.RESTART, "restart")

    # ---- from the event loop

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._kernel is None:
            self._upgrade(data)
        else:
            self._hear_some(self._reader.read(data))

    def connection_lost(self, _: Exception | None) -> None:
        self._server_state.connections.discard(self)
        if self._kernel is not None:
            self._closing = self._deaf = True
            self._kernel.detach()
            self.connection.lost()
            del self.connection  # which points back here: both would stay until a collection

    def pause_writing(self) -> None:
        # Who takes nothing is not listened to: answers would only add to what waits.
        self._full = True
        self._transport.pause_reading()
        self.connection.pause()

    def resume_writing(self) -> None:
        self._full = False
        if not self._unheard:
            self._transport.resume_reading()
        payload, self._unanswered = self._unanswered, None
        if payload is not None and not self._closing:
            self._answer(payload)
        self.connection.resume()

    # ---- the handshake

    def _upgrade(self, head: bytes) -> None:
        """The request of the upgrade is here, whole, as uvicorn hands it over."""
        request = self._name(head)
        watcher = self._gateway.watcher
        if watcher is not None:
            watcher.begun(request, head)
        try:
            upgrade = read_upgrade(head, self._gateway.allowed_origins)
        except NoUpgrade as refusal:
            fields = {"request": request, "code": refusal.code}
            access.info("upgrade refused", extra={"fields": fields})
            if watcher is not None:
                watcher.refused(request, refusal.status)
            self._deaf = True
            self._transport.write(refusal.response(request))
            self._transport.close()
            return
        self._transport.write(acceptance(upgrade.key, request))
        self._open(request)
        self._authenticate(upgrade)

    def _name(self, head: bytes) -> str:
        given = given_in(head)
        return request_id(given if given and self._gateway.trusts(self.address) else None)

    def _open(self, request: str) -> None:
        kernel = self._transport.get_extra_info("socket")
        # Else the kernel takes megabytes for a reader that lags, outside of every bound of ours.
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)
        # The rest of the backlog's room is for the message that crosses the mark.
        high = max((self._gateway.backlog_limit or 2**31) // 2, 2 * _RESUME_AT)
        self._transport.set_write_buffer_limits(high=high, low=_RESUME_AT)
        with within(request):
            self.connection = self._gateway.connect(self)
        # Ours until connection_lost; uvloop closes it. os.write() would cost some percent more.
        self._kernel = socket.socket(kernel.family, kernel.type, kernel.proto, kernel.fileno())
        self._server_state.connections.add(self)  # type: ignore[arg-type]

    # ---- from the connection

    @property
    def transport(self) -> Transport:
        return "ws"

    @property
    def framing(self) -> WebSocketFraming:
        return FRAMING

    def send(self, body: bytes) -> None:
        self.write(text_frame(body))

    def send_many(self, bodies: list[bytes]) -> None:
        self.write(b"".join(map(text_frame, bodies)))

    def ping(self) -> None:
        self.write(frame(Opcode.PING, b""))

    def write(self, frames: bytes) -> None:
        """Hands frames to the kernel if nothing waits before them, the rest to uvloop.

        Once uvloop holds nothing, fan-out writes to the kernel without asking: with thousands of
        sockets each object of theirs that is looked at misses the processor's caches, and three are
        fewer than seven.
        """
        if self._closing:
            return  # section 5.5.1: a close frame is the last that is sent
        taken = 0
        kernel = self._kernel
        if kernel is not None and not self.backlog():
            with contextlib.suppress(OSError):  # it is full, or the peer gone: uvloop finds out
                taken = kernel.send(frames)
            if taken == len(frames):
                self.connection.write = kernel.send
                return
        self.keep(frames, taken)

    def keep(self, frames: bytes, taken: int) -> None:
        # From now on uvloop may hold something that comes before what fan-out writes.
        self.connection.write = self.write
        # A view: slow readers who are sent the same bytes keep them only once.
        self._transport.write(memoryview(frames)[taken:])

    def close(self, code: int, reason: str) -> None:
        """Nothing more is sent. A peer that does not take what waits, or hangs up, is cut."""
        if self._closing:
            return
        self._closing = True
        self._transport.write(close_frame(code, reason))
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, self._transport.abort)

    def backlog(self) -> int:
        return self._transport.get_write_buffer_size()

    # ---- frames

    def _hear_some(self, frames: Iterator[Frame]) -> None:
        """Hears frames, but not thousands at once: one read may hold 40,000 pings."""
        try:
            for received in islice(frames, _HEARD_AT_ONCE):
                self._hear(received)
                if self._deaf:
                    return
            following = next(frames, None)
        except ProtocolViolation as violation:
            self._deaf = True  # what comes makes no sense from here on, not even a goodbye
            self.connection.close(violation.close_code, str(violation))
            self._transport.write_eof()  # not close(): a reset might overtake our close frame
            return
        if following is not None:
            self._unheard = True
            self._transport.pause_reading()
            loop = asyncio.get_running_loop()
            loop.call_soon(self._hear_more, chain((following,), frames))

    def _hear_more(self, frames: Iterator[Frame]) -> None:
        """Everything else had its turn."""
        self._unheard = False
        if self._deaf:
            return
        if not self._full:
            self._transport.resume_reading()
        self._hear_some(frames)

    def _hear(self, received: Frame) -> None:
        self.connection.heard()
        try:
            if received.opcode == Opcode.CLOSE:
                self._goodbye(check_close(received.payload))
            elif not self._closing:  # section 1.4: what comes after our close frame is not read
                self._take(received)
        except ProtocolViolation as violation:
            self.connection.close(violation.close_code, str(violation))
            if received.opcode == Opcode.CLOSE:
                self._hang_up()  # a peer that has said goodbye does not answer ours

    def _take(self, received: Frame) -> None:
        opcode, payload, fin = received
        if opcode == Opcode.PING:
            self._answer(payload)
        elif opcode != Opcode.PONG:
            message = self._messages.add(opcode, payload, fin=fin)
            if message is not None:
                self.connection.receive(message)
            elif not fin:
                self.connection.fragment()

    def _answer(self, ping: bytes) -> None:
        """Of pings that came while the socket was full the last one is answered (5.5.3)."""
        if self._full:
            self._unanswered = ping
        else:
            self.write(frame(Opcode.PONG, ping))

    def _goodbye(self, code: int | None) -> None:
        """Answers a close frame with the same code and ends the connection (section 5.5.1)."""
        if not self._closing:
            self.close(code or CloseCode.NORMAL, "")
            # From here on nothing may be sent, however long the end takes.
            self.connection.lost(code)
        self._hang_up()

    def _hang_up(self) -> None:
        """Both have said goodbye: the server ends the connection (section 7.1.1)."""
        self._deaf = True
        self._transport.close()

    # ---- credentials

    def _authenticate(self, upgrade: Upgrade) -> None:
        """Begins to look up the credentials of the upgrade: header, ticket or cookie."""
        authenticator = self._gateway.authenticator
        if upgrade.authorization is not None:
            self.connection.authenticate(self._by_header(upgrade.authorization), must=True)
        elif upgrade.ticket is not None:
            identity = authenticator.authenticate_ticket(upgrade.ticket)
            self.connection.authenticate(identity, must=True)
        elif upgrade.cookie is not None:
            # A stale cookie is no credential: a token may still come in the first message.
            identity = authenticator.authenticate_token(upgrade.cookie)
            self.connection.authenticate(identity, must=False)
        elif not self._gateway.trusts(self.address):  # a proxy's address is that of many
            self.connection.unnamed()

    async def _by_header(self, authorization: bytes) -> Identity:
        return await self._gateway.authenticator.authenticate_token(bearer_token(authorization))

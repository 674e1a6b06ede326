"""WebSocket: picows' frame parser on uvicorn's port, pumping messages to a connection."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from picows import (
    WSAutoPingStrategy,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]
from uvicorn.server import ServerState

from feedline.errors import CloseCode, ProtocolViolation
from feedline.feed.experiments import Transport
from feedline.feed.people import Identity
from feedline.feed.visibility import Viewer
from feedline.gateway.entrance import Authenticator
from feedline.gateway.upgrade import NoUpgrade, Upgrade, plain_request, read_upgrade
from feedline.hub.connection import Connection
from feedline.hub.watcher import Watcher
from feedline.wire.credentials import bearer_token
from feedline.wire.encoded import EncodedEvent
from feedline.wire.frames import (
    FrameCutter,
    MessageAssembler,
    Opcode,
    check_close,
    check_reserved,
    text_frame,
)
from feedline.wire.request_id import HEADER, given_in, request_id, within

GOODBYE_SECONDS = 2.0  # for the peer to answer a close frame before the socket is cut
_RESUME_AT = 16 * 1024  # bytes still waiting at which a slow reader counts as drained
_KERNEL_BYTES = 64 * 1024  # asked for; Linux takes twice as much, its bookkeeping included
_COPIED = 8 * 1024  # longest message that picows copies together with its header
_HEADER_ROOM = 14  # bytes that picows wants before a message to put a header there

access = logging.getLogger("feedline.connections")

# A peer that breaks the protocol is no fault of ours; what matters of it is in the close code.
_frame_logger = logging.getLogger("feedline.gateway.frames")
_frame_logger.setLevel(logging.CRITICAL)
# picows makes and keeps a logger for each connection of a plain Logger, not of an adapter.
_quiet = logging.LoggerAdapter(_frame_logger)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketGateway:
    """What every WebSocket needs; as a callable, uvicorn's ``ws`` setting."""

    connect: Callable[["WebSocketSocket"], Connection]
    authenticator: Authenticator
    allowed_origins: tuple[str, ...]
    message_limit: int
    backlog_limit: int
    watcher: Watcher | None
    trusts: Callable[[str], bool]
    """Whether a peer is a proxy whose id of a request is taken."""

    def __call__(self, *, server_state: ServerState, **_: Any) -> "UpgradedProtocol":
        return UpgradedProtocol(self, server_state)


class UpgradedProtocol(WSProtocol):  # type: ignore[misc]
    """Takes over a connection for which uvicorn has read the request of an upgrade."""

    __slots__ = ("_frames", "_gateway", "_request", "_server_state", "_socket", "_upgrade")

    def __init__(self, gateway: WebSocketGateway, server_state: ServerState) -> None:
        super().__init__(
            None,  # host_port
            None,  # ws_path
            False,  # is_client_side
            self._listen,
            _quiet,
            True,  # disconnect_on_exception
            None,  # websocket_handshake_timeout: the request is here already
            False,  # enable_auto_ping
            0,
            0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # enable_auto_pong: control frames are ours to check
            gateway.message_limit or 2**62,
            None,  # extra_headers
            0,  # read_buffer_init_size: the least it takes, which is 2,048
        )
        self._gateway = gateway
        self._server_state = server_state
        self._frames = FrameCutter()
        self._socket: WebSocketSocket | None = None
        self._upgrade: Upgrade | None = None
        self._request = ""

    def data_received(self, request: bytes) -> None:
        """The request of the upgrade, whole, as uvicorn hands it over."""
        self._server_state.connections.add(self)
        self._request = self._name(request)
        watcher = self._gateway.watcher
        if watcher is not None:
            watcher.begun(self._request, request)
        try:
            self._upgrade = read_upgrade(request, self._gateway.allowed_origins)
        except NoUpgrade as refusal:
            fields = {"request": self._request, "code": refusal.code}
            access.info("upgrade refused", extra={"fields": fields})
            if watcher is not None:
                watcher.refused(self._request, refusal.status)
            transport = self.transport.underlying_transport
            transport.write(refusal.response(self._request))
            transport.close()
            return
        plain = plain_request(self._upgrade.key)
        self.get_buffer(len(plain))[: len(plain)] = plain
        super().buffer_updated(len(plain))

    def _name(self, head: bytes) -> str:
        given = given_in(head)
        if given is not None:
            peer = self.transport.underlying_transport.get_extra_info("peername") or ("",)
            given = given if self._gateway.trusts(str(peer[0])) else None
        return request_id(given)

    def buffer_updated(self, size: int) -> None:
        """Hands picows one frame at a time; it reads one ahead of what it delivers."""
        if self._socket is None or self._socket.deaf:
            return
        pieces = self._frames.cut(bytes(self.get_buffer(size)[:size]))
        if len(pieces) == 1:
            super().buffer_updated(size)
        else:
            for piece in pieces:
                self._feed(piece)
        self._socket.notice_failure()

    def _feed(self, piece: bytes) -> None:
        while piece and self._socket is not None and not self._socket.deaf:
            room = self.get_buffer(len(piece))
            size = min(len(room), len(piece))
            room[:size] = piece[:size]
            super().buffer_updated(size)
            self._socket.notice_failure()
            piece = piece[size:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._server_state.connections.discard(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """uvicorn is about to stop."""
        if self._socket is None:
            self.transport.disconnect()
        else:
            self._socket.connection.close(CloseCode.RESTART, "restart")

    def _listen(self, _: object) -> WSUpgradeResponseWithListener:
        if self._upgrade is None:
            raise RuntimeError("A listener is made only after the upgrade was read.")
        upgrade, self._upgrade = self._upgrade, None  # whose token need not stay in memory
        self._socket = WebSocketSocket(self._gateway, upgrade, self._request)
        answer = WSUpgradeResponse.create_101_response({HEADER.decode(): self._request})
        return WSUpgradeResponseWithListener(answer, self._socket)


class WebSocketFraming:
    """Events as WebSocket text frames; several are simply one after the other."""

    transport = "ws"

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        return event.frame_for(viewer)

    def joined(self, frames: Sequence[bytes]) -> bytes:
        return frames[0] if len(frames) == 1 else b"".join(frames)


FRAMING = WebSocketFraming()


class WebSocketSocket(WSListener):
    """One WebSocket: frames in, messages out."""

    __slots__ = (
        "_closing",
        "_full",
        "_gateway",
        "_kernel",
        "_messages",
        "_queue",
        "_request",
        "_transport",
        "_underlying",
        "_upgrade",
        "_waiting",
        "address",
        "connection",
        "deaf",
    )

    connection: Connection
    address: str

    def __init__(self, gateway: WebSocketGateway, upgrade: Upgrade, request: str) -> None:
        self._request = request
        self._gateway = gateway
        self._upgrade: Upgrade | None = upgrade
        self._messages = MessageAssembler(gateway.message_limit)
        self._closing = False
        self._full = False
        self.deaf = False
        """Whether what the peer sends is not read any more."""

    # ---- from picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        del transport.request.headers, transport.response.headers  # a kilobyte that nobody reads
        self._underlying = transport.underlying_transport
        self.address = str((self._underlying.get_extra_info("peername") or ("",))[0])
        self._waiting = self._underlying.get_write_buffer_size
        self._queue = self._underlying.write
        kernel = self._underlying.get_extra_info("socket")
        # Else the kernel takes megabytes for a reader that lags, outside of every bound of ours.
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)
        # Ours until on_ws_disconnected; uvloop closes it. os.write() would cost some percent more.
        self._kernel = socket.socket(kernel.family, kernel.type, kernel.proto, kernel.fileno())
        # The rest of the backlog's room is for the message that crosses the mark.
        high = max((self._gateway.backlog_limit or 2**31) // 2, 2 * _RESUME_AT)
        self._underlying.set_write_buffer_limits(high=high, low=_RESUME_AT)
        with within(self._request):
            self.connection = self._gateway.connect(self)
        upgrade, self._upgrade = self._upgrade, None
        if upgrade is not None:
            self._authenticate(upgrade)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        try:
            self._take(transport, frame)
        except ProtocolViolation as violation:
            self.connection.close(violation.close_code, str(violation))
            if frame.msg_type == WSMsgType.CLOSE:
                self._hang_up()  # a peer that has said goodbye does not answer ours

    def on_ws_disconnected(self, _: WSTransport) -> None:
        self._closing = True
        self._kernel.detach()
        self.connection.lost()

    def pause_writing(self) -> None:
        # Who takes nothing is not listened to: answers would only add to what waits.
        self._full = True
        self._underlying.pause_reading()
        self.connection.pause()

    def resume_writing(self) -> None:
        self._full = False
        self._underlying.resume_reading()
        self.connection.resume()

    # ---- from the connection

    def send(self, body: bytes) -> None:
        self._write_in_turn()
        if len(body) <= _COPIED:
            self._transport.send(WSMsgType.TEXT, body)
        else:
            # Of a longer message picows' send() lets uvloop keep a view of the header, which the
            # next message overwrites while this one waits for a slow peer.
            framed = bytearray(_HEADER_ROOM) + body
            self._transport.send_reuse_external_bytearray(WSMsgType.TEXT, framed, _HEADER_ROOM)

    @property
    def transport(self) -> Transport:
        return "ws"

    @property
    def framing(self) -> "WebSocketFraming":
        return FRAMING

    def send_many(self, bodies: list[bytes]) -> None:
        self.write(b"".join(map(text_frame, bodies)))

    def ping(self) -> None:
        self._write_in_turn()
        self._transport.send_ping()

    def write(self, frames: bytes) -> None:
        """Hands frames to the kernel if nothing waits before them, the rest to uvloop.

        Once uvloop holds nothing, fan-out writes to the kernel without asking: with thousands of
        sockets each object of theirs that is looked at misses the processor's caches, and three are
        fewer than seven.
        """
        taken = 0
        if not self._waiting():
            with contextlib.suppress(OSError):  # it is full, or the peer gone: uvloop finds out
                taken = self._kernel.send(frames)
            if taken == len(frames):
                self.connection.write = self._kernel.send
                return
        self.keep(frames, taken)

    def keep(self, frames: bytes, taken: int) -> None:
        self._write_in_turn()
        # A view: slow readers who are sent the same bytes keep them only once.
        self._queue(memoryview(frames)[taken:])

    def _write_in_turn(self) -> None:
        """From now on uvloop may hold something that comes before what fan-out writes."""
        self.connection.write = self.write

    def close(self, code: int, reason: str) -> None:
        if not self._closing:
            self._transport.send_close(code, reason.encode())  # type: ignore[arg-type]
            self._end()

    def backlog(self) -> int:
        return self._underlying.get_write_buffer_size()

    # ---- frames

    def notice_failure(self) -> None:
        """Ends the connection if picows has given up on what the peer sends."""
        if self._transport.is_close_frame_sent and not self._closing:
            self.deaf = True
            self.connection.close(CloseCode.PROTOCOL_ERROR, "broken frame")

    def _take(self, transport: WSTransport, frame: WSFrame) -> None:
        self.connection.heard()
        check_reserved(frame.rsv1, frame.rsv2, frame.rsv3)
        opcode = int(frame.msg_type)  # type: ignore[call-overload]
        payload = frame.get_payload_as_bytes()
        if opcode == Opcode.CLOSE:
            self._goodbye(check_close(payload))
        elif self._closing:
            return  # section 1.4: what comes after our close frame is not read
        elif opcode == Opcode.PING:
            if not self._full:  # section 5.5.3: not every ping must have its pong
                self._write_in_turn()
                transport.send_pong(payload)
        elif opcode != Opcode.PONG:
            message = self._messages.add(opcode, payload, fin=bool(frame.fin))
            if message is not None:
                self.connection.receive(message)
            elif not frame.fin:
                self.connection.fragment()

    def _goodbye(self, code: int | None) -> None:
        """Answers a close frame with the same code and ends the connection (section 5.5.1)."""
        if not self._closing:
            self.close(code or CloseCode.NORMAL, "")
            # From here on nothing may be sent, however long the end takes.
            self.connection.lost(code)
        self._hang_up()

    def _hang_up(self) -> None:
        """Both have said goodbye: the server ends the connection (section 7.1.1)."""
        self.deaf = True
        self._transport.disconnect()

    def _end(self) -> None:
        """Nothing more is sent. A peer that does not take what waits, or hangs up, is cut."""
        self._closing = True
        loop = asyncio.get_running_loop()
        loop.call_later(GOODBYE_SECONDS, self._transport.disconnect, False)

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

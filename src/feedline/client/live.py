"""What happens, as it happens: a WebSocket that comes back by itself, where it was."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import msgspec
import websockets

from feedline.client.pauses import pause
from feedline.errors import CloseCode, Refused
from feedline.feed.events import SentEvent
from feedline.wire.messages import CaughtUp, Connect, Connected, Heartbeat, Resync

Told = SentEvent | Resync

_SILENCE = 60.0  # seconds until the server has said how long it is silent
_CROWDED = 10.0  # seconds before coming back to a server that had too much of us

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Connected | CaughtUp | Heartbeat | Resync | SentEvent)


class Live:
    """One connection after the other. ``cursor`` is the place up to which all was told."""

    def __init__(self, url: str, token: str, channels: Sequence[str], cursor: str | None) -> None:
        self._address = url.rstrip("/").replace("http", "ws", 1) + "/ws"
        self._headers = {"authorization": f"Bearer {token}"}
        self._channels = list(channels)
        self._failures = 0
        self.cursor = cursor

    async def told(self) -> AsyncGenerator[Told]:
        """Events in order, each once, for ever; and when some can't be told any more, that.

        Raises Refused when coming back is of no use.
        """
        while True:
            code = None
            try:
                async with websockets.connect(
                    self._address, additional_headers=self._headers, open_timeout=_SILENCE
                ) as socket:
                    async for message in self._read(socket):
                        yield message
            except websockets.ConnectionClosed as end:
                code = end.rcvd.code if end.rcvd else None
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass  # it can't be reached now
            await self._rest(code)

    async def _read(self, socket: websockets.ClientConnection) -> AsyncGenerator[Told]:
        hello = Connect(channels=self._channels, cursor=self.cursor)
        await socket.send(_encode(hello).decode())
        silence: float | None = _SILENCE
        while True:
            async with asyncio.timeout(silence):
                text = await socket.recv(decode=False)
            try:
                message = _decoder.decode(text)
            except msgspec.ValidationError:
                continue  # of a later version, which says more
            if isinstance(message, Connected):
                self._check(message)
                silence = 2 * message.heartbeat or None
                self.cursor = self.cursor or message.cursor
                continue
            self._failures = 0
            if not isinstance(message, CaughtUp | Heartbeat):
                yield message  # before the place: who is cut off here is told again
            self.cursor = message.cursor

    def _check(self, connected: Connected) -> None:
        for verdict in connected.channels:
            if not verdict.ok:
                raise Refused(403, verdict.code or "forbidden", f"No channel {verdict.channel}.")

    async def _rest(self, code: int | None) -> None:
        """Waits as long as the close code asks for (see the protocol)."""
        if code is not None and 4000 <= code <= 4007:
            raise Refused(401, "unauthenticated", "This token is not, or no longer, good here.")
        crowded = code is not None and CloseCode.TOO_MANY_MESSAGES <= code <= 4019
        await asyncio.sleep(pause(self._failures) + (_CROWDED if crowded else 0))
        self._failures += 1

"""Three ways to follow the same channels from a cursor on, as the protocol describes them."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import httpx
import msgspec
import websockets

from feedline.errors import VerificationBroken

_SILENCE = 40.0  # seconds; more than two comments of a stream
_POLL_SECONDS = 10
_POLL_SILENCE = 20.0
_PROBE_SECONDS = 5  # between pings, and for their answers: a half-open socket is found in ten
_OPENING = 10.0


class Content(msgspec.Struct):
    text: str = ""


class Post(msgspec.Struct):
    content: Content


class Channel(msgspec.Struct):
    channel: str
    ok: bool = True


class Message(msgspec.Struct):
    """What a verifier needs of a message or event."""

    type: str
    cursor: str | None = None
    post: Post | None = None
    channels: list[Channel] = []


class _Polled(msgspec.Struct):
    events: list[Message]
    cursor: str
    resync: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """What to follow, where, and for whom."""

    http: httpx.AsyncClient
    url: str
    token: str
    channels: list[str]
    cursor: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    @property
    def query(self) -> dict[str, str]:
        return {"channels": ",".join(self.channels), "cursor": self.cursor}


Transport = Callable[[Subscription], AsyncGenerator[Message]]
LOST = (OSError, TimeoutError, httpx.HTTPError, websockets.WebSocketException)
"""What the end of a connection looks like; the reader comes back with its cursor."""

_message = msgspec.json.Decoder(Message)
_polled = msgspec.json.Decoder(_Polled)


async def over_websocket(what: Subscription) -> AsyncGenerator[Message]:
    async with websockets.connect(
        what.url.replace("http", "ws", 1) + "/ws",
        additional_headers=what.headers,
        open_timeout=_OPENING,
        ping_interval=_PROBE_SECONDS,
        ping_timeout=_PROBE_SECONDS,
        close_timeout=1,
        max_queue=None,
    ) as socket:
        hello = {"type": "connect", "channels": what.channels, "cursor": what.cursor}
        await socket.send(msgspec.json.encode(hello).decode())
        async for text in socket:
            message = _message.decode(text)
            refused = [verdict.channel for verdict in message.channels if not verdict.ok]
            if refused:
                raise VerificationBroken(f"No reader may follow {refused[0]}.")
            yield message


async def over_stream(what: Subscription) -> AsyncGenerator[Message]:
    timeout = httpx.Timeout(_OPENING, read=_SILENCE)
    async with what.http.stream(
        "GET",
        f"{what.url}/api/stream",
        headers=what.headers,
        params=what.query,
        timeout=timeout,
    ) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                yield _message.decode(line[5:])


async def over_polls(what: Subscription) -> AsyncGenerator[Message]:
    """One answer after the other; a position is what an answer says, after its events."""
    query = what.query | {"wait": str(_POLL_SECONDS)}
    while True:
        answer = await what.http.get(
            f"{what.url}/api/events", headers=what.headers, params=query, timeout=_POLL_SILENCE
        )
        answer.raise_for_status()
        polled = _polled.decode(answer.content)
        for event in polled.events:
            yield event
        yield Message("resync" if polled.resync else "caught_up", polled.cursor)
        query["cursor"] = polled.cursor


TRANSPORTS: dict[str, Transport] = {
    "WebSocket": over_websocket,
    "SSE": over_stream,
    "long-poll": over_polls,
}

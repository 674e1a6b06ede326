"""Clients of SSE and long-poll: a reader by the letter of the standard, and a stream of events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx

from tests.gateway.live import PATIENCE, Message
from tests.processes import Person


class ServerSent(NamedTuple):
    """An event as an EventSource would dispatch it; ``id`` if it had one of its own."""

    kind: str
    id: str | None
    data: str


class EventReader:
    """Parses an event stream (HTML Living Standard, section 9.2.6), cut anywhere."""

    def __init__(self) -> None:
        self.last_id = ""
        self.retry: int | None = None
        self.comments = 0
        self._rest = b""
        self._fields: dict[str, list[str]] = {}

    def feed(self, data: bytes) -> list[ServerSent]:
        """The events that these bytes complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = [self._take(line.decode()) for line in lines]
        return [event for event in events if event is not None]

    def _take(self, line: str) -> ServerSent | None:
        assert "\r" not in line
        if line:
            name, _, value = line.partition(":")
            self._fields.setdefault(name, []).append(value.removeprefix(" "))
            return None
        fields, self._fields = self._fields, {}
        self.comments += len(fields.pop("", ()))
        if "retry" in fields:
            self.retry = int(fields.pop("retry")[-1])
        if "id" in fields:
            self.last_id = fields["id"][-1]
        if "data" not in fields:
            return None
        own_id = fields["id"][-1] if "id" in fields else None
        return ServerSent(fields["event"][-1], own_id, "\n".join(fields["data"]))


class Stream:
    """An open event stream, read one message at a time."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.reader = EventReader()
        self._chunks = answer.aiter_raw()
        self._events: list[ServerSent] = []

    async def event(self) -> ServerSent | None:
        """The next event; None at the end of the stream."""
        while not self._events:
            chunk = await asyncio.wait_for(anext(self._chunks, None), PATIENCE)
            if chunk is None:
                return None
            self._events = self.reader.feed(chunk)
        return self._events.pop(0)

    async def hear(self) -> Message:
        """The next message, whose type is the event's and whose cursor the id's."""
        event = await self.event()
        assert event is not None, "the stream has ended"
        message: Message = json.loads(event.data)
        assert message["type"] == event.kind
        assert event.id == (None if event.kind == "connected" else message.get("cursor"))
        return message

    async def expect(self, kind: str) -> Message:
        message = await self.hear()
        assert message["type"] == kind, message
        return message

    async def hear_posts(self, count: int) -> list[str]:
        """The texts of the next messages, which must be new posts."""
        return [
            (await self.expect("post_created"))["post"]["content"]["text"] for _ in range(count)
        ]

    async def ended(self) -> None:
        assert await self.event() is None


@asynccontextmanager
async def streaming(
    client: httpx.AsyncClient, *channels: str, last_event_id: str | None = None, **query: str
) -> AsyncIterator[Stream]:
    """An event stream for the time of a block, whatever its status."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    params = {"channels": ",".join(channels), **query}
    async with client.stream("GET", "/api/stream", params=params, headers=headers) as answer:
        yield Stream(answer)


@asynccontextmanager
async def live_stream(person: Person, *channels: str, **named: str) -> AsyncIterator[Stream]:
    """An event stream after ``caught_up``."""
    async with streaming(person.http, *channels, **named) as stream:
        await stream.expect("connected")
        await stream.expect("caught_up")
        yield stream


async def poll(
    client: httpx.AsyncClient, *channels: str, cursor: str = "", wait: float = 10
) -> dict[str, Any]:
    """The answer to one poll, which must succeed."""
    params: dict[str, Any] = {"channels": ",".join(channels), "wait": wait}
    if cursor:
        params["cursor"] = cursor
    answer = await client.get("/api/events", params=params, timeout=wait + PATIENCE)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def texts(found: dict[str, Any]) -> list[str]:
    """What the new posts in an answer say."""
    return [event["post"]["content"]["text"] for event in found["events"]]

"""Authors who do not give up, and readers who come back where they were."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import httpx
import msgspec

from feedline.errors import VerificationBroken
from feedline.feed.cursor import Cursor
from feedline.verify.deployment import Caller, Route
from feedline.verify.ledger import Reading, Sent
from feedline.verify.record import Outage, Record
from feedline.verify.transports import LOST, TRANSPORTS, Message, Subscription

_BEHIND = 10.0  # seconds without what others know to be there, after which a connection is dead


class _User(msgspec.Struct):
    id: str


class _SignedIn(msgspec.Struct):
    user: _User
    token: str = ""


class _PostId(msgspec.Struct):
    id: str


class _Published(msgspec.Struct):
    post: _PostId
    cursor: str


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    token: str
    password: str = ""
    """Empty for somebody who was there before."""


async def register(caller: Caller, name: str, until: float) -> Account:
    """Signs up somebody with a password that nobody knows."""
    password = secrets.token_urlsafe(24)
    body = {"username": name, "password": password, "name": "Feedline verify"}
    answer = await caller.call("POST", "/api/auth/register", until=until, json=body)
    found = msgspec.json.decode(answer.content, type=_SignedIn)
    return Account(found.user.id, found.token, password)


async def whose(caller: Caller, token: str, until: float) -> Account:
    answer = await caller.call("GET", "/api/me", until=until)
    return Account(msgspec.json.decode(answer.content, type=_SignedIn).user.id, token)


def place_of(cursor: str) -> int:
    """The place in the log. This is the server's own program: it may look into a cursor."""
    found = Cursor.parse(cursor)
    if found is None:
        raise VerificationBroken("What answers there has cursors that are not Feedline's.")
    return found.seq


class Author:
    """Publishes one post after the other; each is sent until it is acknowledged."""

    def __init__(self, name: str, caller: Caller, record: Record) -> None:
        self._name = name
        self._caller = caller
        self._record = record

    async def write(self, start: float, interval: float, end: float, patience: float) -> None:
        """A post every ``interval`` seconds; one that is late is not made up for."""
        number, due = 0, start
        while due < end:
            await asyncio.sleep(due - time.monotonic())
            try:
                await self._publish(f"{self._name}-{number}", end + patience)
            except TimeoutError:
                return  # nobody knows what became of it, and there is no time left
            number += 1
            due = max(due + interval, time.monotonic())

    async def _publish(self, key: str, until: float) -> None:
        post = self._record.sent[key] = Sent(begun=time.monotonic())
        before = self._caller.failures
        body = {"title": "Feedline verify", "text": key}
        answer = await self._caller.call("POST", "/api/posts", until=until, key=key, json=body)
        published = msgspec.json.decode(answer.content, type=_Published)
        post.place, post.post_id = place_of(published.cursor), published.post.id
        post.repeated = answer.headers.get("idempotency-replayed") == "true"
        post.acknowledged = time.monotonic()
        self._record.newest = max(self._record.newest, post.place)
        if self._caller.failures > before:
            self._record.outages.append(Outage("author", post.begun, post.acknowledged))


class Reader:
    """Follows authors by one transport, and resumes by cursor whenever it is cut off."""

    def __init__(
        self,
        reading: Reading,
        record: Record,
        route: Route,
        http: httpx.AsyncClient,
        token: str,
        cursor: str,
    ) -> None:
        self.reading = reading
        self._record = record
        self._route = route
        self._http = http
        self._token = token
        self._cursor = cursor
        self._lost: float | None = None
        self._limit: asyncio.Timeout | None = None
        self._owed = 0
        self._silent_since = time.monotonic()

    async def read(self, channels: list[str]) -> None:
        """Until cancelled. Raises VerificationBroken if it is not let in."""
        transport = TRANSPORTS[self.reading.transport]
        while True:
            what = Subscription(self._http, self._route.url, self._token, channels, self._cursor)
            self._record.connections += 1
            try:
                async with asyncio.timeout(None) as self._limit:
                    await self._follow(transport(what))
            except httpx.HTTPStatusError as error:
                if error.response.status_code in {401, 403}:
                    raise VerificationBroken("A reader is not let in any more.") from error
            except LOST:
                pass
            finally:
                self._limit = None
            self._lost = self._lost or time.monotonic()
            await self._route.fail()

    async def _follow(self, messages: AsyncGenerator[Message]) -> None:
        async with aclosing(messages):
            async for message in messages:
                self._note_arrival()
                self._take(message)
                self._cursor = message.cursor or self._cursor

    def look(self) -> None:
        """Leaves a connection that is silent although there is something for it: half open.

        Streams and polls have no ping, and would wait for the next sign of life in vain.
        """
        if self.has_reached(self._owed):
            self._owed, self._silent_since = self._record.newest, time.monotonic()
        elif time.monotonic() > self._silent_since + _BEHIND and self._limit is not None:
            self._silent_since = time.monotonic()
            self._limit.reschedule(asyncio.get_running_loop().time())

    def has_reached(self, place: int) -> bool:
        """Whether its stream is past a place, so that everything up to there has come."""
        return place_of(self._cursor) >= place

    def _note_arrival(self) -> None:
        self._route.succeed()
        self._silent_since = time.monotonic()
        if self._lost is not None:
            self._record.outages.append(
                Outage(self.reading.transport, self._lost, time.monotonic())
            )
            self._lost = None

    def _take(self, message: Message) -> None:
        if message.type == "resync":
            self.reading.resyncs += 1
        elif message.type == "post_created" and message.post is not None:
            self.reading.take(message.post.content.text, time.monotonic())

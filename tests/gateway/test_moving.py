"""A client that goes from one transport to another at any event gets each event once, in order."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import websockets

from tests.gateway.events import poll, streaming
from tests.gateway.live import Crowd, Live, Message, crowd, head
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

MOVES_CURSOR = ("caught_up", "heartbeat", "resync")
PAUSE = 0.01  # seconds before it knocks again
STAY = 1.0  # seconds with one transport, at the most
POSTS = 60  # of each writer


def place(cursor: str) -> int:
    return int(cursor.rpartition("-")[2])


async def by_socket(person: Person, channels: list[str], cursor: str) -> AsyncIterator[Message]:
    async with person.socket(max_queue=None) as socket:
        await Live(socket).say("connect", channels=channels, cursor=cursor)
        async for text in socket:
            yield json.loads(text)


async def by_stream(person: Person, channels: list[str], cursor: str) -> AsyncIterator[Message]:
    async with streaming(person.http, *channels, last_event_id=cursor) as stream:
        if stream.answer.status_code == 503:  # it is stopping
            return
        assert stream.answer.status_code == 200
        while (event := await stream.event()) is not None:
            yield json.loads(event.data)


async def by_polls(person: Person, channels: list[str], cursor: str) -> AsyncIterator[Message]:
    while True:
        params = {"channels": ",".join(channels), "cursor": cursor, "wait": "5"}
        answer = await person.http.get("/api/events", params=params)
        if answer.status_code == 503:
            return
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert "resync" not in found, found
        cursor = found["cursor"]
        for event in found["events"]:
            yield event
        yield {"type": "caught_up", "cursor": cursor}


Transport = Callable[[Person, list[str], str], AsyncIterator[Message]]
TRANSPORTS: tuple[Transport, ...] = (by_socket, by_stream, by_polls)


@dataclass
class Wanderer:
    """Follows channels from a cursor on; moves on at random, and whenever it is cut off."""

    person: Person
    channels: list[str]
    cursor: str
    rng: random.Random
    events: list[Message] = field(default_factory=list)
    moves: int = 0

    async def follow(self, end: asyncio.Future[str]) -> None:
        """Follows until it has passed the position in ``end``."""
        ahead: list[Transport] = []
        while not self._is_past(end):
            if not ahead:
                ahead = self.rng.sample(TRANSPORTS, len(TRANSPORTS))
            transport = ahead.pop()
            self.moves += 1
            with suppress(OSError, TimeoutError, httpx.HTTPError, websockets.WebSocketException):
                async with asyncio.timeout(STAY):
                    await self._stay(transport(self.person, self.channels, self.cursor), end)
            await asyncio.sleep(PAUSE)

    async def _stay(self, messages: AsyncIterator[Message], end: asyncio.Future[str]) -> None:
        patience = self.rng.choice([0, 1, 2, 5, 20])
        async with aclosing(messages):  # type: ignore[type-var]
            async for message in messages:
                if patience == 0 or self._is_past(end):
                    return
                if self._take(message):
                    patience -= 1

    def _take(self, message: Message) -> bool:
        """Whether the message is an event, which is kept."""
        is_event = "timestamp" in message
        if is_event:
            self.events.append(message)
        elif message["type"] not in MOVES_CURSOR:
            return False
        assert message["type"] != "resync", message
        assert place(message["cursor"]) >= place(self.cursor)
        self.cursor = message["cursor"]
        return is_event

    def _is_past(self, end: asyncio.Future[str]) -> bool:
        return end.done() and place(self.cursor) >= place(end.result())


async def write(author: Person, count: int) -> None:
    """Posts, of which some are changed; goes on over restarts."""
    for number in range(count):
        post_id = await persist(author, number)
        if number % 7 == 3:
            with suppress(httpx.TransportError):  # an edit more or less makes no difference
                change = {"text": f"changed {number}"}
                await author.http.patch(f"/api/posts/{post_id}", json=change)


async def persist(author: Person, number: int) -> str:
    """Publishes once, however often it has to be sent."""
    key = f"{author.id}-{number}"
    while True:
        with suppress(httpx.TransportError):
            answer = await author.http.post(
                "/api/posts", json={"text": f"{number}"}, headers={"Idempotency-Key": key}
            )
            if answer.status_code == 201:
                post_id: str = answer.json()["post"]["id"]
                return post_id
        await asyncio.sleep(PAUSE)


async def the_log(person: Person, channels: list[str], begin: str, end: str) -> list[int]:
    """The places of everything on some channels between two cursors, read in one go."""
    places: list[int] = []
    more = True
    while more:
        found = await poll(person.http, *channels, cursor=begin, wait=0)
        places += [place(event["cursor"]) for event in found["events"]]
        begin, more = found["cursor"], found.get("more", False)
    return [seq for seq in places if seq <= place(end)]


def check(wanderer: Wanderer, wanted: list[int], end: str) -> None:
    seen = [place(event["cursor"]) for event in wanderer.events]
    assert [seq for seq in seen if seq <= place(end)] == wanted
    assert wanderer.moves >= len(TRANSPORTS)


@asynccontextmanager
async def wandering(*wanderers: Wanderer) -> AsyncIterator["asyncio.Future[str]"]:
    """They follow during the block, and after it until the position that it sets."""
    end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.timeout(90), asyncio.TaskGroup() as tasks:
        for wanderer in wanderers:
            tasks.create_task(wanderer.follow(end))
        yield end


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_moving_at_any_event(ann: Person, bob: Person, join: Crowd, seed: int) -> None:
    rng = random.Random(seed)
    writers = [await join(f"writer{seed}-{number}") for number in range(3)]
    begin = await head(ann)
    wanderers = [
        Wanderer(reader, channels, begin, random.Random(rng.random()))
        for reader, channels in (
            (ann, ["public"]),
            (bob, ["public", f"creator:{writers[0].id}"]),
            (ann, [f"creator:{writer.id}" for writer in writers[1:]]),
            (writers[0], []),
            (writers[1], [f"feed:{writers[1].id}", f"creator:{writers[0].id}"]),
        )
    ]
    async with wandering(*wanderers) as end:
        await asyncio.gather(*(write(writer, POSTS) for writer in writers))
        end.set_result(await head(ann))
    for wanderer in wanderers:
        wanted = await the_log(wanderer.person, wanderer.channels, begin, end.result())
        check(wanderer, wanted, end.result())
    assert len(wanderers[0].events) >= 3 * POSTS


async def test_moving_over_restarts(tmp_path: Path) -> None:
    rng = random.Random(4)
    async with serving(tmp_path / "data") as server, crowd(server) as join:
        reader, author = await join("reader"), await join("author")
        begin = await head(reader)
        wanderers = [
            Wanderer(reader, ["public"], begin, random.Random(rng.random())),
            Wanderer(reader, [f"creator:{author.id}"], begin, random.Random(rng.random())),
            Wanderer(author, [], begin, random.Random(rng.random())),
        ]
        async with wandering(*wanderers) as end:
            writing = asyncio.create_task(write(author, 4 * POSTS))
            for how in ("stop", "kill", "stop"):
                await past(wanderers[0], len(wanderers[0].events) + POSTS // 2)
                await restart(server, how)
            await writing
            end.set_result(await head(reader))
        for wanderer in wanderers:
            wanted = await the_log(wanderer.person, wanderer.channels, begin, end.result())
            check(wanderer, wanted, end.result())


async def past(wanderer: Wanderer, count: int) -> None:
    """Waits until it has so many events."""
    async with asyncio.timeout(30):
        while len(wanderer.events) < count:
            await asyncio.sleep(PAUSE)


async def restart(server: ServerProcess, how: str) -> None:
    if how == "kill":
        await server.kill()
    else:
        assert await server.stop() == 0
    await server.start()

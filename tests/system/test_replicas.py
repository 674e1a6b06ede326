"""Nodes with a replica of their database: it answers, and shows nobody what is over."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import websockets

from tests.postgres import Standby, databases, standby_of
from tests.processes import Person, ServerProcess, serving
from tests.web.programs import built, node

pytestmark = pytest.mark.system

PATIENCE = 60.0  # seconds; it takes one
# Such a node never hears of what others write.
DEAF = {"FEEDLINE_BUS": "redis://127.0.0.1:1", "FEEDLINE_POLL_SECONDS": "0"}
MOVED = Path(__file__).with_name("moved.ts")
SECRET = "what is for those who pay"
WITHDRAWN = "what is deleted a moment later"
_ANSWERED = re.compile(r'feedline_replica_reads_total\{outcome="answered",.*\} (\d+)')
_POSITION = re.compile(r"feedline_log_position (\d+)")


@pytest.fixture
def standby() -> Iterator[Standby]:
    with standby_of(databases().server) as standby:
        yield standby


@pytest.fixture
async def nodes(tmp_path: Path, standby: Standby) -> AsyncIterator[list[ServerProcess]]:
    url = databases().fresh()
    options = ("--database", url, "--database-replicas", standby.copy_of(url))
    nothing_in_memory = {"FEEDLINE_RING_EVENTS": "0"}  # replays read the log
    async with AsyncExitStack() as stack:
        servers = [
            serving(tmp_path / name, *options, environment=nothing_in_memory | more)
            for name, more in {"one": {}, "two": {}, "deaf": DEAF}.items()
        ]
        yield await asyncio.gather(*map(stack.enter_async_context, servers))
    databases().drop(url)


class Door(NamedTuple):
    """A node, as somebody uses it."""

    node: ServerProcess
    http: httpx.AsyncClient
    person: Person

    async def get(self, path: str, seen: str | None = None) -> httpx.Response:
        return await self.http.get(path, headers={"Seen-Cursor": seen} if seen else {})

    async def answered(self) -> int:
        """How many reads the replica has answered for the node."""
        return int(await self._metric(_ANSWERED))

    async def has_heard(self, cursor: str) -> None:
        place = int(cursor.rpartition("-")[2])
        async with asyncio.timeout(PATIENCE):
            while int(await self._metric(_POSITION)) < place:
                await asyncio.sleep(0.01)

    async def replay(self, cursor: str, channels: list[str]) -> str:
        """All that a socket brings after a cursor, and all that a poll does."""
        connect = websockets.connect(
            self.node.ws_url, additional_headers=self.person.headers, proxy=None
        )
        brought = []
        async with asyncio.timeout(PATIENCE), connect as socket:
            message = {"type": "connect", "cursor": cursor, "channels": channels}
            await socket.send(json.dumps(message))
            while '"caught_up"' not in (text := str(await socket.recv())):
                brought.append(text)
        query = {"channels": ",".join(channels), "cursor": cursor, "wait": "0"}
        return "".join(brought) + (await self.http.get("/api/events", params=query)).text

    async def _metric(self, pattern: re.Pattern[str]) -> str:
        found = pattern.search((await self.http.get("/metrics")).text)
        assert found is not None
        return found[1]


def node_client(node: ServerProcess, person: Person) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=node.url, headers=person.headers, timeout=PATIENCE)
    node.clients.append(client)
    return client


async def until_it_answers(door: Door) -> None:
    """Until the replica answers for a node."""
    async with asyncio.timeout(PATIENCE):
        before = await door.answered()
        while await door.answered() == before:
            await door.get("/api/feed")
            await asyncio.sleep(0.02)


async def until_it_is(door: Door, status: str) -> None:
    """Until a node says this of itself, whatever it is asked for meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while (await door.http.get("/readyz")).json()["status"] != status:
            assert (await door.get("/api/feed")).status_code == 200
            await asyncio.sleep(0.02)


def shows_neither(answer: httpx.Response) -> bool:
    assert answer.status_code == 200
    return SECRET not in answer.text and WITHDRAWN not in answer.text


@pytest.mark.web
async def test_a_replica_answers_and_shows_nobody_what_is_over(
    nodes: list[ServerProcess], standby: Standby, tmp_path: Path
) -> None:
    moved = await asyncio.to_thread(built, MOVED, tmp_path / "built")
    ann, ben = await asyncio.gather(*(Person.register(nodes[0], name) for name in ("ann", "ben")))
    doors = [Door(node, node_client(node, ben), ben) for node in nodes[:2]]
    own = [Door(node, node_client(node, ann), ann) for node in nodes[:2]]
    tier = f"/api/users/{ann.id}/subscribers/{ben.id}"
    start = (await ben.http.put(f"/api/users/{ann.id}/follow")).json()["cursor"]
    await ann.http.put(tier, json={"tier": "vip"})
    withdrawn = (await ann.publish(WITHDRAWN))["post"]["id"]
    answer = await ann.http.post("/api/posts", json={"text": SECRET, "tier": "vip"})
    post = answer.json()
    channels = [f"feed:{ben.id}", f"creator:{ann.id}"]
    paths = [
        "/api/feed",
        "/api/posts",
        f"/api/posts?creator={ann.id}",
        f"/api/posts/{post['post']['id']}",
    ]
    for door in doors:
        await door.has_heard(post["cursor"])
        await until_it_answers(door)
        for path in paths:
            assert SECRET in (await door.get(path)).text
        assert SECRET in await door.replay(start, channels)
        await until_it_is(door, "ready")

    await asyncio.to_thread(standby.pause)
    await ann.http.delete(tier)
    await ann.http.delete(f"/api/posts/{withdrawn}")
    over = (await ann.publish("the tier is over"))["cursor"]
    for door in doors:
        # The second node may not have heard of it, but the client has.
        for path in paths:
            assert shows_neither(await door.get(path, over))
        await door.has_heard(over)
        for path in paths:
            assert shows_neither(await door.get(path))
        comments = await door.get(f"/api/posts/{post['post']['id']}/comments")
        assert comments.status_code == 403
        replay = await door.replay(start, channels)
        assert SECRET not in replay
        assert WITHDRAWN not in replay

    mine = await ann.publish("mine")
    assert mine["post"]["id"] in (await own[0].get("/api/feed")).text
    assert mine["post"]["id"] in (await own[1].get("/api/feed", mine["cursor"])).text
    places = {"FIRST": nodes[0].url, "SECOND": nodes[2].url, "TOKEN": ann.token}
    assert await asyncio.to_thread(lambda: node(moved, variables=places)) == "there"

    blocked = (await ann.http.put(f"/api/users/{ben.id}/block")).json()["cursor"]
    for door in doors:
        assert (await door.get("/api/users/ann", blocked)).status_code == 404
        assert (await door.get("/api/posts", blocked)).json()["posts"] == []
    await ben.http.post("/api/auth/logout")
    assert (await ben.http.get("/api/feed")).status_code == 401
    later = (await ann.publish("later"))["cursor"]
    await doors[1].has_heard(later)
    assert (await doors[1].get("/api/feed")).status_code == 401

    await asyncio.to_thread(standby.stop)
    for door in own:
        await until_it_is(door, "degraded")

"""A node whose clock is wrong by an hour, and jumps: order and deadlines do not go by it."""

import asyncio
import json
import random
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.processes import Person, ServerProcess
from tests.system.breaking import Trap
from tests.system.trial import PATIENCE, Report, nodes_on, trial

pytestmark = pytest.mark.system

PLACES = ["SQLite", "PostgreSQL"]
HOURS = (1, -1, 0)


class FakeClock:
    """The clock of a node."""

    def __init__(self, folder: Path) -> None:
        trap = Trap(folder / "trap")
        self.program = ("tests.system.breaking", str(trap.file))
        self._file = trap.clock

    def set(self, hours: int) -> None:
        """So many hours ahead, from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(str(hours))
        new.rename(self._file)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("where", PLACES)
async def test_posts_keep_their_order_and_readers_stay(
    tmp_path: Path, where: str, seed: int, report: Report
) -> None:
    clock = FakeClock(tmp_path)
    async with (
        nodes_on(where, tmp_path, clock.program) as nodes,
        trial(nodes, where, report, seed=seed) as people,
    ):
        for hours in random.Random(seed).sample(HOURS, len(HOURS)):
            async with people.fault("the clock jumps by an hour or two"):
                clock.set(hours)
        assert [reader.connections for reader in people.readers] == [1] * len(nodes)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("where", PLACES)
async def test_what_goes_by_the_clock_goes_on(tmp_path: Path, where: str) -> None:
    """Edits, sign-ins, tickets, likes that are merged, heartbeats."""
    clock = FakeClock(tmp_path)
    async with nodes_on(where, tmp_path, clock.program) as nodes:
        ann, *others = [await Person.register(nodes[0], name) for name in ("ann", "ben", "cid")]
        post = (await ann.publish("first"))["post"]
        edited = [post["updatedAt"]]
        for hours in HOURS:
            clock.set(hours)
            edited += [await _edit(ann, node, post["id"]) for node in (nodes[-1], nodes[0])]
            await _sign_in(nodes[-1], nodes[0])
            await _sign_in(nodes[0], nodes[-1])
            await _like(nodes[-1], post["id"], others)
    assert edited == sorted(set(edited))


async def _edit(person: Person, node: ServerProcess, post: str) -> str:
    async with httpx.AsyncClient(base_url=node.url, headers=person.headers, timeout=30) as client:
        answer = await client.patch(f"/api/posts/{post}", json={"text": secrets.token_hex()})
    assert answer.status_code == 200, answer.text
    updated: str = answer.json()["post"]["updatedAt"]
    return updated


async def _sign_in(here: ServerProcess, there: ServerProcess) -> None:
    """A token of one node is good at the other, and a ticket."""
    async with httpx.AsyncClient(base_url=here.url, timeout=30) as client:
        sign_in = {"username": "ann", "password": "correct horse"}
        answer = await client.post("/api/auth/login", json=sign_in)
        assert answer.status_code == 200, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        ticket = (await client.post("/api/auth/ticket", headers=headers)).json()["ticket"]
    async with httpx.AsyncClient(base_url=there.url, headers=headers, timeout=30) as client:
        assert (await client.get("/api/me")).status_code == 200
    async with websockets.connect(f"{there.ws_url}?ticket={ticket}", proxy=None) as socket:
        await socket.send(json.dumps({"type": "connect", "channels": []}))
        await _until(socket, "heartbeat")


async def _like(node: ServerProcess, post: str, people: list[Person]) -> None:
    """Two likes in a row, of which the second is told a moment later; and they are taken back."""
    everybody = websockets.connect(node.ws_url, additional_headers=people[0].headers, proxy=None)
    async with everybody as socket:
        await socket.send(json.dumps({"type": "connect", "channels": [f"post:{post}"]}))
        await _until(socket, "caught_up")
        for method, count in (("PUT", len(people)), ("DELETE", 0)):
            for person in people:
                async with httpx.AsyncClient(
                    base_url=node.url, headers=person.headers, timeout=30
                ) as client:
                    answer = await client.request(method, f"/api/posts/{post}/like")
                    assert answer.is_success, answer.text
            while (await _until(socket, "post_liked", "post_unliked"))["likesCount"] != count:
                pass


async def _until(socket: websockets.ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next message of these kinds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] in kinds:
                return message

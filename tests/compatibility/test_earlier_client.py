"""A client as it was before, kept as one file (``freeze.py``), with the server of now."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from feedline import administration
from feedline.storage import Storage
from hatch_build import node_wheel
from tests.gateway.live import PATIENCE
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

SCRIPT = Path(__file__).with_name("follow.mjs")


class Earlier:
    """The earlier client at work. ``shown``: what it shows now."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.shown: dict[str, Any] = {}

    async def shows(self, **wanted: Any) -> None:
        """Waits until it shows this."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(3 * PATIENCE):
                while any(self.shown.get(name) != value for name, value in wanted.items()):
                    line = await self._process.stdout.readline()
                    assert line.startswith(b"{"), line + await self._process.stdout.read()
                    self.shown = json.loads(line)
        except TimeoutError:
            raise AssertionError((wanted, self.shown)) from None

    async def publish(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())
        await self._process.stdin.drain()


@asynccontextmanager
async def earlier(server: ServerProcess, person: Person, post_id: str) -> AsyncIterator[Earlier]:
    process = await asyncio.create_subprocess_exec(
        node_wheel() / "bin/node",
        SCRIPT,
        env={
            **os.environ,
            "FEEDLINE_URL": server.url,
            "TOKEN": person.token,
            "POST": post_id,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Earlier(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_client_of_before_shows_what_a_server_of_now_tells(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server:
        ann, bob, cat = [await Person.register(server, name) for name in ("ann", "bob", "cat")]
        post_id = (await bob.publish("of bob"))["post"]["id"]
        await ann.publish("of ann")
        async with earlier(server, bob, post_id) as client:
            await client.shows(status="live", transport="ws", everyone=["of ann", "of bob"])
            await client.shows(home=["of bob"], unread=0, likes=0)
            await client.publish("written here")
            await client.shows(everyone=["written here", "of ann", "of bob"])
            await bob.http.put(f"/api/users/{ann.id}/follow")
            await client.shows(home=["written here", "of ann", "of bob"])
            for person in (ann, cat):
                path = f"/api/posts/{post_id}"
                await person.http.put(f"{path}/like")
                await person.http.post(f"{path}/comments", json={"text": person.user["name"]})
            await client.shows(likes=2, comments=["cat", "ann"], unread=2)
            await let_go_and_come_back(client, ann, bob)
            await switch_off_and_on(client, server, ann)
            await server.stop()
            await server.start()
            await cat.publish("after a restart")
            await client.shows(status="live", everyone=["after a restart", *EVERYTHING])


EVERYTHING = ["while off", "again", "written here", "of ann", "of bob"]


async def let_go_and_come_back(client: Earlier, ann: Person, bob: Person) -> None:
    """It never heard of blocks, and takes back what it is told to take back."""
    assert (await ann.http.put(f"/api/users/{bob.id}/block")).status_code == 200
    await client.shows(everyone=["written here", "of bob"], home=["written here", "of bob"])
    await ann.publish("again")
    assert (await ann.http.delete(f"/api/users/{bob.id}/block")).status_code == 200
    await client.shows(everyone=EVERYTHING[1:], home=["written here", "of bob"], status="live")


async def switch_off_and_on(client: Earlier, server: ServerProcess, ann: Person) -> None:
    """Nor did it hear of the switch: it finds no line, and loads what is open again and again."""
    storage = Storage(server.data)
    await asyncio.to_thread(administration.turn_realtime, storage, is_on=False)
    await ann.publish("while off")
    await client.shows(everyone=EVERYTHING)
    await asyncio.to_thread(administration.turn_realtime, storage, is_on=True)
    await client.shows(status="live")

"""Who is shut out at one node is out at all of them, at once."""

import asyncio
import json
import os
import time
from pathlib import Path
from signal import SIGKILL

import pytest

from feedline import administration
from feedline.storage import Storage
from tests.forkserver import run
from tests.postgres import databases
from tests.processes import Person, serving
from tests.system.breaking import BEFORE_COMMIT, Trap

pytestmark = pytest.mark.system


@pytest.mark.alone
async def test_sockets_at_other_nodes_close_within_a_second(tmp_path: Path) -> None:
    url = databases().fresh()
    options = ("--database", url)
    async with (
        serving(tmp_path / "one", *options) as one,
        serving(tmp_path / "two", *options) as two,
    ):
        ann, root = await Person.register(two, "ann"), await Person.register(one, "root")
        storage = Storage(tmp_path / "one", url)
        await asyncio.to_thread(administration.add_admin, storage, "root")
        async with ann.socket() as socket:
            await socket.send(json.dumps({"type": "connect"}))
            assert json.loads(await socket.recv())["type"] == "connected"
            address = f"/api/admin/users/{ann.id}"
            answer = await root.http.patch(address, json={"disabled": True})
            assert answer.json()["user"]["state"] == "disabled"
            answered = time.monotonic()
            await asyncio.wait_for(socket.wait_closed(), 30)
            assert time.monotonic() - answered < 1.5
            assert socket.close_code == 4003
        assert (await ann.http.get("/api/me")).status_code == 401
        assert (await root.http.delete(address)).status_code == 204
        async with asyncio.timeout(30):
            while (await ann.http.get("/api/users/ann")).status_code != 401:
                await asyncio.sleep(0.05)
            while (await root.http.get("/api/users/ann")).status_code != 404:
                await asyncio.sleep(0.05)
    databases().drop(url)


@pytest.mark.alone
async def test_sockets_close_within_two_seconds_of_the_command(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        async with ann.socket() as socket:
            await socket.send(json.dumps({"type": "connect"}))
            assert json.loads(await socket.recv())["type"] == "connected"
            words = ("feedline", "user", "disable", "ann", "--data", str(server.data))
            done = await asyncio.to_thread(run, words, dict(os.environ), seconds=30)
            assert done.returncode == 0
            disabled = time.monotonic()
            await asyncio.wait_for(socket.wait_closed(), 30)
            assert time.monotonic() - disabled < 2  # the server looks once a second
            assert socket.close_code == 4003


async def test_a_deletion_that_is_killed_goes_on_at_the_next_start(tmp_path: Path) -> None:
    trap = Trap(tmp_path / "trap")
    program = ("tests.system.breaking", str(trap.file))
    async with serving(tmp_path / "data", program=program) as server:
        ann, ben = await Person.register(server, "ann"), await Person.register(server, "ben")
        await asyncio.gather(*(ann.publish(f"xyzzy {n}") for n in range(150)))
        theirs = (await ben.publish("theirs"))["post"]["id"]
        password = {"password": "correct horse"}
        trap.set(BEFORE_COMMIT, SIGKILL, after=3)  # of the eight steps in which her posts go
        answer = await ann.http.request("DELETE", "/api/me", json=password)
        assert answer.status_code == 204
        assert await server.ended() == -SIGKILL
        left = (server.data / "feedline.db").read_bytes()
        left += (server.data / "feedline.db-wal").read_bytes()
        assert b"xyzzy" in left
        await server.start()
        async with asyncio.timeout(30):
            while (await ben.http.get("/api/users/ann")).status_code != 404:
                await asyncio.sleep(0.05)
        posts = (await ben.http.get("/api/posts")).json()["posts"]
        assert [post["id"] for post in posts] == [theirs]
        assert await server.stop() == 0
        assert b"xyzzy" not in (server.data / "feedline.db").read_bytes()

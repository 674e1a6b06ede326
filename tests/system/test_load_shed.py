"""More work than a server wants to keep waiting: refused at once, and nothing of it remains."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.processes import Person, ServerProcess, serving
from tests.store.opening import contents
from tests.system.writer import Ledger, all_texts

pytestmark = pytest.mark.system

ROOM = "20"  # far more than what a server writes by itself; far less than is asked at a time


@contextmanager
def busy(server: ServerProcess) -> Iterator[None]:
    """The server can't write: what is to be written waits, on a machine of any speed."""
    with closing(sqlite3.connect(server.data / "feedline.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


async def test_a_full_write_queue_refuses(tmp_path: Path) -> None:
    settings = {"FEEDLINE_WRITE_QUEUE": ROOM}
    async with serving(tmp_path / "data", environment=settings) as server:
        ann = await Person.register(server, "ann")
        with busy(server):
            asking = [
                asyncio.create_task(ann.http.post("/api/posts", json={"text": f"{n}"}))
                for n in range(300)
            ]
            await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        answers = await asyncio.gather(*asking)
        refused = [answer for answer in answers if answer.status_code == 503]
        accepted = [answer for answer in answers if answer.status_code == 201]
        assert refused
        assert accepted
        assert len(refused) + len(accepted) == 300
        for answer in refused:
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["retry-after"]) >= 1
        expected = {json.loads(answer.content)["post"]["content"]["text"] for answer in accepted}
        stored = await all_texts(ann)
        assert set(stored) == expected
        assert len(stored) == len(accepted)
        await ann.publish("all is well")
        await ann.http.aclose()


async def test_whoever_is_refused_and_tries_again_gets_through(tmp_path: Path) -> None:
    settings = {"FEEDLINE_WRITE_QUEUE": ROOM}
    async with serving(tmp_path / "data", environment=settings) as server:
        ann = await Person.register(server, "ann")
        ledger = Ledger()
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            with busy(server):
                for n in range(100):
                    group.create_task(ledger.publish(ann, f"key-{n}"))
                while not ledger.statuses[503]:
                    await asyncio.sleep(0.01)
        assert sorted(await all_texts(ann)) == sorted(ledger.answers)
        await ann.http.aclose()


async def test_password_hashes_that_wait_are_bounded(tmp_path: Path) -> None:
    settings = {"FEEDLINE_PARALLEL_HASHES": "1", "FEEDLINE_WAITING_HASHES": "3"}
    async with (
        serving(tmp_path / "data", environment=settings, hashes=True) as server,
        httpx.AsyncClient(base_url=server.url, timeout=30) as client,
    ):
        registrations = [
            client.post(
                "/api/auth/register",
                json={"username": f"person{n}", "password": "correct horse"},
            )
            for n in range(20)
        ]
        answers, health = await asyncio.gather(
            asyncio.gather(*registrations), client.get("/healthz")
        )
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {201, 503}
        assert health.status_code == 200
        await Person.register(server, "latecomer")
        await server.stop()
    users = str(contents(tmp_path / "data/feedline.db")["users"])
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in users

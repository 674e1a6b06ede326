"""Several nodes on one PostgreSQL: what one does, all show."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import websockets

from tests.postgres import databases
from tests.processes import Person, ServerProcess, serving

pytestmark = pytest.mark.system


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[ServerProcess]]:
    """Two that start at the same time on a database that is empty."""
    url = databases().empty()
    async with AsyncExitStack() as stack:
        servers = [serving(tmp_path / name, "--database", url) for name in ("one", "two")]
        yield await asyncio.gather(*map(stack.enter_async_context, servers))
    databases().drop(url)


async def test_a_sign_in_at_one_node_is_good_at_all(nodes: list[ServerProcess]) -> None:
    ann = await Person.register(nodes[0], "ann")
    async with httpx.AsyncClient(base_url=nodes[1].url, headers=ann.headers, timeout=30) as client:
        me = await client.get("/api/me")
        assert me.json()["user"]["username"] == "ann"
        await client.post("/api/auth/logout")
    assert (await ann.http.get("/api/me")).status_code == 401


async def test_an_installation_moves_from_sqlite_with_everybody_signed_in(tmp_path: Path) -> None:
    data, url = tmp_path / "data", databases().empty()
    async with serving(data) as server:
        ann = await Person.register(server, "ann")
        post = await ann.publish("from before", key="k")
        await server.stop()
    command = (sys.executable, "-m", "feedline", "copy", str(data), url)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    assert b"counted on both sides" in said
    async with serving(data, "--database", url) as server:
        async with httpx.AsyncClient(
            base_url=server.url, headers=ann.headers, timeout=30
        ) as client:
            assert (await client.get("/api/posts")).json()["posts"] == [post["post"]]
            again = await client.post(
                "/api/posts", json={"text": "from before"}, headers={"Idempotency-Key": "k"}
            )
            assert again.headers["Idempotency-Replayed"] == "true"
        connect = websockets.connect(server.ws_url, additional_headers=ann.headers, proxy=None)
        async with connect as socket:
            await socket.send(json.dumps({"type": "connect", "cursor": post["cursor"]}))
            messages = [json.loads(await socket.recv()) for _ in range(2)]
    resync = next(message for message in messages if message["type"] == "resync")
    assert resync["reason"] == "unknown_epoch"
    databases().drop(url)


async def test_writers_at_all_nodes_make_one_log(nodes: list[ServerProcess]) -> None:
    people = [await Person.register(node, f"p{n}") for n, node in enumerate(nodes)]
    published = await asyncio.gather(
        *(person.publish(f"{n}") for n in range(50) for person in people)
    )
    places = sorted(int(answer["cursor"].rpartition("-")[2]) for answer in published)
    assert places == list(range(1, 101))
    lists = [(await person.http.get("/api/posts?limit=100")).json() for person in people]
    assert lists[0]["posts"] == lists[1]["posts"]
    assert {post["id"] for post in lists[0]["posts"]} == {a["post"]["id"] for a in published}


async def test_the_same_key_at_two_nodes_at_the_same_time_makes_one_post(
    nodes: list[ServerProcess],
) -> None:
    ann = await Person.register(nodes[0], "ann")
    async with httpx.AsyncClient(base_url=nodes[1].url, headers=ann.headers, timeout=30) as there:
        for key in map(str, range(20)):
            body, headers = {"text": key}, {"Idempotency-Key": key}
            answers = await asyncio.gather(
                *(http.post("/api/posts", json=body, headers=headers) for http in (ann.http, there))
            )
            assert answers[0].content == answers[1].content
            replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
            assert sorted(map(bool, replayed)) == [False, True]
    assert len((await ann.http.get("/api/posts?limit=100")).json()["posts"]) == 20

"""Several nodes on one PostgreSQL: what one does, all show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

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
    async with httpx.AsyncClient(base_url=nodes[1].url, headers=ann.headers) as client:
        me = await client.get("/api/me")
        assert me.json()["user"]["username"] == "ann"
        await client.post("/api/auth/logout")
    assert (await ann.http.get("/api/me")).status_code == 401


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
    async with httpx.AsyncClient(base_url=nodes[1].url, headers=ann.headers) as there:
        for key in map(str, range(20)):
            body, headers = {"text": key}, {"Idempotency-Key": key}
            answers = await asyncio.gather(
                *(http.post("/api/posts", json=body, headers=headers) for http in (ann.http, there))
            )
            assert answers[0].content == answers[1].content
            replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
            assert sorted(map(bool, replayed)) == [False, True]
    assert len((await ann.http.get("/api/posts?limit=100")).json()["posts"]) == 20

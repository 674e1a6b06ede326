"""The switch of live delivery: every transport ends, nothing else does, and all come back."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.gateway.events import live_stream, poll
from tests.gateway.live import Crowd, Live, eventually, head, live, open_sockets, opened
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

OFF = 4011
AT_ONCE = 2.0  # seconds that a node without a bus may take to hear of the switch
MANY = 300


def command(server: ServerProcess, *words: str) -> str:
    """What an administrative command beside the server printed."""
    done = subprocess.run(
        [sys.executable, "-m", "feedline", *words, "--data", str(server.data)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, "TERM": "dumb"},
    )
    return done.stdout.strip()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(shared: ServerProcess, join: Crowd) -> Person:
    boss = await join("boss")
    await asyncio.to_thread(command, shared, "admin", "add", "boss")
    return boss


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def on(admin: Person) -> AsyncIterator[None]:
    """However a test ends, the next one finds it on."""
    yield
    await turn(admin, "on")


async def turn(admin: Person, way: str) -> None:
    answer = await admin.http.put("/api/admin/realtime", json={"realtime": way})
    assert answer.status_code == 200, answer.text
    assert answer.json()["realtime"] == way


async def is_on(person: Person) -> bool:
    answer = await person.http.get("/api/realtime")
    assert answer.headers["cache-control"] == "no-store"
    return bool(answer.json() == {"realtime": "on"})


async def refusal(client: httpx.AsyncClient, path: str) -> tuple[int, str, str]:
    answer = await client.get(path, params={"channels": "public"})
    return answer.status_code, answer.json()["code"], answer.headers["retry-after"]


async def test_every_transport_ends_with_the_same_signal_and_comes_back_by_its_cursor(
    ann: Person, bob: Person, admin: Person
) -> None:
    begin = await head(ann)
    asking = asyncio.create_task(ann.http.get("/api/events", params={"cursor": begin, "wait": 60}))
    async with live(ann, "public") as socket, live_stream(ann, "public") as stream:
        await eventually(lambda: _waits(ann, 3))
        await turn(admin, "off")
        assert await socket.closed() == OFF
        assert (await stream.hear()) == {
            "type": "close",
            "code": OFF,
            "reason": "live delivery is off",
        }
        assert (await asking).json()["code"] == "realtime_off"
    assert not await is_on(ann)
    # The door is closed for everybody, with the same signal.
    for _ in range(2):
        async with ann.socket() as late:
            assert await Live(late).closed() == OFF
    assert await refusal(ann.http, "/api/stream") == (503, "realtime_off", "60")
    assert await refusal(ann.http, "/api/events") == (503, "realtime_off", "60")
    # Whoever may not come in at all is told that, as before.
    async with httpx.AsyncClient(base_url=str(ann.http.base_url), timeout=30) as stranger:
        assert (await stranger.get("/api/stream?channels=public")).status_code == 401
        assert (await stranger.get("/api/realtime")).status_code == 401
    # Everything else goes on.
    for number in range(3):
        await bob.publish(f"while off {number}")
    listed = (await ann.http.get("/api/posts", params={"limit": 3})).json()["posts"]
    assert [post["content"]["text"] for post in listed] == [f"while off {n}" for n in (2, 1, 0)]
    await turn(admin, "on")
    assert await is_on(ann)
    async with ann.socket() as socket_again:
        again = Live(socket_again)
        await again.connect("public", cursor=begin)
        assert await again.hear_posts(3) == [f"while off {n}" for n in range(3)]
        await again.expect("caught_up")
        await bob.publish("live again")
        assert await again.hear_posts(1) == ["live again"]
    found = await poll(ann.http, "public", cursor=begin, wait=0)
    assert len(found["events"]) == 4


async def _waits(person: Person, count: int) -> bool:
    return await open_sockets(person) >= count


async def test_a_token_that_comes_late_changes_nothing(
    shared: ServerProcess, ann: Person, admin: Person
) -> None:
    await turn(admin, "off")
    async with opened(shared) as socket:
        await socket.say("connect", token=ann.token, channels=["public"])
        assert await socket.closed() == OFF
    async with opened(shared, Authorization="Bearer nonsense") as socket:
        assert await socket.closed() == 4001


async def test_only_admins_turn_it(ann: Person, admin: Person) -> None:
    for answer in (
        await ann.http.get("/api/admin/realtime"),
        await ann.http.put("/api/admin/realtime", json={"realtime": "off"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    for wrong in ({"realtime": "maybe"}, {"realtime": "off", "for": "ever"}, {}):
        answer = await admin.http.put("/api/admin/realtime", json=wrong)
        assert answer.status_code == 422
    assert await is_on(ann)


async def test_turning_it_where_it_stands_changes_nothing(ann: Person, admin: Person) -> None:
    await turn(admin, "off")
    before = (await admin.http.get("/api/admin/realtime")).json()
    position = await head(ann)
    await turn(admin, "off")
    assert (await admin.http.get("/api/admin/realtime")).json() == before
    assert await head(ann) == position
    record = (await admin.http.get("/api/admin/audit", params={"limit": 1})).json()["entries"]
    assert [(entry["action"], entry["actor"]["name"]) for entry in record] == [
        ("realtime.off", "boss")
    ]


@pytest.mark.alone
@pytest.mark.light
async def test_the_command_works_beside_the_server_and_lasts(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        assert command(server, "realtime", "status") == "on"
        async with live(ann, "public") as socket:
            done = asyncio.create_task(asyncio.to_thread(command, server, "realtime", "off"))
            assert await socket.closed() == OFF
            assert "Live delivery is off" in await done
        assert command(server, "realtime", "status").startswith("off since 20")
        await server.stop()
        await server.start()
        async with ann.socket() as late:
            assert await Live(late).closed() == OFF
        assert not await is_on(ann)
        assert (await ann.http.post("/api/posts", json={"text": "x"})).status_code == 201
        assert command(server, "realtime", "on") == "Live delivery is on."
        async with asyncio.timeout(AT_ONCE):
            while not await is_on(ann):
                await asyncio.sleep(0.02)
        async with live(ann, "public"):
            pass


@pytest.mark.alone
async def test_many_are_sent_away_while_requests_go_on(
    ann: Person, bob: Person, admin: Person
) -> None:
    async with AsyncExitStack() as stack:
        crowd = [Live(await stack.enter_async_context(ann.socket())) for _ in range(MANY)]
        await asyncio.gather(*(socket.go_live("public") for socket in crowd))
        started = time.monotonic()
        await turn(admin, "off")
        await bob.publish("meanwhile")
        codes = await asyncio.gather(*(_end(socket) for socket in crowd))
        assert set(codes) == {OFF}
        assert time.monotonic() - started < AT_ONCE


async def _end(socket: Live) -> int | None:
    with contextlib.suppress(Exception):
        while True:
            json.loads(await socket.socket.recv())
    return socket.socket.close_code

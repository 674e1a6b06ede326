"""What somebody does at one node is so at all of them: at once, and soon while the bus is down."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from feedline import administration
from feedline.storage import Storage
from tests.conftest import Figures
from tests.gateway.live import Live, live
from tests.postgres import databases
from tests.processes import Person, ServerProcess, serving
from tests.valkey import ValkeyProcess, valkey

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.light]

AT_ONCE = 2.0  # seconds, with the bus
SOON = 30.0  # without it; a look at the log every second makes that two


@dataclass
class Scene:
    """Two nodes, with a creator at the one and a reader at the other, who also knows an admin."""

    here: ServerProcess
    there: ServerProcess
    bus: ValkeyProcess
    url: str
    service: str
    ann: Person
    ben: Person
    boss: Person
    within: float = AT_ONCE

    @contextmanager
    def in_time(self) -> Iterator[None]:
        since = time.monotonic()
        yield
        assert time.monotonic() - since < self.within


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    url = databases().fresh()
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        bus = await start(valkey(tmp_path / "valkey"))
        options = ("--database", url, "--bus", bus.url)
        here, there = await asyncio.gather(
            *(start(serving(tmp_path / name, *options)) for name in ("here", "there"))
        )
        ann, ben, boss = [await Person.register(here, name) for name in ("ann", "ben", "boss")]
        storage = Storage(tmp_path / "here", url)
        await asyncio.to_thread(administration.add_admin, storage, "boss")
        service = await asyncio.to_thread(administration.create_service_token, storage, "shop")
        await both_know_of_each_other(here, there)
        yield Scene(here, there, bus, url, service, ann, Person(there, ben.token, ben.user), boss)
    databases().drop(url)


async def both_know_of_each_other(*nodes: ServerProcess) -> None:
    async with asyncio.timeout(SOON), httpx.AsyncClient(timeout=SOON) as client:
        for node in nodes:
            while "feedline_bus_received_total 0" in await metrics(client, node):
                await asyncio.sleep(0.05)


async def metrics(client: httpx.AsyncClient, node: ServerProcess) -> str:
    return (await client.get(f"{node.url}/metrics")).text


@pytest.mark.timeout(150)
async def test_what_one_node_does_holds_at_the_other(scene: Scene, figures: Figures) -> None:
    await _wrong_passwords_count_together(scene)
    await _an_author_is_found_wherever_they_are_connected(scene)
    await _everything_else(scene, figures, "with the bus")
    await _an_admin_s_channel_ends(scene, figures, "with the bus")
    await scene.bus.kill()
    scene.within = SOON
    await _an_author_counts_as_gone_who_is_at_another_node(scene)
    await _everything_else(scene, figures, "without the bus")
    await _an_admin_s_channel_ends(scene, figures, "without the bus")


async def _everything_else(scene: Scene, figures: Figures, when: str) -> None:
    took = {}
    for act in (_a_post, _a_tier, _a_follow, _an_admin_removes, _a_sign_out):
        since = time.monotonic()
        await act(scene)
        took[act.__name__.strip("_").replace("_", " ")] = time.monotonic() - since
    seen = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in took.items())
    figures(f"{when}, another node went by: {seen}")


async def _a_post(scene: Scene) -> None:
    async with live(scene.ben, "public") as reader:
        with scene.in_time():
            await scene.ann.publish("news")
            await reader.expect("post_created")


async def _a_tier(scene: Scene) -> None:
    """One that is granted opens what it is for, and one that ends closes it again."""
    body = {"text": "for few", "tier": "basic"}
    post = (await scene.ann.http.post("/api/posts", json=body)).json()["post"]
    channel = f"post:{post['id']}"
    path = f"/api/users/{scene.ann.id}/subscribers/{scene.ben.id}"
    async with live(scene.ben, f"feed:{scene.ben.id}") as reader:
        with scene.in_time():
            granted = await scene.ann.http.put(path, json={"tier": "basic"})
            assert granted.status_code == 200
            assert (await until(reader, "feed_update"))["reason"] == "tier"
        assert await _text(scene.ben, post["id"]) == "for few"
        await reader.say("subscribe", id=1, channel=channel)
        await until(reader, "caught_up")
        with scene.in_time():
            assert (await scene.ann.http.delete(path)).status_code == 204
            assert (await until(reader, "post_retracted"))["reason"] == "tier"
        assert await _text(scene.ben, post["id"]) == ""
        await reader.say("subscribe", id=2, channel=channel)
        assert (await until(reader, "error"))["code"] == "forbidden"


async def _text(person: Person, post_id: str) -> str:
    answer = await person.http.get(f"/api/posts/{post_id}")
    return str(answer.json()["post"]["content"]["text"])


async def _a_follow(scene: Scene) -> None:
    """Of the reader's, made at the other node: posts come from then on, and then no more."""
    ben = Person(scene.here, scene.ben.token, scene.ben.user)
    path = f"/api/users/{scene.ann.id}/follow"
    async with live(scene.ben, f"feed:{scene.ben.id}") as reader:
        with scene.in_time():
            await ben.http.put(path)
            await until(reader, "feed_update")
        with scene.in_time():
            await scene.ann.publish("for followers")
            await until(reader, "post_created")
        with scene.in_time():
            await ben.http.delete(path)
            assert (await until(reader, "post_retracted"))["reason"] == "unfollowed"


async def _an_admin_removes(scene: Scene) -> None:
    post = (await scene.ann.publish("not nice"))["post"]
    async with live(scene.ben, "public") as reader:
        with scene.in_time():
            answer = await scene.boss.http.delete(f"/api/posts/{post['id']}")
            assert answer.status_code == 204
            assert (await until(reader, "post_deleted"))["postId"] == post["id"]
    assert (await scene.ben.http.get(f"/api/posts/{post['id']}")).status_code == 404


async def _an_admin_s_channel_ends(scene: Scene, figures: Figures, when: str) -> None:
    """Whoever is no admin any more loses the channel on sockets that are open elsewhere."""
    storage = Storage(scene.here.data, scene.url)
    await asyncio.to_thread(administration.add_admin, storage, "ben")
    async with live(scene.ben, "admin") as watcher:
        await until(watcher, "figures")
        await asyncio.to_thread(administration.remove_admin, storage, "ben")
        since = time.monotonic()
        assert (await until(watcher, "unsubscribed"))["channel"] == "admin"
        took = time.monotonic() - since
        await watcher.say("subscribe", id=1, channel="admin")
        assert (await until(watcher, "error"))["code"] == "forbidden"
    figures(f"{when}, another node took the channel of a former admin after {took:.2f} s")
    assert took < AT_ONCE  # every node looks once a second, whatever the bus does


async def _a_sign_out(scene: Scene) -> None:
    """It ends sockets, streams and polls of that sign-in, and only those."""
    leaver = Person(scene.there, await sign_in(scene.here, "ben"), scene.ben.user)
    stream = f"{scene.there.url}/api/stream?channels=public"
    async with (
        live(scene.ben, "public") as stays,
        live(leaver) as socket,
        httpx.AsyncClient(headers=leaver.headers, timeout=SOON) as http,
        http.stream("GET", stream) as answer,
    ):
        lines = answer.aiter_lines()
        while "caught_up" not in await anext(lines):
            pass
        with scene.in_time():
            assert (await http.post(f"{scene.here.url}/api/auth/logout")).status_code == 204
            assert await socket.closed() == 4003
            async for _ in lines:
                pass
        assert (await http.get(f"{scene.there.url}/api/me")).status_code == 401
        await stays.say("ping", id=1)
        await until(stays, "pong")


async def _wrong_passwords_count_together(scene: Scene) -> None:
    wrong = {"username": "nobody", "password": "wrong horse"}
    async with httpx.AsyncClient(timeout=SOON) as client:
        for number in range(10):
            node = (scene.here, scene.there)[number % 2]
            answer = await client.post(f"{node.url}/api/auth/login", json=wrong)
            assert answer.status_code == 401
        async with asyncio.timeout(AT_ONCE):
            for node in (scene.here, scene.there):
                url = f"{node.url}/api/auth/login"
                while (await client.post(url, json=wrong)).status_code != 429:
                    pass


async def _an_author_is_found_wherever_they_are_connected(scene: Scene) -> None:
    assert await _delivery(scene.there, scene) == "channel-only"
    async with live(scene.ann):
        await sooner_or_later(lambda: _delivery(scene.here, scene), "direct")
        await sooner_or_later(lambda: _delivery(scene.there, scene), "direct")
    await sooner_or_later(lambda: _delivery(scene.there, scene), "channel-only")


async def _an_author_counts_as_gone_who_is_at_another_node(scene: Scene) -> None:
    async with live(scene.ann):
        await sooner_or_later(lambda: _delivery(scene.there, scene), "channel-only")
        assert await _delivery(scene.here, scene) == "direct"


async def _delivery(node: ServerProcess, scene: Scene) -> Any:
    headers = {"Authorization": f"Bearer {scene.service}"}
    body = {"post": {"id": "7", "text": "from elsewhere"}, "authorId": scene.ann.id}
    async with httpx.AsyncClient(headers=headers, timeout=SOON) as client:
        answer = await client.post(f"{node.url}/api/notify/post-author", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()["delivery"]


async def sooner_or_later(ask: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    async with asyncio.timeout(SOON):
        while await ask() != wanted:
            await asyncio.sleep(0.05)


async def sign_in(node: ServerProcess, username: str) -> str:
    """The token."""
    async with httpx.AsyncClient(base_url=node.url, timeout=30) as client:
        body = {"username": username, "password": "correct horse"}
        return str((await client.post("/api/auth/login", json=body)).json()["token"])


async def until(connection: Live, kind: str) -> dict[str, Any]:
    """The next message of a type."""
    async with asyncio.timeout(SOON):
        while True:
            message: dict[str, Any] = json.loads(await connection.socket.recv())
            if message["type"] == kind:
                return message

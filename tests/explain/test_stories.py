"""Stories told by real servers: what became of a post on its way to somebody, and why."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from feedline.explain.reach import FEWEST
from tests.gateway.live import Live, Message, live
from tests.gateway.raw import raw_live
from tests.processes import Person, ServerProcess, serving
from tests.system.trial import nodes_on

Story = dict[str, Any]
PATIENCE = 40.0  # seconds for what takes two

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["SQLite", "PostgreSQL"])
async def nodes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[ServerProcess]]:
    async with nodes_on(request.param, tmp_path_factory.mktemp("nodes")) as running:
        yield running


class Scene:
    """An author, a reader and an admin; the reader is at the last node, the author at the first."""

    def __init__(self, author: Person, reader: Person, admin: Person) -> None:
        self.author = author
        self.reader = reader
        self.admin = admin

    async def publish(self, **fields: Any) -> str:
        answer = await self.author.http.post("/api/posts", json={"text": "hello", **fields})
        post_id: str = answer.json()["post"]["id"]
        return post_id

    async def follow(self) -> None:
        await self.reader.http.put(f"/api/users/{self.author.id}/follow")

    async def told(self, post_id: str, is_so: Callable[[Story], bool]) -> Story:
        """The story, once it is so: records are written down a little later."""
        end = time.monotonic() + PATIENCE
        while True:
            path = f"/api/admin/posts/{post_id}/story"
            answer = await self.admin.http.get(path, params={"user": self.reader.id})
            assert answer.status_code == 200, answer.text
            story: Story = answer.json()["story"]
            if is_so(story):
                return story
            assert time.monotonic() < end, json.dumps(story)
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def admin(nodes: list[ServerProcess]) -> Person:
    person = await Person.register(nodes[0], "root")
    made = [sys.executable, "-m", "feedline", "admin", "add", person.user["username"]]
    await asyncio.to_thread(subprocess.run, [*made, *_place(nodes[0])], check=True)
    return person


def _place(node: ServerProcess) -> list[str]:
    return ["--data", str(node.data), *node.options[:2]]


@pytest_asyncio.fixture(loop_scope="module")
async def scene(nodes: list[ServerProcess], admin: Person, request: pytest.FixtureRequest) -> Scene:
    name = str(abs(hash(request.node.nodeid)))[:8]
    author = await Person.register(nodes[0], f"author{name}")
    reader = await Person.register(nodes[-1], f"reader{name}")
    return Scene(author, reader, admin)


async def a_post(connection: Live) -> Message:
    """The next event; heartbeats come in between."""
    while (message := await connection.hear())["type"] == "heartbeat":
        pass
    assert message["type"] == "post_created", message
    return message


def _is(reason: str) -> Callable[[Story], bool]:
    return lambda story: bool(story["reason"] == reason)


def _is_handed_out(story: Story) -> bool:
    return all(one["sockets"] is not None for one in story["dispatches"])


def _kinds(story: Story) -> dict[str, Any]:
    return {moment["kind"]: moment["detail"] for moment in story["moments"]}


async def test_a_post_that_was_delivered(scene: Scene) -> None:
    await scene.follow()
    async with live(scene.reader, f"feed:{scene.reader.id}") as connection:
        post_id = await scene.publish()
        event = await a_post(connection)
        await connection.say("applied", cursor=event["cursor"])
        # Nodes and connections write down what they did each for themselves.
        wanted = {"opened", "committed", "dispatched", "sent", "shown"}
        story = await scene.told(
            post_id, lambda story: wanted <= set(_kinds(story)) and _is_handed_out(story)
        )
        assert (story["verdict"], story["reason"]) == ("shown", "live")
        assert "on the screen" in story["summary"]
        texts = [moment["text"] for moment in story["moments"]]
        (dispatch,) = story["dispatches"]
        assert dispatch["sockets"] == 1
        assert dispatch["firstMs"] <= dispatch["lastMs"]
        handed = f"dispatched on {dispatch['node']}, handed to 1 socket "
        assert any(text.startswith(handed) for text in texts)
        assert "sent to the WebSocket, live" in texts
        assert set(_kinds(story)) == wanted
        assert _kinds(story)["sent"] == "ws"
        assert [one["outcome"] for one in story["connections"]] == ["live"]
        reach = (await scene.author.http.get(f"/api/posts/{post_id}/reach")).json()["reach"]
    assert reach["online"] is None, "of one follower nobody else is to know where they were"


async def test_a_post_that_is_locked(scene: Scene) -> None:
    await scene.follow()
    async with live(scene.reader, f"feed:{scene.reader.id}") as connection:
        post_id = await scene.publish(tier="premium")
        await a_post(connection)
        story = await scene.told(post_id, _is("live"))
    assert story["isLocked"]
    assert "its locked form" in story["summary"]
    assert any("premium" in note for note in story["notes"])


async def test_a_post_that_was_missed_and_then_replayed(scene: Scene) -> None:
    await scene.follow()
    async with live(scene.reader, f"feed:{scene.reader.id}"):
        cursor = (await scene.reader.http.get("/api/feed")).json()["cursor"]
    post_id = await scene.publish()
    story = await scene.told(post_id, lambda story: "connection ended" in story["summary"])
    assert (story["verdict"], story["reason"]) == ("not_sent", "offline")
    async with scene.reader.socket() as socket:
        again = Live(socket)
        await again.connect(f"feed:{scene.reader.id}", cursor=cursor)
        event = await a_post(again)
        await again.say("applied", cursor=event["cursor"])
        story = await scene.told(post_id, lambda story: bool(story["verdict"] == "shown"))
    assert story["reason"] == "replayed"
    assert "in a replay" in story["summary"]


async def test_an_author_learns_how_far_a_post_got(
    scene: Scene, nodes: list[ServerProcess]
) -> None:
    async with AsyncExitStack() as stack:
        crowd: list[Live] = []
        for number in range(FEWEST):
            fan = await Person.register(
                nodes[-1], f"fan{number}-{scene.author.user['username'][-8:]}"
            )
            await fan.http.put(f"/api/users/{scene.author.id}/follow")
            crowd.append(await stack.enter_async_context(live(fan, f"feed:{fan.id}")))
        post_id = await scene.publish()
        for fan_connection in crowd[1:]:
            event = await a_post(fan_connection)
            await fan_connection.say("applied", cursor=event["cursor"])
        wanted = {"online": FEWEST, "live": FEWEST, "shown": FEWEST - 1, "isAll": True}
        end = time.monotonic() + PATIENCE
        while True:
            answer = await scene.author.http.get(f"/api/posts/{post_id}/reach")
            reach = answer.json()["reach"]
            if (reach["live"], reach["shown"]) == (FEWEST, FEWEST - 1):
                break
            assert time.monotonic() < end, reach
            await asyncio.sleep(1)  # one may not ask as often as one likes
    assert 0 <= reach.pop("withinMs") < 10_000
    assert reach == wanted


async def test_a_post_of_somebody_whom_one_does_not_follow(scene: Scene) -> None:
    async with live(scene.reader, f"feed:{scene.reader.id}"):
        post_id = await scene.publish()
        await scene.told(post_id, _is("not_following"))
        await scene.follow()
        story = await scene.told(post_id, lambda story: len(story["moments"]) > 1)
    assert story["reason"] == "not_following"
    assert any(" followed " in moment["text"] for moment in story["moments"])


async def test_a_post_of_somebody_who_is_blocked_and_one_that_is_deleted(scene: Scene) -> None:
    post_id = await scene.publish()
    await scene.author.http.delete(f"/api/posts/{post_id}")
    story = await scene.told(post_id, _is("deleted"))
    assert story["moments"][-1]["text"] == "deleted"
    post_id = await scene.publish()
    await scene.reader.http.put(f"/api/users/{scene.author.id}/block")
    await scene.told(post_id, _is("blocked"))


async def test_a_post_that_came_by_polls(scene: Scene) -> None:
    channels = {"channels": f"creator:{scene.author.id}"}
    begin = (await scene.reader.http.get("/api/events", params=channels)).json()["cursor"]
    post_id = await scene.publish()
    params = {**channels, "cursor": begin, "wait": "5"}
    answer = await scene.reader.http.get("/api/events", params=params)
    assert [event["type"] for event in answer.json()["events"]] == ["post_created"]
    story = await scene.told(post_id, _is("replayed"))
    assert [one["transport"] for one in story["connections"]] == ["poll"]


async def test_the_command_tells_the_same(scene: Scene, nodes: list[ServerProcess]) -> None:
    post_id = await scene.publish()
    # What it says of a young post is said for some seconds only, and the command takes its time.
    told = await scene.told(post_id, lambda story: not any("young" in n for n in story["notes"]))
    assert told["reason"] == "offline"
    name = scene.reader.user["username"]
    command = [sys.executable, "-m", "feedline", "explain", post_id, "--user", name]

    def run(*more: str) -> str:
        done = [*command, *_place(nodes[0]), *more]
        return subprocess.run(done, check=True, capture_output=True, text=True).stdout

    assert json.loads(await asyncio.to_thread(run, "--json")) == told
    shown = await asyncio.to_thread(run)
    assert told["summary"].split("(")[0].strip() in " ".join(shown.split())
    for other in (f"@{scene.author.user['username']}", f"http://feed.example/p/{post_id}/?x=1"):
        command[4:7] = [other, "--user", f"@{name}"]
        assert json.loads(await asyncio.to_thread(run, "--json")) == told


async def test_stories_are_for_admins_and_reach_is_for_the_author(scene: Scene) -> None:
    post_id = await scene.publish()
    path = f"/api/admin/posts/{post_id}/story"
    for person, status in ((scene.author, 403), (scene.reader, 403), (scene.admin, 200)):
        answer = await person.http.get(path, params={"user": scene.reader.id})
        assert answer.status_code == status
    params = {"user": "nobody-at-all"}
    assert (await scene.admin.http.get(path, params=params)).status_code == 404
    assert (await scene.reader.http.get(f"/api/posts/{post_id}/reach")).status_code == 403
    assert (await scene.reader.http.get("/api/posts/none/reach")).status_code == 404


async def test_a_socket_that_takes_nothing(tmp_path: Path) -> None:
    settings = {"FEEDLINE_STALL_SECONDS": "60"}
    async with serving(tmp_path / "data", environment=settings) as server:
        author, reader = await Person.register(server, "ann"), await Person.register(server, "ben")
        admin = await Person.register(server, "root")
        made = [sys.executable, "-m", "feedline", "admin", "add", "root"]
        await asyncio.to_thread(subprocess.run, [*made, "--data", str(server.data)], check=True)
        scene = Scene(author, reader, admin)
        channel = f"creator:{author.id}"
        async with raw_live(server, reader, channel, receive_buffer=4096) as connection:
            for _ in range(60):
                post_id = await scene.publish(text="\N{GRINNING FACE}" * 9_900)
            story = await scene.told(post_id, _is("lagging"))
            assert "too slowly" in story["summary"]
            while (await connection.message()).get("post", {}).get("id") != post_id:
                pass
            story = await scene.told(post_id, _is("replayed"))
        assert "was behind" in story["summary"]

"""The channel of admins: figures by each transport that carries them, and for nobody else."""

import asyncio

import pytest
import pytest_asyncio

from tests.gateway.events import live_stream
from tests.gateway.live import Crowd, Live, Message, live
from tests.gateway.test_switch import command
from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(shared: ServerProcess, join: Crowd) -> Person:
    chief = await join("chief")
    await asyncio.to_thread(command, shared, "admin", "add", "chief")
    return chief


async def figures_with(connection: Live, posts: bool) -> Message:
    """The next figures, past all that say nothing of posts if ``posts`` are waited for."""
    while True:
        message = await connection.hear()
        if message["type"] == "figures" and (message["point"]["postsPerSecond"] > 0 or not posts):
            return message


async def test_a_post_is_in_the_figures_a_moment_later(admin: Person) -> None:
    async with live(admin, "admin", "public") as connection:
        cursor = await connection.expect("figures")
        assert "cursor" not in cursor
        await admin.publish("counted")
        message = await figures_with(connection, posts=True)
        assert message["point"]["connections"]["ws"] >= 1
        [node] = message["nodes"]
        assert (node["state"], node["role"], node["lag"]) == ("up", "all", 0)
        assert "counted" not in str(message)


async def test_a_stream_brings_figures_too(admin: Person) -> None:
    async with live_stream(admin, "admin") as stream:
        assert (await stream.expect("figures"))["channel"] == "admin"


async def test_nobody_else_may_have_them(join: Crowd) -> None:
    ann = await join("nosy")
    async with ann.socket() as socket:
        connection = Live(socket)
        connected = await connection.connect("admin")
        assert connected["channels"] == [{"channel": "admin", "ok": False, "code": "forbidden"}]
    for path in ("/api/stream?channels=admin", "/api/events?channels=admin"):
        assert (await ann.http.get(path)).status_code == 403


async def test_who_is_no_admin_any_more_loses_the_channel(
    shared: ServerProcess, admin: Person
) -> None:
    async with live(admin, "admin") as connection:
        await connection.expect("figures")
        await asyncio.to_thread(command, shared, "admin", "remove", "chief")
        while (message := await connection.hear())["type"] == "figures":
            pass
        assert message == {"type": "unsubscribed", "channel": "admin"}
        await connection.say("ping", id=1)
        assert await connection.expect("pong")
    await asyncio.to_thread(command, shared, "admin", "add", "chief")

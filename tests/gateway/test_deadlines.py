"""What happens by the clock: first messages, heartbeats, restarts."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from tests.gateway.live import Live, Message, crowd, head, live, opened
from tests.gateway.raw import CLOSE, TEXT, frame, raw, raw_live, request
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {"FEEDLINE_HEARTBEAT_SECONDS": "1"}


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server that waits a second for the first message, which a busy machine may take."""
    environment = {"FEEDLINE_FIRST_MESSAGE_SECONDS": "1"}
    async with serving(tmp_path / "data", environment=environment) as process:
        yield process


# ---- the first message


@pytest.mark.alone
@pytest.mark.light
async def test_a_socket_that_says_nothing_is_closed(hasty: ServerProcess) -> None:
    ann = await Person.register(hasty, "ann")
    begin = time.monotonic()
    async with (
        opened(hasty) as stranger,
        opened(hasty, Authorization=f"Bearer {ann.token}") as known,
        opened(hasty, Cookie="feedline_session=old") as stale,
    ):
        assert [await c.closed() for c in (stranger, known, stale)] == [4001] * 3
    assert 1 <= time.monotonic() - begin < 4


async def test_talk_does_not_put_the_deadline_off(hasty: ServerProcess) -> None:
    async with opened(hasty) as connection:
        closing = asyncio.create_task(connection.closed())
        with suppress(ConnectionClosed):
            while not closing.done():
                await connection.socket.ping()
                await asyncio.wait([closing], timeout=0.1)
        await closing
        assert closing.result() == 4001


async def test_half_a_message_does_not_put_the_deadline_off(hasty: ServerProcess) -> None:
    async with raw(hasty) as connection:
        connection.send(request())
        await connection.head()
        connection.send(frame(TEXT, b'{"type":', fin=False))
        received = await connection.frame()
        assert (received.opcode, received.close_code) == (CLOSE, 4001)


# ---- heartbeats


async def test_a_heartbeat_says_how_far_this_connection_has_been_served(
    ann: Person, bob: Person
) -> None:
    async with ann.socket() as socket:
        connection = Live(socket)
        connected = await connection.go_live(f"creator:{ann.id}")
        assert connected["heartbeat"] == 1
        heartbeat = await connection.expect("heartbeat")
        assert heartbeat == {"type": "heartbeat", "cursor": connected["cursor"]}
        await bob.publish("not for this connection")
        now = await head(ann)
        assert now != connected["cursor"]
        assert await next_but(heartbeat, connection) == {"type": "heartbeat", "cursor": now}
        await ann.publish("for this one")
        created = await next_but({"type": "heartbeat", "cursor": now}, connection)
        assert created["type"] == "post_created"
        assert (await connection.expect("heartbeat"))["cursor"] == created["cursor"]


async def next_but(heartbeat: Message, connection: Live) -> Message:
    """The next message that is not this one, which is repeated on a machine that takes its time."""
    while (heard := await connection.hear()) == heartbeat:
        pass
    return heard


async def test_the_cursor_of_a_heartbeat_is_a_place_to_resume_from(
    ann: Person, bob: Person
) -> None:
    async with live(ann, "public") as connection:
        created = await bob.publish("heard")
        while (cursor := (await connection.hear())["cursor"]) != created["cursor"]:
            pass
        assert (await connection.expect("heartbeat"))["cursor"] == cursor
    await bob.publish("missed")
    async with ann.socket() as socket:
        connection = Live(socket)
        await connection.connect("public", cursor=cursor)
        assert await connection.hear_posts(1) == ["missed"]


async def test_heartbeats_come_in_silence_only(ann: Person) -> None:
    begin = said = time.monotonic()  # a moment before the server said something, at the latest
    async with live(ann) as connection:
        for number in range(20):
            asked = time.monotonic()
            await connection.say("ping", id=number)
            while (heard := await connection.hear())["type"] == "heartbeat":
                said += 0.9  # it says one a second after what it said before
                assert time.monotonic() > said
            assert heard == {"type": "pong", "id": number}
            said = asked
            await asyncio.sleep(0.1)
        assert time.monotonic() - begin > 2
        await connection.expect("heartbeat")


# ---- a restart


async def test_a_restart_is_told_to_everybody(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server, crowd(server) as join:
        ann = await join("ann")
        async with live(ann, "public") as connected, opened(server) as stranger:
            stopping = asyncio.create_task(server.stop())
            assert await connected.closed() == 1012
            assert await stranger.closed() == 1012
            assert await stopping == 0
    assert not [line for line in server.log if "Traceback" in line]


@pytest.mark.alone
@pytest.mark.light
async def test_a_restart_waits_for_no_deaf_peer(tmp_path: Path) -> None:
    async with (
        serving(tmp_path / "data") as server,
        crowd(server) as join,
        AsyncExitStack() as stack,
    ):
        ann = await join("ann")
        peers = [await stack.enter_async_context(raw_live(server, ann, "public"))]
        peers += [await stack.enter_async_context(raw(server)) for _ in range(3)]
        peers[1].send(request()[:50])
        peers[2].send(b"POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
        begin = time.monotonic()
        assert await server.stop() == 0
        assert time.monotonic() - begin < 12
        assert (await peers[0].frame()).close_code == 1012

"""Readers that stop reading: bounded memory, no delay for others, exact when they come back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from tests.gateway.live import Crowd, Message, crowd, eventually, live, none_open, open_sockets
from tests.gateway.raw import CLOSE, PING, RawSocket, frame, message, raw_live
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

MIB = 2**20
POSTS = 300
READERS = 10
SMALL = 4096  # bytes of the client's receive buffer: the kernel takes little for it
SIZES = (
    9_900,
    10,
    2_500,
    9_000,
    9_500,
    2_000,
)  # frames whose length is spelled in each way that is used


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    # Without the events that are kept for everybody, what grows is what single readers cost.
    return {
        "FEEDLINE_RING_EVENTS": "0",
        "FEEDLINE_SILENCE_SECONDS": "0",
        "FEEDLINE_STALL_SECONDS": "60",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[ServerProcess, Crowd]]:
    """A server that gives up on a reader after two seconds."""
    data = tmp_path_factory.mktemp("strict") / "data"
    settings = {"FEEDLINE_STALL_SECONDS": "2"}
    async with serving(data, environment=settings) as server, crowd(server) as join:
        yield server, join


def resident(server: ServerProcess) -> int:
    """Bytes of memory that a server holds."""
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * 4096


async def publish_large(author: Person, count: int, begin: int = 0) -> list[str]:
    """Numbered posts of up to 40 KB in four-byte characters; their cursors, in order."""
    answers = [
        await author.publish(f"{number} " + "😀" * SIZES[number % len(SIZES)])
        for number in range(begin, begin + count)
    ]
    return [answer["cursor"] for answer in answers]


async def read_up_to(connection: RawSocket, cursor: str) -> list[Message]:
    """The events up to a cursor."""
    events: list[Message] = []
    while not events or events[-1]["cursor"] != cursor:
        event = await connection.message()
        assert event["type"] == "post_created", event
        events.append(event)
    return events


@pytest.mark.alone
async def test_readers_that_stop_cost_little_and_miss_nothing(
    shared: ServerProcess, ann: Person, bob: Person
) -> None:
    await publish_large(ann, 2 * POSTS)  # fills the caches that a server has anyway
    async with AsyncExitStack() as stack:
        # A channel of its own for each: what waits for one is not the same bytes as for the next.
        own = [f"post:{(await ann.publish('a post'))['post']['id']}" for _ in range(READERS)]
        stopped = [
            await stack.enter_async_context(
                raw_live(shared, bob, "public", channel, receive_buffer=SMALL)
            )
            for channel in own
        ]
        for connection in stopped:
            connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        neighbour = await stack.enter_async_context(live(bob, "public"))
        before = resident(shared)
        waits = []
        cursors: list[str] = []
        while len(cursors) < POSTS:
            cursors += await publish_large(ann, len(SIZES), begin=len(cursors))
            published = time.monotonic()
            await neighbour.hear_posts(len(SIZES))
            waits.append(time.monotonic() - published)
        grown = resident(shared) - before
        assert grown < READERS * 256 * 1024 + 12 * MIB, f"{grown / MIB:.1f} MiB"
        assert sorted(waits)[len(waits) // 2] < 0.2
        assert max(waits) < 5

        for connection in stopped:
            connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        caught_up = [read_up_to(connection, cursors[-1]) for connection in stopped]
        for events in await asyncio.gather(*caught_up):
            assert [event["cursor"] for event in events] == cursors
            sizes = [len(event["post"]["content"]["text"]) for event in events]
            assert sizes == [len(f"{n} ") + SIZES[n % len(SIZES)] for n in range(POSTS)]
        last = await ann.publish("live again")
        for connection in stopped:
            assert (await connection.message())["cursor"] == last["cursor"]


async def test_a_reader_that_is_always_a_little_behind(
    shared: ServerProcess, ann: Person, bob: Person
) -> None:
    """Paused and drained again and again, it still gets every event once and in order."""
    async with raw_live(shared, bob, "public", receive_buffer=SMALL) as connection:
        writing = asyncio.create_task(publish_large(ann, POSTS))
        seen: list[str] = []
        while len(seen) < POSTS:
            connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
            with suppress(RuntimeError):  # the stream itself has resumed
                connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
            few = range(min(7, POSTS - len(seen)))
            seen += [(await connection.message())["cursor"] for _ in few]
        assert seen == await writing


async def test_a_reader_that_never_reads_is_cut(strict: tuple[ServerProcess, Crowd]) -> None:
    server, join = strict
    person, author = await join("bob"), await join("ann")
    before = await none_open(person)
    async with raw_live(server, person, "public", receive_buffer=SMALL) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        assert await open_sockets(person) == before + 1
        async with live(person, "public") as neighbour:
            begin = time.monotonic()
            # The neighbour reads along: one that did not would be a reader that stalls, too.
            publishing = asyncio.create_task(publish_large(author, POSTS))
            assert len(await neighbour.hear_posts(POSTS)) == POSTS
            await publishing

            async def cut() -> bool:
                return await open_sockets(person) == before + 1

            await eventually(cut)
            assert time.monotonic() - begin > 2
            await author.publish("all is well")
            assert await neighbour.hear_posts(1) == ["all is well"]


@pytest.mark.parametrize(
    "flood",
    [frame(PING, b"x" * 125) * 500, message(type="ping", id="x" * 60_000)],
    ids=["ping frames", "messages"],
)
async def test_a_peer_that_asks_and_never_reads_costs_little(
    strict: tuple[ServerProcess, Crowd], flood: bytes, request: pytest.FixtureRequest
) -> None:
    server, join = strict
    person = await join(f"flooder{request.node.callspec.id[:4].strip()}")
    before, sockets = resident(server), await none_open(person)
    async with raw_live(server, person, receive_buffer=SMALL) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        flooding = asyncio.create_task(write_until_cut(connection, flood, 100 * MIB))
        async with live(person) as neighbour:
            highest = before

            async def cut() -> bool:
                nonlocal highest
                highest = max(highest, resident(server))
                await neighbour.say("ping")
                await neighbour.expect("pong")
                return await open_sockets(person) == sockets + 1

            await eventually(cut)
            assert highest - before < 8 * MIB, f"{(highest - before) / MIB:.1f} MiB"
        flooding.cancel()
        with suppress(asyncio.CancelledError):
            await flooding


async def write_until_cut(connection: RawSocket, data: bytes, most: int) -> None:
    for _ in range(most // len(data)):
        connection.send(data)
        try:
            await connection.writer.drain()
        except ConnectionError:
            return


async def test_nothing_follows_the_answer_to_a_goodbye(
    shared: ServerProcess, ann: Person, bob: Person
) -> None:
    """Not even where much waits already, so that the end takes its time (RFC 6455 5.5.1)."""
    async with AsyncExitStack() as stack:
        leaving = []
        # Each has a little more waiting than the one after it: some are full, some are not.
        for _ in range(40):
            connection = await stack.enter_async_context(
                raw_live(shared, bob, "public", receive_buffer=SMALL)
            )
            connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
            leaving.append(connection)
            await asyncio.gather(*(ann.publish("😀" * 9_900) for _ in range(2)))
        await publish_large(ann, 20)
        for connection in leaving:
            connection.send(frame(CLOSE, b"\x03\xe8"))
        await publish_large(ann, 20)
        for connection in leaving:
            connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        ends = await asyncio.gather(*(last_frames(connection) for connection in leaving))
        assert sum(frames[-1:] == [CLOSE] for frames in ends) > len(leaving) // 2
        assert all(CLOSE not in frames[:-1] for frames in ends)


async def last_frames(connection: RawSocket) -> list[int]:
    """The opcodes of all frames that still come."""
    opcodes = []
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            opcodes.append((await connection.frame()).opcode)
    return opcodes

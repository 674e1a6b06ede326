"""Hundreds of hostile clients against one server: it stays, and its neighbours notice nothing.

The tests share one server. The last one looks at what all of them have left behind.
"""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.gateway.live import PATIENCE
from tests.gateway.raw import Answer, RawSocket, frame, message, raw, request
from tests.hostile.requests import CUT as NO_ANSWER
from tests.hostile.requests import JSON, Request, get, length, post, requests
from tests.hostile.siege import MIB, STAYS, Siege, attacker, besieged, outcome, send_all
from tests.hostile.speech import TOO_MANY, Speech, speeches
from tests.processes import serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

REQUESTS = list(requests())
SPEECHES = list(speeches("019b0000-0000-7000-8000-000000000000"))
CROWD = 150
LONGEST_WAIT = 2.0  # seconds for all but one of a hundred posts, on a machine that is busy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def siege(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Siege]:
    # Many attackers come from the one address that tests have.
    data = tmp_path_factory.mktemp("siege") / "data"
    settings = {"FEEDLINE_LOGIN_FAILURES_PER_ADDRESS": "0", "FEEDLINE_RING_EVENTS": "100"}
    async with serving(data, environment=settings) as server, besieged(server) as siege:
        yield siege


async def test_there_are_enough_of_them_and_each_is_its_own() -> None:
    assert len({request.name for request in REQUESTS}) == len(REQUESTS) > 100
    assert len({speech.name for speech in SPEECHES}) == len(SPEECHES) > 80
    assert len({request.data for request in REQUESTS}) == len(REQUESTS)


# ---- one at a time


async def first_answer(connection: RawSocket) -> int:
    """The status of the first answer, or NO_ANSWER."""
    try:
        return (await connection.head()).status
    except (asyncio.IncompleteReadError, ConnectionError):
        return NO_ANSWER


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request_: request_.name)
async def test_request(siege: Siege, request_: Request) -> None:
    async with raw(siege.server) as connection:
        sending = asyncio.create_task(send_all(connection, request_.data))
        status = await first_answer(connection)
        sending.cancel()
    assert status in request_.allowed
    await siege.stands()


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: speech.name)
async def test_speech(siege: Siege, speech: Speech) -> None:
    async with attacker(siege) as connection:
        end, _ = await outcome(connection, speech.data)
    assert end in speech.allowed
    await siege.stands()


# ---- smuggling


async def answers(siege: Siege, data: bytes) -> list[Answer]:
    """All answers to what is sent on one connection, which is half closed after it."""
    found: list[Answer] = []
    async with raw(siege.server) as connection:
        await send_all(connection, data)
        with contextlib.suppress(OSError):
            connection.writer.write_eof()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                answer = await connection.head()
                found.append(answer)
                await connection.body(answer)
    return found


@pytest.mark.parametrize(
    "shape", [r for r in REQUESTS if b"GET /api/me" in r.data[50:]], ids=lambda r: r.name
)
async def test_what_is_hidden_in_a_body_is_no_request(siege: Siege, shape: Request) -> None:
    """``two lengths that agree`` may be read as one; then what follows is a request in the open."""
    async with raw(siege.server) as connection:
        await send_all(connection, shape.data)
        first = await first_answer(connection)
        assert first in shape.allowed
        if first == 400:
            assert b"HTTP/1.1" not in await connection.ended()


async def test_pipelined_requests_are_answered_in_order(siege: Siege) -> None:
    async with raw(siege.server) as connection:
        await send_all(connection, get(b"/healthz") * 20 + get(b"/api/no") + get(b"/api/me"))
        statuses = []
        for _ in range(22):
            answer = await connection.head()
            await connection.body(answer)
            statuses.append(answer.status)
    assert statuses == [200] * 20 + [404, 401]
    await siege.stands()


async def test_thousands_of_pipelined_requests_that_nobody_reads_the_answers_of(
    siege: Siege,
) -> None:
    async with raw(siege.server, 4096) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(get(b"/api/posts") * 20_000)
        await siege.stands()
        assert siege.grown < 20 * MIB


async def test_an_upgrade_in_a_hurry_does_not_mix_its_stream_with_an_answer(siege: Siege) -> None:
    """It comes while the request before it on the connection is still being answered."""
    async with raw(siege.server) as connection:
        await send_all(connection, get(b"/api/posts") + request())
        assert await first_answer(connection) == NO_ANSWER
    await siege.stands()


async def test_no_refusal_comes_in_the_place_of_an_earlier_answer(siege: Siege) -> None:
    async with raw(siege.server) as connection:
        await send_all(connection, get(b"/api/posts") + b"\0\0\0\0")
        assert await first_answer(connection) == NO_ANSWER
    await siege.stands()


# ---- never whole


async def test_heads_and_bodies_that_come_a_byte_at_a_time_or_never(siege: Siege) -> None:
    heads = [get(b"/readyz")[:size] for size in range(1, 30)]
    bodies = [post(JSON, length(100), body=b"{"), post(JSON, b"Transfer-Encoding: chunked\r\n")]
    upgrades = [request()[:size] for size in range(1, len(request()), 9)]
    async with AsyncExitStack() as stack:
        held = [
            (await stack.enter_async_context(raw(siege.server)), begun)
            for begun in [*heads, *bodies * 20, *upgrades]
        ]
        for connection, begun in held:
            connection.send(begun)
        for _ in range(20):
            for connection, _ in held:
                connection.send(b"x")
            await asyncio.sleep(0)
        await siege.stands()


async def test_a_chunked_body_without_end_is_not_kept(siege: Siege) -> None:
    """Its trailers neither: they look like headers, and are no part of the head."""
    before = siege.resident()
    begun = post(JSON, b"Transfer-Encoding: chunked\r\n")
    for more in (b"1000;" + b"x" * 4096, b"0\r\n" + b"X-A: b\r\n" * 1000, b"1\r\n \r\n" * 1000):
        rest = b"X-A: b\r\n" * 1000 if more.startswith(b"0") else more[5:] or b"x"
        async with raw(siege.server) as connection:
            connection.send(begun + more)
            for _ in range(2000):
                if connection.writer.transport.is_closing() or connection.reader.at_eof():
                    break
                await send_all(connection, rest)
        assert siege.resident() - before < 15 * MIB
    await siege.stands()


async def test_handshakes_of_one_byte_at_a_time(siege: Siege) -> None:
    whole = request(Authorization=f"Bearer {siege.person.token}") + message(type="connect")
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(raw(siege.server)) for _ in range(20)]
        for byte in request(Authorization=f"Bearer {siege.person.token}"):
            for connection in crowd:
                connection.send(bytes([byte]))
            await asyncio.sleep(0)
        for connection in crowd:
            assert (await connection.head()).status == 101
        for byte in message(type="connect"):
            for connection in crowd:
                connection.send(bytes([byte]))
            await asyncio.sleep(0)
        for connection in crowd:
            assert (await connection.message())["type"] == "connected"
    assert len(whole) > 100
    await siege.stands()


# ---- hanging up


def reset(connection: RawSocket) -> None:
    """Hangs up so that the server gets an error, not an end."""
    kernel: socket.socket = connection.writer.get_extra_info("socket")
    kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.writer.transport.abort()


async def test_resets_at_every_moment(siege: Siege) -> None:
    upgraded = request(Authorization=f"Bearer {siege.person.token}")
    whole = upgraded + message(type="connect", channels=["public"]) + message(type="ping")
    for size in range(0, len(whole), 11):
        async with raw(siege.server) as connection:
            await send_all(connection, whole[:size])
            reset(connection)
    body = post(JSON, length(40), body=b'{"username":"ann","password":"correct h"}')
    for size in range(0, len(body), 11):
        async with raw(siege.server) as connection:
            await send_all(connection, body[:size])
            reset(connection)
    await siege.stands()


async def test_half_closed_sockets_do_not_stay(siege: Siege) -> None:
    """Nothing more will come of them; a socket that is live says goodbye or is cut."""
    assert [answer.status for answer in await answers(siege, get(b"/healthz"))] in ([200], [])
    for begun in (b"", b"GET ", request(), request()[:-2], post(JSON, length(9))):
        async with raw(siege.server) as connection:
            await send_all(connection, begun)
            with contextlib.suppress(OSError):
                connection.writer.write_eof()
            await connection.ended()
    async with attacker(siege) as connection:
        connection.writer.write_eof()
        await connection.ended()
    await siege.stands()


async def test_a_mixed_crowd_vanishes_at_once(siege: Siege) -> None:
    order = random.Random(7)
    for _ in range(3):
        async with AsyncExitStack() as stack:
            crowd = [await stack.enter_async_context(raw(siege.server)) for _ in range(CROWD)]
            for connection in crowd:
                whole = order.choice(REQUESTS).data
                if order.random() < 0.5:
                    whole = request(Authorization=f"Bearer {siege.person.token}")
                    whole += message(type="connect", channels=["public"])
                    whole += order.choice(SPEECHES).data[: order.randrange(1, 5000)]
                connection.send(whole[: order.randrange(1, 20_000)])
            await asyncio.sleep(0)
            for connection in crowd[::2]:
                reset(connection)
        await siege.stands()


# ---- many of one thing


@pytest.mark.parametrize(("count", "kind"), [(1000, "connected"), (1001, "error"), (1400, "error")])
async def test_connect_with_many_channels(siege: Siege, count: int, kind: str) -> None:
    channels = [f"post:{number:036d}" for number in range(count)]
    async with raw(siege.server) as connection:
        connection.send(request(Authorization=f"Bearer {siege.person.token}"))
        assert (await connection.head()).status == 101
        connection.send(message(type="connect", channels=channels))
        assert (await connection.message())["type"] == kind
    await siege.stands()


async def test_connects_that_name_one_channel_10_000_times(siege: Siege) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(20):
            connection = await stack.enter_async_context(raw(siege.server))
            connection.send(request(Authorization=f"Bearer {siege.person.token}"))
            connection.send(message(type="connect", channels=["public"] * 6000))
        await siege.stands()


async def test_fragments_that_come_slowly_enough_stay(siege: Siege) -> None:
    """A message may be in fragments: as many as a client may send messages."""
    text = b'{"type":"ping","id":"in pieces"}'
    async with attacker(siege) as connection:
        connection.send(frame(0x1, b"", fin=False))
        for byte in text:
            connection.send(frame(0x0, bytes([byte]), fin=False))
        connection.send(frame(0x0))
        assert await connection.message() == {"type": "pong", "id": "in pieces"}


async def test_who_sends_too_much_is_warned_50_times_and_closed(siege: Siege) -> None:
    for flood in (message(type="ping") * 1000, frame(0x1, fin=False) + frame(0, fin=False) * 1000):
        async with attacker(siege) as connection:
            end, errors = await outcome(connection, flood)
        assert end == TOO_MANY
        assert errors.count("rate_limited") == 50
    await siege.stands()


async def test_subscribing_and_unsubscribing_within_the_rate(siege: Siege) -> None:
    async with attacker(siege) as connection:
        for number in range(40):
            kind = "unsubscribe" if number % 2 else "subscribe"
            connection.send(message(type=kind, id=number, channel="public"))
        end, errors = await outcome(connection, b"")
        assert (end, errors) == (STAYS, [])


async def test_credentials_without_end(siege: Siege) -> None:
    for number in range(100):
        async with raw(siege.server) as connection:
            connection.send(request(Authorization=f"Bearer {number}." + "x" * (number * 100)))
            assert (await connection.head()).status == 101
            assert (await connection.frame()).close_code == 4001
    await siege.stands()


# ---- what is left of it


async def test_the_neighbour_noticed_nothing_and_nothing_is_left(siege: Siege) -> None:
    await siege.stands()
    waits = sorted(siege.neighbour.waits)
    assert waits[len(waits) * 99 // 100] < LONGEST_WAIT, waits[-10:]
    assert waits[-1] < PATIENCE
    await siege.is_over()
    assert siege.grown < 30 * MIB, f"{siege.grown / MIB:.1f} MiB"

"""Noise, and what is nearly right, to a live server: it answers in form, and never with a fault."""

import asyncio
import contextlib
import json
import random
import re
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.raw import CLOSE, PING, PONG, TEXT, RawSocket, frame, message, raw, request
from tests.hostile.requests import requests
from tests.hostile.speech import speeches
from tests.processes import Person, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

AT_ONCE = 25  # connections of one example
LONGEST = 4000  # bytes of what is right, before it is spoilt

HEADS = [hostile.data[:LONGEST] for hostile in requests()] + [request()]
FRAMES = [speech.data[:LONGEST] for speech in speeches("x")]
GOODBYES = {1000, 1002, 1007, 1009, 4008}

some = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ann(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Person]:
    # Sign-ins that fail are not what is tested here.
    environment = {"FEEDLINE_LOGIN_FAILURES_PER_ADDRESS": "0"}
    async with serving(tmp_path_factory.mktemp("fuzz") / "data", environment=environment) as server:
        yield await Person.register(server, "ann")
        assert not [line for line in server.log if "ERROR" in line], "".join(server.log)


def spoilt(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Noise, or one or two of the seeds with some bytes changed, lost, doubled or put in."""
    return st.binary(max_size=300) | st.builds(
        _spoil, st.lists(st.sampled_from(seeds), min_size=1, max_size=2), st.randoms()
    )


def _spoil(parts: list[bytes], order: random.Random) -> bytes:
    data = bytearray(b"".join(parts))
    for _ in range(order.randint(1, 5)):
        at = order.randint(0, len(data))
        match order.randint(0, 3):
            case 0:
                data[at : at + 1] = bytes([order.randint(0, 255)])
            case 1:
                del data[at : at + order.randint(1, 20)]
            case 2:
                data[at:at] = data[max(at - order.randint(1, 30), 0) : at]
            case _:
                data[at:at] = order.choice([b"\r\n", b"\0", b"\xff", b" ", b":", b"\x80", b"\n"])
    return bytes(data)


async def say(connection: RawSocket, data: bytes) -> bytes:
    """What comes back until the end, for something and the end of it."""
    with contextlib.suppress(OSError):
        connection.send(data)
        connection.writer.write_eof()
    return await connection.ended()


@some
@given(heads=st.lists(spoilt(HEADS), min_size=AT_ONCE, max_size=AT_ONCE))
async def test_http(ann: Person, heads: list[bytes]) -> None:
    async def attempt(head: bytes) -> bytes:
        async with raw(ann._server) as connection:
            return await say(connection, head)

    for answer in await asyncio.gather(*map(attempt, heads)):
        assert not answer or re.match(rb"HTTP/1\.1 (101|[234]\d\d) ", answer), answer
    assert (await ann.http.get("/healthz")).status_code == 200


@some
@given(streams=st.lists(spoilt(FRAMES), min_size=AT_ONCE, max_size=AT_ONCE))
async def test_frames(ann: Person, streams: list[bytes]) -> None:
    upgrade = request(Authorization=f"Bearer {ann.token}")

    async def attempt(stream: bytes) -> None:
        async with raw(ann._server) as connection:
            connection.send(upgrade)
            assert (await connection.head()).status == 101
            connection.send(message(type="connect") + stream + frame(CLOSE, b"\x03\xe8"))
            with contextlib.suppress(OSError):
                connection.writer.write_eof()
            await hear_in_form(connection)

    await asyncio.gather(*map(attempt, streams))
    assert (await ann.http.get("/healthz")).status_code == 200


async def hear_in_form(connection: RawSocket) -> None:
    """All that comes is whole frames and messages, and at the end perhaps a goodbye."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            received = await connection.frame()
            if received.opcode == CLOSE:
                assert received.close_code in GOODBYES or received.close_code >= 3000
                break
            if received.opcode == TEXT:
                assert "type" in json.loads(received.payload)
            else:
                assert received.opcode in (PING, PONG)
        assert await connection.ended() == b""

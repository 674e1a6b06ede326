"""Broken frames on a live socket (RFC 6455 section 5): the right close code, and only there."""

import asyncio
import json
import struct
from contextlib import AsyncExitStack

import pytest

from tests.gateway.live import eventually, live, none_open, open_sockets
from tests.gateway.raw import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    frame,
    message,
    raw_live,
)
from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG = 1002, 1007, 1009
CONTINUE = 0x0


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


BROKEN = {
    # section 5.1
    "not masked": (frame(TEXT, b"{}", masked=False), PROTOCOL_ERROR),
    "a ping not masked": (frame(PING, masked=False), PROTOCOL_ERROR),
    # section 5.2
    "reserved bit 1": (frame(TEXT, b"{}", reserved=0b100), PROTOCOL_ERROR),
    "reserved bit 2": (frame(TEXT, b"{}", reserved=0b010), PROTOCOL_ERROR),
    "reserved bit 3": (frame(TEXT, b"{}", reserved=0b001), PROTOCOL_ERROR),
    "a ping with a reserved bit": (frame(PING, reserved=0b100), PROTOCOL_ERROR),
    "a close with a reserved bit": (frame(CLOSE, reserved=0b001), PROTOCOL_ERROR),
    **{
        f"opcode {opcode:#x}": (frame(opcode, b"{}"), PROTOCOL_ERROR)
        for opcode in (0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF)
    },
    "a length of 64 bits with the highest set": (
        frame(TEXT, b"{}", length=b"\x7f" + struct.pack("!Q", 2**63)),
        PROTOCOL_ERROR,
    ),
    "16 bits for a length of 2": (
        frame(TEXT, b"{}", length=b"\x7e" + struct.pack("!H", 2)),
        PROTOCOL_ERROR,
    ),
    "64 bits for a length of 2": (
        frame(TEXT, b"{}", length=b"\x7f" + struct.pack("!Q", 2)),
        PROTOCOL_ERROR,
    ),
    "a frame that says it is huge": (
        frame(TEXT, b"{}", length=b"\x7f" + struct.pack("!Q", 2**62)),
        TOO_BIG,
    ),
    "a frame a little too large": (frame(TEXT, b"x" * (64 * 1024 + 1)), TOO_BIG),
    # section 5.4
    "a ping in fragments": (frame(PING, b"x", fin=False), PROTOCOL_ERROR),
    "a pong in fragments": (frame(PONG, b"x", fin=False), PROTOCOL_ERROR),
    "a close in fragments": (frame(CLOSE, fin=False), PROTOCOL_ERROR),
    "a continuation of nothing": (frame(CONTINUE, b"x"), PROTOCOL_ERROR),
    "a continuation of nothing, to be continued": (
        frame(CONTINUE, b"x", fin=False),
        PROTOCOL_ERROR,
    ),
    "a message inside a message": (
        frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"),
        PROTOCOL_ERROR,
    ),
    "a continuation after the end": (
        frame(BINARY, b"", fin=False) + frame(CONTINUE, b"") + frame(CONTINUE, b""),
        PROTOCOL_ERROR,
    ),
    # section 5.5
    "a ping of 126 bytes": (frame(PING, b"x" * 126), PROTOCOL_ERROR),
    "a close of 126 bytes": (frame(CLOSE, close_payload(1000, b"x" * 124)), PROTOCOL_ERROR),
    # sections 5.5.1 and 7.4
    "half a close code": (frame(CLOSE, b"\x03"), PROTOCOL_ERROR),
    **{
        f"close code {code}": (frame(CLOSE, close_payload(code)), PROTOCOL_ERROR)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535)
    },
    "a reason that is not UTF-8": (frame(CLOSE, close_payload(1000, b"\xff")), INVALID_TEXT),
    # section 8.1
    "text that is not UTF-8": (frame(TEXT, b"\xff"), INVALID_TEXT),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), INVALID_TEXT),
    "bad UTF-8 in the first fragment": (frame(TEXT, b"\xff", fin=False), INVALID_TEXT),
    "bad UTF-8 in a later fragment": (
        frame(TEXT, b"fine", fin=False) + frame(CONTINUE, b"\xc0\xaf", fin=False),
        INVALID_TEXT,
    ),
    "a code point that breaks off": (
        frame(TEXT, b"\xe2", fin=False) + frame(CONTINUE, b"\x82"),
        INVALID_TEXT,
    ),
}


async def until_close(connection: RawSocket) -> int:
    """Reads on to the close frame and answers it; its code."""
    while (received := await connection.frame()).opcode != CLOSE:
        pass
    connection.send(frame(CLOSE, received.payload[:2]))
    return received.close_code


@pytest.mark.parametrize(("broken", "code"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_frame_ends_its_own_connection_only(
    shared: ServerProcess, ann: Person, broken: bytes, code: int
) -> None:
    async with live(ann, "public") as neighbour, raw_live(shared, ann, "public") as connection:
        connection.send(broken)
        assert await until_close(connection) == code
        assert await connection.ended() == b""
        await ann.publish("all is well")
        assert await neighbour.hear_posts(1) == ["all is well"]


@pytest.mark.parametrize("fault", ["reserved bit 1", "not masked", "opcode 0x3"])
async def test_nothing_after_a_broken_frame_is_heard(
    shared: ServerProcess, ann: Person, fault: str
) -> None:
    async with raw_live(shared, ann) as connection:
        connection.send(BROKEN[fault][0] + message(type="ping", id=1))
        assert await until_close(connection) == PROTOCOL_ERROR
        assert await connection.ended() == b""


# ---- what looks odd and is right


async def test_fragments_with_control_frames_between_them(
    shared: ServerProcess, ann: Person
) -> None:
    text = json.dumps({"type": "ping", "id": "é"}, ensure_ascii=False).encode()
    async with raw_live(shared, ann) as connection:
        connection.send(frame(TEXT, b"", fin=False))
        for index in range(len(text)):
            connection.send(frame(CONTINUE, text[index : index + 1], fin=False))
            connection.send(frame(PONG, b"nobody asked"))
        connection.send(frame(PING, b"between"))
        assert await connection.frame() == (PONG, b"between")
        connection.send(frame(CONTINUE, b""))
        assert await connection.message() == {"type": "pong", "id": "é"}


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_frames_may_arrive_in_pieces(shared: ServerProcess, ann: Person, size: int) -> None:
    stream = b"".join(message(type="ping", id=number, more="x" * 200) for number in range(3))
    async with raw_live(shared, ann) as connection:
        for start in range(0, len(stream), size):
            connection.send(stream[start : start + size])
            await asyncio.sleep(0)
        assert [(await connection.message())["id"] for _ in range(3)] == [0, 1, 2]


async def test_pings_come_back_with_their_payload(shared: ServerProcess, ann: Person) -> None:
    payloads = [b"", b"x", bytes(range(125)), b"\xff\x00"]
    async with raw_live(shared, ann) as connection:
        connection.send(b"".join(frame(PING, payload) for payload in payloads))
        assert [await connection.frame() for _ in payloads] == [(PONG, p) for p in payloads]


@pytest.mark.parametrize("payload", [b"", close_payload(1000), close_payload(4999, b"x" * 123)])
async def test_a_close_frame_is_answered_and_the_connection_ended(
    shared: ServerProcess, ann: Person, payload: bytes
) -> None:
    async with raw_live(shared, ann) as connection:
        connection.send(frame(CLOSE, payload))
        assert await connection.frame() == (CLOSE, payload[:2] or close_payload(1000))
        assert await connection.ended() == b""


async def test_what_comes_after_a_close_frame_is_not_read(
    shared: ServerProcess, ann: Person
) -> None:
    async with raw_live(shared, ann) as connection:
        connection.send(frame(CLOSE, close_payload(1000)) + message(type="ping", id=1))
        assert (await connection.frame()).opcode == CLOSE
        assert await connection.ended() == b""


# ---- peers that do not end what they began


async def test_a_peer_that_does_not_answer_a_close_frame_is_cut(
    shared: ServerProcess, ann: Person
) -> None:
    before = await none_open(ann)
    async with raw_live(shared, ann) as connection:
        connection.send(frame(TEXT, b"\xff"))
        assert (await connection.frame()).close_code == INVALID_TEXT
        assert await connection.ended() == b""

        async def forgotten() -> bool:
            return await open_sockets(ann) == before

        await eventually(forgotten)


async def test_many_broken_peers_at_once(shared: ServerProcess, ann: Person) -> None:
    async with live(ann, "public") as neighbour, AsyncExitStack() as stack:
        for broken, _ in BROKEN.values():
            connection = await stack.enter_async_context(raw_live(shared, ann, "public"))
            connection.send(broken)
        await ann.publish("all is well")
        assert await neighbour.hear_posts(1) == ["all is well"]
    assert not [line for line in shared.log if "Traceback" in line]

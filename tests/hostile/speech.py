"""What a client may say on a live WebSocket to do harm, and how each may end.

Frames that are broken have a table of their own in ``tests/conformance/vectors.py``; here are
those, and the messages, that a server could choke on.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.gateway.raw import BINARY, CLOSE, PING, PONG, TEXT, frame, message

CONTINUE = 0x0

STAYS = 0  # the connection is as before
PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG, TOO_MANY = 1002, 1007, 1009, 4008


class Speech(NamedTuple):
    name: str
    data: bytes
    allowed: frozenset[int]
    """Close codes, or STAYS."""


def speeches(stranger: str) -> Iterator[Speech]:
    """All of them; names are unique. ``stranger`` is the id of somebody else."""
    for table in (_frames(), _messages(), _commands(stranger), _floods()):
        for name, (data, *allowed) in table.items():
            yield Speech(name, data, frozenset(allowed) or frozenset({STAYS}))


Table = dict[str, tuple[bytes, *tuple[int, ...]]]


def text(data: bytes) -> bytes:
    return frame(TEXT, data)


def said(**fields: Any) -> bytes:
    return message(**fields)


def _frames() -> Table:
    """Sizes, bits and pieces."""
    start = frame(TEXT, b"", fin=False)
    deflated = bytes.fromhex("aa560a2d4e2d5262a802")
    return {
        "compressed, though nothing was agreed": (
            frame(TEXT, deflated, reserved=4),
            PROTOCOL_ERROR,
        ),
        "compressed in fragments": (
            frame(TEXT, deflated, fin=False, reserved=4) + frame(CONTINUE, b""),
            PROTOCOL_ERROR,
        ),
        "a compressed bomb": (frame(BINARY, b"\0" * 60_000, reserved=4), PROTOCOL_ERROR),
        "4 EiB to come": (frame(TEXT, length=b"\x7f" + struct.pack("!Q", 2**62)), TOO_BIG),
        "4 EiB to come, without text": (
            frame(BINARY, length=b"\x7f" + struct.pack("!Q", 2**62)),
            TOO_BIG,
        ),
        "one byte over the limit": (text(b"x" * (64 * 1024 + 1)), TOO_BIG),
        "1 MiB": (text(b"x" * 2**20), TOO_BIG),
        "1 MiB in fragments": (
            start + frame(CONTINUE, b"x" * 32_768, fin=False) * 32,
            TOO_BIG,
        ),
        "a ping of 1 MiB": (frame(PING, b"x" * 2**20), PROTOCOL_ERROR),
        "a close of 64 KiB": (frame(CLOSE, b"x" * 65_535), PROTOCOL_ERROR),
        "not masked": (frame(TEXT, b"{}", masked=False), PROTOCOL_ERROR),
        "HTTP in the place of frames": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", PROTOCOL_ERROR),
        "noise": (bytes(range(255, 0, -1)) * 10, PROTOCOL_ERROR),
        "a message of zero bytes": (text(b"\0" * 1000),),
        "a message that is not UTF-8": (text(b"\xff" * 1000), INVALID_TEXT),
        "half a surrogate in bytes": (text(b'"\xed\xa0\x80"'), INVALID_TEXT),
        "a continuation of nothing": (frame(CONTINUE, b"x"), PROTOCOL_ERROR),
        "a message inside a message": (start + start, PROTOCOL_ERROR),
        "a goodbye without sense": (frame(CLOSE, b"\xff\xff\xff"), PROTOCOL_ERROR, INVALID_TEXT),
        "a goodbye and more": (frame(CLOSE, b"\x03\xe8") + text(b"{}") * 500, 1000),
    }


def _messages() -> Table:
    """Text that is no message, as somebody may think it up."""
    deep = 30_000
    return {
        "nothing": (text(b""),),
        "no JSON": (text(b"hello"),),
        "half a JSON": (text(b'{"type":"ping'),),
        "two messages in one": (text(b'{"type":"ping"}{"type":"ping"}'),),
        "a byte order mark": (text(b'\xef\xbb\xbf{"type":"ping"}'),),
        "a list": (text(b"[]"),),
        "null": (text(b"null"),),
        "a number": (text(b"1"),),
        "binary": (frame(BINARY, b'{"type":"ping"}'),),
        "binary noise": (frame(BINARY, bytes(range(256)) * 100),),
        "lists without end": (text(b"[" * 2 * deep),),
        "lists very deep": (text(b"[" * deep + b"]" * deep),),
        "objects very deep": (text(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),),
        "a known field very deep": (
            text(b'{"type":"ping","id":' + b"[" * deep + b"]" * deep + b"}"),
        ),
        "an unknown field very deep": (
            text(b'{"type":"ping","x":' + b"[" * deep + b"]" * deep + b"}"),
        ),
        "a number of 60,000 digits": (text(b'{"type":"ping","id":' + b"9" * 60_000 + b"}"),),
        "a number beyond every exponent": (text(b'{"type":"ping","id":1e999999999}'),),
        "NaN": (text(b'{"type":"ping","id":NaN}'),),
        "an id of 60 KiB": (said(type="ping", id="x" * 60_000),),
        "an id that JavaScript can't count to": (said(type="ping", id=2**63),),
        "an id that is a list": (said(type="ping", id=[1]),),
        "an id of half a surrogate": (text(rb'{"type":"ping","id":"\ud800"}'),),
        "no type": (text(b"{}"),),
        "a type that is no text": (said(type=7),),
        "a type that nobody knows": (said(type="shutdown"),),
        "a type in capitals": (said(type="PING"),),
        "a type of the server": (said(type="connected", userId="x"),),
        "a type twice": (text(b'{"type":"ping","type":"connect"}'),),
        "a prototype": (text(b'{"__proto__":{"a":1},"type":"ping"}'),),
        "5,000 fields": (
            text(b'{"type":"ping",' + b",".join(b'"a%d":1' % n for n in range(5000)) + b"}"),
        ),
    }


def _commands(stranger: str) -> Table:
    """Messages in the right shape that ask for what is not to be had."""
    table: Table = {
        "a second connect": (said(type="connect"),),
        "a second connect with a token": (said(type="connect", token="x"),),
        "a subscribe without a channel": (said(type="subscribe", id=1),),
        "an unsubscribe of nothing": (said(type="unsubscribe", id=1, channel="public"),),
        "somebody else's feed": (said(type="subscribe", id=1, channel=f"feed:{stranger}"),),
        "somebody else's notifications": (
            said(type="subscribe", id=1, channel=f"notifications:{stranger}"),
        ),
        "a channel of 60 KiB": (said(type="subscribe", id=1, channel="x" * 60_000),),
        "20 subscribes at once": (
            b"".join(said(type="subscribe", id=n, channel="public") for n in range(20)),
        ),
        "applied, ahead of the log": (said(type="applied", cursor="x-9223372036854775807"),),
        "applied, of noise": (said(type="applied", cursor="\0" * 1000),),
    }
    for channel in (
        "",
        ":",
        "feed:",
        "post:",
        "post:x",
        "post:\0",
        "public:x",
        "creator:%",
        "*",
        "é",
    ):
        table[f"the channel {channel!r}"] = (said(type="subscribe", id=1, channel=channel),)
    for cursor in (
        "",
        "-",
        "-1",
        "x-",
        "x--1",
        "x-1e9",
        "x-٣",
        "x-" + "9" * 60,
        "\0-1",
        "x" * 50_000,
    ):
        asked = said(type="subscribe", id=1, channel="public", cursor=cursor)
        table[f"the cursor {cursor[:20]!r} of {len(cursor)}"] = (asked,)
    return table


def _floods() -> Table:
    """More of it than anybody needs."""
    start = frame(TEXT, b"", fin=False)
    empty = frame(CONTINUE, b"", fin=False)
    one = frame(CONTINUE, b" ", fin=False)
    return {
        "10,000 empty fragments": (start + empty * 10_000, TOO_MANY),
        "10,000 empty fragments of a binary message": (
            frame(BINARY, b"", fin=False) + empty * 10_000,
            TOO_MANY,
        ),
        "10,000 fragments of one byte": (start + one * 10_000, TOO_MANY),
        "5,000 messages in two empty fragments": ((start + frame(CONTINUE, b"")) * 5000, TOO_MANY),
        "5,000 pings in messages": (said(type="ping") * 5000, TOO_MANY),
        "5,000 messages of noise": (text(b"\0") * 5000, TOO_MANY),
        "5,000 empty messages": (text(b"") * 5000, TOO_MANY),
        "5,000 empty binary messages": (frame(BINARY, b"") * 5000, TOO_MANY),
        "5,000 subscribes": (said(type="subscribe", id=1, channel="public") * 5000, TOO_MANY),
        "subscribe and unsubscribe 2,500 times": (
            (said(type="subscribe", channel="public") + said(type="unsubscribe", channel="public"))
            * 2500,
            TOO_MANY,
        ),
        "20,000 pings in frames": (frame(PING, b"x" * 20) * 20_000, STAYS, TOO_MANY),
        "20,000 pongs in frames": (frame(PONG, b"x" * 20) * 20_000, STAYS, TOO_MANY),
        "messages of 60 KiB, 200 of them": (text(b"x" * 60_000) * 200, TOO_MANY),
    }

"""Frames that a server must take, or refuse, as RFC 6455 says, and what an echo makes of them.

They go through what Autobahn's sections 1 to 7, 9 and 10 go through, and need no other program.
A vector is what a client sends, in writes, and what comes back until the connection ends: frames,
and at last the code of the server's close frame.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from tests.gateway.raw import BINARY, CLOSE, PING, PONG, TEXT, Frame, frame

CONTINUE = 0x0

NORMAL, PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG = 1000, 1002, 1007, 1009

MESSAGE_LIMIT = 2**20  # of the server that these are for


class Vector(NamedTuple):
    section: int
    name: str
    writes: tuple[bytes, ...]
    answers: tuple[Frame, ...]
    close: int


def goodbye(code: int = NORMAL, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason)


def fragments(opcode: int, *payloads: bytes) -> tuple[bytes, ...]:
    """The frames of one message."""
    last = len(payloads) - 1
    return tuple(
        frame(opcode if index == 0 else CONTINUE, payload, fin=index == last)
        for index, payload in enumerate(payloads)
    )


def right(section: int, name: str, *writes: bytes, says: tuple[Frame, ...]) -> Vector:
    """Is answered with ``says``; then the client says goodbye."""
    return Vector(section, name, (*writes, goodbye()), says, NORMAL)


def broken(
    section: int,
    name: str,
    *writes: bytes,
    says: tuple[Frame, ...] = (),
    close: int = PROTOCOL_ERROR,
) -> Vector:
    """Is refused; what came before it is answered, and what comes after it is not."""
    return Vector(section, name, (*writes, frame(PING, b"not any more")), says, close)


HELLO = Frame(TEXT, b"Hello")


def vectors() -> Iterator[Vector]:
    """All of them; names are unique."""
    yield from _framing()
    yield from _pings()
    yield from _reserved()
    yield from _opcodes()
    yield from _fragmentation()
    yield from _utf8()
    yield from _closing()
    yield from _limits()


def _framing() -> Iterator[Vector]:
    """Every spelling of a length, in one write and byte by byte."""
    for opcode, kind in ((TEXT, "text"), (BINARY, "binary")):
        for size in (0, 1, 125, 126, 127, 128, 65_535, 65_536):
            whole = frame(opcode, b"*" * size)
            says = (Frame(opcode, b"*" * size),)
            yield right(1, f"{kind} of {size} bytes", whole, says=says)
        yield right(
            1, f"{kind} in bytes", *_bytes(frame(opcode, b"Hello")), says=(Frame(opcode, b"Hello"),)
        )
    for name, length in (
        ("16 bits for 5", b"\x7e\x00\x05"),
        ("64 bits for 5", b"\x7f" + struct.pack("!Q", 5)),
        ("64 bits, the highest set", b"\x7f" + struct.pack("!Q", 2**63 + 5)),
    ):
        yield broken(1, f"a length of {name}", frame(TEXT, b"Hello", length=length))
    yield broken(1, "no mask", frame(TEXT, b"Hello", masked=False))


def _pings() -> Iterator[Vector]:
    for payload in (b"", b"Hello", bytes(range(125)), b"\x00\xff\xfe\xfd\xfc\xfb"):
        ping = frame(PING, payload)
        yield right(2, f"a ping of {len(payload)} bytes", ping, says=(Frame(PONG, payload),))
    yield right(2, "a ping in bytes", *_bytes(frame(PING, b"Hello")), says=(Frame(PONG, b"Hello"),))
    yield right(2, "a pong that nobody asked for", frame(PONG, b"Hello"), says=())
    tens = tuple(b"%d" % number for number in range(10))
    pongs = tuple(Frame(PONG, ten) for ten in tens)
    yield right(2, "ten pings", b"".join(frame(PING, ten) for ten in tens), says=pongs)
    yield broken(2, "a ping of 126 bytes", frame(PING, b"x" * 126))
    yield broken(2, "a pong of 126 bytes", frame(PONG, b"x" * 126))


def _reserved() -> Iterator[Vector]:
    for bits in range(1, 8):
        bad = frame(TEXT, b"bad", reserved=bits)
        yield broken(3, f"reserved {bits:03b}", bad)
        after = frame(TEXT, b"Hello") + bad
        yield broken(3, f"reserved {bits:03b} after a message", after, says=(HELLO,))
    for opcode in (PING, PONG, CLOSE):
        yield broken(3, f"opcode {opcode:#x} with a reserved bit", frame(opcode, reserved=4))


def _opcodes() -> Iterator[Vector]:
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"Hello"):
            bad = frame(opcode, payload)
            name = f"opcode {opcode:#x} of {len(payload)} bytes"
            yield broken(4, name, bad)
            both = frame(TEXT, b"Hello") + bad
            yield broken(4, f"{name} after a message in one write", both, says=(HELLO,))


def _fragmentation() -> Iterator[Vector]:
    first, second = fragments(TEXT, b"Hel", b"lo")
    pong = Frame(PONG, b"between")
    yield right(5, "two fragments", first, second, says=(HELLO,))
    yield right(5, "two fragments in one write", first + second, says=(HELLO,))
    yield right(5, "two fragments in bytes", *_bytes(first + second), says=(HELLO,))
    yield right(5, "a ping between", first, frame(PING, b"between"), second, says=(pong, HELLO))
    empty = fragments(TEXT, b"", b"", b"")
    yield right(5, "nothing in fragments", *empty, says=(Frame(TEXT, b""),))
    some = fragments(BINARY, b"", b"\xff", b"", b"\x00", b"")
    yield right(5, "empty fragments between", *some, says=(Frame(BINARY, b"\xff\x00"),))
    twice = b"".join((first, second, first, second))
    yield right(5, "two messages", twice, says=(HELLO, HELLO))
    for opcode, kind in ((PING, "ping"), (PONG, "pong"), (CLOSE, "close")):
        yield broken(5, f"a {kind} in fragments", frame(opcode, fin=False))
    for fin in (True, False):
        end = "the end" if fin else "more to come"
        nothing = frame(CONTINUE, b"x", fin=fin)
        yield broken(5, f"a continuation of nothing, {end}", nothing)
        after = frame(TEXT, b"Hello") + nothing
        yield broken(5, f"a continuation of nothing after a message, {end}", after, says=(HELLO,))
        inside = first + frame(TEXT, b"x", fin=fin)
        yield broken(5, f"a message inside a message, {end}", inside)
    yield broken(5, "binary inside text", first, frame(BINARY, b"x"))


VALID = {
    "accents": "Grüße, κόσμε, 日本",
    "beyond the first plane": "😀𐍈\U0010ffff",
    "the ends of each length": "\x00\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000",
    "what is no character": "\ufdd0\ufffe\U0001ffff",
}
INVALID = {
    "a byte that never occurs": b"\xff",
    "a continuation alone": b"\x80",
    "many continuations": b"\x80\xbf" * 20,
    "an overlong slash in two": b"\xc0\xaf",
    "an overlong slash in three": b"\xe0\x80\xaf",
    "an overlong slash in four": b"\xf0\x80\x80\xaf",
    "an overlong zero": b"\xc0\x80",
    "the largest overlong in two": b"\xc1\xbf",
    "the largest overlong in three": b"\xe0\x9f\xbf",
    "the largest overlong in four": b"\xf0\x8f\xbf\xbf",
    "a high surrogate": b"\xed\xa0\x80",
    "a low surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa1\x8c\xed\xbe\xb4",
    "the first beyond": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
}


def _utf8() -> Iterator[Vector]:
    for name, text in VALID.items():
        payload = text.encode()
        says = (Frame(TEXT, payload),)
        yield right(6, name, frame(TEXT, payload), says=says)
        pieces = fragments(TEXT, *(bytes([byte]) for byte in payload))
        yield right(6, f"{name}, a fragment for each byte", *pieces, says=says)
    for name, bad in INVALID.items():
        spoilt = b"fine: " + bad
        yield broken(6, name, frame(TEXT, spoilt), close=INVALID_TEXT)
        # Fail fast: the message does not end, and need not.
        unfinished = (frame(TEXT, b"fine: ", fin=False), frame(CONTINUE, bad, fin=False))
        yield broken(6, f"{name}, found at once", *unfinished, close=INVALID_TEXT)
        one_by_one = fragments(TEXT, *(bytes([byte]) for byte in spoilt))
        yield broken(6, f"{name}, a fragment for each byte", *one_by_one, close=INVALID_TEXT)
        kept = (Frame(BINARY, spoilt),)
        yield right(6, f"{name}, in a binary message", frame(BINARY, spoilt), says=kept)
    for size in range(1, 4):
        cut = "😀".encode()[:size]
        yield broken(6, f"{size} of 4 bytes", frame(TEXT, cut), close=INVALID_TEXT)
        split = fragments(TEXT, cut, b"")
        yield broken(6, f"{size} of 4 bytes and nothing", *split, close=INVALID_TEXT)


def _closing() -> Iterator[Vector]:
    yield Vector(7, "goodbye without a code", (frame(CLOSE),), (), NORMAL)
    yield Vector(7, "goodbye twice", (goodbye() + goodbye(3000),), (), NORMAL)
    yield Vector(7, "a ping after goodbye", (goodbye() + frame(PING, b"x"),), (), NORMAL)
    yield Vector(7, "a message after goodbye", (goodbye() + frame(TEXT, b"x"),), (), NORMAL)
    yield Vector(
        7, "goodbye inside a message", (frame(TEXT, b"x", fin=False), goodbye()), (), NORMAL
    )
    message_first = frame(TEXT, b"Hello") + goodbye()
    yield Vector(7, "goodbye in the write of a message", (message_first,), (HELLO,), NORMAL)
    for code in (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999):
        yield Vector(7, f"close code {code}", (goodbye(code),), (), code)
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535):
        yield Vector(
            7, f"close code {code}, which may not be sent", (goodbye(code),), (), PROTOCOL_ERROR
        )
    longest = "é".encode() * 61 + b"!"
    yield Vector(7, "the longest reason", (goodbye(1000, longest),), (), NORMAL)
    yield broken(7, "a reason too long", frame(CLOSE, b"\x03\xe8" + b"x" * 124))
    yield Vector(7, "half a code", (frame(CLOSE, b"\x03"),), (), PROTOCOL_ERROR)
    for name, bad in INVALID.items():
        yield Vector(7, f"a reason with {name}", (goodbye(1000, bad),), (), INVALID_TEXT)


def _limits() -> Iterator[Vector]:
    for opcode, kind in ((TEXT, "text"), (BINARY, "binary")):
        whole = b"*" * MESSAGE_LIMIT
        says = (Frame(opcode, whole),)
        yield right(9, f"the largest {kind}", frame(opcode, whole), says=says)
        chunks = [whole[at : at + 4096] for at in range(0, len(whole), 4096)]
        yield right(9, f"the largest {kind} in fragments", *fragments(opcode, *chunks), says=says)
        over = frame(opcode, whole + b"*")
        yield broken(9, f"{kind} over the limit", over, close=TOO_BIG)
        more = fragments(opcode, whole, b"*")
        yield broken(9, f"{kind} in fragments over the limit", *more, close=TOO_BIG)
    huge = frame(TEXT, length=b"\x7f" + struct.pack("!Q", 2**62))
    yield broken(9, "a length that nobody has memory for", huge, close=TOO_BIG)
    many = tuple(b"%d" % number for number in range(1000))
    echoed = tuple(Frame(TEXT, text) for text in many)
    yield right(
        9, "1,000 messages in one write", b"".join(frame(TEXT, m) for m in many), says=echoed
    )
    payload = b"*" * 65_536
    yield right(
        10,
        "a long message in short writes",
        *_chunks(frame(TEXT, payload), 1300),
        says=(Frame(TEXT, payload),),
    )


def _bytes(data: bytes) -> tuple[bytes, ...]:
    return _chunks(data, 1)


def _chunks(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))

"""WebSocket frames (RFC 6455 section 5): out of bytes, into messages, and into bytes."""

import codecs
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from feedline.errors import CloseCode, ProtocolViolation

_utf8 = codecs.getincrementaldecoder("utf-8")

_LOWEST_APPLICATION_CODE = 3000
_HIGHEST_CODE = 4999
_FIN = _MASKED = 0x80
_RESERVED = 0x70
_LONGEST_CONTROL = 125  # bytes
_LARGEST = 2**63 - 1  # bytes of a frame that can be told


class Opcode(IntEnum):
    """RFC 6455 section 5.2."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class Frame(NamedTuple):
    """A frame, its mask taken off. ``fin``: whether it is the last of its message."""

    opcode: int
    payload: bytes
    fin: bool


class FrameReader:
    """Takes the frames of one client out of the bytes that arrive.

    It keeps nothing of a client that sends whole frames: there are thousands of them.
    """

    __slots__ = ("_limit", "_needed", "_rest")

    def __init__(self, limit: int) -> None:
        """``limit``: bytes that a data frame may hold; 0: any number."""
        self._limit = limit or _LARGEST
        self._rest: bytearray | None = None  # of a frame that is not here whole
        self._needed = 0  # bytes that it has at the least

    def read(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now, one after the other.

        Raises ProtocolViolation where a broken one begins, once those before it were taken: with
        1009 for one over the limit, else with 1002. Nothing can be read after it, nor before these
        were all taken: the end of the bytes is kept for the next time.
        """
        if self._rest is not None:
            self._rest += data
            if len(self._rest) < self._needed:
                return
            data, self._rest = bytes(self._rest), None
        begin = 0
        while begin < len(data):
            key = self._begin(data, begin)
            if not key or len(data) < begin + self._needed:
                self._rest = bytearray(data[begin:])
                return
            end = begin + self._needed
            payload = _unmasked(data[key + 4 : end], data[key : key + 4])
            yield Frame(data[begin] & 0xF, payload, data[begin] >= _FIN)
            begin = end

    def _begin(self, data: bytes, at: int) -> int:
        """Where the key of the mask is; 0 if more is needed to tell. Says how much is needed."""
        self._needed = 2
        if len(data) < at + 2:
            return 0
        _check_start(data[at], data[at + 1])
        size, key = data[at + 1] - _MASKED, at + 2
        if size > _LONGEST_CONTROL:
            key += 2 if size == 126 else 8
            self._needed = key - at
            if len(data) < key:
                return 0
            size = _extended(data[at + 2 : key])
        if size > self._limit and data[at] & 0xF < Opcode.CLOSE:
            raise _too_big(self._limit)
        self._needed = key + 4 + size - at
        return key


def _extended(length: bytes) -> int:
    """A size in two or eight bytes, which must be the fewest that can tell it (section 5.2)."""
    size = int.from_bytes(length, "big")
    least = _LONGEST_CONTROL + 1 if len(length) == 2 else 1 << 16
    if not least <= size <= _LARGEST:
        raise ProtocolViolation(CloseCode.PROTOCOL_ERROR, "This is no length of a frame.")
    return size


def _check_start(first: int, second: int) -> None:
    """Raises ProtocolViolation if no frame of a client may begin with these two bytes."""
    opcode = first & 0xF
    if first & _RESERVED:  # no extension was agreed (section 5.2)
        problem = "Reserved bits must be zero."
    elif opcode not in _OPCODES:
        problem = "There is no such opcode."
    elif not second & _MASKED:  # section 5.1
        problem = "A client must mask what it sends."
    elif opcode >= Opcode.CLOSE and (not first & _FIN or second - _MASKED > _LONGEST_CONTROL):
        problem = "A control frame has at most 125 bytes, and is not cut."  # section 5.5
    else:
        return
    raise ProtocolViolation(CloseCode.PROTOCOL_ERROR, problem)


_OPCODES = frozenset(map(int, Opcode))


def _unmasked(payload: bytes, key: bytes) -> bytes:
    """Section 5.3. As one large number: a byte at a time takes 7 times as long for 60 bytes."""
    size = len(payload)
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ mask).to_bytes(size, "little")


def _too_big(limit: int) -> ProtocolViolation:
    return ProtocolViolation(
        CloseCode.MESSAGE_TOO_BIG, f"A message may have at most {limit} bytes."
    )


class MessageAssembler:
    """Joins the data frames of one connection into messages.

    Text comes out as str, binary as bytes. Invalid UTF-8 is found in the fragment that has it,
    not at the end of the message.
    """

    __slots__ = ("_decoder", "_limit", "_parts", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._parts: list[str] | list[bytes] | None = None
        self._decoder: codecs.IncrementalDecoder | None = None

    def add(self, opcode: int, payload: bytes, *, fin: bool) -> str | bytes | None:
        """Takes a data frame; returns the message that it completes, if it completes one.

        Raises ProtocolViolation with 1002 for a fragment out of place, 1007 for text that is
        not UTF-8, 1009 for a message that grows over the limit.
        """
        starts = opcode != Opcode.CONTINUATION
        if starts == self._inside():
            what = "A new message began inside another." if starts else "Nothing to continue."
            raise ProtocolViolation(CloseCode.PROTOCOL_ERROR, what)
        if self._limit and self._size + len(payload) > self._limit:
            raise _too_big(self._limit)
        if starts and fin:
            return _decode(payload) if opcode == Opcode.TEXT else payload
        if starts:
            self._parts = []
            self._decoder = _utf8() if opcode == Opcode.TEXT else None
        return self._continue(payload, fin=fin)

    def _inside(self) -> bool:
        return self._parts is not None

    def _continue(self, payload: bytes, *, fin: bool) -> str | bytes | None:
        self._size += len(payload)
        part = _decode(payload, self._decoder, final=fin) if self._decoder else payload
        if part:
            self._parts.append(part)  # type: ignore[union-attr, arg-type]
        if not fin:
            return None
        empty: str | bytes = "" if self._decoder else b""
        message = empty.join(self._parts)  # type: ignore[arg-type]
        self._parts = self._decoder = None
        self._size = 0
        return message


def text_frame(body: bytes) -> bytes:
    """A whole text message in one frame."""
    return frame(Opcode.TEXT, body)


def close_frame(code: int, reason: str) -> bytes:
    """A close frame; the reason may have 123 bytes (section 5.5)."""
    return frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason.encode())


def frame(opcode: Opcode, payload: bytes) -> bytes:
    """A whole message in one frame, as a server sends it: without a mask (section 5.1)."""
    size = len(payload)
    if size < 126:
        return bytes((_FIN | opcode, size)) + payload
    if size < 1 << 16:
        return bytes((_FIN | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_FIN | opcode, 127)) + size.to_bytes(8, "big") + payload


def check_close(payload: bytes) -> int | None:
    """The code in the payload of a close frame, or None if it has none (section 5.5.1).

    Raises ProtocolViolation for a code that must not be sent (section 7.4) or a broken reason.
    """
    if not payload:
        return None
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not _may_be_sent(code):
        raise ProtocolViolation(CloseCode.PROTOCOL_ERROR, "This is no close code.")
    _decode(payload[2:])
    return code


def _may_be_sent(code: int) -> bool:
    if code >= _LOWEST_APPLICATION_CODE:
        return code <= _HIGHEST_CODE
    return 1000 <= code <= 1014 and code not in (1004, 1005, 1006)


def _decode(
    payload: bytes, decoder: codecs.IncrementalDecoder | None = None, *, final: bool = True
) -> str:
    try:
        return decoder.decode(payload, final) if decoder else payload.decode()
    except UnicodeDecodeError:
        raise ProtocolViolation(CloseCode.INVALID_TEXT, "Text must be UTF-8.") from None

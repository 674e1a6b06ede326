"""Messages out of WebSocket frames (RFC 6455 section 5): fragments, UTF-8, reserved bits, sizes."""

import codecs
from enum import IntEnum

from feedline.errors import CloseCode, ProtocolViolation

_utf8 = codecs.getincrementaldecoder("utf-8")

_LOWEST_APPLICATION_CODE = 3000
_HIGHEST_CODE = 4999
_LONGEST_HEAD = 10  # bytes up to the end of a frame's length


class Opcode(IntEnum):
    """RFC 6455 section 5.2."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


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
            raise ProtocolViolation(
                CloseCode.MESSAGE_TOO_BIG, f"A message may have at most {self._limit} bytes."
            )
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


class FrameCutter:
    """Cuts what a peer sends after the end of each frame.

    A parser that is handed several frames at once may find a broken one, and close the connection
    for it, before those in front of it are heard.
    """

    __slots__ = ("_head", "_left")

    def __init__(self) -> None:
        self._head = b""  # of a frame, too short to tell its size
        self._left = 0  # bytes to come of a frame that has begun

    def cut(self, data: bytes) -> list[bytes]:
        """The same bytes in pieces, each of which ends where a frame ends, or is the last."""
        pieces: list[bytes] = []
        begin = at = 0
        while at < len(data):
            if not self._left and not self._begin(data[at : at + _LONGEST_HEAD]):
                break
            at += self._left
            self._left = max(at - len(data), 0)
            if not self._left:
                pieces.append(data[begin:at])
                begin = at
        if begin < len(data):
            pieces.append(data[begin:])
        return pieces

    def _begin(self, data: bytes) -> bool:
        """Whether the size of the next frame is known now."""
        head = self._head + data
        size = frame_size(head)
        if size is None:
            self._head = head
            return False
        self._left = size - len(self._head)
        self._head = b""
        return True


def frame_size(head: bytes) -> int | None:
    """Bytes of the frame that begins so, header and mask included; None if that is not enough.

    RFC 6455 section 5.2.
    """
    if len(head) < 2:
        return None
    mask, size = head[1] >> 7, head[1] & 0x7F
    extended = {126: 2, 127: 8}.get(size, 0)
    if len(head) < 2 + extended:
        return None
    if extended:
        size = int.from_bytes(head[2 : 2 + extended], "big")
    return 2 + extended + 4 * mask + size


def text_frame(body: bytes) -> bytes:
    """A whole text message in one frame, as a server sends it: without a mask (section 5.1)."""
    size = len(body)
    if size < 126:
        return bytes((0x81, size)) + body
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + body
    return b"\x81\x7f" + size.to_bytes(8, "big") + body


def check_reserved(*bits: int) -> None:
    """Raises ProtocolViolation if a reserved bit is set: no extension was agreed (section 5.2)."""
    if any(bits):
        raise ProtocolViolation(CloseCode.PROTOCOL_ERROR, "Reserved bits must be zero.")


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

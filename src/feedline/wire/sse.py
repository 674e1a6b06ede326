"""Messages as server-sent events (HTML Living Standard, section 9.2)."""

import msgspec

COMMENT = b":\n\n"
"""A line that means nothing: it only shows proxies that the stream is alive."""

# Breaks to many line readers (str.splitlines), but not to the standard. Inside of JSON they only
# stand in strings, where their escapes mean the same.
_ESCAPES = {
    separator.encode(): f"\\u{ord(separator):04x}".encode()
    for separator in ("\x85", "\u2028", "\u2029")
}

_encoder = msgspec.json.Encoder()


class Goodbye(msgspec.Struct, frozen=True, tag_field="type", tag="close"):
    """Why a stream ends, in the terms in which a WebSocket is closed."""

    code: int
    reason: str


class _Head(msgspec.Struct):
    type: str
    cursor: str | None = None


_head_decoder = msgspec.json.Decoder(_Head)


def event_frame(body: bytes) -> bytes:
    """A message as an event: named by its type, with its cursor as ``id``.

    JSON breaks no line but by escapes, so one line of data holds all of it. ``connected`` has no
    id: whoever drops before the replay must come back with the position that it came with.
    """
    head = _head_decoder.decode(body)
    for separator, escape in _ESCAPES.items():
        body = body.replace(separator, escape)
    identified = head.cursor is not None and head.type != "connected"
    position = f"id: {head.cursor}\n" if identified else ""
    return f"{position}event: {head.type}\ndata: ".encode() + body + b"\n\n"


def close_frame(code: int, reason: str) -> bytes:
    """The last event of a stream that the server ends."""
    return event_frame(_encoder.encode(Goodbye(code, reason)))


def retry_line(milliseconds: int) -> bytes:
    """Goes before an event: how long a browser waits before it opens a lost stream again."""
    return b"retry: %d\n" % milliseconds

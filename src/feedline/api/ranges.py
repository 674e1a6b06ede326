"""Files as answers: whole, or the part that was asked for (RFC 9110 section 14)."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple

from feedline.errors import RangeNotSatisfiable
from feedline.wire.answers import AsgiSend, Header

# One range: of several none is wrong to ignore (section 14.2), and players ask for one.
_RANGE = re.compile(rb"bytes=[ \t]*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))[ \t]*")


class Span(NamedTuple):
    """Bytes from ``start`` up to ``stop``."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """An answer that is sent in pieces, as they are read. ``first`` has been read already."""

    status: int
    headers: tuple[Header, ...]
    first: bytes
    rest: AsyncGenerator[bytes]


def is_held(headers: Mapping[bytes, bytes], etag: bytes) -> bool:
    """Whether the client says that it has a file already (RFC 9110 section 13.1.2)."""
    held = [tag.strip() for tag in headers.get(b"if-none-match", b"").split(b",")]
    return b"*" in held or etag in (tag.removeprefix(b"W/") for tag in held)


def asked_span(headers: Mapping[bytes, bytes], size: int, etag: bytes) -> Span | None:
    """The part of a file that a GET asks for; None: all of it. Raises RangeNotSatisfiable.

    What can't be read is ignored (section 14.2), and so is a range of another version than the
    one that ``If-Range`` names (section 13.1.5).
    """
    found = _RANGE.fullmatch(headers.get(b"range", b""))
    if found is None or headers.get(b"if-range", etag) != etag:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        span = Span(max(0, size - int(suffix)), size)
    else:
        span = Span(int(first), min(int(last) + 1, size) if last else size)
        if last and int(last) < int(first):
            return None
    if span.start >= span.stop:
        raise RangeNotSatisfiable(size)
    return span


def span_headers(span: Span | None, size: int) -> tuple[Header, ...]:
    """The headers that say which part of a file an answer has."""
    length = size if span is None else span.stop - span.start
    headers: tuple[Header, ...] = (
        (b"accept-ranges", b"bytes"),
        (b"content-length", str(length).encode()),
    )
    if span is None:
        return headers
    place = f"bytes {span.start}-{span.stop - 1}/{size}"
    return (*headers, (b"content-range", place.encode()))


async def send_file(send: AsgiSend, answer: FileAnswer) -> None:
    """Sends a file piece by piece; the next one is read when the last one is on its way."""
    start = {"type": "http.response.start", "status": answer.status}
    await send({**start, "headers": list(answer.headers)})
    async with aclosing(answer.rest) as rest:
        if answer.first:
            await send({"type": "http.response.body", "body": answer.first, "more_body": True})
            async for piece in rest:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

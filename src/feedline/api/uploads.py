"""Uploads: the one file of a ``multipart/form-data`` body (RFC 7578), straight to the disk."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)
from starlette.types import Receive

from feedline.api.bodies import ClientGone
from feedline.errors import (
    BadRequest,
    FieldProblem,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)

FIELD = "file"
_WRITE = 256 * 1024  # bytes in memory before they are written
_AROUND = 16 * 1024  # bytes of a body that may be around the file
_FORM = "multipart/form-data"


class FilePart:
    """Takes a body piece by piece and gives the bytes of its one file."""

    def __init__(self, content_type: bytes) -> None:
        """Raises UnsupportedMediaType, BadRequest."""
        kind, options = parse_options_header(content_type.decode("latin-1"))
        if kind != _FORM:
            raise UnsupportedMediaType(f"Send the file as {_FORM}, in a part called {FIELD!r}.")
        try:
            self._parser = PushMultipartParser(options.get("boundary", ""))
        except (MultipartError, UnicodeError):
            raise BadRequest(_BROKEN) from None
        self._found = False

    def feed(self, data: bytes) -> bytes:
        """What of the file is in the next bytes of the body; none of them stand for its end.

        Raises BadRequest, ValidationFailed.
        """
        pieces: list[bytes] = []
        try:
            for event in self._parser.parse(data):
                if isinstance(event, MultipartSegment):
                    self._begin(event.name)
                elif event:
                    pieces.append(event)
        except MultipartError:
            raise BadRequest(_BROKEN) from None
        return b"".join(pieces)

    def end(self) -> None:
        """The body is over. Raises BadRequest, ValidationFailed."""
        self.feed(b"")
        if not self._found:
            raise ValidationFailed(FieldProblem(FIELD, "This field is required."))

    def _begin(self, name: str) -> None:
        if name != FIELD or self._found:
            raise ValidationFailed(FieldProblem(name[:200], f"Send one part, called {FIELD!r}."))
        self._found = True


_BROKEN = f"The body is not valid {_FORM}."


async def receive_file(
    receive: Receive, headers: Mapping[bytes, bytes], target: Path, limit: int
) -> int:
    """Writes the file of a request into ``target``; its size. ``limit`` in bytes, 0 is none.

    Raises PayloadTooLarge (before reading, where the length is known), UnsupportedMediaType,
    BadRequest or ValidationFailed.
    """
    declared = headers.get(b"content-length", b"")
    if limit and declared.isdigit() and int(declared) > limit + _AROUND:
        raise PayloadTooLarge(limit, "A file")
    part = FilePart(headers.get(b"content-type", b""))
    size = 0
    waiting = bytearray()
    with await asyncio.to_thread(target.open, "wb") as file:
        async for data in _bounded(receive, limit and limit + _AROUND):
            waiting += part.feed(data)
            if len(waiting) >= _WRITE:
                size += await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        part.end()
        size += await asyncio.to_thread(file.write, bytes(waiting))
    if limit and size > limit:
        raise PayloadTooLarge(limit, "A file")
    return size


async def _bounded(receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """The pieces of a body. Raises PayloadTooLarge, ClientGone."""
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        data: bytes = message.get("body", b"")
        size += len(data)
        if limit and size > limit:
            raise PayloadTooLarge(limit, "A file")
        if data:
            yield data
        more = message.get("more_body", False)

"""What comes in: bodies, read within their limits into structs."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from starlette.types import Receive

from feedline.errors import (
    BadRequest,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)
from feedline.wire.queries import field_problem

T = TypeVar("T")

_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


async def read_json(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The body of a request that has to be JSON. ``limit`` in bytes; 0 is none.

    Raises PayloadTooLarge (before reading, where the length is known), UnsupportedMediaType.
    """
    declared = headers.get(b"content-length", b"")
    if limit and declared.isdigit() and int(declared) > limit:
        raise PayloadTooLarge(limit)
    body = await _read(receive, limit)
    if body and not _is_json(headers.get(b"content-type", b"")):
        raise UnsupportedMediaType
    return body


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if limit and size > limit:
            raise PayloadTooLarge(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunk if len(chunks) == 1 else b"".join(chunks)


def _is_json(content_type: bytes) -> bool:
    return content_type == b"application/json" or (
        content_type.partition(b";")[0].strip().lower() == b"application/json"
    )


def decode_body(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Raises BadRequest for what is no JSON (RFC 8259), ValidationFailed for the wrong one."""
    if not body:
        raise BadRequest("The body is empty; send a JSON object.")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        _check_json(body)
        raise ValidationFailed(field_problem(str(error))) from None
    except _NO_JSON as error:
        raise _no_json(error) from None


def _check_json(body: bytes) -> None:
    """Raises BadRequest for what goes wrong only after the part that was not asked for."""
    try:
        msgspec.json.decode(body)
    except _NO_JSON as error:
        raise _no_json(error) from None


def _no_json(error: Exception) -> BadRequest:
    return BadRequest(f"The body is not valid JSON in UTF-8: {error}.")

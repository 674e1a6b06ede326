"""Answers by HTTP: a status, headers and bytes, and how they are put on the wire."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

JSON_TYPE = b"application/json"
Header = tuple[bytes, bytes]
AsgiSend = Callable[[dict[str, Any]], Awaitable[None]]

encode = msgspec.json.Encoder().encode

# Nothing here is for caches or for other sites: answers depend on who asks.
_EVERYWHERE: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers with. ``status`` 0 stands for the operation's own."""

    body: bytes = b""
    headers: tuple[Header, ...] = ()
    status: int = 0
    media_type: bytes = JSON_TYPE


def answered(body: Any, *headers: Header) -> Answer:
    """An answer with a struct as JSON."""
    return Answer(encode(body), headers)


async def send_answer(send: AsgiSend, answer: Answer, status: int, *, head: bool = False) -> None:
    """Sends an answer whole; of one to HEAD the header section only (RFC 9110 section 9.3.2)."""
    body = answer.body
    if status == 204:  # RFC 9110 section 8.6: no Content-Length with it
        headers = [*_EVERYWHERE, *answer.headers]
    else:
        length = (b"content-length", str(len(body)).encode())
        headers = [*typed_headers(answer.media_type), length, *answer.headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})


@lru_cache
def typed_headers(media_type: bytes) -> tuple[Header, ...]:
    """The headers of every answer that has content of this type."""
    return ((b"content-type", media_type), *_EVERYWHERE)

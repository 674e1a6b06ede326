"""The id of a request: that of a proxy in front of us, if it is in order, or one of our own.

It is in the answer and in every log line of the request, and of the connection it began.
"""

import re
import secrets
from contextlib import AbstractContextManager

from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

HEADER = b"x-request-id"
_FORM = re.compile(rb"[A-Za-z0-9._:+/=@-]{1,64}")  # what nobody could take for more than one word
_LINE = re.compile(rb"\r\nx-request-id:[ \t]*([^\r\n]*?)[ \t]*\r\n", re.IGNORECASE)


def request_id(given: bytes | None) -> str:
    """What was given, if it is in order, or a new one."""
    if given is not None and _FORM.fullmatch(given):
        return given.decode()
    return secrets.token_hex(8)


def given_in(head: bytes) -> bytes | None:
    """The id in the head of a request as it came."""
    found = _LINE.search(head)
    return found and found[1]


def begin(request: str) -> None:
    """From now on log lines of this task say so."""
    bind_contextvars(request=request)


def within(request: str) -> AbstractContextManager[None]:
    """The same for a block."""
    return bound_contextvars(request=request)


def current() -> str:
    """The id of the request that is going on; empty if there is none."""
    return str(get_contextvars().get("request", ""))

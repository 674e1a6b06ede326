"""An operation: one method on one path, and everything the documentation says about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from starlette.types import Receive

from feedline.api.identity import Auth, Caller, Headers
from feedline.api.ranges import FileAnswer
from feedline.feed.cursor import Cursor
from feedline.wire.answers import JSON_TYPE, Answer

Body = TypeVar("Body")
Query = TypeVar("Query")


@dataclass(slots=True)
class Call(Generic[Body, Query]):
    """A request as its handler gets it: whole, decoded, with the caller's credentials read."""

    caller: Caller
    params: dict[str, str]
    headers: Headers
    address: str
    scheme: str
    body: Body
    query: Query
    method: str
    receive: Receive
    """Brings the body of an upload, which is not read before."""
    seen: Cursor | None = None
    """The newest place in the log that is known to this node or the client.

    An answer that is not of this moment has to have that, at the least. None: it has to be.
    """


Handler = Callable[[Call[Any, Any]], Awaitable[Answer | FileAnswer]]
Struct = type[msgspec.Struct]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``signs_in``: its answer signs a browser in, so no foreign page may send the request.

    Without a handler it is only described here, and served elsewhere.
    """

    method: str
    path: str
    name: str
    summary: str
    tag: str
    handler: Handler | None = None
    auth: Auth = "required"
    signs_in: bool = False
    body: Struct | None = None
    query: Struct | None = None
    body_may_be_empty: bool = False
    """Whether no body stands for an empty object."""
    may_lag: bool = False
    """Whether its answer may be of a moment ago; it takes a Seen-Cursor then."""
    keyed: bool = False
    """Whether it takes an Idempotency-Key."""
    resumes: bool = False
    """Whether it takes a Last-Event-ID."""
    uploads: bool = False
    """Whether its body is a file."""
    is_file: bool = False
    """Whether its answer is a file, of which parts may be asked for."""
    answer: Struct | None = None
    media_type: bytes = JSON_TYPE
    status: int = 200
    codes: tuple[str, ...] = ()
    """Error codes beyond those that follow from the other fields."""

"""Who sends a plain GET request for live events, and whether they may."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from starlette.types import Receive, Scope, Send

from feedline.errors import (
    FieldProblem,
    Forbidden,
    MethodNotAllowed,
    Refusal,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from feedline.feed.people import Identity
from feedline.wire.answers import send_answer
from feedline.wire.credentials import bearer_token, cookie_token
from feedline.wire.origin import origin_allowed
from feedline.wire.problems import answer_to
from feedline.wire.queries import decode_query
from feedline.wire.requests import StreamQuery

Query = TypeVar("Query", bound=StreamQuery)


class Authenticator(Protocol):
    """Says who is behind a credential; raises Unauthenticated."""

    async def authenticate_token(self, token: str) -> Identity: ...

    async def authenticate_ticket(self, ticket: str) -> Identity: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Lets in who is signed in and asks for something that makes sense."""

    authenticator: Authenticator
    allowed_origins: tuple[str, ...]
    channel_limit: int
    draining: Callable[[], bool]

    async def admit(self, scope: Scope, kind: type[Query]) -> tuple[Identity, Query]:
        """Who asks, and for what.

        Raises MethodNotAllowed, Unauthenticated, Forbidden, ValidationFailed, Unavailable. Who
        joins the hub right after this misses no end of all connections.
        """
        if scope["method"] != "GET":
            raise MethodNotAllowed(("GET",))
        query_string: bytes = scope["query_string"]
        ticket = decode_query(StreamQuery, query_string).ticket
        identity = await self._authenticate(dict(scope["headers"]), ticket)
        query = decode_query(kind, query_string)
        if self.channel_limit and len(query.names) > self.channel_limit:
            most = f"Ask for at most {self.channel_limit} channels."
            raise ValidationFailed(FieldProblem("channels", most))
        if self.draining():
            raise Unavailable("This server is stopping.")
        return identity, query

    async def _authenticate(self, headers: dict[bytes, bytes], ticket: str) -> Identity:
        """Takes the first credential that is there: header, ticket or cookie."""
        authorization = headers.get(b"authorization")
        if authorization is not None:
            return await self.authenticator.authenticate_token(bearer_token(authorization))
        if ticket:
            return await self.authenticator.authenticate_ticket(ticket)
        cookie = cookie_token(headers.get(b"cookie", b""))
        if cookie is None:
            raise Unauthenticated
        self._refuse_foreign(headers)
        return await self.authenticator.authenticate_token(cookie)

    def _refuse_foreign(self, headers: dict[bytes, bytes]) -> None:
        """A page of another origin can't read the answer, and must not make us work for it."""
        origin = headers.get(b"origin")
        host = headers.get(b"host", b"").decode("latin-1")
        if origin is not None and not origin_allowed(
            origin.decode("latin-1"), host, self.allowed_origins
        ):
            raise Forbidden("A page of another origin may not use this cookie.")


def address_of(scope: Scope) -> str:
    """The peer's network address; behind a trusted proxy, that of the proxy's peer."""
    client = scope.get("client")
    return str(client[0]) if client else ""


async def refuse(send: Send, refusal: Refusal) -> None:
    answer = answer_to(refusal)
    await send_answer(send, answer, answer.status)


async def hung_up(receive: Receive) -> None:
    """Waits until the client is gone; whatever it still says is not heard."""
    while (await receive())["type"] != "http.disconnect":
        pass

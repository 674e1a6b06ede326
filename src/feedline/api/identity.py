"""Who asks: credentials of a request, and the checks that keep other sites from using them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from feedline.api.external import ExternalIdentity
from feedline.api.service_tokens import is_service_token, service_digest
from feedline.api.tokens import Tokens
from feedline.errors import Forbidden, Unauthenticated
from feedline.feed.instants import Millis
from feedline.feed.people import Identity, UserRow
from feedline.feed.ports import Reads, ServiceToken
from feedline.feed.visibility import STRANGER, Viewer
from feedline.store.base import Store, Transaction
from feedline.wire.credentials import COOKIE, bearer_token, cookie_token
from feedline.wire.origin import origin_allowed

SAFE_METHODS = frozenset({"GET", "HEAD"})  # RFC 9110 section 9.2.1

Auth = Literal["none", "optional", "required", "service"]
Headers = Mapping[bytes, bytes]
_REQUIRED = ("required", "service")
_FOR_PROGRAMS = "This takes a service token."
_FOR_PEOPLE = "A service token speaks for no person."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, as far as its token tells; the store knows whether that still holds.

    ``person``, ``viewer`` and ``service`` are asked inside the transaction or snapshot of the
    operation, so that what was revoked a moment ago does nothing more.
    """

    identity: Identity | None
    by_cookie: bool
    now: Millis
    service_digest: bytes | None = None

    @property
    def required(self) -> Identity:
        if self.service_digest is not None:
            raise Forbidden(_FOR_PEOPLE)
        if self.identity is None:
            raise Unauthenticated
        return self.identity

    def program(self, reads: Reads) -> ServiceToken | None:
        """The program that asks, if no person does. Raises Unauthenticated if it is not known."""
        if self.service_digest is None:
            return None
        token = reads.service_token(self.service_digest)
        if token is None:
            raise Unauthenticated("This service token is not known here.")
        return token

    def service(self, reads: Reads) -> ServiceToken:
        """Raises Forbidden for a person, Unauthenticated for a token that is not known."""
        token = self.program(reads)
        if token is None:
            raise Forbidden(_FOR_PROGRAMS)
        return token

    def person(self, reads: Reads) -> UserRow:
        """The person who is signed in. Raises Unauthenticated, Forbidden for a program."""
        if self.program(reads) is not None:
            raise Forbidden(_FOR_PEOPLE)
        return signed_in(reads, self.required, self.now)

    def admin(self, reads: Reads) -> UserRow:
        """The person, who is an admin. Raises Unauthenticated or Forbidden."""
        person = self.person(reads)
        if person.role != "admin":
            raise Forbidden("This is for admins.")
        return person

    def confirm(self, reads: Reads, auth: Auth) -> None:
        """Raises Unauthenticated where an operation that needs ``auth`` would."""
        if auth == "optional":
            self.viewer(reads)
        elif self.program(reads) is None and self.identity is not None:
            signed_in(reads, self.identity, self.now)

    def viewer(self, reads: Reads) -> Viewer:
        """The person who looks, or a stranger.

        A browser with a cookie that is over looks as a stranger; a bad Bearer token is refused.
        """
        if self.program(reads) is not None or self.identity is None:
            return STRANGER
        try:
            return reads.viewer(self.person(reads).id)
        except Unauthenticated:
            if self.by_cookie:
                return STRANGER
            raise


class Passes:
    """Reads sign-in tokens: ours, and those of another issuer if there is one."""

    def __init__(self, tokens: Tokens, external: ExternalIdentity | None) -> None:
        self._tokens = tokens
        self._external = external

    async def read(self, token: str, now: Millis) -> Identity:
        """Who a token speaks for. Raises Unauthenticated."""
        try:
            return self._tokens.read(token, now)
        except Unauthenticated:
            if self._external is None:
                raise
        return await self._external.read(token, now)


class Gate:
    """Reads the credentials of requests."""

    def __init__(self, passes: Passes, allowed_origins: tuple[str, ...]) -> None:
        self._passes = passes
        self._allowed_origins = allowed_origins

    async def admit(self, headers: Headers, method: str, auth: Auth, now: Millis) -> Caller:
        """The caller of an operation. Raises Unauthenticated, or Forbidden for a foreign page.

        ``Authorization`` wins over the cookie (no other site can make a browser send it).
        """
        caller = await self._read(headers, method, auth, now)
        if auth == "service" and caller.service_digest is None:
            raise Forbidden(_FOR_PROGRAMS)
        return caller

    async def _read(self, headers: Headers, method: str, auth: Auth, now: Millis) -> Caller:
        if auth == "none":
            return Caller(None, by_cookie=False, now=now)
        authorization = headers.get(b"authorization")
        if authorization is not None:
            token = bearer_token(authorization)
            if is_service_token(token):
                return Caller(None, by_cookie=False, now=now, service_digest=service_digest(token))
            identity = await self._passes.read(token, now)
            return Caller(identity, by_cookie=False, now=now)
        cookie = cookie_token(headers.get(b"cookie", b""))
        if cookie is None:
            if auth in _REQUIRED:
                raise Unauthenticated
            return Caller(None, by_cookie=False, now=now)
        return await self._admit_cookie(cookie, headers, method, auth, now)

    def refuse_foreign(self, headers: Headers) -> None:
        """Raises Forbidden if a page of another origin sent this request."""
        origin = headers.get(b"origin")
        own = origin is not None and origin_allowed(
            origin.decode("latin-1"),
            headers.get(b"host", b"").decode("latin-1"),
            self._allowed_origins,
        )
        site = headers.get(b"sec-fetch-site", b"none")
        if (origin is not None and not own) or not (
            site in (b"same-origin", b"none") or (site == b"same-site" and own)
        ):
            raise Forbidden("A page of another origin may not do this.")

    async def _admit_cookie(
        self, token: str, headers: Headers, method: str, auth: Auth, now: Millis
    ) -> Caller:
        try:
            identity = await self._passes.read(token, now)
        except Unauthenticated:
            if auth in _REQUIRED:
                raise
            return Caller(None, by_cookie=True, now=now)
        if method not in SAFE_METHODS:
            self.refuse_foreign(headers)
        return Caller(identity, by_cookie=True, now=now)


class Authenticator:
    """Says who is behind a token or a ticket, now. For sockets, which ask once."""

    def __init__(self, passes: Passes, store: Store, clock: Callable[[], Millis]) -> None:
        self._passes = passes
        self._store = store
        self._clock = clock

    async def authenticate_token(self, token: str) -> Identity:
        """Raises Unauthenticated unless the token is good here, not over, and its session lasts."""
        now = self._clock()
        identity = await self._passes.read(token, now)
        await self._store.read(lambda reads: signed_in(reads, identity, now))
        return identity

    async def authenticate_ticket(self, ticket: str) -> Identity:
        """The same for a ticket, which is used up by this."""
        digest = ticket_digest(ticket)

        def take(tx: Transaction) -> Identity | None:
            identity = tx.take_ticket(digest)
            if identity is not None:
                signed_in(tx, identity, tx.now)
            return identity

        identity = await self._store.write(take)
        if identity is None:
            raise Unauthenticated("This ticket is used up or over. Get a new one.")
        return identity


def signed_in(reads: Reads, identity: Identity, now: Millis) -> UserRow:
    """The person of a session that lasts. Raises Unauthenticated."""
    user = reads.signed_in(identity.session_id, now)
    if user is None or user.id != identity.user_id:
        raise Unauthenticated("This sign-in has ended. Sign in again.")
    return user


def session_cookie(token: str, max_age: int, scheme: str) -> tuple[bytes, bytes]:
    """The Set-Cookie header for a token; without one it takes the cookie away."""
    secure = "; Secure" if scheme == "https" else ""
    cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}"
    return b"set-cookie", cookie.encode("latin-1")


def ticket_digest(ticket: str) -> bytes:
    """What is stored of a ticket: enough to know it again, not enough to use it."""
    return hashlib.sha256(ticket.encode(errors="surrogatepass")).digest()

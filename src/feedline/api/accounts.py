"""Accounts: sign up, sign in, stay signed in, sign out, and tickets for sockets."""

import logging
import secrets
from typing import Any

from feedline.api.external import is_external
from feedline.api.identity import session_cookie, ticket_digest
from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.api.users import Me, me_of
from feedline.errors import Forbidden, RateLimited, Unauthenticated, ValidationFailed
from feedline.feed import actions
from feedline.feed.instants import Millis, rfc3339
from feedline.feed.people import (
    USERNAME,
    Identity,
    Registration,
    SessionRow,
    UserRow,
    Wire,
    registration_problems,
)
from feedline.store.base import Transaction
from feedline.wire.answers import Answer, Header, answered

TICKET_SECONDS = 30
_WRONG = "The username or the password is not right."
logger = logging.getLogger("feedline.api.accounts")


class Credentials(Wire, frozen=True, forbid_unknown_fields=True):
    """What a person sends to sign in."""

    username: str
    password: str


class SignedIn(Wire, frozen=True):
    """A new sign-in."""

    user: Me
    token: str
    expires_at: str


class Refreshed(Wire, frozen=True):
    """A sign-in that goes on."""

    token: str
    expires_at: str


class Ticket(Wire, frozen=True):
    """A stand-in for a token where a URL has to carry it: one use, ``expires_in`` seconds."""

    ticket: str
    expires_in: int


class Accounts:
    """The handlers of signing in and out."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._lifetime = services.settings.token_hours * 3600  # seconds

    async def register(self, call: Call[Registration, None]) -> Answer:
        registration = call.body
        problems = registration_problems(registration)  # before the costly hash
        if problems:
            raise ValidationFailed(*problems)
        password_hash = await self._services.hasher.hash(registration.password)

        def command(tx: Transaction) -> tuple[UserRow, SessionRow]:
            user = actions.register(tx, registration, password_hash)
            return user, actions.sign_in(tx, user, self._expiry(tx.now))

        user, session = await self._store.write(command)
        self._services.metrics.people_registered.inc()
        return self._welcome(call, user, session)

    async def login(self, call: Call[Credentials, None]) -> Answer:
        user = await self._proven(call)

        def command(tx: Transaction) -> SessionRow:
            _require_same(user, tx.user(user.id))
            return actions.sign_in(tx, user, self._expiry(tx.now))

        return self._welcome(call, user, await self._store.write(command))

    async def refresh(self, call: Call[None, None]) -> Answer:
        """The same session for another while; the cookie too, for those who came with it."""
        caller = call.caller
        if is_external(caller.required.session_id):
            raise Forbidden("Get a new token from the issuer of this one.")

        def command(tx: Transaction) -> Identity:
            session_id = caller.required.session_id
            user, expires_at = caller.person(tx), self._expiry(tx.now)
            tx.extend_session(session_id, expires_at)
            return Identity(user.id, session_id, expires_at)

        identity = await self._store.write(command)
        token = self._services.tokens.issue(identity, caller.now)
        answer = Refreshed(token=token, expires_at=rfc3339(identity.expires_at))
        cookies = [self._cookie(call, token)] if caller.by_cookie else []
        return answered(answer, *cookies)

    async def logout(self, call: Call[None, None]) -> Answer:
        caller = call.caller

        def command(tx: Transaction) -> None:
            caller.person(tx)
            actions.sign_out(tx, caller.required.session_id)

        await self._store.write(command)
        return Answer(headers=(session_cookie("", 0, call.scheme),))

    async def ticket(self, call: Call[None, None]) -> Answer:
        caller = call.caller
        ticket = secrets.token_urlsafe(32)

        def command(tx: Transaction) -> None:
            caller.person(tx)
            tx.add_ticket(ticket_digest(ticket), caller.required, tx.now + TICKET_SECONDS * 1000)

        await self._store.write(command)
        return answered(Ticket(ticket=ticket, expires_in=TICKET_SECONDS))

    async def _proven(self, call: Call[Credentials, None]) -> UserRow:
        """The person whose password was right. Raises RateLimited or Unauthenticated."""
        services, credentials = self._services, call.body
        self._check_throttle(call)
        user = None
        if USERNAME.fullmatch(credentials.username):
            user = await self._store.read(lambda reads: reads.user_by_name(credentials.username))
        right = await services.hasher.verify(
            credentials.password,
            None if user is None else user.password_hash,
            # Others may have failed while this one waited for its turn.
            before=lambda: self._check_throttle(call),
        )
        if user is None or not right:
            services.throttle.failed(credentials.username, call.address, services.clock())
            services.metrics.logins_failed.inc()
            raise Unauthenticated(_WRONG)
        _require_same(user, user)
        return user

    def _check_throttle(self, call: Call[Credentials, None]) -> None:
        services = self._services
        try:
            services.throttle.check(call.body.username, call.address, services.clock())
        except RateLimited:
            services.metrics.logins_throttled.inc()
            logger.warning("login throttled", extra={"fields": {"address": call.address}})
            raise

    def _welcome(self, call: Call[Any, None], user: UserRow, session: SessionRow) -> Answer:
        identity = Identity(user.id, session.id, session.expires_at)
        token = self._services.tokens.issue(identity, call.caller.now)
        me = me_of(user, self._services.policy())
        answer = SignedIn(user=me, token=token, expires_at=rfc3339(identity.expires_at))
        return answered(answer, self._cookie(call, token))

    def _cookie(self, call: Call[Any, None], token: str) -> Header:
        return session_cookie(token, self._lifetime, call.scheme)

    def _expiry(self, now: Millis) -> Millis:
        """In whole seconds, as the token has them, so that both end together."""
        return (now // 1000 + self._lifetime) * 1000


def _require_same(proven: UserRow, now: UserRow | None) -> None:
    """Much may have happened while a password was hashed. Raises Unauthenticated or Forbidden."""
    if now is None or now.password_hash != proven.password_hash:
        raise Unauthenticated(_WRONG)
    if now.state != "active":
        raise Forbidden("This account is closed.")

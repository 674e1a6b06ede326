"""Identities of another issuer: their JWTs (RFC 7519) sign people in here as they are.

Each token is a session of its own, named after the token, from its first sight to its end. So
everything that holds for sessions holds for these: signing out ends them, their sockets too.
"""

import hashlib
from collections import OrderedDict
from typing import Any

import jwt
import msgspec

from feedline.api.keys import KeySet
from feedline.errors import Unauthenticated
from feedline.feed import foreign
from feedline.feed.instants import Millis
from feedline.feed.people import Identity, SessionRow
from feedline.feed.raw_posts import RawAuthor, Unreadable, read_author, read_id
from feedline.store.base import Store, Transaction

_LONGEST = 8_192  # characters of a token, which may carry many claims
_REMEMBERED = 4_096  # tokens that need not be read again
_LEEWAY = 30  # seconds that two clocks may differ
_SESSION = "external-"
# Times are judged against the caller's clock.
_OPTIONS: Any = {
    "require": ["sub", "iss", "aud", "exp"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


class _Claims(msgspec.Struct):
    sub: str | int
    exp: float
    nbf: float = 0
    name: str | None = None
    preferred_username: str | None = None
    nickname: str | None = None
    picture: str | None = None


class ExternalIdentity:
    """Reads the tokens of one issuer that are meant for this installation."""

    def __init__(
        self, issuer: str, audience: str, secret: bytes | None, keys: KeySet | None, store: Store
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._secret = secret
        self._keys = keys
        self._store = store
        self._known: OrderedDict[str, Identity] = OrderedDict()

    async def read(self, token: str, now: Millis) -> Identity:
        """Who a token speaks for; a person who is not known is made. Raises Unauthenticated."""
        identity = self._known.get(token)
        if identity is None:
            identity = await self._sign_in(token, now)
            self._known[token] = identity
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if identity.expires_at <= now:
            raise Unauthenticated("This token has expired. Get a new one from its issuer.")
        return identity

    async def _sign_in(self, token: str, now: Millis) -> Identity:
        claims = await self._claims(token, now)
        expires_at = int(min(claims.exp, 2**40) * 1000)
        if expires_at <= now or claims.nbf > now / 1000 + _LEEWAY:
            raise Unauthenticated("This token is over, or not yet good.")
        user_id, author = _person(claims)
        session_id = _SESSION + hashlib.sha256(token.encode()).hexdigest()

        def command(tx: Transaction) -> Identity:
            user = foreign.known_or_made(tx, author, user_id)
            tx.keep_session(
                SessionRow(id=session_id, user_id=user.id, created_at=tx.now, expires_at=expires_at)
            )
            return Identity(user.id, session_id, expires_at)

        return await self._store.write(command)

    async def _claims(self, token: str, now: Millis) -> _Claims:
        """What a token says, if its signature, issuer and audience are right."""
        if len(token) > _LONGEST or not token.isascii():
            raise Unauthenticated("This token can't be read.")
        try:
            key, algorithm = await self._key(jwt.get_unverified_header(token), now)
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                options=_OPTIONS,
            )
            return msgspec.convert(claims, _Claims)
        except (jwt.PyJWTError, msgspec.ValidationError):
            raise Unauthenticated("This token is not valid.") from None

    async def _key(self, header: dict[str, Any], now: Millis) -> tuple[Any, str]:
        """The key and the one algorithm that goes with it, whatever else the token says."""
        if header.get("alg") == "HS256" and self._secret is not None:
            return self._secret, "HS256"
        kid = header.get("kid", "")
        key = None
        if self._keys is not None and isinstance(kid, str) and header.get("alg") != "HS256":
            key = await self._keys.key(kid, now)
        if key is None:
            raise Unauthenticated("This token is signed with a key that is not known.")
        return key, key.algorithm_name


def is_external(session_id: str) -> bool:
    """Whether a session is a token of another issuer, who alone may prolong it."""
    return session_id.startswith(_SESSION)


def _person(claims: _Claims) -> tuple[str, RawAuthor]:
    names = {
        "username": claims.preferred_username or claims.nickname,
        "name": claims.name,
        "avatar": claims.picture,
    }
    try:
        return read_id(claims.sub), read_author({"creator": names})
    except Unreadable:
        raise Unauthenticated("This token names nobody who can be known here.") from None

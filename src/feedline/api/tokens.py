"""Sign-in tokens: JWTs (RFC 7519) that only this installation can make and read."""

import os
import secrets
import stat
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
import msgspec
from jwt.types import Options

from feedline.errors import SecretUnsafe, Unauthenticated
from feedline.feed.instants import Millis
from feedline.feed.people import Identity

_SECRET_FILE = "secret"  # noqa: S105 - the name of the file
_SECRET_BYTES = 32  # RFC 7518 section 3.2: as long as the hash, at the least
_SHARED = "Put the one in it that the issuer of the tokens has."
_ALGORITHM = "HS256"
_NAME = "feedline"  # issuer and audience
_LONGEST = 512  # ours have 320; a longer one isn't worth parsing
_REMEMBERED = 4096  # tokens whose signature need not be computed again
# Expiry is judged against the caller's clock, in :meth:`Tokens.read`.
_OPTIONS: Options = {
    "require": ["sub", "sid", "aud", "iss", "iat", "exp"],
    "verify_exp": False,
    "verify_iat": False,
}


class _Claims(msgspec.Struct):
    sub: str
    sid: str
    exp: int


class Tokens:
    """Makes and reads tokens. Whether the session in one still lasts is for the store to say."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._verify = lru_cache(_REMEMBERED)(self._decode)

    def issue(self, identity: Identity, now: Millis) -> str:
        """A token for a session, good until the identity's ``expires_at`` in whole seconds."""
        claims: dict[str, Any] = {
            "sub": identity.user_id,
            "sid": identity.session_id,
            "aud": _NAME,
            "iss": _NAME,
            "iat": now // 1000,
            "exp": identity.expires_at // 1000,
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read(self, token: str, now: Millis) -> Identity:
        """Who a token speaks for. Raises Unauthenticated if it is not ours, or over."""
        if len(token) > _LONGEST or not token.isascii():
            raise Unauthenticated("This token can't be read.")
        identity = self._verify(token)
        if identity.expires_at <= now:
            raise Unauthenticated("This token has expired. Sign in again.")
        return identity

    def _decode(self, token: str) -> Identity:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_NAME,
                issuer=_NAME,
                options=_OPTIONS,
            )
            known = msgspec.convert(claims, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            raise Unauthenticated("This token is not valid.") from None
        return Identity(known.sub, known.sid, known.exp * 1000)


def load_secret(data: Path) -> bytes:
    """The installation's secret, made when there is none. Raises SecretUnsafe."""
    path = data / _SECRET_FILE
    if not path.exists():
        _make_secret(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretUnsafe(str(path), "others can read it.")
    try:
        secret = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        raise SecretUnsafe(str(path), "it is not hexadecimal.") from None
    if len(secret) < _SECRET_BYTES:
        raise SecretUnsafe(str(path), f"it has fewer than {_SECRET_BYTES} bytes.")
    return secret


def load_shared_secret(path: Path) -> bytes:
    """A secret that another issuer shares with this installation. Raises SecretUnsafe."""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SecretUnsafe(str(path), f"{error.strerror}.", _SHARED) from None
    if len(secret) < _SECRET_BYTES:
        raise SecretUnsafe(str(path), f"it has fewer than {_SECRET_BYTES} bytes.", _SHARED)
    return secret


def _make_secret(path: Path) -> None:
    """Puts a new secret in place, whole and readable by its owner alone, or not at all."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # O_EXCL, 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first, and its secret counts
            os.link(draft, path)
    finally:
        Path(draft).unlink()

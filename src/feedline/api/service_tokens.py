"""Service tokens: with these, other programs speak for the installation and not for a person."""

import hashlib
import secrets

_PREFIX = "fls_"  # tells them from sign-in tokens, also for those who search leaked files


def new_service_token() -> str:
    return _PREFIX + secrets.token_urlsafe(32)


def is_service_token(token: str) -> bool:
    """Whether a token is meant as one."""
    return token.startswith(_PREFIX)


def service_digest(token: str) -> bytes:
    """What is stored of a token. A fast hash will do: nobody can guess 256 random bits."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()

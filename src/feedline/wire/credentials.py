"""Where a request carries its credentials; read by the API and by the sockets."""

from feedline.errors import Unauthenticated

COOKIE = "feedline_session"


def bearer_token(authorization: bytes) -> str:
    """The token of an Authorization header (RFC 6750 section 2.1). Raises Unauthenticated."""
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer":
        raise Unauthenticated("Use Authorization: Bearer.")
    return token.strip().decode("latin-1")


def cookie_token(cookies: bytes) -> str | None:
    """The token in a Cookie header (RFC 6265 section 4.2), the first if there are several."""
    for cookie in cookies.split(b";"):
        name, _, value = cookie.strip().partition(b"=")
        if name == COOKIE.encode():
            return value.decode("latin-1") or None
    return None

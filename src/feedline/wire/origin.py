"""Which web origins may act with a browser's cookie; asked by the API and by the sockets."""

from collections.abc import Collection
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_allowed(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Whether a page of ``origin`` (RFC 6454 section 6.2) may use the cookie at ``host``.

    The own origin always may: that of the Host header, whichever scheme a proxy in front
    makes of it. ``null`` never may.
    """
    scheme, separator, authority = origin.lower().partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        return False
    place = _place(authority, scheme)
    if place is None:
        return False
    return place == _place(host.lower(), scheme) or any(
        (scheme, place) == _scheme_and_place(other) for other in allowed
    )


def _scheme_and_place(origin: str) -> tuple[str, tuple[str, int] | None]:
    scheme, _, authority = origin.lower().rstrip("/").partition("://")
    return scheme, _place(authority, scheme)


def _place(authority: str, scheme: str) -> tuple[str, int] | None:
    """Host name and port, the port of the scheme filled in; None if there is no sense in it."""
    try:
        parts = urlsplit(f"//{authority}")
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.netloc != authority or parts.username is not None:
        return None
    if "[" in authority[1:]:  # urlsplit of older Pythons looks only at what is in brackets
        return None
    if "]" in authority and authority.partition("]")[2][:1] not in ("", ":"):
        return None
    return parts.hostname, port or _DEFAULT_PORTS.get(scheme, 0)

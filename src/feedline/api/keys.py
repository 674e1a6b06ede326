"""The public keys of another issuer: a JSON Web Key Set (RFC 7517), fetched when it is needed."""

import asyncio
import json
import logging
from http.client import HTTPException
from typing import Any
from urllib.request import HTTPRedirectHandler, build_opener

import jwt

from feedline.errors import Unavailable
from feedline.feed.instants import Millis

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
_SHORTEST_RSA = 2048  # bits; NIST SP 800-131A
_MOST_KEYS = 100
_MOST_BYTES = 256 * 1024
_PATIENCE = 5.0  # seconds
_STALE: Millis = 3_600_000  # after which keys are looked at again, so that one withdrawn is gone
_AGAIN: Millis = 60_000  # at the least between two fetches, however many unknown keys are named

logger = logging.getLogger("feedline.api.keys")


class KeySet:
    """The keys at an address from the settings, by their ``kid``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched: Millis | None = None
        self._tried: Millis | None = None
        self._turn = asyncio.Lock()

    async def key(self, kid: str, now: Millis) -> jwt.PyJWK | None:
        """The key of a name, None if there is none. Raises Unavailable without any keys."""
        if not self._is_fresh(now) or kid not in self._keys:
            async with self._turn:
                if not self._is_fresh(now) or kid not in self._keys:
                    await self._fetch(now)
        if self._fetched is None:
            raise Unavailable("The keys of the issuer can't be had.")
        return self._keys.get(kid)

    def _is_fresh(self, now: Millis) -> bool:
        return self._fetched is not None and now < self._fetched + _STALE

    async def _fetch(self, now: Millis) -> None:
        """Fetches the keys, unless that was tried a moment ago. A failure leaves the old ones."""
        if self._tried is not None and now < self._tried + _AGAIN:
            return
        self._tried = now
        try:
            body = await asyncio.to_thread(_get, self._url)
            self._keys = read_keys(body)
        except (OSError, HTTPException, ValueError, RecursionError) as failure:
            logger.warning("the issuer's keys can't be had: %s", type(failure).__name__)
        else:
            self._fetched = now


def read_keys(body: bytes) -> dict[str, jwt.PyJWK]:
    """The keys of a set that can be used here. Raises ValueError for what is no set."""
    listed = json.loads(body)
    if not isinstance(listed, dict) or not isinstance(listed.get("keys"), list):
        raise ValueError("This is no key set.")  # noqa: TRY004 - as json.loads does
    keys: dict[str, jwt.PyJWK] = {}
    for data in listed["keys"][:_MOST_KEYS]:
        key = _usable(data)
        if key is not None:
            keys[key.key_id or ""] = key
    return keys


def _usable(data: Any) -> jwt.PyJWK | None:
    """A key for one of our algorithms; keys for other purposes stand in the same set."""
    if not isinstance(data, dict) or data.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(data)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if key.algorithm_name == "RS256" and key.key.key_size < _SHORTEST_RSA:
        return None
    return key if key.algorithm_name in ALGORITHMS and isinstance(key.key_id, str | None) else None


class _NoRedirects(HTTPRedirectHandler):
    """The address is the operator's choice, and no answer's."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return


_opener = build_opener(_NoRedirects)


def _get(url: str) -> bytes:
    with _opener.open(url, timeout=_PATIENCE) as answer:
        body: bytes = answer.read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        raise ValueError("The key set is too large.")
    return body

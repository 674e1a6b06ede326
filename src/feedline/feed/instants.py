"""Instants and ids: milliseconds since 1970 inside, RFC 3339 and UUIDv7 outside."""

import secrets
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

Millis = int
"""Milliseconds since 1970-01-01T00:00:00Z."""

KEPT_ID = r"[A-Za-z0-9_.:~-]{1,128}"
"""An id that another system made, which stays as it is. Ours look like this too."""

LATEST = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z, the last instant RFC 3339 can write


class Place(NamedTuple):
    """Where something stands in a list by time."""

    created_at: Millis
    id: str


@lru_cache(2_000)  # a post and its events name one instant five times, all of a commit the same
def rfc3339(instant: Millis) -> str:
    """``2026-01-22T10:00:00.000Z`` for an instant; out-of-range values are moved into range."""
    seconds, millis = divmod(min(max(instant, 0), LATEST), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"


class IdSource:
    """Makes UUIDv7 strings (RFC 9562 section 5.7) that never sort before an earlier one.

    The 12 bits after the version count within a millisecond (section 6.2, method 1), and the
    clock is never followed backwards, so ids made in one order sort in that order.
    """

    def __init__(self) -> None:
        self._millis = 0
        self._count = 0

    def go_on_after(self, instant: Millis) -> None:
        """From now on ids sort after those that another source made up to an instant."""
        if instant >= self._millis:
            self._millis, self._count = instant + 1, 0

    def next(self, now: Millis) -> str:
        """A new id for the instant ``now``."""
        if now > self._millis:
            self._millis, self._count = now, 0
        else:
            self._count += 1
            if self._count > 0xFFF:
                self._millis, self._count = self._millis + 1, 0
        head = f"{self._millis & 0xFFFF_FFFF_FFFF:012x}"
        tail = f"{secrets.randbits(62) | 0x8000_0000_0000_0000:016x}"
        return f"{head[:8]}-{head[8:]}-7{self._count:03x}-{tail[:4]}-{tail[4:]}"


def is_id(text: str) -> bool:
    """Whether ``text`` has the shape of an id."""
    return (
        len(text) == 36
        and text[8] == text[13] == text[18] == text[23] == "-"
        and text.count("-") == 4
        and all(c in "0123456789abcdef-" for c in text)
    )


def instant_of(id_: str) -> Millis | None:
    """When a UUIDv7 was made; None for any other text."""
    if not (is_id(id_) and id_[14] == "7"):
        return None
    return int(id_[:8] + id_[9:13], 16)

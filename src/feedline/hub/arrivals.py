"""How often connections may begin: of one person, and from one address without saying whose.

Nobody comes near the bounds with many tabs on a bad line, nor does a crowd behind one address that
comes back after each of several restarts: several times as many may come at once as may be there.
Who opens and closes in a loop is held to the rate.
"""

from feedline.wire.bucket import TokenBucket
from feedline.wire.network import network_of

WINDOW = 300.0  # seconds in which an empty bucket is full again
_MOST_KEYS = 20_000  # past it, the one that came longest ago is forgotten


class Rates:
    """A bucket of ``size`` for each key, refilled in five minutes; 0: any number."""

    def __init__(self, size: int, most_keys: int = _MOST_KEYS) -> None:
        self._size = size
        self._most_keys = most_keys
        self._buckets: dict[str, TokenBucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float) -> bool:
        """Whether there is one left for the key, which is taken."""
        if not self._size:
            return True
        self._forget(now)
        bucket = self._buckets.pop(key, None) or TokenBucket(self._size, now, WINDOW)
        self._buckets[key] = bucket  # the last one again
        return bucket.take(now)

    def _forget(self, now: float) -> None:
        while self._buckets:
            key, oldest = next(iter(self._buckets.items()))
            if len(self) < self._most_keys and now - oldest.time < WINDOW:
                return  # a bucket that is full again says nothing
            del self._buckets[key]


class Arrivals:
    """The rates of one node."""

    def __init__(self, per_user: int, per_address: int) -> None:
        self._people = Rates(per_user)
        self._strangers = Rates(per_address)

    def person(self, user_id: str, now: float) -> bool:
        """Whether somebody may have one more connection; it counts."""
        return self._people.take(user_id, now)

    def stranger(self, address: str, now: float) -> bool:
        """The same for one that does not say at first whose it is."""
        return self._strangers.take(network_of(address), now)

"""Who does something too often waits: counted by key in a moving window."""

from collections import OrderedDict, deque
from collections.abc import Callable

import msgspec

from feedline.errors import RateLimited
from feedline.feed.instants import Millis
from feedline.wire.network import network_of

EXPORTS = 3  # that one person may ask for within the window
REACHES = 30  # the same for how far posts got: each may take 0.1 s of what all read with
WINDOW: Millis = 5 * 60 * 1000
_ACCOUNT_LONGEST = 64  # characters of a name that are told apart; no username has more than 40
_MOST_KEYS = 20_000  # past it, the key that was counted longest ago is forgotten

_note_decoder = msgspec.msgpack.Decoder(tuple[str, str])


class Tally:
    """Moments by key within the window; at most ``limit`` (0: any number) of each."""

    def __init__(self, limit: int, most_keys: int = _MOST_KEYS) -> None:
        self._limit = limit
        self._most_keys = most_keys
        self._moments: OrderedDict[str, deque[Millis]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._moments)

    def wait(self, key: str, now: Millis) -> Millis:
        """How long until ``key`` may try again; 0 when it may now."""
        moments = self._moments.get(key)
        if moments is None or len(moments) < self._limit:
            return 0
        return max(0, moments[0] + WINDOW - now)

    def add(self, key: str, now: Millis) -> None:
        """Counts a moment; only the newest ``limit`` of a key matter and are kept."""
        if not self._limit:
            return
        self._moments.setdefault(key, deque(maxlen=self._limit)).append(now)
        self._moments.move_to_end(key)
        self._forget(now)

    def _forget(self, now: Millis) -> None:
        while self._moments:
            oldest = next(iter(self._moments))
            if len(self) <= self._most_keys and self._moments[oldest][-1] + WINDOW > now:
                return
            del self._moments[oldest]


class Shared:
    """Tallies that all nodes keep together: what one counts, the others are told.

    Who can't be told counts for itself, so a bus that is down makes limits looser, and no request
    waits for it or fails by it.
    """

    def __init__(self, tell: Callable[[bytes], None], clock: Callable[[], Millis]) -> None:
        self._tell = tell
        self._clock = clock
        self._tallies: dict[str, Tally] = {}

    def keep(self, name: str, tally: Tally) -> None:
        self._tallies[name] = tally

    def add(self, name: str, key: str, now: Millis) -> None:
        """Counts a moment here and everywhere."""
        self._tallies[name].add(key, now)
        self._tell(msgspec.msgpack.encode((name, key)))

    def hear(self, note: bytes) -> None:
        """Another node has counted a moment, just now."""
        try:
            name, key = _note_decoder.decode(note)
        except msgspec.DecodeError:
            return
        if name in self._tallies:
            self._tallies[name].add(key, self._clock())


class LoginThrottle:
    """Whether a login may be tried, by what failed before. Successes do not count."""

    def __init__(self, per_account: int, per_address: int, shared: Shared) -> None:
        self._accounts = Tally(per_account)
        self._addresses = Tally(per_address)
        self._shared = shared
        shared.keep("account", self._accounts)
        shared.keep("address", self._addresses)

    def check(self, username: str, address: str, now: Millis) -> None:
        """Raises RateLimited when the account or the address has failed too often."""
        wait = max(
            self._accounts.wait(_account(username), now),
            self._addresses.wait(network_of(address), now),
        )
        if wait:
            raise RateLimited(-(-wait // 1000))

    def failed(self, username: str, address: str, now: Millis) -> None:
        self._shared.add("account", _account(username), now)
        self._shared.add("address", network_of(address), now)


class PersonThrottle:
    """How often a person may do something, such as sending files. ``what``: of which too many."""

    def __init__(self, name: str, per_person: int, what: str, shared: Shared) -> None:
        self._people = Tally(per_person)
        self._name = name
        self._what = what
        self._shared = shared
        shared.keep(name, self._people)

    def count(self, user_id: str, now: Millis) -> None:
        """Raises RateLimited when the person has done it too often."""
        wait = self._people.wait(user_id, now)
        if wait:
            raise RateLimited(-(-wait // 1000), self._what)
        self._shared.add(self._name, user_id, now)


def upload_throttle(per_person: int, shared: Shared) -> PersonThrottle:
    return PersonThrottle("uploads", per_person, "files", shared)


def export_throttle(shared: Shared) -> PersonThrottle:
    return PersonThrottle("exports", EXPORTS, "exports", shared)


def reach_throttle(shared: Shared) -> PersonThrottle:
    return PersonThrottle("reaches", REACHES, "requests of this kind", shared)


def _account(username: str) -> str:
    return username[:_ACCOUNT_LONGEST].lower()

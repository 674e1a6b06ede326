"""Who does something too often waits: counted by key in a moving window."""

from collections import OrderedDict, deque
from ipaddress import IPv4Address, IPv6Network, ip_address

from feedline.errors import RateLimited
from feedline.feed.instants import Millis

WINDOW: Millis = 5 * 60 * 1000
_ACCOUNT_LONGEST = 64  # characters of a name that are told apart; no username has more than 40
_MOST_KEYS = 20_000  # past it, the key that was counted longest ago is forgotten


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


class LoginThrottle:
    """Whether a login may be tried, by what failed before. Successes do not count."""

    def __init__(self, per_account: int, per_address: int) -> None:
        self._accounts = Tally(per_account)
        self._addresses = Tally(per_address)

    def check(self, username: str, address: str, now: Millis) -> None:
        """Raises RateLimited when the account or the address has failed too often."""
        wait = max(
            self._accounts.wait(_account(username), now),
            self._addresses.wait(_network(address), now),
        )
        if wait:
            raise RateLimited(-(-wait // 1000))

    def failed(self, username: str, address: str, now: Millis) -> None:
        self._accounts.add(_account(username), now)
        self._addresses.add(_network(address), now)


class UploadThrottle:
    """How often a person may send a file."""

    def __init__(self, per_person: int) -> None:
        self._people = Tally(per_person)

    def count(self, user_id: str, now: Millis) -> None:
        """Raises RateLimited when the person has sent too many."""
        wait = self._people.wait(user_id, now)
        if wait:
            raise RateLimited(-(-wait // 1000), "files")
        self._people.add(user_id, now)


def _account(username: str) -> str:
    return username[:_ACCOUNT_LONGEST].lower()


def _network(address: str) -> str:
    """The address, or its /64 for IPv6: a household has 2**64 of those (RFC 6177)."""
    try:
        known = ip_address(address)
    except ValueError:  # a Unix socket, or what a proxy made up
        return address
    if isinstance(known, IPv4Address):
        return address
    return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))

"""What nodes share: one log, a database that takes its time, a bus that can't be relied on."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from feedline.bus.base import BusState, Receiver, Traffic
from feedline.errors import Unavailable
from feedline.feed.cursor import Cursor
from feedline.feed.events import AnyEvent
from feedline.feed.policy import LivePolicy
from feedline.feed.visibility import Viewer
from feedline.store.base import LogBounds, LogEntry, LogPage, Snapshot
from tests.wire.world import EPOCH, make_event

T = TypeVar("T")

PAGE = 4  # entries of a page of the log: small, so that replays have seams


class Weather:
    """All that is left to chance, from one seed.

    Whoever may act at the same moment as others has weather of their own: what one draws must
    not depend on who came first, for the hub keeps its members in a set.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.random = random.Random(seed)

    def of(self, *name: object) -> "Weather":
        return Weather("/".join(map(str, (self._seed, *name))))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    async def lag(self, longest: float) -> None:
        """Mostly a moment, sometimes as long as it can be."""
        await asyncio.sleep(self.delay(longest))

    def delay(self, longest: float) -> float:
        return longest * self.random.random() ** 3


@dataclass
class Log:
    """The truth, and when it became so."""

    events: list[AnyEvent] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)
    """What was committed, by idempotency key: its place."""
    floor: int = 0

    @property
    def head(self) -> int:
        return len(self.events)

    def commit(self, author: str, key: str) -> LogEntry | None:
        """Appends a post; None if its key is known."""
        if key in self.keys:
            return None
        seq = self.head + 1
        event = make_event("created", author, key, seq)
        self.events.append(event)
        self.authors.append(author)
        self.at.append(asyncio.get_running_loop().time())
        self.keys[key] = seq
        return LogEntry(seq, event)

    def entry(self, seq: int) -> LogEntry:
        return LogEntry(seq, self.events[seq - 1])


class View:
    """A snapshot: the log as it stood at one moment."""

    def __init__(self, log: Log, follows: dict[str, list[str]]) -> None:
        self._bounds = LogBounds(EPOCH, log.floor, log.head)
        self._log = log
        self._follows = follows

    def log_bounds(self) -> LogBounds:
        return self._bounds

    def log_page(self, after: int, limit: int) -> LogPage:
        first = max(after, self._bounds.floor) + 1
        last = min(self._bounds.head, first + min(limit, PAGE) - 1)
        entries = [self._log.entry(seq) for seq in range(first, last + 1)]
        full = len(entries) == min(limit, PAGE)
        return LogPage(
            self._bounds, after, last if full else max(self._bounds.head, after), entries
        )

    def policy(self) -> LivePolicy:
        return LivePolicy()

    def viewer(self, user_id: str) -> Viewer:
        return Viewer(user_id)

    def signed_in(self, session_id: str, now: int) -> object:
        return session_id

    def user(self, user_id: str) -> object:
        return user_id

    def following(self, user_id: str) -> list[str]:
        return self._follows.get(user_id, [])

    def muted(self, user_id: str) -> list[str]:
        return []


class SlowStore:
    """One node's way to the database. ``crash`` ends it wherever it is."""

    LAG = 0.05

    def __init__(self, log: Log, weather: Weather, follows: dict[str, list[str]]) -> None:
        self._log = log
        self._weather = weather
        self._follows = follows
        self.is_cut = False
        self.disturbed = 0.0
        """When it last could not be reached."""
        self.announce: Callable[[list[LogEntry]], None] = lambda _: None

    async def read(self, query: Callable[[Snapshot], T], seen: Cursor | None = None) -> T:
        await self._weather.lag(self.LAG)
        self._require_up()
        result = query(cast("Snapshot", View(self._log, self._follows)))
        await self._weather.lag(self.LAG)
        return result

    async def publish(self, author: str, key: str) -> int:
        """Commits a post once; its place in the log, when that is certain."""
        await self._weather.lag(self.LAG)
        self._require_up()
        entry = self._log.commit(author, key)
        await self._weather.lag(self.LAG)  # whoever crashes here has committed and told nobody
        if entry is not None:
            asyncio.get_running_loop().call_soon(self.announce, [entry])
        return self._log.keys[key]

    def heal(self) -> None:
        self.is_cut = False
        self.disturbed = asyncio.get_running_loop().time()

    def _require_up(self) -> None:
        if self.is_cut:
            raise Unavailable("The database failed.")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a hub has no business with {name}")


class Ether:
    """Carries batches between nodes: late, twice, out of order, or not at all."""

    LATEST = 0.5

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self.loss = 0.1
        self.is_down = False
        self.listeners: dict[str, Receiver[list[LogEntry]]] = {}

    def send(self, sender: str, batch: list[LogEntry]) -> None:
        loop = asyncio.get_running_loop()
        for name in self.listeners:
            weather = self._weather.of(sender, batch[0].seq, name)
            copies = 0 if self.is_down or weather.chance(self.loss) else 1
            copies += copies and weather.chance(0.1)
            for _ in range(copies if name != sender else 0):
                loop.call_later(weather.delay(self.LATEST), self._deliver, name, batch)

    def _deliver(self, name: str, batch: list[LogEntry]) -> None:
        if name in self.listeners:
            self.listeners[name].announce(batch)


class FrailBus:
    """One node's end of the ether."""

    state: BusState = "ok"

    def __init__(self, name: str, ether: Ether) -> None:
        self.traffic = Traffic()
        self._name = name
        self._ether = ether

    async def start(self, receiver: Receiver[list[LogEntry]]) -> None:
        self._ether.listeners[self._name] = receiver

    def publish(self, batch: list[LogEntry]) -> None:
        if self._name in self._ether.listeners:
            self._ether.listeners[self._name].announce(batch)
            self._ether.send(self._name, batch)

    def tell(self, note: bytes) -> None:
        raise AssertionError("nobody here has notes")

    def heed(self, hear: Callable[[bytes], None]) -> None:
        raise AssertionError("nobody here has notes")

    def peers(self) -> Sequence[str]:
        raise AssertionError("nobody here asks")

    async def stop(self) -> None:
        self._ether.listeners.pop(self._name, None)

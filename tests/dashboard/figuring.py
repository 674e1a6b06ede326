"""A node whose counts a test sets, and its dashboard on a real store."""

from dataclasses import dataclass, field

from feedline.dashboard.dashboard import Dashboard, Watcher
from feedline.dashboard.sampler import Sampler, Sources
from feedline.dashboard.samples import Facts, Health
from feedline.feed.instants import Millis
from feedline.feed.visibility import Viewer
from feedline.store.base import Store
from feedline.telemetry.histograms import Histogram
from feedline.telemetry.troubles import Trouble


@dataclass
class Clock:
    """Stands until it is moved, and says for how long it was."""

    now: Millis = 1_769_076_000_000  # 2026-01-22T10:00:00Z

    def __call__(self) -> Millis:
        return self.now

    def passed(self) -> float:
        return self.now / 1000


@dataclass
class Counts:
    """What a node has counted so far, and how it is."""

    posts: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    connections: dict[str, int] = field(default_factory=dict)
    slow_readers: int = 0
    position: int = 0
    writes_waiting: int = 0
    bus: Health = "ok"
    to_socket: Histogram = field(default_factory=Histogram)
    to_paint: Histogram = field(default_factory=Histogram)
    troubles: list[Trouble] = field(default_factory=list)

    def sources(self) -> Sources:
        return Sources(
            posts=lambda: self.posts,
            to_socket=self.to_socket.distribution,
            to_paint=self.to_paint.distribution,
            seen=lambda: self.seen,
            connections=lambda: self.connections,
            slow_readers=lambda: self.slow_readers,
            position=lambda: self.position,
            writes_waiting=lambda: self.writes_waiting,
            bus=lambda: self.bus,
            bus_ms=lambda: None,
            troubles=self._take,
        )

    def _take(self) -> list[Trouble]:
        taken, self.troubles = self.troubles, []
        return taken


@dataclass
class Looker:
    """A live connection with the channel: what it was told."""

    viewer: Viewer
    told: list[bytes] = field(default_factory=list)
    rechecked: int = 0

    def tell(self, body: bytes) -> None:
        self.told.append(body)

    def recheck(self) -> None:
        self.rechecked += 1


@dataclass
class Node:
    """One node of an installation, without its hub and its bus."""

    store: Store
    clock: Clock
    name: str = "one"
    counts: Counts = field(default_factory=Counts)
    watchers: list[Watcher] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    dashboard: Dashboard = field(init=False)

    def __post_init__(self) -> None:
        facts = Facts(
            id=f"id of {self.name}",
            name=self.name,
            pid=1,
            role="all",
            version="1.2.3",
            started_at=self.clock.now,
        )
        self.dashboard = Dashboard(
            Sampler(facts, self.counts.sources(), self.clock, self.clock.passed),
            self.store,
            watchers=lambda: self.watchers,
            tell=self.said.append,
            clock=self.clock,
        )

    async def tick(self, seconds: float = 2) -> None:
        """Lets time pass, and samples."""
        self.clock.now += round(seconds * 1000)
        await self.dashboard.tick()

    async def tick_and_keep(self, seconds: float) -> None:
        """The same, and what is kept and read on the way is done."""
        await self.tick(seconds)
        if self.dashboard._keeping is not None:
            await self.dashboard._keeping

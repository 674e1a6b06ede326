"""People on a real store and a real hub, in one process, whose clock only tests move."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from feedline.feed import actions
from feedline.feed.instants import Millis
from feedline.feed.people import Identity
from feedline.feed.reactions import tell_owed_likes
from feedline.hub.hub import Hub, HubLimits
from feedline.store.base import LogEntry, Transaction
from feedline.store.sqlite import SqliteStore
from tests.convergence.snapshot import View, view_of
from tests.store.opening import DAY, Clock, prepared, register

T = TypeVar("T")

NAMES = ("ann", "ben", "cat", "dan")
RING = 60  # events: so few that both the ring and the log are read


@dataclass
class World:
    """``people``: who they are, by name."""

    store: SqliteStore
    hub: Hub
    clock: Clock
    people: dict[str, Identity] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return [identity.user_id for identity in self.people.values()]

    async def view(self, user_id: str) -> View:
        return await self.store.read(lambda reads: view_of(reads, user_id))

    async def write(self, command: Callable[[Transaction], T]) -> T:
        return await self.store.write(command)

    async def tell_likes(self) -> None:
        """Time passes until everybody was told of every like."""
        due: Millis | None = self.clock.now
        while due is not None:
            self.clock.now = max(self.clock.now, due)
            due = await self.write(tell_owed_likes)

    async def is_quiet(self) -> bool:
        """Whether everything that was committed has been handed out."""
        head = (await self.store.read(lambda reads: reads.log_bounds())).head
        return self.hub.position == head and not self.hub._serving


@asynccontextmanager
async def world_in(path: Path) -> AsyncIterator[World]:
    clock = Clock()
    store = SqliteStore(prepared(path), clock=clock)

    def announce(entries: list[LogEntry]) -> None:
        hub.announce(entries)

    bounds = await store.start(announce)
    hub = Hub(store, bounds, limits=HubLimits(join_seconds=0, ring_events=RING), clock=clock)
    following = asyncio.create_task(hub.follow())
    world = World(store, hub, clock)

    def settle(tx: Transaction) -> None:
        for name in NAMES:
            session = actions.sign_in(tx, register(tx, name), tx.now + 365 * DAY)
            world.people[name] = Identity(session.user_id, session.id, session.expires_at)
        tx.set_role(world.people["dan"].user_id, "admin")

    try:
        await store.write(settle)
        yield world
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await store.stop()

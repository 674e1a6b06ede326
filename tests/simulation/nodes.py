"""Nodes with the real hub, connections, sessions and fan-out, on what the world gives them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar, cast

from feedline.errors import CloseCode
from feedline.feed.experiments import Transport
from feedline.feed.people import Identity
from feedline.hub.connection import Connection
from feedline.hub.hub import Hub, HubLimits
from feedline.hub.lanes import Framing
from feedline.store.base import Store
from feedline.wire.intake import SessionLimits
from feedline.wire.session import Session
from tests.simulation.world import Ether, FrailBus, Log, SlowStore, Weather
from tests.wire.world import BODIES, EPOCH

T = TypeVar("T")

ROOM = 600  # bytes that wait for a slow reader before the socket counts as full: one or two posts
_LIMITS = SessionLimits(message_rate=0)


class Gone(Exception):
    """The node crashed before it answered."""


class Client(Protocol):
    """Whoever is at the other end of a socket."""

    def take(self, body: bytes) -> None: ...

    def ended(self, socket: "SimSocket") -> None: ...


class Deadlines:
    """Short ones: hours of waiting are worth nothing here."""

    first_message_seconds = 10.0
    heartbeat_seconds = 2.0
    stall_seconds = 5.0
    silence_seconds = 0.0


class SimSocket:
    """A connection's way to its client. What is under way arrives later, in order, or never."""

    transport: Transport = "ws"

    def __init__(self, client: Client, weather: Weather) -> None:
        self.address = "client"
        self.framing: Framing = BODIES
        self.write: Callable[[bytes], None] = self._write
        self.connection: Connection
        self.is_open = True
        self.stalled = False
        self._client = client
        self._weather = weather
        self._waiting: list[bytes] = []
        self._full = False
        self._arrival = 0.0

    def _write(self, frames: bytes) -> None:
        for body in frames.splitlines():
            self.send(body)

    def keep(self, frames: bytes, taken: int) -> None:
        raise AssertionError("everything was taken")

    def send_many(self, bodies: list[bytes]) -> None:
        for body in bodies:
            self.send(body)

    def send(self, body: bytes) -> None:
        if not self.is_open:
            return
        if self.stalled:
            self._waiting.append(body)
        else:
            self._on_its_way(body)
        if not self._full and self.backlog() > ROOM:
            self._full = True
            self.connection.pause()

    def backlog(self) -> int:
        return sum(map(len, self._waiting))

    def ping(self) -> None:
        """Nobody is silent here."""

    def close(self, code: int, reason: str) -> None:
        self.cut()

    def flow(self) -> None:
        """The peer reads again."""
        self.stalled = False
        waiting, self._waiting = self._waiting, []
        for body in waiting:
            self._on_its_way(body)
        if self._full and self.is_open:
            self._full = False
            self.connection.resume()

    def cut(self) -> None:
        """The connection is gone, and with it what was under way; both ends learn of it later."""
        if not self.is_open:
            return
        self.is_open = False
        loop = asyncio.get_running_loop()
        loop.call_later(self._weather.delay(0.2), self.connection.lost)
        loop.call_later(self._weather.delay(0.5), self._client.ended, self)

    def _on_its_way(self, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        soonest = self._arrival + 1e-6  # timers that are due together come in any order
        self._arrival = max(soonest, loop.time() + self._weather.delay(0.05))
        loop.call_at(self._arrival, self._arrive, body)

    def _arrive(self, body: bytes) -> None:
        if self.is_open:
            self._client.take(body)


class Node:
    """One process: it starts, serves, crashes and starts again."""

    def __init__(self, name: str, world_log: Log, weather: Weather, ether: Ether) -> None:
        self.name = name
        self.follows: dict[str, list[str]] = {}
        self.is_up = False
        self.hub: Hub
        self.store: SlowStore
        self.sockets: list[SimSocket] = []
        self._log = world_log
        self._weather = weather
        self._ether = ether
        self._bus: FrailBus
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._ticks = 0.0
        self._starts = 0

    async def start(self) -> None:
        self._starts += 1
        self.store = SlowStore(self._log, self._weather.of(self._starts), self.follows)
        self._bus = FrailBus(self.name, self._ether)
        self.store.announce = self._bus.publish
        bounds = await self.store.read(lambda snapshot: snapshot.log_bounds())
        limits = HubLimits(poll_seconds=1, join_seconds=0.05, ring_events=8)
        store = cast("Store", self.store)
        self.hub = Hub(store, bounds, limits=limits, clock=lambda: 0)
        self.hub.fanout._clock = self._tick
        await self.hub.warm_up()
        await self._bus.start(self.hub)
        self.run(self.hub.follow())
        self.run(self.hub.sweep())
        self.is_up = True

    async def crash(self) -> None:
        """`kill -9`: nothing of it runs after this."""
        self.is_up = False
        await self._bus.stop()
        for socket in self.sockets:
            socket.cut()
        self._end()

    async def shut_down(self) -> None:
        """SIGTERM: sockets are told, requests are finished."""
        self.is_up = False
        self.hub.close_all(CloseCode.RESTART, "restart")
        await self._weather.lag(0.2)
        await self._bus.stop()
        self._end()

    def open(self, client: Client, user_id: str, weather: Weather) -> SimSocket:
        """A socket of somebody who is signed in."""
        socket = SimSocket(client, weather)
        loop = asyncio.get_running_loop()
        session = Session("session", EPOCH, self.hub.level, _LIMITS, loop.time())
        connection = Connection(
            session,
            socket,
            hub=self.hub,
            store=cast("Store", self.store),
            verify=_nobody,
            deadlines=Deadlines(),
        )
        socket.connection = connection
        connection.identify(Identity(user_id, "session", 2**62))
        self.sockets = [known for known in self.sockets if known.is_open] + [socket]
        return socket

    async def request(self, work: Coroutine[Any, Any, T]) -> T:
        """What somebody asks of this node. Raises Gone if it crashes meanwhile."""
        if not self.is_up:
            work.close()
            raise Gone
        task = self.run(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            raise Gone from None

    def run(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.ensure_future(work)
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)
        return task

    def _end(self) -> None:
        self.store.announce = lambda _: None
        for task in tuple(self._tasks):
            task.cancel()

    def _tick(self) -> float:
        """Fan-out's clock: moves on by itself, so that slices end somewhere in the middle."""
        self._ticks += 0.0004
        return self._ticks


async def _nobody(_: str) -> Identity:
    raise AssertionError("everybody here is signed in")


Mutation = Callable[[Node], None]

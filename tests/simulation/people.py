"""Those who publish until they are acknowledged, and those who read and keep account."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec

from feedline.errors import Unavailable
from feedline.feed.cursor import Cursor
from tests.simulation.nodes import Gone, Node, SimSocket
from tests.simulation.world import Log, Weather
from tests.wire.world import EPOCH

REPAIRED = 2.0  # seconds within which a reader without trouble of its own has what was committed


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass
class Author:
    """Publishes one post after the other, each until it is acknowledged."""

    name: str
    nodes: list[Node]
    weather: Weather
    acknowledged: dict[str, int] = field(default_factory=dict)

    async def publish(self, count: int) -> None:
        for number in range(count):
            await self.weather.lag(2)
            await self._until_acknowledged(f"{self.name}-{number}")

    async def _until_acknowledged(self, key: str) -> None:
        while key not in self.acknowledged:
            node = self.weather.random.choice(self.nodes)
            try:
                seq = await node.request(node.store.publish(self.name, key))
            except (Gone, Unavailable):
                await self.weather.lag(0.3)
            else:
                self.acknowledged[key] = seq


class Reader:
    """Reads channels wherever a node is up, and comes back with its cursor."""

    def __init__(
        self,
        name: str,
        channels: dict[str, list[str]],
        nodes: list[Node],
        log: Log,
        weather: Weather,
    ) -> None:
        self.name = name
        self.channels = channels  # each with the authors whose posts it brings; none: everybody's
        self.cursor: int | None = None
        self.owed_from: int | None = None
        self.had: list[int] = []
        self.resyncs = 0
        self.connections = 0
        self.slowest = 0.0
        self.socket: SimSocket | None = None
        self.calm_from = 0.0
        self._live = False
        self._put_back: int | None = None
        self._node = nodes[0]
        self._nodes = nodes
        self._log = log
        self._weather = weather
        self._loop = asyncio.get_running_loop()
        self._reconnecting: asyncio.Task[None] | None = None

    def connect_soon(self) -> None:
        self._reconnecting = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        while True:
            await self._weather.lag(0.3)
            node = self._weather.random.choice(self._nodes)
            if node.is_up:
                break
        self.connections += 1
        self._live, self._node = False, node
        self.socket = node.open(self, self.name, self._weather.of(self.connections))
        message: dict[str, Any] = {"type": "connect", "channels": list(self.channels)}
        if self.cursor is not None:
            message["cursor"] = str(Cursor(EPOCH, self.cursor))
        self.socket.connection.receive(msgspec.json.encode(message).decode())

    # ---- what is left to chance

    def stall(self) -> None:
        if self.socket is not None:
            self.socket.stalled = True

    def flow(self) -> None:
        if self.socket is not None and self.socket.stalled:
            self.calm_from = self._loop.time()
            self.socket.flow()

    # ---- what comes

    def ended(self, socket: SimSocket) -> None:
        if socket is self.socket:
            self.socket = None
            self.connect_soon()

    def take(self, body: bytes) -> None:
        message = msgspec.json.decode(body)
        self._check_put_back(message["type"])
        match message["type"]:
            case "connected":
                self._connected(_place(message))
            case "caught_up":
                self._reached(_place(message))
                self._live, self.calm_from = True, self._loop.time()
            case "heartbeat":
                self._reached(_place(message))
            case "resync":
                self._reload(_place(message))
            case _:
                self._event(_place(message))

    def _connected(self, place: int) -> None:
        if self.cursor is None:
            self.cursor = self.owed_from = place
        elif place < self.cursor:
            self._put_back = place

    def _check_put_back(self, kind: str) -> None:
        """A node that was left behind puts a reader back, but only to have it reload."""
        put_back, self._put_back = self._put_back, None
        if put_back is not None and kind != "resync":
            raise Broken(f"{self.name} was at {self.cursor}, and was put back to {put_back}")

    def _event(self, seq: int) -> None:
        if self.cursor is None or seq <= self.cursor:
            raise Broken(f"{self.name} got {seq} after {self.cursor}: doubled or out of order")
        self._reached(seq - 1)
        self.cursor = seq
        if not self._wants(seq):
            raise Broken(f"{self.name} got {seq}, which is none of its channels")
        self.had.append(seq)
        if self._live:
            trouble = max(self.calm_from, self._node.store.disturbed)
            late = self._loop.time() - max(self._log.at[seq - 1], trouble)
            self.slowest = max(self.slowest, late)
            if late > REPAIRED:
                raise Broken(f"{self.name} got {seq} {late:.2f} s late")

    def _reached(self, place: int) -> None:
        """The server says that everything up to a place was sent: so it was."""
        assert self.cursor is not None
        missing = self.wanted(self.cursor, place)
        if missing:
            raise Broken(f"{self.name} is at {place} by now, and never got {missing}")
        self.cursor = max(self.cursor, place)

    def _reload(self, place: int) -> None:
        self.resyncs += 1
        assert self.cursor is not None
        if self.cursor >= self._log.floor:
            raise Broken(f"{self.name} has to reload, and the log has all after {self.cursor}")
        self.cursor = self.owed_from = place
        self.had = []
        self._live, self.calm_from = True, self._loop.time()

    # ---- the account

    def wanted(self, after: int, until: int) -> list[int]:
        """The places of what this reader's channels bring."""
        return [seq for seq in range(after + 1, until + 1) if self._wants(seq)]

    def _wants(self, seq: int) -> bool:
        author = self._log.authors[seq - 1]
        return author == self.name or any(
            not authors or author in authors for authors in self.channels.values()
        )

    def check(self) -> None:
        """Everything came to rest: what is owed is here, once, in the one order."""
        if self.owed_from is None:
            raise Broken(f"{self.name} never got in")
        owed = self.wanted(self.owed_from, self._log.head)
        if self.had != owed:
            missing = sorted(set(owed) - set(self.had))
            raise Broken(f"{self.name} was owed {len(owed)}, got {len(self.had)}; no {missing}")


def _place(message: dict[str, Any]) -> int:
    cursor = Cursor.parse(message.get("cursor", ""))
    if cursor is None:
        raise Broken(f"a message says not where it stands: {message}")
    return cursor.seq

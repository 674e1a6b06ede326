"""One run: nodes, authors and readers, and everything that can go wrong, from one seed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from feedline.errors import Unavailable
from tests.simulation.clock import run_virtually
from tests.simulation.nodes import Mutation, Node
from tests.simulation.people import Author, Broken, Reader
from tests.simulation.world import Ether, Log, Weather

NODES = 3
POSTS = 12  # of each author
TROUBLES = 14
FOLLOWED = ("bob", "eve")
AUTHORS = ("ann", "bob", "eve")
CHANNELS: dict[str, dict[str, list[str]]] = {
    "all": {"public": []},
    "fan": {"feed:fan": list(FOLLOWED)},
    "one": {"creator:ann": ["ann"]},
    "ann": {"feed:ann": ["ann"], "creator:bob": ["bob"]},
}


@dataclass(frozen=True)
class Account:
    """What a run came to."""

    posts: int
    crashes: int
    connections: int
    resyncs: int
    slowest: float


class Story:
    """A run of some twenty virtual seconds."""

    def __init__(self, seed: int, mutate: Mutation | None = None) -> None:
        self._weather = Weather(str(seed))
        self._mutate = mutate
        self._log = Log()
        self._ether = Ether(self._weather.of("ether"))
        self._crashes = 0
        self._failure: BaseException | None = None
        self._nodes = [
            Node(f"node{n}", self._log, self._weather.of("node", n), self._ether)
            for n in range(NODES)
        ]

    async def run(self) -> Account:
        asyncio.get_running_loop().set_exception_handler(self._note_failure)
        for node in self._nodes:
            node.follows["fan"] = list(FOLLOWED)
            await self._start(node)
        authors = [Author(name, self._nodes, self._weather.of("author", name)) for name in AUTHORS]
        readers = [
            Reader(name, channels, self._nodes, self._log, self._weather.of("reader", name))
            for name, channels in CHANNELS.items()
        ]
        for reader in readers:
            reader.connect_soon()
        trouble = asyncio.ensure_future(self._make_trouble(readers))
        await asyncio.gather(*(author.publish(POSTS) for author in authors), trouble)
        await self._come_to_rest(readers)
        self._check(authors, readers)
        for node in self._nodes:
            await node.crash()
        return Account(
            posts=self._log.head,
            crashes=self._crashes,
            connections=sum(reader.connections for reader in readers),
            resyncs=sum(reader.resyncs for reader in readers),
            slowest=max(reader.slowest for reader in readers),
        )

    # ---- trouble

    async def _make_trouble(self, readers: list[Reader]) -> None:
        troubles: list[Callable[[list[Reader]], object]] = [
            self._crash,
            self._restart,
            self._stall,
            self._drop,
            self._silence_bus,
            self._lose_database,
            self._trim,
        ]
        running = []
        for _ in range(TROUBLES):
            await self._weather.lag(3)
            made = self._weather.random.choice(troubles)(readers)
            if asyncio.iscoroutine(made):
                running.append(asyncio.ensure_future(made))
        await asyncio.gather(*running)

    async def _crash(self, _: list[Reader]) -> None:
        node = self._weather.random.choice(self._nodes)
        if node.is_up:
            self._crashes += 1
            await node.crash()
            await self._weather.lag(3)
            await self._start(node)

    async def _restart(self, _: list[Reader]) -> None:
        node = self._weather.random.choice(self._nodes)
        if node.is_up:
            await node.shut_down()
            await self._weather.lag(1)
            await self._start(node)

    async def _stall(self, readers: list[Reader]) -> None:
        reader = self._weather.random.choice(readers)
        reader.stall()
        await self._weather.lag(8)
        reader.flow()

    def _drop(self, readers: list[Reader]) -> None:
        reader = self._weather.random.choice(readers)
        if reader.socket is not None:
            reader.socket.cut()

    async def _silence_bus(self, _: list[Reader]) -> None:
        """Down for a while, or so bad that it may as well be."""
        self._ether.is_down = self._weather.chance(0.5)
        self._ether.loss = 0.3 if self._weather.chance(0.5) else 0.9
        await self._weather.lag(5)
        self._ether.is_down, self._ether.loss = False, 0.1

    async def _lose_database(self, _: list[Reader]) -> None:
        """For all nodes, or for one that the others leave behind."""
        nodes = self._nodes if self._weather.chance(0.3) else [self._nodes[0]]
        stores = [node.store for node in nodes]
        for store in stores:
            store.is_cut = True
        await self._weather.lag(4)
        for store in stores:
            store.heal()

    def _trim(self, _: list[Reader]) -> None:
        keep = self._weather.random.randint(0, 4)
        self._log.floor = max(self._log.floor, self._log.head - keep)

    # ---- the end

    async def _start(self, node: Node) -> None:
        while True:
            try:
                await node.start()
                break
            except Unavailable:
                await asyncio.sleep(0.1)
        if self._mutate is not None:
            self._mutate(node)

    async def _come_to_rest(self, readers: list[Reader]) -> None:
        """Nothing goes wrong any more; a few seconds later everybody has everything."""
        for reader in readers:
            reader.flow()
        await asyncio.sleep(6)

    def _check(self, authors: list[Author], readers: list[Reader]) -> None:
        if self._failure is not None:
            raise self._failure
        for author in authors:
            for key, seq in author.acknowledged.items():
                if self._log.keys.get(key) != seq:
                    raise Broken(f"{key} was acknowledged at {seq}, and is not there")
        for reader in readers:
            reader.check()
        for node in self._nodes:
            if node.hub.position != self._log.head:
                raise Broken(f"{node.name} is at {node.hub.position} of {self._log.head}")

    def _note_failure(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        failure = context.get("exception")
        if isinstance(failure, BaseException) and self._failure is None:
            self._failure = failure


def tell(seed: int, mutate: Mutation | None = None) -> Account:
    """Runs one seed. Raises Broken if a promise was not kept."""
    return run_virtually(Story(seed, mutate).run())

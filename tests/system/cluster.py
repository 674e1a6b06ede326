"""Several nodes of one installation, and people who use whichever answers."""

import asyncio
import random
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import websockets

from tests.postgres import PostgresServer
from tests.processes import Person, ServerProcess, serving
from tests.valkey import ValkeyProcess, valkey


class Cluster:
    """Nodes on one database and one bus."""

    def __init__(
        self, database: PostgresServer, bus: ValkeyProcess, nodes: list[ServerProcess]
    ) -> None:
        self.database = database
        self.bus = bus
        self.nodes = nodes

    async def restart_database(self) -> None:
        await asyncio.to_thread(self.database.stop)
        await asyncio.to_thread(self.database.start)


@asynccontextmanager
async def cluster(folder: Path, count: int, **settings: str) -> AsyncIterator[Cluster]:
    """So many nodes for the time of a block."""
    place = Path(tempfile.mkdtemp(prefix="feedline-cluster-"))  # where its user may go
    database = await asyncio.to_thread(PostgresServer, place)
    await asyncio.to_thread(database.start)
    try:
        async with AsyncExitStack() as stack:
            bus = await stack.enter_async_context(valkey(folder / "valkey"))
            address = ("--database", database.url("postgres"), "--bus", bus.url)
            nodes = [
                await stack.enter_async_context(
                    serving(folder / f"node{number}", *address, environment=settings)
                )
                for number in range(count)
            ]
            yield Cluster(database, bus, nodes)
    finally:
        await asyncio.to_thread(database.stop)
        shutil.rmtree(place, ignore_errors=True)


class _AnyNode:
    """Sends each request to another node."""

    def __init__(self, clients: list[httpx.AsyncClient], rng: random.Random) -> None:
        self._clients = clients
        self._random = rng

    async def post(self, url: str, **named: Any) -> httpx.Response:
        return await self._random.choice(self._clients).post(url, **named)

    async def get(self, url: str, **named: Any) -> httpx.Response:
        return await self._random.choice(self._clients).get(url, **named)


class Roamer(Person):
    """Somebody who is signed in once, and uses all nodes."""

    def __init__(
        self, person: Person, nodes: list[ServerProcess], seed: int, timeout: float = 15
    ) -> None:
        self.token, self.user, self.id = person.token, person.user, person.id
        self.headers = person.headers
        self._nodes = nodes
        self._random = random.Random(seed)
        clients = []
        for node in nodes:
            client = httpx.AsyncClient(base_url=node.url, headers=self.headers, timeout=timeout)
            node.clients.append(client)
            clients.append(client)
        self.http = cast("httpx.AsyncClient", _AnyNode(clients, self._random))

    def socket(self, **named: Any) -> websockets.connect:
        node = self._random.choice(self._nodes)
        return websockets.connect(node.ws_url, additional_headers=self.headers, proxy=None, **named)

"""A node that is cut off from its database or its bus, in every way in which a network does it."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import FaultProxy, Faults, faulty
from tests.postgres import databases
from tests.processes import ServerProcess, serving
from tests.system.trial import SETTINGS, Report, trial
from tests.valkey import valkey

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.light]

EACH = int(os.environ.get("FEEDLINE_TEST_FAULTS", "1"))  # times
SECONDS = float(os.environ.get("FEEDLINE_TEST_PARTITION_SECONDS", "1"))
REPAIRED = 2.0  # seconds
PATIENCE = 2.0  # seconds until people try another node


@dataclass
class Network:
    """Two nodes; what the second one says to the database and the bus passes through proxies."""

    nodes: list[ServerProcess]
    proxies: dict[str, FaultProxy]


@asynccontextmanager
async def network(folder: Path, seed: int) -> AsyncIterator[Network]:
    url = databases().fresh()
    async with AsyncExitStack() as stack:
        stack.callback(databases().drop, url)
        start = stack.enter_async_context
        bus = await start(valkey(folder / "valkey"))
        server = databases().server
        to_database = await start(faulty(server.port, seed))
        to_bus = await start(faulty(bus.port, seed))
        far = (
            *("--database", url.replace(f":{server.port}/", f":{to_database.port}/")),
            *("--bus", f"redis://127.0.0.1:{to_bus.port}"),
        )
        near = ("--database", url, "--bus", bus.url)
        nodes = await asyncio.gather(
            start(serving(folder / "near", *near, environment=SETTINGS)),
            start(serving(folder / "far", *far, environment=SETTINGS)),
        )
        yield Network(list(nodes), {"PostgreSQL": to_database, "the bus": to_bus})


async def _lasting(proxy: FaultProxy, faults: Faults, rng: random.Random) -> None:
    proxy.faults = faults
    await asyncio.sleep(SECONDS * rng.uniform(0.5, 1.5))
    proxy.heal()


async def dropped(proxy: FaultProxy, rng: random.Random) -> None:
    """No packet gets through; after it, those that TCP repeats."""
    await _lasting(proxy, Faults(holds=True), rng)


async def half_open(proxy: FaultProxy, rng: random.Random) -> None:
    """What is sent is acknowledged and lost; in the end the connection turns out to be gone."""
    await _lasting(proxy, Faults(swallows_up=True, swallows_down=True), rng)
    proxy.cut()


async def one_way(proxy: FaultProxy, rng: random.Random) -> None:
    """What the node says arrives, and the answers are lost: also those to a commit."""
    await _lasting(proxy, Faults(swallows_down=True), rng)
    proxy.cut()


async def cut(proxy: FaultProxy, rng: random.Random) -> None:
    """Connections end, and for a while none can be made."""
    proxy.cut()
    await _lasting(proxy, Faults(refuses=True), rng)


async def reset(proxy: FaultProxy, rng: random.Random) -> None:
    for _ in range(3):
        proxy.reset()
        await asyncio.sleep(rng.uniform(0, 0.3))


async def late(proxy: FaultProxy, rng: random.Random) -> None:
    await _lasting(proxy, Faults(latency=0.1, jitter=0.1), rng)


async def slow(proxy: FaultProxy, rng: random.Random) -> None:
    await _lasting(proxy, Faults(bytes_per_second=20_000), rng)


async def lossy(proxy: FaultProxy, rng: random.Random) -> None:
    await _lasting(proxy, Faults(loses=0.3), rng)


async def forgetful(proxy: FaultProxy, rng: random.Random) -> None:
    """The broker sends what it is told, and a part of it never comes."""
    await _lasting(proxy, Faults(forgets=0.3), rng)


Partition = Callable[[FaultProxy, random.Random], Awaitable[None]]
PARTITIONS: dict[str, Partition] = {
    "packets dropped": dropped,
    "half open": half_open,
    "answers lost": one_way,
    "cut and refused": cut,
    "reset": reset,
    "100-200 ms late": late,
    "20 kB/s": slow,
    "30 % of packets lost": lossy,
}
OF_THE_BUS: dict[str, Partition] = {"30 % of messages lost": forgetful}


@pytest.mark.timeout(600)
async def test_a_node_that_is_cut_off_comes_back_by_itself(
    tmp_path: Path, seed: int, report: Report
) -> None:
    rng = random.Random(seed)
    todo = [(fault, far) for fault in PARTITIONS.items() for far in ("PostgreSQL", "the bus")]
    todo += [(fault, "the bus") for fault in OF_THE_BUS.items()]
    async with (
        network(tmp_path, seed) as net,
        trial(net.nodes, "PostgreSQL", report, patience=PATIENCE, seed=seed) as people,
    ):
        for (name, fault), far in rng.sample(todo * EACH, len(todo) * EACH):
            async with people.fault(f"{name} between a node and {far}"):
                await fault(net.proxies[far], rng)
    slowest = max(people.outcomes, key=lambda outcome: outcome.repaired)
    assert slowest.repaired < REPAIRED, slowest.fault

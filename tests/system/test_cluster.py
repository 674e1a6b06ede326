"""Three nodes whose database, bus and processes fail: nothing is lost, doubled or out of order."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.processes import Person
from tests.system.checker import require
from tests.system.cluster import Cluster, Roamer, cluster
from tests.system.follower import Follower
from tests.system.writer import Ledger, all_texts, posts

pytestmark = [pytest.mark.system, pytest.mark.alone]

NODES = 3
WRITERS = 6
SEED = 20_260_122
REPAIRED = 2.0  # seconds
SETTINGS = {"FEEDLINE_HEARTBEAT_SECONDS": "0.5"}


async def _kill_node(nodes: Cluster, rng: random.Random) -> None:
    node = rng.choice(nodes.nodes)
    await node.kill()
    await node.start()


async def _kill_bus(nodes: Cluster, rng: random.Random) -> None:
    await nodes.bus.kill()
    await asyncio.sleep(rng.uniform(0, 1))
    await nodes.bus.start()


async def _freeze_bus(nodes: Cluster, rng: random.Random) -> None:
    nodes.bus.freeze()
    await asyncio.sleep(rng.uniform(1, 4))
    nodes.bus.thaw()


async def _restart_database(nodes: Cluster, rng: random.Random) -> None:
    await nodes.restart_database()


Fault = Callable[[Cluster, random.Random], Awaitable[None]]
FAULTS: list[Fault] = [
    *[_kill_node] * 5,
    *[_kill_bus] * 2,
    _freeze_bus,
    *[_restart_database] * 2,
]


@pytest.mark.timeout(200)
async def test_nodes_bus_and_database_fail_and_nothing_is_lost(
    tmp_path: Path, figures: Figures
) -> None:
    rng = random.Random(SEED)
    ledger, end = Ledger(), asyncio.Event()
    async with cluster(tmp_path, NODES, **SETTINGS) as nodes:
        people = [
            Roamer(await Person.register(nodes.nodes[0], f"author{n}"), nodes.nodes, n)
            for n in range(WRITERS)
        ]
        begin = (await people[0].http.get("/api/posts")).json()["cursor"]
        followers = [Follower(people[n], ["public"], begin) for n in range(NODES)]
        following = [asyncio.create_task(follower.follow()) for follower in followers]
        writing = [asyncio.create_task(ledger.keep_publishing(p, end)) for p in people]

        for fault in rng.sample(FAULTS, len(FAULTS)):
            await ledger.reach(len(ledger.answers) + rng.randint(1, 40))
            await fault(nodes, rng)
        await ledger.reach(len(ledger.answers) + 20)
        end.set()
        await asyncio.gather(*writing)
        final = (await posts(people[0]))["cursor"]
        since = time.monotonic()
        async with asyncio.timeout(40):
            await asyncio.gather(*(follower.reach(final) for follower in followers))
        repaired = time.monotonic() - since
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        stored = await all_texts(people[0])
        tracebacks = [line for node in nodes.nodes for line in node.log if "Traceback" in line]

    figures(
        f"{len(FAULTS)} faults, {len(ledger.answers)} posts acknowledged, "
        f"{ledger.broken} requests without an answer, {ledger.statuses[503]} times 503, "
        f"{ledger.repeated} answers repeated, "
        f"{[follower.connections for follower in followers]} connections, "
        f"everybody had all {repaired:.2f} s after the last"
    )
    require(ledger, followers, stored, begin, final)
    assert repaired < REPAIRED
    assert ledger.broken + ledger.statuses[503] > 0, "nothing was found in the way"
    assert tracebacks == []

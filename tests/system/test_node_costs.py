"""What an event of another node costs: the node that only hears of it, the bus, the database."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.conftest import Figures
from tests.processes import Person, ServerProcess
from tests.system.cluster import Cluster, cluster

pytestmark = [pytest.mark.system, pytest.mark.alone]

POSTS = int(os.environ.get("FEEDLINE_TEST_POSTS", "1000"))  # by each number of writers
IDLE_SECONDS = 3.0
PATIENCE = 20.0
TICKS = os.sysconf("SC_CLK_TCK")
MOST = 1.0  # ms of CPU for an event that nobody here wants; ten times what it took when written


def cpu_seconds(*pids: int) -> float:
    """User and system time of processes and of all that they have started."""
    return sum(_ticks(pid) for root in pids for pid in _tree(root)) / TICKS


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _tree(int(child)))]


class Spending:
    """What each process of a cluster spends, over what it spends when nothing happens."""

    def __init__(self, nodes: Cluster) -> None:
        self.seconds = 0.0
        """How long the work took."""
        self._idle: dict[str, float] = {}
        assert nodes.database._process is not None
        assert nodes.bus._process is not None
        self._pids = {
            "the node that writes": nodes.nodes[0].pid,
            "a node that hears of it": nodes.nodes[1].pid,
            "the database": nodes.database._process.pid,
            "the bus": nodes.bus._process.pid,
        }

    async def rest(self) -> None:
        """Looks at what is spent when nothing happens."""
        idle = await self._timed(lambda: asyncio.sleep(IDLE_SECONDS))
        self._idle = {name: spent / seconds for name, (spent, seconds) in idle.items()}

    async def of(self, work: Callable[[], Awaitable[None]]) -> dict[str, float]:
        busy = await self._timed(work)
        self.seconds = busy["the bus"][1]
        return {name: spent - self._idle[name] * seconds for name, (spent, seconds) in busy.items()}

    async def _timed(self, work: Callable[[], Awaitable[None]]) -> dict[str, tuple[float, float]]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}
        await work()
        seconds = loop.time() - began
        return {
            name: (cpu_seconds(pid) - before[name], seconds) for name, pid in self._pids.items()
        }


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with cluster(tmp_path, 2) as nodes:
        yield nodes


async def test_an_event_that_nobody_here_wants_is_cheap(two: Cluster, figures: Figures) -> None:
    ann = await Person.register(two.nodes[0], "ann")
    spending = Spending(two)
    await spending.rest()
    for writers in (24, 96):
        await _publish(ann, 200, writers)
        await _spend(two, ann, spending, writers, figures)


async def _spend(
    two: Cluster, ann: Person, spending: Spending, writers: int, figures: Figures
) -> None:
    sent = await _bus_bytes(two)
    spent = await spending.of(lambda: _publish(ann, POSTS, writers))
    rate = POSTS / spending.seconds
    size = (await _bus_bytes(two) - sent) / POSTS
    each = ", ".join(f"{name} {seconds / POSTS * 1e6:.0f} µs" for name, seconds in spent.items())
    figures(f"node costs: {POSTS} posts by {writers} writers, {rate:.0f} a second; CPU: {each}")
    figures(f"node costs: the bus hands out {size:.0f} bytes a post to 2 nodes, beats included")
    async with asyncio.timeout(PATIENCE):
        while await _position(two.nodes[1]) != await _position(two.nodes[0]):
            await asyncio.sleep(0.02)
    assert spent["a node that hears of it"] / POSTS < MOST / 1000


async def _publish(person: Person, count: int, writers: int) -> None:
    waiting = iter(range(count))

    async def write() -> None:
        for number in waiting:
            await person.publish(f"{number} ".ljust(200, "x"))

    await asyncio.gather(*(write() for _ in range(writers)))


async def _position(node: ServerProcess) -> int:
    """Up to where a node has dispatched the log."""
    async with httpx.AsyncClient(timeout=30) as client:
        text = (await client.get(f"{node.url}/metrics")).text
    (line,) = (line for line in text.splitlines() if line.startswith("feedline_log_position "))
    return int(float(line.split()[1]))


async def _bus_bytes(nodes: Cluster) -> int:
    """What the bus has handed out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", nodes.bus.port)
    writer.write(b"INFO stats\r\n")
    name = b"total_net_output_bytes:"
    while not (line := await reader.readline()).startswith(name):
        assert line
    writer.close()
    await writer.wait_closed()
    return int(line.removeprefix(name))

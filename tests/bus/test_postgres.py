"""The bus on PostgreSQL: a wake-up, through a network that fails."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from feedline.bus import echoing
from tests.bus.nodes import CHANNEL, PATIENCE, Node, becomes, notices, postgres_bus
from tests.faults import FaultProxy, faulty
from tests.postgres import databases

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a second in earnest takes a tenth of it here.

    But a machine that stands still for a moment is not taken for a bus that is gone.
    """
    monkeypatch.setattr(echoing, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(echoing, "ECHO_SECONDS", PATIENCE)
    monkeypatch.setattr(echoing, "LONGEST_PAUSE", 0.2)


@pytest.fixture
def url() -> str:
    return databases().fresh()


@pytest.fixture
async def network() -> AsyncIterator[FaultProxy]:
    async with faulty(databases().server.port) as proxy:
        yield proxy


@pytest.fixture
async def nodes(url: str, network: FaultProxy) -> AsyncIterator[tuple[Node, Node]]:
    """One with a good way to the database, one with a way that fails."""
    name = url.rpartition("/")[2]
    far = postgres_bus(f"postgresql://postgres@127.0.0.1:{network.port}/{name}")
    both = Node(postgres_bus(url)), Node(far)
    for node in both:
        await node.start()
        await becomes(node.bus, "ok")
    yield both
    for node in both:
        await node.bus.stop()
    databases().drop(url)


async def test_others_are_told_to_look_and_up_to_where(nodes: tuple[Node, Node]) -> None:
    near, far = nodes
    near.bus.publish([7, 8])
    await far.until(lambda node: node.positions == [None, 8])
    assert far.batches == []
    assert (near.batches, near.positions) == ([[7, 8]], [None])
    far.bus.tell(b"note")
    await near.until(lambda node: node.notes == [b"note"])


@pytest.mark.parametrize("fault", ["cut", "reset", "half_open"])
async def test_a_failure_is_noticed_and_got_over(
    fault: str, nodes: tuple[Node, Node], network: FaultProxy
) -> None:
    near, far = nodes
    looks = far.looks
    getattr(network, fault)()
    if fault == "half_open":
        await notices(far.bus)
    network.heal()
    await far.until(lambda node: node.looks > looks)
    await becomes(far.bus, "ok")
    await becomes(near.bus, "ok")
    near.bus.publish([9])
    await far.until(lambda node: 9 in node.positions)


async def test_words_of_others_are_refused_and_counted(nodes: tuple[Node, Node], url: str) -> None:
    near, _ = nodes
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as stranger:
        for word in ("", "8", "no base64!", "bm8gbGV0dGVy"):
            await stranger.execute("SELECT pg_notify(%s, %s)", (CHANNEL, word))
    async with asyncio.timeout(PATIENCE):
        while near.bus.traffic.refused < 4:
            await asyncio.sleep(0.01)
    assert near.positions == [None]

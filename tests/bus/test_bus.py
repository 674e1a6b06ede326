"""What every bus must do."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from feedline.bus.base import Bus
from feedline.bus.local import LocalBus
from tests.bus.nodes import Batch, Node, becomes, postgres_bus, redis_bus
from tests.postgres import databases
from tests.valkey import valkey

BusMaker = Callable[[], Bus[Batch]]


async def _local(_: Path) -> AsyncIterator[BusMaker]:
    yield LocalBus


async def _redis(folder: Path) -> AsyncIterator[BusMaker]:
    async with valkey(folder / "valkey") as server:
        yield lambda: redis_bus(server.url)


async def _postgres(_: Path) -> AsyncIterator[BusMaker]:
    url = databases().fresh()
    yield lambda: postgres_bus(url)
    databases().drop(url)


IMPLEMENTATIONS = {"local": _local, "redis": _redis, "postgres": _postgres}


@pytest.fixture(
    params=[
        "local",
        *(pytest.param(name, marks=pytest.mark.system) for name in ("redis", "postgres")),
    ]
)
async def make_bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BusMaker]:
    """Makes buses that reach each other, each for a node of its own."""
    made: list[Bus[Batch]] = []
    async for maker in IMPLEMENTATIONS[request.param](tmp_path):

        def make(maker: BusMaker = maker) -> Bus[Batch]:
            made.append(maker())
            return made[-1]

        yield make
        for bus in made:
            await bus.stop()


@pytest.fixture
async def node(make_bus: BusMaker) -> Node:
    return Node(make_bus())


async def test_a_node_hears_what_it_publishes_at_once_and_once(node: Node) -> None:
    await node.start()
    await becomes(node.bus, "ok")
    batches = [[1], [2, 3], [4]]
    for batch in batches:
        node.bus.publish(batch)
    assert node.batches == batches
    looks = node.looks
    await becomes(node.bus, "ok")
    assert (node.batches, node.looks) == (batches, looks)


async def test_what_is_published_before_the_start_is_lost_without_an_error(node: Node) -> None:
    """A bus is a hint: whoever starts reads the log for what was before."""
    node.bus.publish([1])
    node.bus.tell(b"note")
    await node.start()
    node.bus.publish([2])
    assert node.batches == [[2]]


async def test_what_is_published_after_the_end_is_lost_without_an_error(node: Node) -> None:
    await node.start()
    await node.bus.stop()
    node.bus.publish([1])
    node.bus.tell(b"note")
    assert node.batches == []
    await node.start()
    node.bus.publish([2])
    assert node.batches == [[2]]


async def test_a_bus_can_be_stopped_twice_and_without_a_start(node: Node) -> None:
    await node.bus.stop()
    await node.start()
    await node.bus.stop()
    await node.bus.stop()

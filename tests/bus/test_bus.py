"""What every bus must do; a bus between nodes is added to IMPLEMENTATIONS."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from feedline.bus.base import Bus
from feedline.bus.local import LocalBus

Batch = list[int]

IMPLEMENTATIONS: dict[str, Callable[[], Bus[Batch]]] = {"local": LocalBus}


class Received:
    """Everything that a node was told."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self._changed = asyncio.Event()

    def __call__(self, batch: Batch) -> None:
        self.batches.append(batch)
        self._changed.set()

    async def until(self, batch: Batch) -> list[Batch]:
        """All batches, once this one has come."""
        while batch not in self.batches:
            self._changed.clear()
            await self._changed.wait()
        return self.batches


@pytest.fixture(params=IMPLEMENTATIONS)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus[Batch]]:
    bus = IMPLEMENTATIONS[request.param]()
    yield bus
    await bus.stop()


async def test_a_node_hears_what_it_publishes_itself_in_order(bus: Bus[Batch]) -> None:
    received = Received()
    await bus.start(received)
    batches = [[1], [2, 3], [4]]
    for batch in batches:
        bus.publish(batch)
    assert await received.until([4]) == batches


async def test_what_is_published_before_the_start_is_lost_without_an_error(
    bus: Bus[Batch],
) -> None:
    """A bus is a hint: whoever starts reads the log for what was before."""
    received = Received()
    bus.publish([1])
    await bus.start(received)
    bus.publish([2])
    assert await received.until([2]) == [[2]]


async def test_what_is_published_after_the_end_is_lost_without_an_error(bus: Bus[Batch]) -> None:
    before, after = Received(), Received()
    await bus.start(before)
    await bus.stop()
    bus.publish([1])
    await bus.start(after)
    bus.publish([2])
    assert await after.until([2]) == [[2]]
    assert before.batches == []


async def test_a_bus_can_be_stopped_twice_and_without_a_start(bus: Bus[Batch]) -> None:
    await bus.stop()
    await bus.start(Received())
    await bus.stop()
    await bus.stop()

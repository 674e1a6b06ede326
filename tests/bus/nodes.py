"""Nodes that write down what a bus tells them, and buses of every kind to put between them."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import msgspec
import pytest

from feedline.bus import echoing
from feedline.bus.base import Bus
from feedline.bus.echoing import EchoingBus
from feedline.bus.letters import Letters
from feedline.bus.postgres import postgres_broker
from feedline.bus.redis import redis_broker

PATIENCE = 30.0
SECRET = bytes(range(32))
CHANNEL = "feedline:test"

Batch: TypeAlias = list[int]


class Numbers:
    """Batches of numbers as bytes."""

    def encode(self, batch: Batch) -> bytes:
        return msgspec.json.encode(batch)

    def position(self, batch: Batch) -> int:
        return batch[-1]

    def decode(self, data: bytes) -> Batch | None:
        try:
            return msgspec.json.decode(data, type=Batch)
        except msgspec.DecodeError:
            return None


def redis_bus(url: str) -> EchoingBus[Batch]:
    return EchoingBus(redis_broker(url, CHANNEL), Letters(SECRET), Numbers())


def postgres_bus(url: str) -> EchoingBus[Batch]:
    return EchoingBus(postgres_broker(url, CHANNEL), Letters(SECRET), Numbers())


class Node:
    """A receiver that keeps everything it is told."""

    def __init__(self, bus: Bus[Batch]) -> None:
        self.bus = bus
        self.batches: list[Batch] = []
        self.notes: list[bytes] = []
        self.positions: list[int | None] = []
        self._changed = asyncio.Event()

    @property
    def looks(self) -> int:
        return len(self.positions)

    async def start(self) -> None:
        self.bus.heed(self._hear)
        await self.bus.start(self)

    def announce(self, batch: Batch, /) -> None:
        self.batches.append(batch)
        self._changed.set()

    def look(self, position: int | None = None) -> None:
        self.positions.append(position)
        self._changed.set()

    def _hear(self, note: bytes) -> None:
        self.notes.append(note)
        self._changed.set()

    async def until(self, condition: Callable[["Node"], bool]) -> None:
        """Waits until something is true of what this node was told."""
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()

    async def has(self, batch: Batch) -> list[Batch]:
        """All batches, once this one has come."""
        await self.until(lambda node: batch in node.batches)
        return self.batches


async def becomes(bus: Bus[Batch], state: str) -> None:
    """Waits until a bus is in a state."""
    async with asyncio.timeout(PATIENCE):
        while bus.state != state:
            await asyncio.sleep(0.01)


async def notices(bus: Bus[Batch]) -> None:
    """Waits until a bus has found out that nothing comes back any more, which it soon does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(echoing, "ECHO_SECONDS", 0.5)
        await becomes(bus, "degraded")

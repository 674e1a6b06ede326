"""The bus of a single server: a function call."""

from collections.abc import Callable
from typing import Generic, TypeVar

Batch = TypeVar("Batch")


class LocalBus(Generic[Batch]):
    """Hands each batch straight to this process."""

    def __init__(self) -> None:
        self._receive: Callable[[Batch], None] | None = None

    async def start(self, receive: Callable[[Batch], None]) -> None:
        self._receive = receive

    def publish(self, batch: Batch) -> None:
        if self._receive is not None:
            self._receive(batch)

    async def stop(self) -> None:
        self._receive = None

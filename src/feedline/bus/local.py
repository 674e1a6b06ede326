"""The bus of a single server: a function call."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from feedline.bus.base import BusState, Receiver, Traffic

Batch = TypeVar("Batch")


class LocalBus(Generic[Batch]):
    """Hands each batch straight to this process. There are no other nodes."""

    state: BusState = "ok"

    def __init__(self) -> None:
        self.traffic = Traffic()
        self._receiver: Receiver[Batch] | None = None

    async def start(self, receiver: Receiver[Batch]) -> None:
        self._receiver = receiver

    def publish(self, batch: Batch) -> None:
        if self._receiver is not None:
            self._receiver.announce(batch)

    def tell(self, note: bytes) -> None:
        """Nobody is there to hear it."""

    def heed(self, hear: Callable[[bytes], None]) -> None:
        """Nobody is there who tells."""

    def peers(self) -> Sequence[str]:
        return ()

    async def stop(self) -> None:
        self._receiver = None

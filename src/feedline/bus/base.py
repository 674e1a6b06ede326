"""The port to a bus."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

Batch = TypeVar("Batch")


class Bus(Protocol, Generic[Batch]):
    """Carries batches of new log entries from where they were committed to every node.

    It may lose, repeat or reorder them: receivers know each entry's place in the log and read
    the log for what is missing.
    """

    async def start(self, receive: Callable[[Batch], None]) -> None:
        """From now on ``receive`` is called on the event loop for each batch."""

    def publish(self, batch: Batch) -> None:
        """Sends a batch to all nodes, this one too. Never waits and never raises."""

    async def stop(self) -> None: ...

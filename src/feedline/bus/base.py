"""The port to a bus."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Batch = TypeVar("Batch")
Told_contra = TypeVar("Told_contra", contravariant=True)
BusState = Literal["ok", "degraded"]


@dataclass(slots=True)
class Traffic:
    """What a bus has counted since it was made, in messages."""

    sent: int = 0
    received: int = 0
    """From other nodes."""
    dropped: int = 0
    """Not sent: there was no connection, or too many waited."""
    refused: int = 0
    """Received, and not readable or not from this installation."""
    reconnects: int = 0


class Receiver(Protocol, Generic[Told_contra]):
    """Whom a bus tells of the log; called on the event loop."""

    def announce(self, batch: Told_contra, /) -> None:
        """New entries of the log."""

    def look(self, position: int | None = None) -> None:
        """The log may hold more, up to a position at the least if that is known."""


class Bus(Protocol, Generic[Batch]):
    """Carries batches of new log entries from where they were committed to every node.

    It may lose, repeat or reorder them: receivers know each entry's place in the log and read
    the log for what is missing. Nothing here waits for another node, and nothing raises.
    """

    traffic: Traffic

    async def start(self, receiver: Receiver[Batch]) -> None:
        """From now on the receiver is told what other nodes and this one publish."""

    def publish(self, batch: Batch) -> None:
        """Sends a batch to all nodes, this one too."""

    def tell(self, note: bytes) -> None:
        """Sends a few bytes to the other nodes, for what need not be certain."""

    def heed(self, hear: Callable[[bytes], None]) -> None:
        """From now on ``hear`` is called for each note of another node, whatever it is about."""

    def peers(self) -> Sequence[str]:
        """The names of the other nodes that were heard of a moment ago."""

    @property
    def state(self) -> BusState:
        """Whether other nodes are told at once, or find out by looking at the log."""

    async def stop(self) -> None: ...

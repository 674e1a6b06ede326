"""The port of a connection to its transport."""

from typing import Protocol

from feedline.feed.experiments import Transport
from feedline.hub.lanes import Framing


class Socket(Protocol):
    """Where a connection's messages go out."""

    address: str
    """The peer's network address."""

    @property
    def transport(self) -> Transport: ...

    @property
    def framing(self) -> Framing:
        """How this transport puts events into bytes."""

    def write(self, frames: bytes) -> None:
        """Sends bytes that are framed already, or keeps them. Never waits."""

    def keep(self, frames: bytes, taken: int) -> None:
        """Keeps what the connection's ``write`` left, if the socket has put another in place."""

    def send(self, body: bytes) -> None:
        """Sends a text message, or keeps it until the peer takes it. Never waits."""

    def send_many(self, bodies: list[bytes]) -> None:
        """The same for several messages, in one write if it can."""

    def ping(self) -> None:
        """Asks the peer for a sign of life, if the transport knows a way to."""

    def close(self, code: int, reason: str) -> None:
        """Says goodbye and closes; safe to call again."""

    def backlog(self) -> int:
        """Bytes that the peer has not taken yet."""

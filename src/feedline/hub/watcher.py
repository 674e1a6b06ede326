"""Watchers: who is told of each connection that begins and ends, by the id of its request."""

from typing import Protocol

from feedline.feed.experiments import Transport


class Watcher(Protocol):
    """Called on the event loop: must be quick."""

    def begun(self, request: str, head: bytes) -> None:
        """A WebSocket is asked for, with this head of a request."""

    def refused(self, request: str, status: int) -> None:
        """It is answered by HTTP instead."""

    def opened(self, request: str) -> None:
        """A connection is served from now on."""

    def ended(self, request: str, transport: Transport, code: int | None, reason: str) -> None:
        """A connection is gone; None: nobody has said why."""

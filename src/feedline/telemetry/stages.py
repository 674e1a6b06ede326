"""The stages of what is published: from the moment it was accepted to its last socket.

:class:`Stages` is the one observer that the store and the hub tell; what wants to know more of
each event (a slow-event log, a trace) asks to be told by it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, time
from typing import NamedTuple, Protocol

from feedline.telemetry.histograms import Histogram

TRANSPORTS = ("ws", "sse", "poll")
_MOST_COMMITS = 10_000  # that are remembered until they were dispatched
_RECENT = 4096  # dispatched entries whose commit is remembered, for receipts that come later


class Flight(Protocol):
    """An event on its way, as the hub tells of it (``hub/flights.py``)."""

    committed: float
    dispatched: float
    first: float | None
    last: float
    sockets: int

    @property
    def seq(self) -> int: ...

    @property
    def stamp(self) -> str: ...


class _Commit(NamedTuple):
    first: int
    last: int
    at: float


@dataclass(slots=True)
class Stages:
    """How long each stage took, in seconds, on this process since it started.

    ``delivery`` has the time from the commit to being handed to a socket, for each socket, by
    transport. The others have an observation for each write or event.
    """

    accept_to_commit: Histogram = field(default_factory=Histogram)
    commit_to_dispatch: Histogram = field(default_factory=Histogram)
    dispatch_to_first: Histogram = field(default_factory=Histogram)
    dispatch_to_last: Histogram = field(default_factory=Histogram)
    delivery: dict[str, Histogram] = field(
        default_factory=lambda: {transport: Histogram() for transport in TRANSPORTS}
    )
    applied_seconds: Histogram = field(default_factory=Histogram)
    """From the commit to the receipt of a client that was there at the time."""
    events: int = 0
    """How many entries of the log were dispatched."""
    on_landed: list[Callable[[Flight], None]] = field(default_factory=list)
    """Who is told of each event when its last socket was handed it."""
    _commits: deque[_Commit] = field(default_factory=lambda: deque(maxlen=_MOST_COMMITS))
    _recent: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)] * _RECENT)

    def by_name(self) -> dict[str, Histogram]:
        """All but the deliveries."""
        return {
            "accept_to_commit": self.accept_to_commit,
            "commit_to_dispatch": self.commit_to_dispatch,
            "dispatch_to_first": self.dispatch_to_first,
            "dispatch_to_last": self.dispatch_to_last,
        }

    # ---- from the store

    def accepted(self) -> float:
        return monotonic()

    def committed(self, writes: Sequence[float], first: int, last: int, at: float) -> None:
        observe = self.accept_to_commit.observe
        for accepted in writes:
            observe(at - accepted)
        if last:
            self._commits.append(_Commit(first, last, at))

    # ---- from the hub

    def dispatched(self, flight: Flight) -> None:
        self.events += 1
        flight.committed = self._committed_at(flight)
        self.commit_to_dispatch.observe(flight.dispatched - flight.committed)
        self._recent[flight.seq % _RECENT] = (flight.seq, flight.committed)

    def sent(self, flight: Flight, transport: str, sockets: int, at: float) -> None:
        self.delivery[transport].observe(at - flight.committed, sockets)

    def applied(self, seq: int) -> None:
        known, committed = self._recent[seq % _RECENT]
        if known == seq:
            self.applied_seconds.observe(monotonic() - committed)

    def landed(self, flight: Flight) -> None:
        if flight.sockets and flight.first is not None:
            self.dispatch_to_first.observe(flight.first - flight.dispatched)
            self.dispatch_to_last.observe(flight.last - flight.dispatched)
        for heed in self.on_landed:
            heed(flight)

    def _committed_at(self, flight: Flight) -> float:
        commits, seq = self._commits, flight.seq
        while commits and commits[0].last < seq:
            commits.popleft()
        if commits and commits[0].first <= seq:
            return commits[0].at
        # Another node has committed it; all that is known is what the event says itself.
        age = time() - datetime.fromisoformat(flight.stamp).timestamp()
        return flight.dispatched - max(0.0, age)

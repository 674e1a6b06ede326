"""Flights: what fan-out tells an observer of each event, from its dispatch to its last socket.

Nothing is told for a single delivery, but for the group that a slice of a turn has served; and that
only once the event has landed, or many groups wait. To tell each at once took half as much time
again: what is needed for it is in no cache of the processor by then.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from feedline.wire.encoded import EncodedEvent

_GROUPS = 100  # of one flight that the observer has not been told of


class Group(NamedTuple):
    """Sockets of one transport that were handed an event by a moment."""

    transport: str
    sockets: int
    at: float


class Flight:
    """An event on its way. Times are of the monotonic clock, in seconds."""

    __slots__ = (
        "ahead",
        "committed",
        "dispatched",
        "event",
        "first",
        "groups",
        "lanes",
        "last",
        "sockets",
    )

    def __init__(self, event: EncodedEvent, dispatched: float) -> None:
        self.event = event
        self.committed = dispatched
        """When it was on disk, if the observer knows better than this."""
        self.dispatched = dispatched
        self.first: float | None = None
        """When it was handed to the first socket; None if to nobody yet."""
        self.last = dispatched
        """When it was handed to the last one so far."""
        self.sockets = 0
        """How many sockets, streams and waiting polls of this node were handed it.

        What the observer was told, that is; who leaves or moves in that moment may not count.
        """
        self.lanes = 0
        """How many lanes still have to be served."""
        self.ahead = 0
        """How many sockets were served before their lane's turn, and will be walked over in it."""
        self.groups: list[Group] = []
        """Who was handed it and the observer has not been told of."""

    @property
    def seq(self) -> int:
        return self.event.seq

    @property
    def stamp(self) -> str:
        """When it happened, as the event itself says."""
        return self.event.event.timestamp


class FlightObserver(Protocol):
    """Whom fan-out tells. Called on the event loop, in the midst of it: must be quick."""

    def dispatched(self, flight: Flight) -> None:
        """An event of the log is offered now to those who are live; may set ``committed``."""

    def sent(self, flight: Flight, transport: str, sockets: int, at: float) -> None:
        """So many sockets were handed it by a moment, which may be a while ago."""

    def applied(self, seq: int) -> None:
        """A client says that it has put an event of the log, and all before it, on the screen."""

    def landed(self, flight: Flight) -> None:
        """Every socket that it concerned has been handed it, or there was none."""


class Flights:
    """All events on their way through one fan-out, for one observer."""

    def __init__(self, observer: FlightObserver) -> None:
        self._observer = observer
        self._aloft: dict[int, Flight] = {}

    def begin(self, event: EncodedEvent, now: float) -> Flight:
        flight = Flight(event, now)
        self._observer.dispatched(flight)
        return flight

    def took_ahead(self, flight: Flight, transport: str, *, again: bool, now: float) -> None:
        """A socket was handed it before all others; ``again``: its lane will come to it, too."""
        flight.ahead += again
        self._count(flight, transport, 1, now, now)

    def offered(self, flight: Flight, lanes: int) -> None:
        """So many lanes have it before them."""
        flight.lanes = lanes
        if lanes:
            self._aloft[flight.seq] = flight
        else:
            self._land(flight)

    def walked(
        self,
        batch: Iterable[EncodedEvent],
        transport: str,
        sockets: int,
        lanes: int,
        begin: float,
        now: float,
    ) -> None:
        """So many sockets were handed a batch by now, and so many lanes are through with it."""
        for event in batch:
            flight = self._aloft.get(event.seq)
            if flight is None:
                continue
            fresh = sockets
            if flight.ahead:
                known = min(flight.ahead, sockets)
                flight.ahead -= known
                fresh -= known
            if fresh:
                self._count(flight, transport, fresh, begin, now)
            flight.lanes -= lanes
            if not flight.lanes:
                self._land(self._aloft.pop(event.seq))

    def _count(
        self, flight: Flight, transport: str, sockets: int, begin: float, now: float
    ) -> None:
        if flight.first is None:
            flight.first = begin
        flight.last = now
        flight.groups.append(Group(transport, sockets, now))
        if len(flight.groups) >= _GROUPS:
            self._tell(flight)

    def _land(self, flight: Flight) -> None:
        self._tell(flight)
        self._observer.landed(flight)

    def _tell(self, flight: Flight) -> None:
        for transport, sockets, at in flight.groups:
            flight.sockets += sockets
            self._observer.sent(flight, transport, sockets, at)
        flight.groups.clear()

"""Fan-out: who is live on what, and how what happens reaches them.

Connections with the same topics share a *lane* (``lanes.py``). A lane that was quiet is served at
once; while more keeps coming, what gathers within a window is joined into one write for each
connection. Lanes are served in slices of a few milliseconds, so that nothing else waits for a
large one.
"""

from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain
from time import monotonic

from feedline.feed.channels import feed_channel
from feedline.hub.flights import Flight, FlightObserver, Flights
from feedline.hub.lanes import GONE, WRITE_BYTES, Framing, Lane, Seat, Turn, write_to
from feedline.wire.encoded import EncodedEvent

_TOGETHER = 200  # connections whose lanes have one turn

_LaneKey = tuple[Framing, frozenset[str], bool]


def _own_feed(creator_id: str) -> Iterable[str]:
    return (feed_channel(creator_id),)


def _nobody(_: str) -> Iterable[str]:
    return ()


class Fanout:
    """All lanes, and the work of serving them."""

    def __init__(
        self,
        *,
        joins: bool = True,
        feeds: Callable[[str], Iterable[str]] = _own_feed,
        hearing: Callable[[str], Iterable[str]] = _nobody,
        clock: Callable[[], float] = monotonic,
        observer: FlightObserver | None = None,
    ) -> None:
        """``joins``: whether what gathers within a window is joined; else nothing waits.

        ``feeds`` tells the feed channels of those here who follow a creator, ``hearing`` the
        notifications channels of those who hear of their posts. ``observer``: who is told how
        events go out, if anybody.
        """
        self._joins = joins
        self._feeds = feeds
        self._hearing = hearing
        self._clock = clock
        self._lanes: dict[_LaneKey, Lane] = {}
        self._by_topic: dict[str, dict[Lane, None]] = {}
        self._turns: deque[Lane] = deque()
        self._warm: list[Lane] = []
        self._turn: Turn | None = None
        self._flights = None if observer is None else Flights(observer)

    # ---- who is where

    def place(self, seat: Seat, topics: Iterable[str], position: int) -> None:
        """Seats a connection that has been sent everything up to ``position`` on its topics.

        One that was live before must be settled first: it is owed nothing from there any more.
        """
        self._unseat(seat)
        key = (seat.framing, frozenset(topics), bool(seat.viewer.apart))
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key[1], seat.framing, is_wary=key[2])
            for topic in lane.topics:
                self._by_topic.setdefault(topic, {})[lane] = None
        lane.seats[seat] = None
        seat.lane = lane
        seat.last = position

    def move(self, seat: Seat, position: int) -> None:
        """Gives a seat the lane that is right for who is apart from its person by now.

        ``position`` is the place up to which events were offered.
        """
        if seat.lane is not None and seat.lane.is_wary != bool(seat.viewer.apart):
            self.settle(seat)
            if seat.lane is not None:  # or else it was full, and comes back by itself
                self.place(seat, seat.lane.topics, position)

    def leave(self, seat: Seat) -> None:
        """A connection is live no more; what it was owed it reads from the log, if it can."""
        self._unseat(seat)
        seat.last = GONE

    def reached(self, seat: Seat, position: int) -> int:
        """The place in the log up to which a seat has been sent everything.

        ``position`` is the place up to which events were offered.
        """
        owed = seat.lane.owed(seat) if seat.lane is not None else []
        return owed[0].seq - 1 if owed else position

    def seats(self, topic: str) -> list[Seat]:
        """Everybody who is live on a topic."""
        return [seat for lane in self._by_topic.get(topic, ()) for seat in lane.seats]

    # ---- what happens

    def offer(self, event: EncodedEvent, own: Iterable[Seat]) -> None:
        """Takes the next event of the log; the actor's ``own`` connections are served at once."""
        flights = self._flights
        flight = None if flights is None else flights.begin(event, self._clock())
        lanes = self._concerned(event)
        for lane in lanes:
            lane.pending.append(event)
        for seat in tuple(own):
            if self._serve_own(seat, event, lanes) and flights and flight:
                self._took_ahead(flights, flight, seat, lanes)
        for lane in lanes:
            if not lane.warm and not lane.waiting:
                self._queue(lane)
        if flights and flight:
            flights.offered(flight, len(lanes))

    def _concerned(self, event: EncodedEvent) -> dict[Lane, None]:
        topics: Iterable[str] = event.topics
        if event.home is not None:
            topics = chain(topics, self._feeds(event.home))
        if event.herald is not None:
            topics = chain(topics, self._hearing(event.herald))
        lanes: dict[Lane, None] = {}
        for topic in topics:
            found = self._by_topic.get(topic)
            if found is not None:
                lanes.update(found)
        return lanes

    def settle(self, seat: Seat) -> None:
        """Sends a seat now what it is owed."""
        lane = seat.lane
        if lane is not None:
            self._send(seat, lane.owed(seat))

    def end_window(self) -> bool:
        """Lanes for which something gathered get a turn; False if all have become quiet."""
        warm, self._warm = self._warm, []
        for lane in warm:
            lane.warm = False
            if lane.pending and not lane.waiting:
                self._queue(lane)
        return bool(warm)

    def serve(self, seconds: float) -> bool:
        """Serves lanes for so long; whether some are left."""
        now = self._clock()
        deadline = now + seconds
        flights = self._flights
        while now < deadline and (self._turn is not None or self._turns):
            turn = self._turn = self._turn or self._begin()
            begin, now = now, turn.serve(self._clock, deadline, self._send)
            if flights is not None:
                through = len(turn.lanes) if turn.is_over else 0
                flights.walked(turn.batch, turn.framing.transport, turn.walked, through, begin, now)
            if turn.is_over:
                self._end(turn, now)
                self._turn = None
        return self._turn is not None or bool(self._turns)

    # ---- turns

    def _queue(self, lane: Lane) -> None:
        lane.waiting = True
        self._turns.append(lane)

    def _begin(self) -> Turn:
        """Lanes in a row that are owed the same have their turn together.

        With home feeds each socket has a lane of its own, and what is done for each lane would cost
        as much as what is done for each socket.
        """
        lane = self._turns.popleft()
        lanes, seats = [lane], list(lane.seats)
        while len(seats) < _TOGETHER and self._turns and self._turns[0].is_owed_the_same(lane):
            lanes.append(self._turns.popleft())
            seats += lanes[-1].seats
        turn = Turn(lanes, seats)
        for one in lanes:
            one.batch = turn.batch
            del one.pending[: len(turn.batch)]
        return turn

    def _end(self, turn: Turn, now: float) -> None:
        for lane in turn.lanes:
            lane.batch = ()
            lane.waiting = False
            lane.served = now
            if lane.pending and (turn.overflowed or not self._joins):
                self._queue(lane)
            elif self._joins:
                lane.warm = True
                self._warm.append(lane)

    def _serve_own(self, seat: Seat, event: EncodedEvent, lanes: dict[Lane, None]) -> bool:
        """Whether the event was for it."""
        if seat.lane is None:
            return False
        owed = seat.lane.owed(seat)
        if event.is_personal and seat.lane not in lanes:
            owed.append(event)
        is_concerned = seat.lane in lanes or event.is_personal
        if is_concerned:
            self._send(seat, owed)
        return is_concerned

    def _took_ahead(
        self, flights: Flights, flight: Flight, seat: Seat, lanes: dict[Lane, None]
    ) -> None:
        again = seat.lane in lanes
        flights.took_ahead(flight, seat.framing.transport, again=again, now=self._clock())

    def _send(self, seat: Seat, events: list[EncodedEvent]) -> None:
        """Sends events to one seat, framed for it alone."""
        framing, viewer = seat.framing, seat.viewer
        frames: list[bytes] = []
        size = 0
        for event in events:
            if size >= WRITE_BYTES:
                write_to(seat, framing.joined(frames))
                if seat.last == GONE:  # it was full, and will read the rest from the log
                    return
                frames, size = [], 0
            seat.last = event.seq
            frame = framing.frame(event, viewer)
            if frame:
                frames.append(frame)
                size += len(frame)
        if frames:
            write_to(seat, framing.joined(frames))

    def _unseat(self, seat: Seat) -> None:
        lane, seat.lane = seat.lane, None
        if lane is None:
            return
        del lane.seats[seat]
        if not lane.seats:
            del self._lanes[lane.framing, lane.topics, lane.is_wary]
            for topic in lane.topics:
                lanes = self._by_topic[topic]
                del lanes[lane]
                if not lanes:
                    del self._by_topic[topic]

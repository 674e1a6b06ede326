"""Lanes: the live connections that have the same topics, and their turns to be served.

What concerns all of them is decided once, framed once and waits in one place. Where each of them
stands is one number: ``last``, the place in the log of the last event that it was sent. Everything
of its lane after that is still owed to it.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from feedline.feed.visibility import Viewer
from feedline.wire.encoded import EncodedEvent

GONE = 2**63
"""The ``last`` of a connection that is owed nothing, because it left its lane."""

WRITE_BYTES = 48 * 1024  # past which a joined write ends, so that a slow reader can be stopped
LOOK_AT_CLOCK = 50  # connections served between looks at the clock

logger = logging.getLogger("feedline.hub")


class Framing(Protocol):
    """How a transport puts events into bytes."""

    @property
    def transport(self) -> str:
        """Its name: ``ws``, ``sse`` or ``poll``."""

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        """An event framed for a viewer, empty if they get nothing of it.

        None: for everybody with no claim to more.
        """

    def joined(self, frames: Sequence[bytes]) -> bytes: ...


class Seat(Protocol):
    """A live connection, as fan-out sees it."""

    last: int
    lane: "Lane | None"
    request: str
    """The id of the request that began it, for the log."""
    write: Callable[[bytes], int | None]
    """Takes bytes that are framed already. Never waits. Returns None, or how many bytes it took:
    then, as after an OSError, the rest goes to ``keep``. So the send() of a socket will do, with
    nothing of ours around it."""

    def keep(self, frames: bytes, taken: int) -> None:
        """Keeps all but the first bytes of what ``write`` was given, until there is room."""

    @property
    def framing(self) -> Framing: ...

    @property
    def viewer(self) -> Viewer: ...

    def tell(self, body: bytes) -> None:
        """Sends a message that is of this moment only, if it can be taken now."""

    def recheck(self) -> None:
        """What this person may see has become less: channels may have to end."""


class Lane:
    """The live connections with the same topics and transport.

    ``is_wary``: of people who are apart from somebody. For each of them it is looked at again what
    they may have; all others are spared that.
    """

    __slots__ = (
        "batch",
        "framing",
        "is_wary",
        "pending",
        "seats",
        "served",
        "topics",
        "waiting",
        "warm",
    )

    def __init__(self, topics: frozenset[str], framing: Framing, *, is_wary: bool = False) -> None:
        self.topics = topics
        self.framing = framing
        self.is_wary = is_wary
        # In the order in which they joined, roughly that in which they lie in memory: a tenth
        # less per delivery than the random order of a set.
        self.seats: dict[Seat, None] = {}
        self.pending: list[EncodedEvent] = []
        self.batch: Sequence[EncodedEvent] = ()  # being sent at this moment
        self.waiting = False  # for its turn to be served
        self.warm = False  # was served within the current window
        self.served = 0.0  # when its last turn ended, by the monotonic clock

    def owed(self, seat: Seat) -> list[EncodedEvent]:
        """The events that a seat has not been sent yet."""
        return [event for event in (*self.batch, *self.pending) if event.seq > seat.last]

    def is_owed_the_same(self, other: "Lane") -> bool:
        """Whether both have the same before them, in the same form."""
        return (
            self.pending == other.pending
            and self.framing is other.framing
            and self.is_wary is other.is_wary
        )


def write_to(seat: Seat, frames: bytes) -> None:
    """Sends frames to a seat, which keeps what its socket does not take."""
    try:
        taken = seat.write(frames)
    except OSError:
        taken = 0
    if taken is not None and taken != len(frames):
        seat.keep(frames, taken)


class Turn:
    """One turn of lanes that are owed the same: a batch on its way to each of their seats."""

    __slots__ = ("_next", "_seats", "_shared", "batch", "framing", "lanes", "overflowed", "walked")

    def __init__(self, lanes: list[Lane], seats: list[Seat]) -> None:
        """Takes what waits, but no more in one write than a slow reader may be owed."""
        lane = lanes[0]
        frames: list[bytes] = []
        size = 0
        for event in lane.pending:
            if size >= WRITE_BYTES:
                break
            frames.append(lane.framing.frame(event, None))
            size += len(frames[-1])
        self.lanes = lanes
        self.framing = lane.framing
        self.batch = tuple(lane.pending[: len(frames)])
        self.overflowed = len(frames) < len(lane.pending)
        """Whether something was left out that was too much for one write."""
        self.walked = 0
        """How many seats the last slice came to that were still taken."""
        self._seats = seats
        self._next = 0
        alike = not (lane.is_wary or any(event.is_gated for event in self.batch))
        # The batch, framed for everybody but its authors; None if viewers get it in other forms.
        self._shared = self.framing.joined(frames) if alike else None

    @property
    def is_over(self) -> bool:
        return self._next >= len(self._seats)

    def serve(
        self,
        clock: Callable[[], float],
        deadline: float,
        send: Callable[[Seat, list[EncodedEvent]], None],
    ) -> float:
        """Serves seats until all are or the time is up; what the time is then."""
        begin, gone = self._next, 0
        first, last = self.batch[0].seq, self.batch[-1].seq
        shared, seats = self._shared or b"", self._seats
        size = len(shared)
        behind = -1 if self._shared is None else first  # who is, gets the shared bytes
        while True:
            group = seats[self._next : self._next + LOOK_AT_CLOCK]
            self._next += len(group)
            for seat in group:
                try:
                    if seat.last < behind:
                        seat.last = last
                        # Word for word write_to(seat, shared): here a call costs some percent.
                        write = seat.write
                        try:
                            taken = write(shared)
                        except OSError:
                            taken = 0
                        if taken != size and taken is not None:
                            seat.keep(shared, taken)
                    elif seat.last < last:
                        send(seat, [event for event in self.batch if event.seq > seat.last])
                    elif seat.last == GONE:
                        gone += 1
                except Exception:  # one broken socket must not cost the others their event
                    fields = {"request": seat.request}
                    logger.exception("a connection could not be served", extra={"fields": fields})
            now = clock()
            if now >= deadline or self.is_over:
                break
        self.walked = self._next - begin - gone
        return now

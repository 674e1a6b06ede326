"""The newest events of the log, kept encoded for those who come back after a moment away."""

from collections import deque
from itertools import islice

from feedline.feed.events import (
    AnyEvent,
    CommentDeleted,
    PersonRemoved,
    PostDeleted,
    PostEvent,
    amended,
)
from feedline.wire.encoded import EncodedEvent

_OVERHEAD = 2_048  # bytes of an event beside its text: objects, and its encoded forms


class Ring:
    """Holds what was dispatched last, without a gap, up to a number of events and of bytes."""

    def __init__(self, events: int, size: int) -> None:
        self._most_events = events
        self._most_bytes = size
        self._events: deque[EncodedEvent] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: EncodedEvent) -> bool:
        """Takes the next event; whether older ones had to change, as a deletion takes back more."""
        if self._events and event.seq != self._events[-1].seq + 1:
            self._events.clear()
            self._bytes = 0
        has_amended = _takes_back(event) and self._amend(event.event)
        self._events.append(event)
        self._bytes += _weight(event)
        while len(self._events) > self._most_events or self._bytes > self._most_bytes:
            self._bytes -= _weight(self._events.popleft())
        return has_amended

    def after(self, position: int, limit: int) -> list[EncodedEvent] | None:
        """Up to ``limit`` events after a position; None if it is too old to be served from here."""
        if not self._events or position < self._events[0].seq - 1:
            return None
        start = position + 1 - self._events[0].seq
        return list(islice(self._events, start, start + limit))

    def _amend(self, later: AnyEvent) -> bool:
        has_amended = False
        for index, held in enumerate(self._events):
            event = amended(held.event, later)
            if event is not held.event:
                has_amended = True
                self._bytes -= _weight(held)
                self._events[index] = EncodedEvent(held.seq, event)
                self._bytes += _weight(self._events[index])
        return has_amended


def _takes_back(event: EncodedEvent) -> bool:
    """Whether older events may have to change: all of them are looked at then."""
    later = event.event
    return event.is_gated or isinstance(later, PostDeleted | CommentDeleted | PersonRemoved)


def _weight(event: EncodedEvent) -> int:
    """About how many bytes an event takes, with its text as object, body and frame."""
    text = event.event.post.content.text if isinstance(event.event, PostEvent) else ""
    return _OVERHEAD + 8 * len(text)

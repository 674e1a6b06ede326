"""Stretches of the recent past, framed once for all who come back to the same place.

After a restart thousands of clients resume from the same few positions with the same topics. A
stretch ends at the same places of the log whoever asks for it, so that clients who begin at
different positions soon share as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from feedline.feed.channels import own_topic
from feedline.hub.lanes import Framing
from feedline.hub.ring import Ring
from feedline.wire.encoded import EncodedEvent

_EVENTS = 32  # a stretch ends at a multiple of this, or when it is long
_BYTES = 48 * 1024  # a slow reader must be able to stop a replay
_HELD = 128  # stretches kept: at most 6 MiB, but for events longer than all the others


@dataclass(frozen=True, slots=True)
class Stretch:
    """What some topics bring between two places of the log, framed for everybody alike."""

    frames: bytes
    end: int
    concerned: frozenset[str]
    """Every topic that is touched here, and the own topics of whoever acted: who has one of these
    as their own may be owed more than the others, or in another form."""


class Stretches:
    """The stretches of a ring that were asked for last."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._held: dict[tuple[Framing, frozenset[str], int], Stretch] = {}

    def forget(self) -> None:
        """What they were made of has changed."""
        self._held.clear()

    def after(self, position: int, topics: frozenset[str], framing: Framing) -> Stretch | None:
        """The stretch after a position; None if there is none that fits everybody."""
        key = (framing, topics, position)
        stretch = self._held.pop(key, None)
        if stretch is None:
            recent = self._ring.after(position, _EVENTS)
            stretch = _cut(recent, topics, framing) if recent else None
            if stretch is None:
                return None
        if _is_whole(stretch):  # one that ends at the newest event will soon go on
            self._held[key] = stretch
            if len(self._held) > _HELD:
                del self._held[next(iter(self._held))]
        return stretch


def _cut(
    recent: Iterable[EncodedEvent], topics: frozenset[str], framing: Framing
) -> Stretch | None:
    """None if something in it is not the same for everybody."""
    end = 0
    frames: list[bytes] = []
    size = 0
    concerned: set[str] = set()
    for event in recent:
        end = event.seq
        concerned.update(event.topics, () if event.actor is None else (own_topic(event.actor),))
        if not topics.isdisjoint(event.topics):
            if event.is_gated:
                return None
            frames.append(framing.frame(event, None))
            size += len(frames[-1])
        if size >= _BYTES or end % _EVENTS == 0:
            break
    return Stretch(framing.joined(frames) if frames else b"", end, frozenset(concerned))


def _is_whole(stretch: Stretch) -> bool:
    return stretch.end % _EVENTS == 0 or len(stretch.frames) >= _BYTES

"""Stretches of the recent past: framed once for all who come back to the same place."""

from collections.abc import Sequence

from feedline.feed.channels import own_topic
from feedline.feed.visibility import Viewer
from feedline.hub.ring import Ring
from feedline.hub.stretches import Stretch, Stretches
from feedline.wire.encoded import EncodedEvent
from tests.wire.world import BODIES, make_event

PUBLIC = frozenset({"public"})


class Counting:
    """A framing that counts what it frames."""

    transport = "ws"

    def __init__(self, weight: int = 1) -> None:
        self.framed: list[int] = []
        self._weight = weight

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        assert viewer is None
        self.framed.append(event.seq)
        return b"." * self._weight

    def joined(self, frames: Sequence[bytes]) -> bytes:
        return b"".join(frames)


def filled(events: int, kind: str = "created", author: str = "ann") -> Ring:
    ring = Ring(10_000, 2**30)
    for seq in range(1, events + 1):
        ring.add(EncodedEvent(seq, make_event(kind, author, f"p{seq}", seq)))
    return ring


def after(stretches: Stretches, position: int, framing: Counting) -> Stretch:
    stretch = stretches.after(position, PUBLIC, framing)
    assert stretch is not None
    return stretch


def test_everyone_who_comes_back_to_a_place_shares_one_framing() -> None:
    stretches, framing = Stretches(filled(40)), Counting()
    assert after(stretches, 0, framing) is after(stretches, 0, framing)
    assert framing.framed == list(range(1, 33))


def test_stretches_from_different_places_soon_end_at_the_same_one() -> None:
    stretches, framing = Stretches(filled(100)), Counting()
    assert {after(stretches, place, framing).end for place in range(32)} == {32}


def test_one_that_ends_at_the_newest_event_is_made_anew() -> None:
    ring = filled(5)
    stretches, framing = Stretches(ring), Counting()
    assert after(stretches, 0, framing).end == 5
    ring.add(EncodedEvent(6, make_event("created", "ann", "p6", 6)))
    assert after(stretches, 0, framing).end == 6


def test_long_events_end_a_stretch_early() -> None:
    stretches, framing = Stretches(filled(32)), Counting(weight=20_000)
    stretch = after(stretches, 0, framing)
    assert (stretch.end, len(stretch.frames)) == (3, 60_000)
    assert after(stretches, 0, framing) is stretch


def test_only_what_the_topics_bring_is_in_it() -> None:
    stretches = Stretches(filled(32, author="ann"))
    stretch = stretches.after(0, frozenset({"creator:bob"}), BODIES)
    assert stretch is not None
    assert (stretch.frames, stretch.end) == (b"", 32)


def test_it_tells_who_is_owed_something_else() -> None:
    stretch = Stretches(filled(3, kind="updated", author="ann")).after(0, PUBLIC, BODIES)
    assert stretch is not None
    assert own_topic("ann") in stretch.concerned
    assert own_topic("bob") not in stretch.concerned


def test_what_the_ring_does_not_have_it_does_not_make_up() -> None:
    ring = Ring(2, 2**30)
    for seq in range(1, 6):
        ring.add(EncodedEvent(seq, make_event("created", "ann", f"p{seq}", seq)))
    stretches = Stretches(ring)
    assert stretches.after(0, PUBLIC, BODIES) is None
    assert stretches.after(5, PUBLIC, BODIES) is None


def test_forgetting_makes_them_anew() -> None:
    stretches, framing = Stretches(filled(32)), Counting()
    after(stretches, 0, framing)
    stretches.forget()
    after(stretches, 0, framing)
    assert len(framing.framed) == 64


def test_no_more_than_so_many_are_held() -> None:
    stretches, framing = Stretches(filled(32 * 200)), Counting()
    for start in range(0, 32 * 200, 32):
        after(stretches, start, framing)
    framing.framed.clear()
    after(stretches, 32 * 199, framing)
    assert framing.framed == []
    after(stretches, 0, framing)
    assert len(framing.framed) == 32

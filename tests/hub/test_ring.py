from feedline.feed.events import PersonRemoved, PostCreated, PostDeleted
from feedline.hub.ring import Ring
from feedline.store.events import event_encoder
from feedline.wire.encoded import EncodedEvent
from tests.wire.world import make_event

ROOMY = 1 << 30


def event(seq: int, kind: str = "created", post_id: str = "p1") -> EncodedEvent:
    return EncodedEvent(seq, make_event(kind, "ann", post_id, seq))


def filled(count: int, *, events: int = 1_000, size: int = ROOMY) -> Ring:
    ring = Ring(events, size)
    for seq in range(1, count + 1):
        ring.add(event(seq))
    return ring


def seqs(found: list[EncodedEvent] | None) -> list[int] | None:
    return None if found is None else [held.seq for held in found]


def test_it_gives_what_comes_after_a_position() -> None:
    ring = filled(10)
    assert seqs(ring.after(0, 3)) == [1, 2, 3]
    assert seqs(ring.after(7, 100)) == [8, 9, 10]
    assert seqs(ring.after(10, 100)) == []


def test_what_is_too_old_is_not_served_in_part() -> None:
    ring = filled(10, events=4)
    assert ring.after(5, 100) is None
    assert seqs(ring.after(6, 100)) == [7, 8, 9, 10]


def test_an_empty_ring_knows_nothing() -> None:
    assert Ring(10, ROOMY).after(0, 10) is None


def test_it_is_bounded_by_bytes_too() -> None:
    assert 0 < len(filled(1_000, size=100_000)) < 100


def test_a_gap_starts_it_anew() -> None:
    ring = filled(5)
    ring.add(event(9))
    assert ring.after(4, 10) is None
    assert seqs(ring.after(8, 10)) == [9]


def test_a_deletion_takes_the_content_out_of_what_is_held() -> None:
    ring = filled(3)
    ring.add(event(4, "created", "p2"))
    ring.add(event(5, "deleted", "p1"))
    held = ring.after(0, 10)
    assert held is not None
    texts = [h.event.post.content.text for h in held if isinstance(h.event, PostCreated)]
    assert texts == ["", "", "", "text"]
    assert isinstance(held[-1].event, PostDeleted)
    assert all(b'"text":"text"' not in (h.body_for(None) or b"") for h in held if h.seq != 4)


def test_the_names_of_somebody_who_is_gone_are_forgotten() -> None:
    ring = Ring(1_000, ROOMY)
    for seq, kind in enumerate(("created", "updated", "notice", "creator"), 1):
        ring.add(event(seq, kind))
    ring.add(EncodedEvent(5, make_event("created", "ben", "p2", 5)))
    removed = PersonRemoved(channel="session:ann", timestamp="", user_id="ann")
    assert ring.add(EncodedEvent(6, removed))
    held = ring.after(0, 10)
    assert held is not None
    named = [b'"username":"ann"' in event_encoder.encode(one.event) for one in held]
    assert named == [False] * 6
    assert b'"username":"ben"' in event_encoder.encode(held[4].event)

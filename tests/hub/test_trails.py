"""What is written down of a connection is bounded, whatever its client does."""

import pytest

from feedline.explain.course import course_of
from feedline.feed.trails import Dispatch, NodeRun, Resynced, Trail
from feedline.hub import trails as module
from feedline.hub.fanout import Fanout
from feedline.hub.flights import Flight
from feedline.hub.trails import MARKS, OpenTrail, Trails
from tests.hub.seats import Reader
from tests.hub.test_fanout import Ticks, post
from tests.hub.test_flights import Watching

ASKED = 1_000


class Moment:
    now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def trails() -> Trails:
    run = NodeRun(id="n", name="n", pid=1, started_at=0, seen_at=0)
    return Trails(run, Moment(), lambda: 0)


def whole(trails: Trails, open_trail: OpenTrail) -> Trail:
    """What is written down of it."""
    trail = open_trail.trail
    for chapter in trails.take().chapters:
        assert chapter.trail_id == trail.id
        trail.marks.extend(chapter.marks)
    return trail


def test_polls_with_a_cursor_that_is_void_are_a_few_marks(trails: Trails) -> None:
    poll = trails.polls("ann")
    for number in range(ASKED):
        poll.asks(number, ["public"] if number % 3 else ["feed:ann"], "unknown_epoch")
        poll.left()
    trail = whole(trails, poll)
    assert len(trail.marks) <= MARKS + 2
    course = course_of(trail)
    for place in (1, ASKED // 2, ASKED - 1):  # all of it was in what was loaded anew
        span = course.span_of(place)
        assert span is not None
        assert (span.how, span.reason) == ("resync", "unknown_epoch")
    assert course.span_of(ASKED) is None


def test_a_single_channel_that_is_given_up_again_and_again_is_no_mark(trails: Trails) -> None:
    socket = trails.begin("t", "ann", "ws")
    socket.began(0, 0, {"public": 0})
    socket.seated(0, {"public": 0})
    for number in range(ASKED):
        channels = {"public": 0, **({"creator:ben": number} if number % 2 else {})}
        socket.resynced(number, "cursor_expired", number)
        socket.seated(number, channels)
    trail = whole(trails, socket)
    assert len(trail.marks) <= MARKS
    assert not [mark for mark in trail.marks if isinstance(mark, Resynced)]


def test_what_waits_for_the_database_is_bounded(
    trails: Trails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSED", 10)
    monkeypatch.setattr(module, "CHANGED", 20)
    for number in range(100):
        socket = trails.begin(f"t{number}", "ann", "ws")
        socket.began(0, 0, {"public": 0})
        socket.closed(0, None, "")
    batch = trails.take()
    assert (len(batch.opened), len(batch.closed), len(batch.chapters)) == (10, 10, 20)
    assert batch.node.missed == 180


class Landing(Watching):
    """Hands what has landed on, as the composition root has it."""

    def __init__(self, trails: Trails) -> None:
        super().__init__()
        self.trails = trails

    def landed(self, flight: Flight) -> None:
        super().landed(flight)
        self.trails.landed(flight)


def test_a_dispatch_tells_of_its_first_and_its_last_socket(trails: Trails) -> None:
    hub = Fanout(clock=Ticks(), observer=Landing(trails))
    for _ in range(200):
        hub.place(Reader(), ["public"], 0)
    trails.dispatched(1)
    hub.offer(post(1), ())
    assert hub.serve(1.5)
    begun = Dispatch(seq=1, node_id="n", at=1_000)
    assert trails.take().dispatches == [begun], "what a crash leaves behind"
    while hub.serve(1.5):
        pass
    (told,) = trails.take().dispatches
    assert (told.seq, told.at, told.sockets) == (1, 1_000, 200)
    assert told.first_at is not None
    assert told.last_at is not None
    assert told.at < told.first_at < told.last_at
    assert trails.take().dispatches == []


def test_a_dispatch_to_nobody_has_no_first_socket(trails: Trails) -> None:
    hub = Fanout(clock=Ticks(), observer=Landing(trails))
    trails.dispatched(1)
    hub.offer(post(1), ())
    hub.offer(post(2), ())  # is no post to trails: nobody said that it is dispatched
    assert trails.take().dispatches == [Dispatch(seq=1, node_id="n", at=1_000, last_at=1_000)]


def test_dispatches_that_never_land_are_bounded(
    trails: Trails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DISPATCHES", 10)
    for seq in range(100):
        trails.dispatched(seq)
    assert len(trails.take().dispatches) == len(trails._aloft) == 10

"""What is written down of a connection is bounded, whatever its client does."""

import pytest

from feedline.explain.course import course_of
from feedline.feed.trails import NodeRun, Resynced, Trail
from feedline.hub import trails as module
from feedline.hub.trails import MARKS, OpenTrail, Trails

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

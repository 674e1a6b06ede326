"""Lanes, windows, slices, and who is served first; time is a number that moves when looked at."""

from collections.abc import Callable

import pytest

from feedline.feed.visibility import Viewer
from feedline.hub.fanout import Fanout
from feedline.wire.encoded import EncodedEvent
from tests.hub.seats import Reader, SeqFraming
from tests.wire.world import make_event

LONG = 1e9


class Wide(SeqFraming):
    """Frames of 30 kB."""

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        return super().frame(event, viewer).ljust(30_000)


class Counted(SeqFraming):
    """Knows what was framed."""

    def __init__(self) -> None:
        self.framed: list[int] = []

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        self.framed.append(event.seq)
        return super().frame(event, viewer)


class Ticks:
    """A clock that moves on by one at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def post(seq: int, author: str = "ann", kind: str = "created") -> EncodedEvent:
    return EncodedEvent(seq, make_event(kind, author, "p1", seq))


def fanout(*, joins: bool = True) -> Fanout:
    return Fanout(joins=joins, clock=Ticks())


def test_a_quiet_lane_is_served_at_once() -> None:
    hub, reader = fanout(), Reader()
    hub.place(reader, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    assert reader.writes == [["1"]]


def test_what_gathers_within_a_window_is_one_write() -> None:
    hub, reader = fanout(), Reader()
    hub.place(reader, ["public"], 0)
    for seq in range(1, 5):
        hub.offer(post(seq), ())
        hub.serve(LONG)
    assert reader.writes == [["1"]]
    assert hub.end_window()
    hub.serve(LONG)
    assert reader.writes == [["1"], ["2", "3", "4"]]


def test_after_a_window_without_events_the_next_one_goes_out_at_once() -> None:
    hub, reader = fanout(), Reader()
    hub.place(reader, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    assert hub.end_window()
    assert not hub.end_window()
    hub.offer(post(2), ())
    hub.serve(LONG)
    assert reader.writes == [["1"], ["2"]]


def test_without_joining_nothing_waits() -> None:
    hub, reader = fanout(joins=False), Reader()
    hub.place(reader, ["public"], 0)
    for seq in range(1, 4):
        hub.offer(post(seq), ())
        hub.serve(LONG)
    assert reader.writes == [["1"], ["2"], ["3"]]


def test_an_event_comes_once_however_many_topics_match() -> None:
    hub, reader = fanout(), Reader()
    hub.place(reader, ["public", "creator:ann", "feed:ann"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    assert reader.seqs == [1]


@pytest.mark.parametrize("own", ["", "post:{index}"], ids=["one lane", "a lane for each"])
def test_many_are_served_in_slices_and_in_order(own: str) -> None:
    hub, readers = fanout(), [Reader(str(index)) for index in range(500)]
    for index, reader in enumerate(readers):
        hub.place(reader, filter(None, [own.format(index=index), "public"]), 0)
    hub.offer(post(1), ())
    slices = 1
    while hub.serve(1):
        slices += 1
        hub.offer(post(slices), ())
    hub.end_window()
    hub.serve(LONG)
    assert slices > 5
    assert {tuple(reader.seqs) for reader in readers} == {tuple(range(1, slices + 1))}


def test_lanes_that_are_owed_the_same_have_their_turn_together_and_others_their_own() -> None:
    hub, framing = fanout(), Counted()
    readers = [Reader(str(index)) for index in range(30)]
    for reader in readers:
        reader.framing = framing
        hub.place(reader, [f"feed:{reader.viewer.id}", "public"], 0)
    listener = Reader("listener")
    listener.framing = Wide()
    hub.place(listener, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    assert framing.framed == [1]
    hub.offer(post(2), ())
    for seat in readers[10:20]:
        hub.settle(seat)  # it had the second post already, and its lane does not know
    late = readers[5]
    hub.leave(late)
    hub.place(late, ["public"], 2)
    hub.offer(post(3), ())
    hub.end_window()
    hub.serve(LONG)
    assert all(reader.seqs == [1, 2, 3] for reader in (*readers[:5], *readers[6:], listener))
    assert late.seqs == [1, 3]


def test_the_actors_own_connections_are_served_before_anybody_else() -> None:
    order: list[str] = []
    hub = fanout()
    for index in range(30):
        hub.place(Reader(f"reader{index}", order), ["public"], 0)
    own = Reader("ann", order)
    hub.place(own, ["public"], 0)
    hub.offer(post(1), [own])
    hub.serve(LONG)
    assert order[0] == "ann"
    assert sorted(order) == sorted({"ann", *(f"reader{index}" for index in range(30))})
    assert own.writes == [["1*"]], "framed for the author"


def test_the_author_gets_what_was_waiting_before_the_own_post() -> None:
    hub, own = fanout(), Reader("ann")
    hub.place(own, ["public"], 0)
    hub.offer(post(1, "bob"), ())
    hub.serve(LONG)
    hub.offer(post(2, "bob"), ())
    hub.offer(post(3, "ann"), [own])
    hub.serve(LONG)
    hub.end_window()
    hub.serve(LONG)
    assert own.seqs == [1, 2, 3]


def test_a_new_post_reaches_its_author_on_every_connection_other_events_do_not() -> None:
    hub, own = fanout(), Reader("ann")
    hub.place(own, [], 0)
    hub.offer(post(1), [own])
    hub.offer(post(2, kind="updated"), [own])
    hub.serve(LONG)
    assert own.seqs == [1]


def test_a_newcomer_gets_nothing_from_before() -> None:
    hub, early, late = fanout(), Reader(), Reader()
    hub.place(early, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    hub.offer(post(2), ())
    hub.place(late, ["public"], 2)
    hub.offer(post(3), ())
    hub.end_window()
    hub.serve(LONG)
    assert (early.seqs, late.seqs) == ([1, 2, 3], [3])


def test_who_left_gets_nothing_more_and_its_place_is_known() -> None:
    hub, reader = fanout(), Reader()
    hub.place(reader, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    hub.offer(post(5), ())
    assert hub.reached(reader, 7) == 4
    hub.leave(reader)
    hub.end_window()
    hub.serve(LONG)
    assert reader.seqs == [1]


def test_settling_sends_what_is_owed_and_the_round_does_not_repeat_it() -> None:
    hub, reader = fanout(), Reader()
    hub.place(reader, ["public"], 0)
    for seq in (1, 2, 3):
        hub.offer(post(seq), ())
        hub.serve(LONG)
    hub.settle(reader)
    assert hub.reached(reader, 3) == 3
    hub.end_window()
    hub.serve(LONG)
    assert reader.seqs == [1, 2, 3]


def test_a_joined_write_has_a_bound_and_the_rest_follows_at_once() -> None:
    hub, reader = fanout(), Reader()
    wide = Wide()
    reader.framing = wide
    hub.place(reader, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    for seq in range(2, 8):
        hub.offer(post(seq), ())
    hub.end_window()
    hub.serve(LONG)
    assert reader.seqs == list(range(1, 8))
    assert [len(write) for write in reader.writes] == [1, 2, 2, 2]


def test_what_is_owed_to_one_seat_stops_where_it_is_full() -> None:
    hub, reader = fanout(), Reader()
    reader.framing = Wide()
    hub.place(reader, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    for seq in range(2, 8):
        hub.offer(post(seq), ())
    write = reader.write

    def write_and_fill(frames: bytes) -> None:
        write(frames)
        hub.leave(reader)

    reader.write = write_and_fill
    hub.settle(reader)
    assert reader.seqs == [1, 2, 3]


def half(frames: bytes) -> int:
    return len(frames) // 2


def broken(_: bytes) -> int:
    raise BrokenPipeError


@pytest.mark.parametrize(("write", "taken"), [(half, 1), (broken, 0), (len, None)])
@pytest.mark.parametrize("viewer", ["reader", "ann"], ids=["shared", "own"])
def test_what_a_write_leaves_is_kept(
    write: Callable[[bytes], int], taken: int | None, viewer: str
) -> None:
    hub, reader, neighbour = fanout(), Reader(viewer), Reader()
    reader.write = write
    for seat in (reader, neighbour):
        hub.place(seat, ["public"], 0)
    hub.offer(post(1), [reader] if viewer == "ann" else ())
    hub.serve(LONG)
    frames = b"1* " if viewer == "ann" else b"1 "
    assert reader.kept == ([] if taken is None else [(frames, taken)])
    assert neighbour.writes == [["1"]]


def test_who_is_apart_from_somebody_is_framed_for_alone_and_nobody_else_is() -> None:
    hub, reader, wary = fanout(), Reader(), Reader("wary")
    wary.viewer = Viewer("wary", apart=frozenset({"ann"}))
    for seat in (reader, wary):
        hub.place(seat, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    assert (reader.writes, wary.writes) == ([["1"]], [["1*"]])


def test_a_seat_moves_when_its_person_is_apart_from_somebody_and_back() -> None:
    hub, reader, other = fanout(), Reader(), Reader("other")
    for seat in (reader, other):
        hub.place(seat, ["public"], 0)
    hub.offer(post(1), ())  # still owed when it moves
    reader.viewer = Viewer("reader", apart=frozenset({"ann"}))
    hub.move(reader, 1)
    assert reader.writes == [["1*"]]
    hub.serve(LONG)
    hub.offer(post(2), ())
    hub.end_window()
    hub.serve(LONG)
    reader.viewer = Viewer("reader")
    for _ in range(2):
        hub.move(reader, 2)
    assert reader.lane is other.lane
    hub.offer(post(3), ())
    hub.end_window()
    hub.serve(LONG)
    assert reader.writes == [["1*"], ["2*"], ["3"]]
    assert other.writes == [["1"], ["2"], ["3"]]


def test_who_left_does_not_move() -> None:
    hub, reader = fanout(), Reader()
    reader.viewer = Viewer("reader", apart=frozenset({"ann"}))
    hub.move(reader, 1)
    assert reader.lane is None

"""What an observer of fan-out is told: every socket once, in groups, with times in order."""

from feedline.hub.fanout import Fanout
from feedline.hub.flights import Flight
from tests.hub.seats import Reader, SeqFraming
from tests.hub.test_fanout import LONG, Ticks, post


class Streamed(SeqFraming):
    transport = "sse"


class Watching:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.sent_to: dict[tuple[int, str], int] = {}
        self.times: list[float] = []
        self.over: dict[int, Flight] = {}

    def dispatched(self, flight: Flight) -> None:
        self.begun.append(flight.seq)

    def sent(self, flight: Flight, transport: str, sockets: int, at: float) -> None:
        assert flight.first is not None
        assert flight.dispatched < flight.first <= at <= flight.last
        self.times.append(at)
        key = (flight.seq, transport)
        self.sent_to[key] = self.sent_to.get(key, 0) + sockets

    def applied(self, seq: int) -> None:
        raise AssertionError("fan-out knows nothing of receipts")

    def landed(self, flight: Flight) -> None:
        assert flight.seq not in self.over
        self.over[flight.seq] = flight


def observed(*, joins: bool = True) -> tuple[Fanout, Watching]:
    watching = Watching()
    return Fanout(joins=joins, clock=Ticks(), observer=watching), watching


def test_every_socket_counts_once_by_transport() -> None:
    hub, watching = observed()
    for number in range(120):
        hub.place(Reader(), ["public"] if number < 100 else ["public", f"post:{number}"], 0)
    listener = Reader()
    listener.framing = Streamed()
    hub.place(listener, ["public"], 0)
    hub.offer(post(1), ())
    assert not hub.serve(LONG)
    assert watching.begun == [1]
    assert watching.sent_to == {(1, "ws"): 120, (1, "sse"): 1}
    flight = watching.over[1]
    assert flight.sockets == 121
    assert flight.first is not None
    assert flight.dispatched < flight.first < flight.last


def test_groups_are_told_and_not_sockets() -> None:
    hub, watching = observed()
    for _ in range(1_000):
        hub.place(Reader(), ["public"], 0)
    hub.offer(post(1), ())
    assert not hub.serve(LONG)
    assert len(watching.times) == 1


def test_each_slice_counts_with_its_own_time_and_is_told_in_the_end() -> None:
    hub, watching = observed()
    for _ in range(200):
        hub.place(Reader(), ["public"], 0)
    hub.offer(post(1), ())
    assert hub.serve(1.5)
    assert watching.over == {}
    while hub.serve(1.5):
        pass
    assert watching.sent_to == {(1, "ws"): 200}
    assert watching.over[1].sockets == 200
    assert len(watching.times) > 1
    assert watching.times == sorted({*watching.times})


def test_of_an_event_on_a_long_way_something_is_told_before_it_lands() -> None:
    hub, watching = observed()
    for _ in range(20_000):
        hub.place(Reader(), ["public"], 0)
    hub.offer(post(1), ())
    while not watching.times:
        assert hub.serve(1.5)
    assert watching.over == {}
    while hub.serve(1.5):
        pass
    assert watching.sent_to == {(1, "ws"): 20_000}
    assert watching.over[1].sockets == 20_000


def test_the_authors_own_sockets_come_first_and_count_once() -> None:
    hub, watching = observed()
    own, elsewhere = Reader("ann"), Reader("ann")
    hub.place(own, ["public"], 0)
    hub.place(elsewhere, ["notifications:ann"], 0)
    for _ in range(3):
        hub.place(Reader(), ["public"], 0)
    hub.offer(post(1), (own, elsewhere))
    hub.serve(LONG)
    assert watching.sent_to == {(1, "ws"): 5}
    assert watching.over[1].sockets == 5


def test_what_concerns_nobody_lands_at_once() -> None:
    hub, watching = observed()
    hub.offer(post(1), ())
    assert watching.over[1].sockets == 0
    assert watching.over[1].first is None


def test_what_waits_for_a_window_lands_when_it_was_sent() -> None:
    hub, watching = observed()
    hub.place(Reader(), ["public"], 0)
    for seq in (1, 2, 3):
        hub.offer(post(seq), ())
        hub.serve(LONG)
    assert list(watching.over) == [1]
    hub.end_window()
    hub.serve(LONG)
    assert list(watching.over) == [1, 2, 3]
    assert all(flight.sockets == 1 for flight in watching.over.values())


def test_readers_who_leave_meanwhile_keep_nothing_aloft() -> None:
    hub, watching = observed()
    reader = Reader()
    hub.place(reader, ["public"], 0)
    hub.offer(post(1), ())
    hub.serve(LONG)
    hub.offer(post(2), ())
    hub.leave(reader)
    hub.end_window()
    hub.serve(LONG)
    assert watching.over[2].sockets == 0
    flights = hub._flights
    assert flights is not None
    assert flights._aloft == {}

"""Stages: from accepting a write to the last socket, on clocks that a test holds."""

from dataclasses import dataclass
from time import monotonic, time

import pytest

from feedline.feed.instants import rfc3339
from feedline.telemetry.stages import Flight, Stages

NOW = monotonic()


@dataclass
class Event:
    """An event on its way."""

    seq: int
    dispatched: float = NOW
    committed: float = 0.0
    first: float | None = None
    last: float = NOW
    sockets: int = 0
    stamp: str = "2026-01-22T10:00:00.000Z"


def test_a_write_is_followed_to_its_last_socket() -> None:
    stages, event, landed = Stages(), Event(7), list[Flight]()
    stages.on_landed.append(landed.append)
    stages.committed([NOW - 0.030, NOW - 0.010], 6, 7, NOW - 0.002)
    stages.dispatched(event)
    assert event.committed == NOW - 0.002
    event.first, event.last, event.sockets = NOW + 0.001, NOW + 0.020, 500
    stages.sent(event, "ws", 500, event.last)
    stages.landed(event)
    totals = {name: found.distribution().total for name, found in stages.by_name().items()}
    assert totals == pytest.approx(
        {
            "accept_to_commit": 0.028 + 0.008,
            "commit_to_dispatch": 0.002,
            "dispatch_to_first": 0.001,
            "dispatch_to_last": 0.020,
        }
    )
    delivery = stages.delivery["ws"].distribution()
    assert delivery.count == 500
    assert delivery.total == pytest.approx(500 * 0.022)
    assert landed == [event]


def test_what_another_node_committed_is_as_old_as_it_says() -> None:
    stages = Stages()
    stages.committed([NOW], 5, 5, NOW)
    event = Event(6, stamp=rfc3339(int(time() * 1000) - 250))
    stages.dispatched(event)
    assert event.dispatched - event.committed == pytest.approx(0.25, abs=0.1)


def test_a_clock_that_is_ahead_makes_no_negative_times() -> None:
    stages = Stages()
    event = Event(1, stamp=rfc3339(int(time() * 1000) + 60_000))
    stages.dispatched(event)
    assert event.committed == event.dispatched


def test_what_nobody_was_there_for_took_no_time() -> None:
    stages = Stages()
    event = Event(1)
    stages.dispatched(event)
    stages.landed(event)
    assert stages.dispatch_to_last.distribution().count == 0
    assert stages.events == 1


def test_a_receipt_counts_from_the_commit() -> None:
    stages = Stages()
    stages.committed([monotonic()], 5, 5, monotonic() - 0.25)
    stages.dispatched(Event(5))
    stages.applied(5)
    found = stages.applied_seconds.distribution()
    assert found.count == 1
    assert found.total >= 0.25


def test_a_receipt_of_what_is_forgotten_or_never_was_counts_for_nothing() -> None:
    stages = Stages()
    for seq in range(1, 5_000):
        stages.dispatched(Event(seq))
    for seq in (1, 900, 5_000, 10**15):
        stages.applied(seq)
    assert stages.applied_seconds.distribution().count == 0
    stages.applied(904)
    assert stages.applied_seconds.distribution().count == 1

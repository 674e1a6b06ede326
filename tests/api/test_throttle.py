from contextlib import nullcontext

import pytest

from feedline.api.throttle import WINDOW, LoginThrottle, Shared, Tally, upload_throttle
from feedline.errors import RateLimited


def alone() -> Shared:
    """There is no other node."""
    return Shared(lambda _note: None, lambda: 0)


def test_failures_count_within_a_window_that_moves() -> None:
    failures = Tally(3)
    for moment in (0, 100_000, 200_000):
        assert failures.wait("ann", moment) == 0
        failures.add("ann", moment)
    assert failures.wait("ann", 200_000) == WINDOW - 200_000
    assert failures.wait("bob", 200_000) == 0
    assert failures.wait("ann", WINDOW) == 0
    failures.add("ann", WINDOW)
    assert failures.wait("ann", WINDOW) == 100_000


def test_what_is_over_is_forgotten() -> None:
    failures = Tally(3)
    for number in range(1000):
        failures.add(f"user{number}", number)
    assert len(failures) == 1000
    failures.add("late", WINDOW + 2000)
    assert len(failures) == 1


def test_memory_is_bounded_and_keeps_the_newest() -> None:
    failures = Tally(1, most_keys=10)
    for number in range(100):
        failures.add(f"user{number}", 0)
    assert len(failures) == 10
    assert failures.wait("user99", 0)
    assert not failures.wait("user0", 0)


def test_nought_is_no_limit() -> None:
    failures = Tally(0)
    for _ in range(100):
        failures.add("ann", 0)
    assert failures.wait("ann", 0) == 0
    assert len(failures) == 0


def test_an_account_is_one_in_any_case_and_length() -> None:
    throttle = LoginThrottle(1, 0, alone())
    throttle.failed("Ann", "192.0.2.1", 0)
    with pytest.raises(RateLimited):
        throttle.check("aNN", "192.0.2.2", 0)
    throttle.failed("x" * 100_000, "192.0.2.1", 0)
    with pytest.raises(RateLimited):
        throttle.check("x" * 100_001, "192.0.2.1", 0)


@pytest.mark.parametrize(
    ("failed", "tried", "refused"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "", True),
        ("unix", "192.0.2.1", False),
    ],
)
def test_an_address_is_a_household(failed: str, tried: str, refused: bool) -> None:
    throttle = LoginThrottle(0, 1, alone())
    throttle.failed("ann", failed, 0)
    with pytest.raises(RateLimited) if refused else nullcontext():
        throttle.check("bob", tried, 0)


def test_nodes_count_together() -> None:
    told: list[bytes] = []
    here, there = Shared(told.append, lambda: 0), Shared(lambda _note: None, lambda: 7)
    first, second = LoginThrottle(2, 0, here), LoginThrottle(2, 0, there)
    uploads, other_uploads = upload_throttle(1, here), upload_throttle(1, there)
    for _ in range(2):
        first.failed("Ann", "192.0.2.1", 0)
    uploads.count("ann", 0)
    second.check("ann", "192.0.2.9", 7)
    for note in told:
        there.hear(note)
    with pytest.raises(RateLimited):
        second.check("ann", "192.0.2.9", 7)
    with pytest.raises(RateLimited):
        other_uploads.count("ann", 7)


@pytest.mark.parametrize("note", [b"", b"\x00", b"\x92\xa3one\xa3two", b"\x92\x01\x02"])
def test_a_note_that_means_nothing_changes_nothing(note: bytes) -> None:
    shared = alone()
    throttle = LoginThrottle(1, 1, shared)
    shared.hear(note)
    throttle.check("two", "two", 0)

"""The token bucket."""

from hypothesis import given
from hypothesis import strategies as st

from feedline.wire.bucket import TokenBucket


def taken(bucket: TokenBucket, now: float, tries: int) -> int:
    return sum(bucket.take(now) for _ in range(tries))


def test_the_burst_is_the_size() -> None:
    assert taken(TokenBucket(50, 0.0), 0.0, 80) == 50


def test_it_is_refilled_with_its_size_each_second() -> None:
    bucket = TokenBucket(50, 100.0)
    taken(bucket, 100.0, 50)
    assert taken(bucket, 100.5, 80) == 25
    assert taken(bucket, 101.5, 80) == 50


def test_small_steps_add_up() -> None:
    bucket = TokenBucket(50, 0.0)
    taken(bucket, 0.0, 50)
    assert sum(taken(bucket, step / 1000, 2) for step in range(1, 1001)) in (49, 50)


def test_it_never_holds_more_than_its_size() -> None:
    bucket = TokenBucket(5, 0.0)
    assert taken(bucket, 1e9, 80) == 5


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    bucket = TokenBucket(5, 10.0)
    assert taken(bucket, 3.0, 80) == 5
    assert taken(bucket, 4.0, 80) == 5


def test_size_0_never_runs_out() -> None:
    assert taken(TokenBucket(0, 0.0), 0.0, 10_000) == 10_000


@given(
    size=st.integers(1, 20),
    steps=st.lists(st.floats(0, 3), max_size=100),
)
def test_never_more_than_the_burst_and_the_rate(size: int, steps: list[float]) -> None:
    bucket = TokenBucket(size, 0.0)
    now, count = 0.0, 0
    for step in steps:
        now += step
        count += bucket.take(now)
    assert count <= size + now * size + 1e-6

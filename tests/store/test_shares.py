"""Who gives up how much."""

from hypothesis import given
from hypothesis import strategies as st

from feedline.store.shares import level_of


def left(sizes: list[int], level: int) -> int:
    return sum(min(size, level) for size in sizes)


def test_the_largest_come_down_together() -> None:
    assert level_of([100, 10, 10], 50, 1) == 50
    assert level_of([100, 90, 10], 50, 1) == 70
    assert level_of([100, 90, 10], 51, 1) == 69
    assert level_of([10, 10, 10], 12, 5) == 6


def test_nobody_gives_up_their_share() -> None:
    assert level_of([12, 10, 10], 20, 9) == 9
    assert level_of([], 20, 9) == 9


@given(st.lists(st.integers(1, 1_000), max_size=50), st.integers(0, 60_000))
def test_so_much_goes_and_hardly_more(sizes: list[int], excess: int) -> None:
    sizes.sort(reverse=True)
    level = level_of(sizes, excess, 0)
    wanted = max(sum(sizes) - excess, 0)
    assert wanted - len(sizes) <= left(sizes, level) <= wanted

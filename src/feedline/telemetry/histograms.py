"""Histograms that take a whole group of observations at once, and tell quantiles."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

SECONDS = tuple(
    round(step * 10**power, 5) for power in range(-4, 2) for step in (1, 1.5, 2, 3, 5, 7)
)
"""Upper bounds from 0.1 ms to 70 s, so close that a quantile is a fifth wrong at the most."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram held at a moment. The last count is of what is above all bounds."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float
    """The sum of all values."""

    @property
    def count(self) -> int:
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """The value that a share (0..1) of all observations does not pass; None if there are none.

        Within a bucket values are taken to be spread evenly, as Prometheus does. What is above all
        bounds is told as the last bound.
        """
        rank = share * self.count
        below = 0
        for number, count in enumerate(self.counts):
            if count and below + count >= rank:
                if number == len(self.bounds):
                    break
                low = self.bounds[number - 1] if number else 0.0
                return low + (self.bounds[number] - low) * max(0.0, rank - below) / count
            below += count
        return self.bounds[-1] if below or self.count else None

    def up_to(self, bound: float) -> int:
        """How many observations did not pass one of the bounds."""
        return sum(self.counts[: bisect_left(self.bounds, bound) + 1])

    def since(self, before: "Distribution") -> "Distribution":
        """What came after an earlier moment of the same histogram."""
        counts = tuple(now - then for now, then in zip(self.counts, before.counts, strict=True))
        return Distribution(self.bounds, counts, self.total - before.total)

    def plus(self, other: "Distribution") -> "Distribution":
        """Both together; the other one has the same bounds."""
        counts = tuple(one + two for one, two in zip(self.counts, other.counts, strict=True))
        return Distribution(self.bounds, counts, self.total + other.total)


class Histogram:
    """Counts values by size. For one thread."""

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._total = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Counts a value, as often as it came."""
        self._counts[bisect_left(self._bounds, value)] += times
        self._total += value * times

    def distribution(self) -> Distribution:
        """What it holds now, from the first observation on."""
        return Distribution(self._bounds, tuple(self._counts), self._total)

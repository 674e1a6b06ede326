"""What can be said of the difference between the halves of an experiment."""

from typing import Literal

from feedline.feed.people import Wire

Comparison = Literal["timeToVisible", "fallbackRate", "publishRate"]
SizeName = Literal["Hedges' g", "Cohen's h", "rate ratio"]


class Difference(Wire, frozen=True):
    """Treatment minus control: 95 % of such intervals hold what is true."""

    measure: Comparison
    control: float
    treatment: float
    difference: float
    low: float
    high: float
    relative: float | None
    """The difference as a share of the control's."""
    p: float
    size: float | None
    size_name: SizeName


class Sample(Wire, frozen=True):
    """Whether there were enough people, and whether chance divided them."""

    planned: int
    """People that each half needs for the difference that matters, found as surely as wanted."""
    reached: int
    """People in the smaller half."""
    power: float
    """How surely that difference is found with so many."""
    mismatch: float
    """How likely chance alone makes the halves so unequal."""
    is_mismatched: bool

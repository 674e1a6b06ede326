"""What is kept of an experiment: sums, and which places of its halves were taken."""

import math
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from feedline.feed.experiments import SLOTS, Experiment, Variant, seat_of

Measure = Literal["visible", "fallback", "published", "bins"]
"""``visible``: milliseconds until readers saw a post. ``fallback``: of posts that came onto a
screen, those that did not come live. ``published``: posts of the author's own. ``bins``: how often
each length of ``visible`` occurred, by :func:`bin_of`."""

MOST_BINS = 64


class Tally(msgspec.Struct, frozen=True):
    """How many values there were, their sum, and the sum of their squares.

    ``place``: the group of people, or the bin.
    """

    variant: Variant
    measure: Measure
    place: int
    count: int
    total: float
    squares: float


class Taken(msgspec.Struct, frozen=True):
    """Which slots of a half somebody was in, as bits."""

    variant: Variant
    bits: bytes


def bin_of(milliseconds: float) -> int:
    """Bins grow by the square root of two: a percentile is exact to a fifth or so."""
    return min(MOST_BINS - 1, int(2 * math.log2(max(1.0, milliseconds))))


def edge_of(place: int) -> float:
    """Where a bin begins, in milliseconds."""
    return float(2 ** (place / 2))


@dataclass(slots=True)
class _Sum:
    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.squares += value * value


_Key = tuple[Variant, Measure, int]


@dataclass(slots=True)
class Gathering:
    """Sums of one experiment until they are stored. Nothing in it is about one person."""

    experiment: Experiment
    _sums: dict[_Key, _Sum] = field(default_factory=dict)
    _taken: dict[Variant, bytearray] = field(default_factory=dict)
    _is_new: set[Variant] = field(default_factory=set)

    def exposed(self, user_id: str) -> None:
        """Somebody who takes part was there."""
        variant = self.experiment.variant_of(user_id)
        if variant is None:
            return
        bits = self._taken.setdefault(variant, bytearray(SLOTS // 8))
        byte, bit = divmod(seat_of(self.experiment.name, user_id).slot, 8)
        if not bits[byte] & 1 << bit:
            bits[byte] |= 1 << bit
            self._is_new.add(variant)

    def visible(self, user_id: str, milliseconds: float) -> None:
        """A reader saw a post so long after it was committed."""
        self._add(user_id, "visible", milliseconds)
        variant = self.experiment.variant_of(user_id)
        if variant is not None:
            self._sums.setdefault((variant, "bins", bin_of(milliseconds)), _Sum()).add(1)

    def arrived(self, user_id: str, *, is_live: bool) -> None:
        """A post came onto a screen, live or otherwise."""
        self._add(user_id, "fallback", float(not is_live))

    def published(self, user_id: str) -> None:
        """An author saw that a post of theirs was published."""
        self._add(user_id, "published", 1)

    def take(self) -> tuple[list[Tally], list[Taken]]:
        """What was gathered since the last time; from now on that is somebody else's to keep."""
        sums, self._sums = self._sums, {}
        new, self._is_new = self._is_new, set()
        tallies = [Tally(*key, one.count, one.total, one.squares) for key, one in sums.items()]
        return tallies, [Taken(variant, bytes(self._taken[variant])) for variant in new]

    def give_back(self, tallies: list[Tally], taken: list[Taken]) -> None:
        """It could not be stored."""
        for tally in tallies:
            one = self._sums.setdefault((tally.variant, tally.measure, tally.place), _Sum())
            one.count += tally.count
            one.total += tally.total
            one.squares += tally.squares
        self._is_new |= {each.variant for each in taken}

    def _add(self, user_id: str, measure: Measure, value: float) -> None:
        variant = self.experiment.variant_of(user_id)
        if variant is not None:
            group = seat_of(self.experiment.name, user_id).group
            self._sums.setdefault((variant, measure, group), _Sum()).add(value)


def united(one: bytes, other: bytes) -> bytes:
    """The slots that are taken in either."""
    merged = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return merged.to_bytes(max(len(one), len(other)), "little")

"""What is known of each half of an experiment, without any statistics."""

import math
from dataclasses import dataclass, field
from itertools import accumulate

from feedline.feed.experiments import GROUPS, SLOTS, VARIANTS, Experiment, Variant
from feedline.feed.outcomes import MOST_BINS, Measure, Taken, Tally, edge_of
from feedline.feed.people import Wire

_SLOTS_OF_GROUP = [len(range(group, SLOTS, GROUPS)) for group in range(GROUPS)]


class Arm(Wire, frozen=True):
    """One half. ``bins``: how often each length of time to visible occurred."""

    variant: Variant
    people: int
    published: int
    deliveries: int
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    fallback_rate: float | None
    publish_rate: float | None
    """Posts for each person."""
    bins: list[int]


@dataclass(slots=True)
class Sums:
    """The sums of one half by group, as far as there are any."""

    counts: dict[Measure, list[float]] = field(default_factory=dict)
    totals: dict[Measure, list[float]] = field(default_factory=dict)
    squares: dict[Measure, float] = field(default_factory=dict)
    people: list[float] = field(default_factory=lambda: [0.0] * GROUPS)
    bins: list[int] = field(default_factory=lambda: [0] * MOST_BINS)

    def count(self, measure: Measure) -> list[float]:
        return self.counts.setdefault(measure, [0.0] * GROUPS)

    def total(self, measure: Measure) -> list[float]:
        return self.totals.setdefault(measure, [0.0] * GROUPS)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is kept of an experiment."""

    experiment: Experiment
    tallies: list[Tally]
    taken: list[Taken]


def sums_of(evidence: Evidence) -> dict[Variant, Sums]:
    """The sums of both halves."""
    halves: dict[Variant, Sums] = {variant: Sums() for variant in VARIANTS}
    for tally in evidence.tallies:
        half = halves[tally.variant]
        if tally.measure == "bins":
            half.bins[tally.place] += tally.count
            continue
        half.count(tally.measure)[tally.place] += tally.count
        half.total(tally.measure)[tally.place] += tally.total
        known = half.squares.get(tally.measure, 0.0)
        half.squares[tally.measure] = known + tally.squares
    for taken in evidence.taken:
        halves[taken.variant].people = people_of(taken.bits)
    return halves


def people_of(bits: bytes) -> list[float]:
    """How many people there were in each group, by the slots that they took.

    Some share a slot, and the more are taken the likelier that is (linear counting, Whang et al.
    1990): with ten thousand people it is 0.1 % off, with a hundred thousand too.
    """
    taken = [0] * GROUPS
    for place, byte in enumerate(bits):
        if byte:
            for bit in range(8):
                if byte >> bit & 1:
                    taken[(place * 8 + bit) % GROUPS] += 1
    return [_counted(k, m) for k, m in zip(taken, _SLOTS_OF_GROUP, strict=True)]


def _counted(taken: int, slots: int) -> float:
    return -slots * math.log1p(-min(taken, slots - 1) / slots)


def arm_of(variant: Variant, sums: Sums) -> Arm:
    """A half as people want to see it."""
    people = sum(sums.people)
    published = sum(sums.count("published"))
    deliveries = sum(sums.count("visible"))
    return Arm(
        variant=variant,
        people=round(people),
        published=round(published),
        deliveries=round(deliveries),
        mean_ms=_ratio(sum(sums.total("visible")), deliveries),
        p50_ms=percentile(sums.bins, 0.5),
        p95_ms=percentile(sums.bins, 0.95),
        fallback_rate=_ratio(sum(sums.total("fallback")), sum(sums.count("fallback"))),
        publish_rate=_ratio(published, people),
        bins=sums.bins,
    )


def percentile(bins: list[int], share: float) -> float | None:
    """A length of time below which such a share of all was, between the edges of its bin."""
    wanted = share * sum(bins)
    for place, reached in enumerate(accumulate(bins)):
        if reached >= wanted and bins[place]:
            within = 1 - (reached - wanted) / bins[place]
            return float(edge_of(place) * (edge_of(place + 1) / edge_of(place)) ** within)
    return None


def _ratio(total: float, count: float) -> float | None:
    return total / count if count else None

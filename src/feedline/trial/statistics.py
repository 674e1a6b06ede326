"""Differences between the halves of an experiment, and how sure they are. Needs SciPy.

People see many posts each, and are unlike each other, so posts are no independent observations.
Groups of people are: who is in which follows from a hash. Each group gives one pseudo-value of
the jackknife (Miller 1974) for a ratio of sums, and these are compared by Welch's t-test.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from feedline.trial.arms import Sums
from feedline.trial.results import Comparison, Difference, Sample, SizeName

CONFIDENCE = 0.95
FEWEST_GROUPS = 10  # of a half that anything is said about; below that, intervals are guesses
_SAME = 1e-12  # differences of rounding
MISMATCH = 0.001  # below this the halves are of other sizes than chance makes them

Values = NDArray[np.float64]


def differences(control: Sums, treatment: Sums) -> list[Difference]:
    """All that can be said something about."""
    found = (_compared(kind, control, treatment) for kind in _KINDS)
    return [one for one in found if one is not None]


def sample_of(people: tuple[int, int], effect: float, power: float) -> Sample:
    smaller = min(people)
    mismatch = float(stats.chisquare(people).pvalue) if sum(people) else 1.0
    return Sample(
        planned=needed(effect, power),
        reached=smaller,
        power=power_of(smaller, effect),
        mismatch=mismatch,
        is_mismatched=mismatch < MISMATCH,
    )


def power_of(people: int, effect: float) -> float:
    """How surely a two-sided t-test at 5 % finds a standardized difference (Cohen 1988)."""
    if people < 2:
        return 0.0
    freedom, centre = 2 * people - 2, effect * (people / 2) ** 0.5
    edge = stats.t.ppf((1 + CONFIDENCE) / 2, freedom)
    return float(stats.nct.sf(edge, freedom, centre) + stats.nct.cdf(-edge, freedom, centre))


def needed(effect: float, power: float) -> int:
    """The fewest people in each half that find a standardized difference so surely."""
    low, high = 1, 2
    while power_of(high, effect) < power:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if power_of(middle, effect) < power:
            low = middle
        else:
            high = middle
    return high


def pseudo_values(totals: Sequence[float], counts: Sequence[float]) -> Values:
    """The jackknife's for the ratio of two sums, of the groups that have any."""
    counted = np.asarray(counts, float)
    kept = counted > 0
    total, count = np.asarray(totals, float)[kept], counted[kept]
    groups = len(count)
    if groups < 2:
        return np.zeros(0)
    ratio = total.sum() / count.sum()
    without = (total.sum() - total) / (count.sum() - count)
    values: Values = groups * ratio - (groups - 1) * without
    return values


@dataclass(frozen=True, slots=True)
class _Kind:
    """A ratio of two sums over people, and how the size of a difference is told."""

    measure: Comparison
    parts: Callable[[Sums], tuple[list[float], list[float]]]
    size_name: SizeName
    size: Callable[[Sums, Sums, float, float], float | None]


def _compared(kind: _Kind, control: Sums, treatment: Sums) -> Difference | None:
    ours, theirs = pseudo_values(*kind.parts(treatment)), pseudo_values(*kind.parts(control))
    if min(len(ours), len(theirs)) < FEWEST_GROUPS:
        return None
    new, old = (_ratio(*kind.parts(sums)) for sums in (treatment, control))
    low, high, p = _interval(ours, theirs)
    return Difference(
        measure=kind.measure,
        control=old,
        treatment=new,
        difference=new - old,
        low=low,
        high=high,
        relative=(new - old) / old if old else None,
        p=p,
        size=kind.size(treatment, control, new, old),
        size_name=kind.size_name,
    )


def _interval(ours: Values, theirs: Values) -> tuple[float, float, float]:
    """Welch's interval for the difference of two means, and its p value."""
    if np.ptp(ours) < _SAME and np.ptp(theirs) < _SAME:  # everybody is alike: nothing is unsure
        gap = float(ours.mean() - theirs.mean())
        return gap, gap, float(abs(gap) < _SAME)
    test = stats.ttest_ind(ours, theirs, equal_var=False)
    low, high = test.confidence_interval(CONFIDENCE)
    return float(low), float(high), float(test.pvalue)


def _ratio(totals: list[float], counts: list[float]) -> float:
    return sum(totals) / sum(counts)


def _hedges(treatment: Sums, control: Sums, new: float, old: float) -> float | None:
    """In standard deviations of single observations, corrected for few (Hedges 1981)."""
    spread, freedom = 0.0, -2.0
    for sums in (treatment, control):
        count, total = sum(sums.count("visible")), sum(sums.total("visible"))
        spread += sums.squares.get("visible", 0.0) - total * total / count
        freedom += count
    if freedom <= 0 or spread <= 0:
        return None
    return (new - old) / math.sqrt(spread / freedom) * (1 - 3 / (4 * freedom - 1))


def _cohen(_treatment: Sums, _control: Sums, new: float, old: float) -> float:
    """The difference of two shares on a scale where it is as hard to find everywhere."""
    return 2 * (math.asin(math.sqrt(new)) - math.asin(math.sqrt(old)))


def _rates(_treatment: Sums, _control: Sums, new: float, old: float) -> float | None:
    return new / old if old else None


_KINDS = (
    _Kind(
        "timeToVisible",
        lambda sums: (sums.total("visible"), sums.count("visible")),
        "Hedges' g",
        _hedges,
    ),
    _Kind(
        "fallbackRate",
        lambda sums: (sums.total("fallback"), sums.count("fallback")),
        "Cohen's h",
        _cohen,
    ),
    _Kind("publishRate", lambda sums: (sums.count("published"), sums.people), "rate ratio", _rates),
)

"""People whose behaviour is known, with and without a difference between the halves."""

from dataclasses import dataclass

import numpy as np

from feedline.feed.experiments import GROUPS
from feedline.trial.arms import Sums

SPREAD = 0.8  # of what people's own connections add, as a standard deviation of the logarithm


@dataclass(frozen=True)
class Behaviour:
    """What is true of one half, whatever is seen of it."""

    mean_ms: float
    fallback_rate: float
    posts: float
    """Of each person, in the mean."""


def sums_of_half(rng: np.random.Generator, people: int, behaviour: Behaviour) -> Sums:
    """What is kept of so many people, each with a level of their own that all their posts share."""
    group = rng.integers(GROUPS, size=people)
    seen = 1 + rng.poisson(12 * rng.gamma(2.0, 0.5, people))  # some see far more than others
    level = behaviour.mean_ms * np.exp(rng.normal(-(SPREAD**2) / 2, SPREAD, people))
    of = np.repeat(np.arange(people), seen)
    ms = level[of] * rng.gamma(4.0, 0.25, len(of))
    rate = rng.beta(8 * behaviour.fallback_rate, 8 * (1 - behaviour.fallback_rate), people)
    missed = rng.random(len(of)) < rate[of]
    posts = rng.poisson(behaviour.posts * rng.gamma(2.0, 0.5, people))
    sums = Sums()
    sums.people = _by_group(group, np.ones(people))
    sums.counts["visible"] = sums.counts["fallback"] = _by_group(group[of], np.ones(len(of)))
    sums.totals["visible"] = _by_group(group[of], ms)
    sums.totals["fallback"] = _by_group(group[of], missed)
    sums.counts["published"] = sums.totals["published"] = _by_group(group, posts)
    sums.squares["visible"] = float((ms**2).sum())
    return sums


def _by_group(group: np.ndarray, values: np.ndarray) -> list[float]:
    counted: list[float] = np.bincount(group, values, GROUPS).tolist()
    return counted

"""Intervals hold the truth as often as they say, and sample sizes are those of the tables."""

import math

import numpy as np
import pytest
from scipy import stats

from feedline.trial.arms import Sums
from feedline.trial.statistics import (
    differences,
    needed,
    power_of,
    pseudo_values,
    sample_of,
)
from tests.conftest import Figures
from tests.trial.simulated import Behaviour, sums_of_half

LIVE = Behaviour(mean_ms=80, fallback_rate=0.03, posts=2.0)
POLLING = Behaviour(mean_ms=100, fallback_rate=0.08, posts=1.8)
RUNS = 400
TRUTH = {"timeToVisible": 20.0, "fallbackRate": 0.05, "publishRate": -0.2}


@pytest.fixture(scope="module")
def held() -> dict[str, int]:
    """In how many runs the interval of each measure held what is true."""
    rng = np.random.default_rng(20261125)
    held = dict.fromkeys(TRUTH, 0)
    for _ in range(RUNS):
        control, treatment = (sums_of_half(rng, 600, half) for half in (LIVE, POLLING))
        for found in differences(control, treatment):
            held[found.measure] += found.low <= TRUTH[found.measure] <= found.high
    return held


@pytest.mark.parametrize("measure", TRUTH)
def test_95_of_100_intervals_hold_what_is_true(
    held: dict[str, int], measure: str, figures: Figures
) -> None:
    low, high = stats.binom.interval(0.998, RUNS, 0.95)
    assert low <= held[measure] <= high
    figures(f"experiments: {held[measure]} of {RUNS} intervals of {measure} held what was true")


def test_posts_of_one_person_count_as_one_person() -> None:
    """A plain test over single posts would find what is not there."""
    rng = np.random.default_rng(7)
    found = wrong = 0
    for _ in range(200):
        control, treatment = (sums_of_half(rng, 300, LIVE) for _ in range(2))
        (time, *_) = differences(control, treatment)
        found += not time.low <= 0 <= time.high
        wrong += _naive_p(control, treatment) < 0.05
    assert found <= 20
    assert wrong >= 80


def _naive_p(control: Sums, treatment: Sums) -> float:
    moments = []
    for sums in (control, treatment):
        count, total = sum(sums.count("visible")), sum(sums.total("visible"))
        variance = (sums.squares["visible"] - total**2 / count) / (count - 1)
        moments += [total / count, math.sqrt(variance), int(count)]
    return float(stats.ttest_ind_from_stats(*moments, equal_var=False).pvalue)


def test_a_difference_is_told_with_its_sign_and_size() -> None:
    rng = np.random.default_rng(1)
    control, treatment = (sums_of_half(rng, 4_000, half) for half in (LIVE, POLLING))
    time, fallback, posts = differences(control, treatment)
    assert (time.measure, fallback.measure, posts.measure) == tuple(TRUTH)
    assert time.low < time.difference < time.high
    assert time.relative == pytest.approx(time.difference / time.control)
    assert 0.05 < (time.size or 0) < 0.5
    assert fallback.size == pytest.approx(0.22, abs=0.06)  # 2 asin sqrt of 0.08 and 0.03
    assert posts.size == pytest.approx(0.9, abs=0.1)
    assert max(time.p, fallback.p) < 0.001


def test_few_people_are_not_judged() -> None:
    rng = np.random.default_rng(1)
    control, treatment = (sums_of_half(rng, 6, LIVE) for _ in range(2))
    assert differences(control, treatment) == []
    assert differences(Sums(), Sums()) == []


def test_halves_that_are_all_alike_leave_nothing_unsure() -> None:
    control, treatment = Sums(), Sums()
    for sums, missed in ((control, 0.0), (treatment, 4.0)):
        sums.counts["fallback"], sums.totals["fallback"] = [4.0] * 50, [missed] * 50
    (found,) = differences(control, treatment)
    assert (found.low, found.high, found.p) == (1, 1, 0)
    assert found.size == pytest.approx(math.pi)


def test_groups_without_anybody_change_nothing() -> None:
    some = pseudo_values([3.0, 4.0, 5.0], [1.0, 2.0, 2.0])
    assert pseudo_values([3.0, 0.0, 4.0, 5.0], [1.0, 0.0, 2.0, 2.0]) == pytest.approx(some)


@pytest.mark.parametrize(
    ("effect", "power", "people"), [(0.2, 0.8, 394), (0.5, 0.8, 64), (0.8, 0.8, 26), (0.5, 0.9, 86)]
)
def test_the_planned_sample_is_that_of_the_tables(effect: float, power: float, people: int) -> None:
    """Cohen (1988), table 2.4.1, rounded up; the same that G*Power says."""
    assert needed(effect, power) == people
    assert power_of(people, effect) >= power > power_of(people - 1, effect)


def test_power_is_that_of_a_simulation() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.normal(0, 1, (4_000, 50)), rng.normal(0.4, 1, (4_000, 50))
    found = (stats.ttest_ind(one, other, axis=1).pvalue < 0.05).mean()
    assert power_of(50, 0.4) == pytest.approx(found, abs=0.03)


def test_halves_that_chance_did_not_make_are_found() -> None:
    assert not sample_of((5_000, 5_100), 0.2, 0.8).is_mismatched
    assert sample_of((5_000, 5_500), 0.2, 0.8).is_mismatched
    nobody = sample_of((0, 0), 0.2, 0.8)
    assert (nobody.power, nobody.is_mismatched, nobody.planned) == (0, False, 394)

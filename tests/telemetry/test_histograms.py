import random

import pytest

from feedline.telemetry.histograms import SECONDS, Histogram


def test_a_quantile_is_within_its_bucket_of_the_exact_one() -> None:
    source = random.Random(7)
    values = sorted(source.lognormvariate(-4, 1.5) for _ in range(5_000))
    histogram = Histogram()
    for value in values:
        histogram.observe(value)
    found = histogram.distribution()
    assert found.count == len(values)
    assert found.total == pytest.approx(sum(values))
    for share in (0.01, 0.5, 0.95, 0.99):
        exact = values[int(share * len(values)) - 1]
        quantile = found.quantile(share)
        assert quantile is not None
        assert 1 / 1.67 < quantile / exact < 1.67


def test_a_group_counts_as_often_as_it_is_large() -> None:
    histogram = Histogram((1.0, 2.0))
    histogram.observe(0.5, 99)
    histogram.observe(1.5)
    found = histogram.distribution()
    assert (found.counts, found.total) == ((99, 1, 0), 51.0)
    assert found.quantile(0.5) == pytest.approx(50 / 99)
    assert found.quantile(1) == 2.0
    assert [found.up_to(bound) for bound in (1.0, 2.0)] == [99, 100]


def test_without_observations_there_is_no_quantile() -> None:
    assert Histogram().distribution().quantile(0.5) is None


def test_what_is_above_all_bounds_is_told_as_the_last_one() -> None:
    histogram = Histogram()
    histogram.observe(1e6)
    assert histogram.distribution().quantile(0.99) == SECONDS[-1]


def test_a_stretch_of_time_is_the_difference_and_processes_add_up() -> None:
    histogram = Histogram((1.0, 2.0))
    histogram.observe(0.5)
    before = histogram.distribution()
    histogram.observe(1.5, 3)
    since = histogram.distribution().since(before)
    assert (since.counts, since.total) == ((0, 3, 0), 4.5)
    assert before.plus(since) == histogram.distribution()

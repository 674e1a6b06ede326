"""The checker finds what is planted, and nothing where nothing is."""

import random

from hypothesis import given
from hypothesis import strategies as st

from feedline.verify.ledger import IN_LISTS, IN_LOG, Finding, Reading, Sent, judge


def a_run(count: int, readers: int) -> tuple[dict[str, Sent], list[Reading], list[str]]:
    """Posts one after the other, seen by everybody."""
    keys = [f"k{number}" for number in range(count)]
    sent = {key: Sent(begun=n, place=2 * n + 1, acknowledged=n + 0.5) for n, key in enumerate(keys)}
    readings = [Reading(f"reader {n}", "SSE", list(keys), [0.0] * count) for n in range(readers)]
    return sent, readings, list(keys)


runs = st.integers(3, 30).map(lambda count: a_run(count, 3))
seeds = st.integers(0, 2**32).map(random.Random)


@given(runs)
def test_a_run_without_faults_is_good(
    run: tuple[dict[str, Sent], list[Reading], list[str]],
) -> None:
    verdict = judge(*run)
    assert verdict.good
    assert verdict.sent == verdict.acknowledged == len(run[0])


@given(runs, seeds)
def test_a_loss_is_found(
    run: tuple[dict[str, Sent], list[Reading], list[str]], rng: random.Random
) -> None:
    sent, readings, stored = run
    reading, key = rng.choice(readings), rng.choice(stored)
    reading.keys.remove(key)
    verdict = judge(sent, readings, stored)
    assert verdict.lost == (Finding(reading.name, key),)
    assert not verdict.good
    assert not verdict.doubled + verdict.misordered


@given(runs, seeds)
def test_a_double_is_found_wherever_it_comes(
    run: tuple[dict[str, Sent], list[Reading], list[str]], rng: random.Random
) -> None:
    sent, readings, stored = run
    reading, key = rng.choice(readings), rng.choice(stored)
    first = reading.keys.index(key)
    reading.keys.insert(rng.randint(first + 1, len(reading.keys)), key)
    verdict = judge(sent, readings, stored)
    assert verdict.doubled == (Finding(reading.name, key),)
    assert not verdict.good
    assert not verdict.lost + verdict.misordered


@given(runs, seeds)
def test_one_that_is_out_of_order_is_found(
    run: tuple[dict[str, Sent], list[Reading], list[str]], rng: random.Random
) -> None:
    sent, readings, stored = run
    reading, key = rng.choice(readings), rng.choice(stored)
    at = reading.keys.index(key)
    to = rng.choice([n for n in range(len(stored)) if n != at])
    reading.keys.insert(to, reading.keys.pop(at))
    verdict = judge(sent, readings, stored)
    assert len(verdict.misordered) == 1
    assert verdict.misordered[0].where == reading.name
    assert abs(to - at) == 1 or verdict.misordered[0].key == key
    assert not verdict.good
    assert not verdict.lost + verdict.doubled


@given(runs, seeds)
def test_what_the_lists_lack_or_have_twice_is_found(
    run: tuple[dict[str, Sent], list[Reading], list[str]], rng: random.Random
) -> None:
    sent, readings, stored = run
    missing, twice = rng.sample(stored, 2)
    stored.remove(missing)
    stored.append(twice)
    verdict = judge(sent, readings, stored)
    assert verdict.lost == (Finding(IN_LISTS, missing),)
    assert verdict.doubled == (Finding(IN_LISTS, twice),)


@given(runs, seeds)
def test_a_log_that_goes_against_time_is_found(
    run: tuple[dict[str, Sent], list[Reading], list[str]], rng: random.Random
) -> None:
    """Everybody sees the same order, and it is wrong: the later post has the earlier place."""
    sent, readings, stored = run
    one, two = sorted(rng.sample(range(len(stored)), 2))
    sent[f"k{one}"].place, sent[f"k{two}"].place = sent[f"k{two}"].place, sent[f"k{one}"].place
    for reading in readings:
        reading.keys.sort(key=lambda key: sent[key].place)
    verdict = judge(sent, readings, stored)
    assert {finding.where for finding in verdict.misordered} == {IN_LOG}


def test_posts_at_the_same_time_may_have_any_order() -> None:
    sent = {
        "a": Sent(begun=0, place=2, acknowledged=2),
        "b": Sent(begun=1, place=1, acknowledged=3),
    }
    assert judge(sent, [Reading("r", keys=["b", "a"])], ["a", "b"]).good


def test_without_an_acknowledgement_a_post_may_be_there_or_not_but_not_twice() -> None:
    sent, readings, stored = a_run(3, 2)
    sent["unknown"] = Sent(begun=9)
    readings[0].keys.append("unknown")
    assert judge(sent, readings, stored).good
    readings[0].keys.append("unknown")
    assert judge(sent, readings, stored).doubled == (Finding("reader 0", "unknown"),)


def test_who_was_told_to_load_again_is_owed_nothing_from_before() -> None:
    sent, readings, stored = a_run(5, 1)
    del readings[0].keys[1:3]
    readings[0].resyncs = 1
    assert judge(sent, readings, stored).good


def test_posts_of_others_are_nobodys_business() -> None:
    sent, readings, stored = a_run(3, 1)
    readings[0].keys += ["other", "other"]
    assert judge(sent, readings, [*stored, "other", "other"]).good


def test_nothing_acknowledged_proves_nothing() -> None:
    assert not judge({"a": Sent(begun=0)}, [Reading("r")], []).good

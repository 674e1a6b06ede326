"""Who is in which half: the same always and everywhere, evenly, and independent of all else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.experiments import (
    GROUPS,
    SLOTS,
    TRANSPORTS,
    VARIANTS,
    Experiment,
    Setting,
    experiment_problems,
    seat_of,
)
from feedline.feed.policy import LivePolicy

PEOPLE = [f"0198f3a2-7c00-7000-8000-{number:012x}" for number in range(20_000)]
OFF = Experiment(name="without-live", settings={"realtime": "off"})
KNOWN = [*["control"] * 6, "treatment", "control"]

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


def within_chance(count: int, of: int, share: float) -> bool:
    """Less than six standard deviations away, and a little where there are hardly any."""
    return abs(count - of * share) < 6 * math.sqrt(of * share * (1 - share)) + 3


@given(names, st.text(max_size=40))
def test_a_seat_is_kept_and_within_its_bounds(name: str, user_id: str) -> None:
    seat = seat_of(name, user_id)
    assert seat == seat_of(name, user_id)
    assert 0 <= seat.part < 1
    assert seat.variant in VARIANTS
    assert 0 <= seat.slot < SLOTS
    assert 0 <= seat.group < GROUPS


def test_known_people_keep_their_halves_in_all_versions() -> None:
    """Whoever changes this moves people while an experiment runs."""
    assert [OFF.variant_of(person) for person in PEOPLE[:8]] == KNOWN


@given(names)
def test_halves_and_groups_are_balanced(name: str) -> None:
    seats = [seat_of(name, person) for person in PEOPLE[:4_000]]
    assert within_chance(sum(seat.variant == "control" for seat in seats), len(seats), 1 / 2)
    for group in (0, GROUPS - 1):
        assert within_chance(sum(seat.group == group for seat in seats), len(seats), 1 / GROUPS)


@given(names, names)
def test_two_experiments_divide_independently(one: str, other: str) -> None:
    if one != other:
        both = sum(
            seat_of(one, person).variant == seat_of(other, person).variant == "treatment"
            for person in PEOPLE[:4_000]
        )
        assert within_chance(both, 4_000, 1 / 4)


@given(names, st.floats(0.05, 1), st.floats(0.05, 1))
def test_a_larger_share_keeps_everybody_where_they_were(name: str, one: float, two: float) -> None:
    small, large = (Experiment(name=name, settings={}, share=n) for n in sorted((one, two)))
    taking_part = [person for person in PEOPLE[:1_000] if small.variant_of(person)]
    assert [small.variant_of(p) for p in taking_part] == [large.variant_of(p) for p in taking_part]
    assert within_chance(len(taking_part), 1_000, small.share)


def test_only_the_treated_are_without_live_delivery() -> None:
    policy = LivePolicy(experiment=OFF)
    refused = [person for person in PEOPLE if not policy.allows(person)]
    assert refused == [person for person in PEOPLE if OFF.variant_of(person) == "treatment"]
    assert not any(LivePolicy(is_on=False, experiment=OFF).allows(person) for person in PEOPLE[:9])
    calm = LivePolicy(experiment=Experiment(name="calm", settings={"batchUpdateDelayMs": 500}))
    assert all(calm.allows(person) for person in PEOPLE[:99])


def test_only_the_treated_do_without_better_transports() -> None:
    for best, refused in (("sse", {"ws"}), ("poll", {"ws", "sse"})):
        half = Experiment(name="half", settings={"transport": best})
        policy = LivePolicy(experiment=half)
        for person in PEOPLE[:200]:
            found = {name for name in TRANSPORTS if not policy.carries(person, name)}
            assert found == (refused if half.variant_of(person) == "treatment" else set())
            assert policy.allows(person)


def test_settings_are_those_of_the_half() -> None:
    half = Experiment(name="half", settings={"maxPendingPosts": 20}, share=0.5)
    found = [half.settings_of(person) for person in PEOPLE[:2_000]]
    expected: list[tuple[dict[str, Setting] | None, float]] = [
        (None, 0.5),
        ({}, 0.25),
        ({"maxPendingPosts": 20}, 0.25),
    ]
    for settings, share in expected:
        assert within_chance(found.count(settings), len(found), share)


@pytest.mark.parametrize(
    ("experiment", "path"),
    [
        (Experiment(name="Loud", settings={"a": 1}), "name"),
        (Experiment(name="", settings={"a": 1}), "name"),
        (Experiment(name="a", settings={}), "settings"),
        (Experiment(name="a", settings={f"s{n}": n for n in range(21)}), "settings"),
        (Experiment(name="a", settings={"a b": 1}), "settings.a b"),
        (Experiment(name="a", settings={"realtime": "on"}), "settings.realtime"),
        (Experiment(name="a", settings={"transport": "ws"}), "settings.transport"),
        (Experiment(name="a", settings={"batchUpdateDelayMs": -1}), "settings.batchUpdateDelayMs"),
        (Experiment(name="a", settings={"maxPendingPosts": True}), "settings.maxPendingPosts"),
        (Experiment(name="a", settings={"maxPendingPosts": 1.5}), "settings.maxPendingPosts"),
        (Experiment(name="a", settings={"color": "x" * 201}), "settings.color"),
        (Experiment(name="a", settings={"a": 1}, share=0), "share"),
        (Experiment(name="a", settings={"a": 1}, share=math.nan), "share"),
        (Experiment(name="a", settings={"a": 1}, effect=0), "effect"),
        (Experiment(name="a", settings={"a": 1}, power=1), "power"),
    ],
)
def test_what_makes_no_sense_does_not_begin(experiment: Experiment, path: str) -> None:
    assert [problem.path for problem in experiment_problems(experiment)] == [path]


def test_what_makes_sense_does() -> None:
    settings: dict[str, Setting] = {"realtime": "off", "batchUpdateDelayMs": 500, "color": "red"}
    assert experiment_problems(Experiment(name="all-of-it", settings=settings, share=0.1)) == []

"""What is gathered and stored is what single values would add up to, and nothing personal."""

import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedline.feed.experiments import GROUPS, SLOTS, VARIANTS, Experiment, seat_of
from feedline.feed.outcomes import Gathering, bin_of, edge_of, united
from feedline.trial.arms import Evidence, arm_of, people_of, percentile, sums_of

NAME = "without-live"
OFF = Experiment(name=NAME, settings={"realtime": "off"}, share=0.8)

moments = st.floats(0, 3_600_000)
reports = st.lists(
    st.tuples(
        st.integers(0, 300), st.sampled_from(["visible", "live", "late", "published"]), moments
    )
)


def told(gathering: Gathering, report: list[tuple[int, str, float]]) -> None:
    for number, what, ms in report:
        person = f"person {number}"
        gathering.exposed(person)
        match what:
            case "visible":
                gathering.visible(person, ms)
            case "published":
                gathering.published(person)
            case _:
                gathering.arrived(person, is_live=what == "live")


def raw(report: list[tuple[int, str, float]]) -> dict[tuple[str, str, int], list[float]]:
    """Each value by itself, by half, measure and group."""
    values: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for number, what, ms in report:
        seat = seat_of(NAME, f"person {number}")
        if seat.part >= OFF.share:
            continue
        if what == "visible":
            values[seat.variant, "visible", seat.group].append(ms)
            values[seat.variant, "bins", bin_of(ms)].append(1)
        elif what == "published":
            values[seat.variant, "published", seat.group].append(1)
        else:
            values[seat.variant, "fallback", seat.group].append(float(what == "late"))
    return values


@settings(max_examples=30, deadline=None)  # two maps of slots for each are some work
@given(reports, reports)
def test_sums_are_those_of_single_values(
    first: list[tuple[int, str, float]], second: list[tuple[int, str, float]]
) -> None:
    """In two parts, of which the first could not be stored at once."""
    gathering = Gathering(OFF)
    told(gathering, first)
    gathering.give_back(*gathering.take())
    told(gathering, second)
    tallies, taken = gathering.take()
    assert gathering.take() == ([], [])
    expected = raw(first + second)
    assert {(tally.variant, tally.measure, tally.place) for tally in tallies} == set(expected)
    for tally in tallies:
        values = expected[tally.variant, tally.measure, tally.place]
        assert tally.count == len(values)
        assert tally.total == pytest.approx(sum(values))
        assert tally.squares == pytest.approx(sum(value**2 for value in values))
    seats = [seat_of(NAME, f"person {number}") for number, *_ in first + second]
    expected_slots = {(seat.variant, seat.slot) for seat in seats if seat.part < OFF.share}
    assert {(each.variant, slot) for each in taken for slot in slots(each.bits)} == expected_slots


def slots(bits: bytes) -> list[int]:
    """Those that are taken."""
    taken = [(place, byte) for place, byte in enumerate(bits) if byte]
    return [8 * place + bit for place, byte in taken for bit in range(8) if byte >> bit & 1]


def test_nothing_that_is_kept_names_anybody() -> None:
    gathering = Gathering(OFF)
    told(gathering, [(number, "visible", 5.0) for number in range(50)])
    tallies, taken = gathering.take()
    assert b"person" not in repr((tallies, taken)).encode()


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_slots_of_two_nodes_are_united(one: bytes, other: bytes) -> None:
    merged = united(one, other)
    assert merged == united(other, one)
    assert set(slots(merged)) == set(slots(one)) | set(slots(other))


@pytest.mark.parametrize("people", [0, 1, 500, 20_000, 60_000])
def test_people_are_counted_by_their_slots(people: int) -> None:
    """Exactly for some, and within half a percent for many."""
    rng = random.Random(people)
    bits = bytearray(SLOTS // 8)
    for _ in range(people):
        slot = rng.randrange(SLOTS)
        bits[slot // 8] |= 1 << slot % 8
    counted = people_of(bytes(bits))
    assert len(counted) == GROUPS
    assert sum(counted) == pytest.approx(people, rel=0.005, abs=0.5)


@given(moments)
def test_a_bin_holds_what_falls_into_it(ms: float) -> None:
    place = bin_of(ms)
    assert edge_of(place) <= max(1, ms) * (1 + 1e-9)
    assert max(1, ms) < edge_of(place + 1) * (1 + 1e-9)


@given(st.lists(st.floats(1, 3_600_000), min_size=1))
def test_a_percentile_is_exact_to_a_bin(values: list[float]) -> None:
    bins = [0] * 64
    for value in values:
        bins[bin_of(value)] += 1
    for share in (0.5, 0.95):
        exact = sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]
        assert percentile(bins, share) == pytest.approx(exact, rel=0.42)
    assert percentile([0] * 64, 0.5) is None


def test_an_arm_says_what_was_reported() -> None:
    gathering = Gathering(OFF)
    report = [(number % 40, "visible", 100.0) for number in range(200)]
    report += [(number % 40, "late" if number % 4 == 0 else "live", 0) for number in range(400)]
    report += [(number, "published", 0) for number in range(40)]
    told(gathering, report)
    halves = sums_of(Evidence(OFF, *gathering.take()))
    arms = [arm_of(variant, halves[variant]) for variant in VARIANTS]
    seats = [seat_of(NAME, f"person {number}") for number in range(40)]
    for arm in arms:
        people = sum(seat.variant == arm.variant and seat.part < 0.8 for seat in seats)
        assert (arm.people, arm.published, arm.deliveries) == (people, people, 5 * people)
        assert arm.mean_ms == 100
        assert arm.publish_rate == pytest.approx(1, rel=0.01)
        assert arm.p50_ms == pytest.approx(100, rel=0.42)

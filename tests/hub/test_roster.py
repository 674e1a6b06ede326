"""The roster: everybody is looked at when their time has come, and nobody who has gone."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from feedline.hub.roster import MOMENT, Roster

STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 5)),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(st.just("look"), st.tuples(st.integers(0, 5), st.floats(-1, 3))),
    st.tuples(st.just("wait"), st.floats(0, 2)),
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(STEPS, max_size=60))
def test_everybody_is_looked_at_once_their_time_has_come(steps: list[tuple[str, object]]) -> None:
    clock = Clock()
    roster: Roster[int] = Roster(clock)
    times: dict[int, float] = {}
    for step, value in steps:
        match step, value:
            case "add", int(member) if member not in times:
                roster.add(member)
                times[member] = clock.now
            case "remove", int(member) if member in times:
                roster.remove(member)
                del times[member]
            case "look", (int(member), float(seconds)):
                roster.look_at(member, clock.now + seconds)
                if member in times:
                    times[member] = min(times[member], clock.now + max(seconds, 0))
            case "wait", float(seconds):
                clock.now += seconds
                looked_at = [*roster.due()]
                assert len(set(looked_at)) == len(looked_at)
                for member in looked_at:
                    assert times[member] <= clock.now
                    times[member] = inf
        assert [*roster] == [*times]
        assert len(roster) == len(times)
    clock.now += 10
    assert {*roster.due()} == {member for member, time in times.items() if time < inf}


def test_nobody_waits_for_much_more_than_a_moment() -> None:
    clock = Clock()
    roster: Roster[str] = Roster(clock)
    roster.add("ann")
    assert [*roster.due()] == []
    clock.now += 2 * MOMENT
    assert [*roster.due()] == ["ann"]
    roster.look_at("ann", clock.now + 1)
    clock.now += 1 - MOMENT
    assert [*roster.due()] == []
    clock.now += 2 * MOMENT
    assert [*roster.due()] == ["ann"]


def test_an_earlier_time_stays_and_leaves_nothing_at_the_later_one() -> None:
    clock = Clock()
    roster: Roster[str] = Roster(clock)
    roster.add("ann")
    clock.now += 1
    assert [*roster.due()] == ["ann"]
    for seconds in (2, 1, 3, 1):
        roster.look_at("ann", clock.now + seconds)
    clock.now += 1.5
    assert [*roster.due()] == ["ann"]
    clock.now += 60
    assert [*roster.due()] == []


def test_who_is_to_be_looked_at_soon_again_and_again_is_looked_at() -> None:
    clock = Clock()
    roster: Roster[str] = Roster(clock)
    roster.add("ann")
    looks = 0
    for _ in range(100):
        clock.now += MOMENT / 5
        looks += len([*roster.due()])
        roster.look_at("ann", clock.now)
    assert looks >= 8


def test_members_may_go_and_come_while_others_are_looked_at() -> None:
    clock = Clock()
    roster: Roster[str] = Roster(clock)
    for name in ("ann", "bob", "cem"):
        roster.add(name)
    clock.now += 1
    due = roster.due()
    assert next(due) == "ann"
    roster.remove("bob")
    roster.look_at("bob", clock.now)  # whoever has gone does not come back by it
    roster.look_at("ann", clock.now)
    roster.add("dan")
    assert [*due] == ["cem"]
    clock.now += 1
    assert [*roster.due()] == ["ann", "dan"]
    assert [*roster] == ["ann", "cem", "dan"]

"""Who is connected where is asked for, answered by whoever knows, and never waited for long."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from feedline.bus.base import BusState, Receiver, Traffic
from feedline.bus.local import LocalBus
from feedline.hub import whereabouts
from feedline.hub.whereabouts import Whereabouts

LONG = 30.0  # seconds; nothing here waits for that


class Hall:
    """Where nodes call to each other; some don't listen."""

    def __init__(self, count: int) -> None:
        self.calls: list[bytes] = []
        self.ends = [End(self) for _ in range(count)]
        self.people: list[set[str]] = [set() for _ in range(count)]
        self.nodes = [
            Whereabouts(end, people.__contains__)
            for end, people in zip(self.ends, self.people, strict=True)
        ]

    def carry(self, sender: "End", note: bytes) -> None:
        self.calls.append(note)
        for end in self.ends:
            if end is not sender and end.listens:
                for hear in end.hearers:
                    asyncio.get_running_loop().call_soon(hear, note)


class End:
    """One node's end of the hall."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self.traffic = Traffic()
        self.hearers: list[Callable[[bytes], None]] = []
        self.listens = True
        self.state: BusState = "ok"

    async def start(self, receiver: Receiver[Any]) -> None: ...
    def publish(self, batch: Any) -> None: ...
    async def stop(self) -> None: ...

    def tell(self, note: bytes) -> None:
        self._hall.carry(self, note)

    def heed(self, hear: Callable[[bytes], None]) -> None:
        self.hearers.append(hear)

    def peers(self) -> Sequence[str]:
        return ["other"] * (len(self._hall.ends) - 1)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the deadline without need waits for too long."""
    monkeypatch.setattr(whereabouts, "DEADLINE_SECONDS", LONG)


async def test_a_single_server_knows() -> None:
    people = {"ann"}
    node = Whereabouts(LocalBus[Any](), people.__contains__)
    assert await node.is_connected("ann")
    assert not await node.is_connected("ben")


async def test_who_is_here_is_not_asked_for() -> None:
    hall = Hall(2)
    hall.people[0].add("ann")
    assert await hall.nodes[0].is_connected("ann")
    assert hall.calls == []


@pytest.mark.parametrize("count", [2, 3, whereabouts.FEW + 2])
async def test_who_is_at_another_node_is_found(count: int) -> None:
    hall = Hall(count)
    hall.people[-1].add("ann")
    async with asyncio.timeout(LONG / 2):
        assert await hall.nodes[0].is_connected("ann")


async def test_who_is_nowhere_is_not_waited_for_once_all_have_said_so() -> None:
    hall = Hall(3)
    async with asyncio.timeout(LONG / 2):
        assert not await hall.nodes[0].is_connected("ann")
    assert len(hall.calls) == 3


@pytest.mark.parametrize(("count", "calls"), [(2, 1), (whereabouts.FEW + 2, 1)])
async def test_a_node_that_says_nothing_is_not_waited_for_long(
    count: int, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many nodes, those that have nobody say nothing."""
    monkeypatch.setattr(whereabouts, "DEADLINE_SECONDS", 0.01)
    hall = Hall(count)
    hall.ends[1].listens = False
    assert not await hall.nodes[0].is_connected("ann")
    assert len(hall.calls) == calls


async def test_one_answer_that_comes_twice_does_not_stand_for_two_nodes() -> None:
    hall = Hall(3)
    hall.people[2].add("ann")
    hall.ends[2].listens = False
    asking = asyncio.create_task(hall.nodes[0].is_connected("ann"))
    while len(hall.calls) < 2:
        await asyncio.sleep(0)
    question, no = hall.calls
    for hear in hall.ends[0].hearers:
        hear(no)
        hear(no)
    for hear in hall.ends[2].hearers:
        hear(question)
    assert await asking


async def test_while_the_bus_is_down_it_says_what_is_known_here() -> None:
    hall = Hall(2)
    hall.people[1].add("ann")
    hall.ends[0].state = "degraded"
    assert not await hall.nodes[0].is_connected("ann")
    assert hall.calls == []


async def test_many_who_ask_for_one_are_one_question_and_many_people_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(whereabouts, "MOST_ASKED", 1)
    hall = Hall(2)
    hall.people[1] |= {"ann", "ben"}
    node = hall.nodes[0]
    asked = [node.is_connected(name) for name in ("ann", "ann", "ann", "ben")]
    assert await asyncio.gather(*asked) == [True, True, True, False]
    assert len(hall.calls) == 2
    assert await node.is_connected("ben"), "nothing is left behind"


async def test_other_notes_are_for_others() -> None:
    hall = Hall(2)
    for hear in hall.ends[0].hearers:
        hear(b"nonsense")
        hear(b"\x92\xa7account\xa3ann")
    assert hall.calls == []

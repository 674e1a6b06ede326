"""A thousand runs in which everything goes wrong, and nothing may be lost, doubled or late.

``FEEDLINE_TEST_SEEDS=100000`` runs more of them; ``python -m tests.simulation SEED`` one again.
"""

import asyncio
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from feedline.hub.lanes import Seat
from feedline.store.base import LogEntry
from tests.simulation.nodes import Mutation, Node
from tests.simulation.people import Broken
from tests.simulation.story import Account, tell

SEEDS = int(os.environ.get("FEEDLINE_TEST_SEEDS", "1000"))
PARTS = 10  # so that they can run on several cores
ENOUGH = 100  # seeds within which any promise that is broken on purpose is missed


def told(seed: int) -> Account:
    try:
        return tell(seed)
    except Exception as failure:
        again = f"Run it again with: python -m tests.simulation {seed}"
        raise AssertionError(f"seed {seed}: {failure}. {again}") from failure


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A thousand runs would say a hundred thousand times that the database failed."""
    logging.getLogger("feedline").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("feedline").setLevel(logging.NOTSET)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_nothing_is_lost_doubled_or_late(part: int) -> None:
    accounts = [told(seed) for seed in range(part, SEEDS, PARTS)]
    # Without these the runs would have had nothing to find.
    assert sum(account.crashes for account in accounts) > len(accounts)
    assert sum(account.resyncs for account in accounts) > len(accounts) // 10
    assert sum(account.connections for account in accounts) > 5 * len(accounts)
    assert max(account.slowest for account in accounts) > 0.5, "no hint was ever missed"


def test_a_seed_is_always_the_same_run() -> None:
    assert [tell(seed) for seed in range(5)] == [tell(seed) for seed in range(5)]


# ---- the checker can fail: each promise is broken on purpose


def takes_whatever_comes(node: Node) -> None:
    """The hub believes that nothing is missing before an announcement."""
    hub = node.hub

    def announce(entries: list[LogEntry]) -> None:
        hub.position = max(hub.position, entries[0].seq - 1)
        hub._dispatch_all(entries)

    _replace(hub, "announce", announce)


def takes_everything_again(node: Node) -> None:
    """The hub hands out what it had already."""
    hub = node.hub
    right = hub.announce

    def announce(entries: list[LogEntry]) -> None:
        hub.position = min(hub.position, entries[0].seq - 1)
        right(entries)

    _replace(hub, "announce", announce)


def never_looks(node: Node) -> None:
    """There is no slow poll."""
    node.hub._limits = replace(node.hub._limits, poll_seconds=3600)


def is_seated_too_far_on(node: Node) -> None:
    """A session counts as served one entry further than it was."""
    fanout = node.hub.fanout
    right = fanout.place

    def place(seat: Seat, topics: Iterable[str], position: int) -> None:
        right(seat, topics, position + 1)

    _replace(fanout, "place", place)


def remembers_with_a_hole(node: Node) -> None:
    """The ring leaves an event out."""
    right = node.hub.recent

    def recent(after: int) -> Any:
        events = right(after)
        return events[1:] if events and len(events) > 1 else events

    _replace(node.hub, "recent", recent)


def passes_over_in_silence(node: Node) -> None:
    """What was trimmed before the hub saw it is skipped, and nobody is told."""
    hub = node.hub
    _replace(hub, "_pass_over", lambda floor: setattr(hub, "position", floor))


def acknowledges_first(node: Node) -> None:
    """A post is acknowledged before it is committed."""
    right, numbers = node.store.publish, count()

    async def publish(author: str, key: str) -> int:
        if next(numbers) % 5 == 4:
            return node._log.head + 1
        return await right(author, key)

    _replace(node.store, "publish", publish)


def _replace(owner: object, name: str, value: object) -> None:
    setattr(owner, name, value)


MUTATIONS: tuple[Mutation, ...] = (
    takes_whatever_comes,
    takes_everything_again,
    never_looks,
    is_seated_too_far_on,
    remembers_with_a_hole,
    passes_over_in_silence,
    acknowledges_first,
)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_broken_promise_is_found(mutation: Mutation) -> None:
    assert _first_found(mutation, range(ENOUGH)) is not None


def _first_found(mutation: Mutation, seeds: Iterable[int]) -> int | None:
    for seed in seeds:
        try:
            tell(seed, mutation)
        except (Broken, asyncio.InvalidStateError):
            return seed
    return None

"""The log: gapless, in commit order, announced once, whatever happens around it."""

import asyncio
from contextlib import AbstractAsyncContextManager, ExitStack
from functools import partial
from itertools import count
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from feedline.feed.cursor import Position
from feedline.feed.events import CreatorUpdated
from feedline.store.base import LogBounds, LogEntry, Store, Transaction
from tests.feed.strategies import examples
from tests.store.opening import (
    NOW,
    Announced,
    Clock,
    Location,
    append,
    location_of,
    log_of,
    opened,
    store_at,
    whole_log,
)


class Told(NamedTuple):
    """What a model of the log knows of an event."""

    at: int
    name: str


class Refused(Exception):
    """What a command fails with when a test wants it to."""


def name_in(entry: LogEntry) -> str:
    assert isinstance(entry.event, CreatorUpdated)
    return entry.event.creator.name


COMMANDS = st.tuples(st.integers(0, 3), st.booleans())  # how many events, and whether it fails


class LogMachine(RuleBasedStateMachine):
    """Groups of commands, trims and restarts, against a list."""

    database = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.places = ExitStack()
        self.location = self.places.enter_context(location_of(self.database))
        self.clock = Clock()
        self.announced = Announced()
        self.told: list[Told] = []  # every event ever; its index is its seq - 1
        self.floor = 0
        self.runner = asyncio.Runner()
        self.epoch = ""
        self.numbers = count(1)

    @initialize()
    def begin(self) -> None:
        self.open()
        self.epoch = self.bounds().epoch

    def open(self) -> None:
        self.opened: AbstractAsyncContextManager[Store] = opened(
            self.location, self.announced, clock=self.clock
        )
        self.store = self.runner.run(self.opened.__aenter__())

    def close(self) -> None:
        self.runner.run(self.opened.__aexit__(None, None, None))

    def bounds(self) -> LogBounds:
        return self.runner.run(self.store.read(lambda snapshot: snapshot.log_bounds()))

    @rule(group=st.lists(COMMANDS, min_size=1, max_size=6))
    def write(self, group: list[tuple[int, bool]]) -> None:
        async def all_of_it() -> list[list[Position] | BaseException]:
            return await asyncio.gather(
                *(self.store.write(command) for command in commands), return_exceptions=True
            )

        names = [[str(next(self.numbers)) for _ in range(events)] for events, _ in group]
        commands = [
            partial(self.command, names=told, fails=fails)
            for told, (_, fails) in zip(names, group, strict=True)
        ]
        outcomes = self.runner.run(all_of_it())
        for told, (_, fails), outcome in zip(names, group, outcomes, strict=True):
            if fails:
                assert isinstance(outcome, Refused)
            else:
                assert not isinstance(outcome, BaseException)
                first = len(self.told) + 1
                self.told += [Told(self.clock.now, name) for name in told]
                cursors = [f"{self.epoch}-{first + n}" for n in range(len(told))]
                assert [str(position) for position in outcome] == cursors

    def command(self, tx: Transaction, names: list[str], fails: bool) -> list[Position]:
        positions = [append(tx, name) for name in names]
        if fails:
            raise Refused
        return positions

    @rule(age=st.integers(0, 40), keep=st.integers(0, 12))
    def trim(self, age: int, keep: int) -> None:
        """Events stay that are young enough or among the newest, whichever is more."""
        keep_from = self.clock.now - age
        droppable = len(self.told) - keep
        floor = self.floor
        while floor < droppable and self.told[floor].at < keep_from:
            floor += 1
        dropped = self.runner.run(self.store.trim(keep_from, keep))
        assert dropped == floor - self.floor
        self.floor = floor

    @rule(millis=st.integers(0, 30))
    def wait(self, millis: int) -> None:
        self.clock.now += millis

    @rule()
    def restart(self) -> None:
        self.close()
        self.open()

    @rule(page=st.integers(1, 8))
    def read_in_pages(self, page: int) -> None:
        entries = self.runner.run(whole_log(self.store, page))
        assert [name_in(entry) for entry in entries] == [
            told.name for told in self.told[self.floor :]
        ]
        for entry in entries:
            assert entry.event.cursor == f"{self.epoch}-{entry.seq}"

    @invariant()
    def the_log_is_what_was_told(self) -> None:
        bounds, entries = self.runner.run(
            self.store.read(lambda snapshot: (snapshot.log_bounds(), log_of(snapshot, 500)))
        )
        assert bounds == LogBounds(self.epoch, self.floor, len(self.told))
        assert [entry.seq for entry in entries] == list(range(self.floor + 1, len(self.told) + 1))

    @invariant()
    def each_event_was_announced_once_in_order(self) -> None:
        assert self.announced.seqs == list(range(1, len(self.told) + 1))
        assert [name_in(entry) for entry in self.announced.entries] == [t.name for t in self.told]

    def teardown(self) -> None:
        self.close()
        self.runner.close()
        self.places.close()


class PostgresLogMachine(LogMachine):
    """The same on PostgreSQL."""

    database = "postgres"


TestLog = LogMachine.TestCase
TestLog.settings = examples(20, steps=14)
TestLogOfPostgres = pytest.mark.system(PostgresLogMachine.TestCase)
TestLogOfPostgres.settings = examples(10, steps=14)


async def fill(store: Store, many: int) -> list[LogEntry]:
    await store.write(lambda tx: [append(tx, f"{n:03}") for n in range(many)])
    return await whole_log(store)


@pytest.mark.parametrize("page", [1, 2, 3, 7, 10, 11, 500])
async def test_pages_of_any_size_are_the_log(store: Store, page: int) -> None:
    log = await fill(store, 10)
    assert await whole_log(store, page) == log


async def test_a_page_of_long_events_ends_early(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long events are, a page costs bounded memory."""
    log = await fill(store, 10)
    size = len(msgspec.json.encode(log[0].event))
    monkeypatch.setattr("feedline.store.views.PAGE_BYTES", 2.5 * size)
    page = await store.read(lambda snapshot: snapshot.log_page(0, 500))
    assert page.end == len(page.entries) == 3
    assert await whole_log(store) == log


async def test_a_page_at_the_head_is_empty_and_ends_there(store: Store) -> None:
    await fill(store, 3)
    page = await store.read(lambda snapshot: snapshot.log_page(3, 10))
    assert (page.after, page.end, page.entries) == (3, 3, [])


async def test_a_page_past_the_head_never_goes_back(store: Store) -> None:
    await fill(store, 3)
    page = await store.read(lambda snapshot: snapshot.log_page(7, 10))
    assert (page.after, page.end, page.entries) == (7, 7, [])


async def test_a_new_log_is_empty(store: Store) -> None:
    page = await store.read(lambda snapshot: snapshot.log_page(0, 10))
    assert (page.bounds.floor, page.bounds.head, page.end, page.entries) == (0, 0, 0, [])


async def test_what_is_announced_is_what_is_in_the_log(store: Store, announced: Announced) -> None:
    log = await fill(store, 5)
    assert announced.entries == log


async def test_the_store_says_at_its_start_where_the_log_stands(location: Location) -> None:
    async with opened(location, clock=Clock(NOW)) as store:
        await fill(store, 9)
        await store.trim(NOW + 1, 4)
    store = store_at(location)
    bounds = await store.start(Announced())
    await store.stop()
    assert (bounds.floor, bounds.head) == (5, 9)

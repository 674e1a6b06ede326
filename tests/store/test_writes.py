"""Group commit: many writers share a commit, and none of them notices the others."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from feedline.errors import Conflict, NotFound, Unavailable
from feedline.feed.ports import PostQuery
from feedline.store.base import Store, Transaction
from feedline.store.sqlite import SqliteStore
from feedline.store.writer import GROUP
from tests.store.opening import (
    HOUR,
    Announced,
    Clock,
    Location,
    append,
    contents,
    opened,
    publish,
    register,
    store_at,
    whole_log,
)


@asynccontextmanager
async def held(store: Store) -> AsyncIterator[None]:
    """The writer busy with a command for the time of a block; what comes meanwhile waits."""
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Transaction) -> None:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()

    holding = asyncio.create_task(store.write(hold))
    await begun.wait()
    try:
        yield
    finally:
        go_on.set()
        await holding


async def settled(store: Store) -> None:
    """Returns once everything that was announced so far has been heard."""
    await store.write(lambda _: None)
    await asyncio.sleep(0)


async def test_every_writer_of_a_crowd_gets_its_own_answer(
    store: Store, announced: Announced
) -> None:
    positions = await asyncio.gather(*(store.write(append) for _ in range(1_000)))
    epoch = (await store.read(lambda snapshot: snapshot.log_bounds())).epoch
    assert list(map(str, positions)) == [f"{epoch}-{seq}" for seq in range(1, 1_001)]
    await settled(store)
    assert announced.seqs == list(range(1, 1_001))
    assert store.waiting_writes == 0


async def test_what_waits_shares_one_commit(sqlite: SqliteStore, path: Path) -> None:
    async with held(sqlite):
        waiting = [asyncio.create_task(sqlite.write(append)) for _ in range(GROUP)]
        await asyncio.sleep(0)
        assert sqlite.waiting_writes == GROUP + 1
    size = path.with_name("feed.db-wal").stat().st_size
    await asyncio.gather(*waiting)
    pages = (path.with_name("feed.db-wal").stat().st_size - size) // 4_096
    assert pages < GROUP / 4


async def test_a_command_that_fails_leaves_its_neighbours_alone(
    store: Store, announced: Announced
) -> None:
    """Whatever went wrong, its rows and events are gone and the log has no hole."""

    def fail_with(error: Exception) -> Callable[[Transaction], None]:
        def command(tx: Transaction) -> None:
            author = register(tx, f"gone-{tx.new_id()[:8]}")
            publish(tx, author, text="gone")
            append(tx)
            raise error

        return command

    def violate(tx: Transaction) -> None:
        append(tx)
        row = register(tx, "twice")
        row.username = "another"
        tx.add_user(row)  # the same id

    failures: list[tuple[Callable[[Transaction], object], Any]] = [
        (fail_with(NotFound("post")), NotFound),
        (fail_with(ZeroDivisionError()), ZeroDivisionError),
        (violate, (apsw.ConstraintError, psycopg.IntegrityError)),
        (lambda tx: register(tx, "ann"), Conflict),
    ]
    await store.write(lambda tx: register(tx, "ann"))
    async with held(store):
        good = [asyncio.create_task(store.write(append)) for _ in range(10)]
        await asyncio.sleep(0)
        bad = [asyncio.create_task(store.write(command)) for command, _ in failures]
        await asyncio.sleep(0)
        good += [asyncio.create_task(store.write(append)) for _ in range(10)]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*bad, return_exceptions=True)
    for outcome, (_, error) in zip(outcomes, failures, strict=True):
        assert isinstance(outcome, error)
    positions = await asyncio.gather(*good)
    assert [str(position).partition("-")[2] for position in positions] == [
        str(n) for n in range(1, 21)
    ]
    await settled(store)
    assert announced.seqs == list(range(1, 21))
    assert await store.read(lambda snapshot: snapshot.posts(PostQuery())) == []
    assert await store.read(lambda snapshot: snapshot.user_by_name("twice")) is None


async def test_a_command_sees_what_was_done_before_it_in_the_same_commit(
    store: Store,
) -> None:
    async with held(store):
        first = asyncio.create_task(store.write(lambda tx: register(tx, "ann")))
        await asyncio.sleep(0)
        second = asyncio.create_task(store.write(lambda tx: tx.user_by_name("ann")))
        await asyncio.sleep(0)
    assert await first == await second


async def test_an_answer_comes_after_the_commit(store: Store, location: Location) -> None:
    await store.write(append)
    assert len(contents(location)["events"]) == 1


async def test_the_answer_comes_before_the_announcement(store: Store, announced: Announced) -> None:
    await store.write(append)
    assert announced.seqs == []
    await asyncio.sleep(0)
    assert announced.seqs == [1]


async def test_a_full_queue_refuses_and_writes_nothing(location: Location) -> None:
    async with opened(location, queue_limit=3) as store:
        async with held(store):
            waiting = [asyncio.create_task(store.write(append)) for _ in range(2)]
            await asyncio.sleep(0)
            for _ in range(5):
                with pytest.raises(Unavailable, match="Too many writes") as caught:
                    await store.write(append)
                assert caught.value.retry_after > 0
        await asyncio.gather(*waiting)
        assert len(await whole_log(store)) == 2
        await store.write(append)  # and there is room again


async def test_a_queue_limit_of_0_is_off(location: Location) -> None:
    async with opened(location, queue_limit=0) as store:
        await asyncio.gather(*(store.write(append) for _ in range(GROUP + 10)))
        assert len(await whole_log(store)) == GROUP + 10


async def test_somebody_who_went_away_loses_the_answer_and_not_the_write(
    store: Store,
) -> None:
    async with held(store):
        gone = asyncio.create_task(store.write(append))
        await asyncio.sleep(0)
        gone.cancel()
        kept = asyncio.create_task(store.write(append))
        await asyncio.sleep(0)
    await kept
    assert gone.cancelled()
    assert len(await whole_log(store)) == 2
    assert store.waiting_writes == 0


async def test_stopping_commits_what_waits(location: Location) -> None:
    store = store_at(location)
    await store.start(Announced())
    waiting = [asyncio.create_task(store.write(append)) for _ in range(2 * GROUP)]
    await asyncio.sleep(0)
    await store.stop()
    await asyncio.gather(*waiting)
    assert len(contents(location)["events"]) == 2 * GROUP


async def test_a_store_that_stops_refuses_at_once(location: Location) -> None:
    """Nobody is left waiting for a thread that has ended."""
    store = store_at(location)
    await store.start(Announced())
    async with held(store):
        stopping = asyncio.create_task(store.stop())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await store.write(append)
        with pytest.raises(Unavailable):
            await store.read(lambda snapshot: snapshot.cursor())
    await stopping
    with pytest.raises(Unavailable):
        await store.write(append)
    with pytest.raises(Unavailable):
        await store.read(lambda snapshot: snapshot.cursor())


async def test_a_store_that_was_never_started_refuses(location: Location) -> None:
    store = store_at(location)
    with pytest.raises(Unavailable):
        await store.write(append)
    await store.stop()


async def test_a_stopped_store_is_one_file_that_can_be_copied(path: Path) -> None:
    async with opened(path) as store:
        await store.write(append)
        await store.read(lambda snapshot: snapshot.cursor())
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    assert len(contents(copy)["events"]) == 1


async def test_time_never_runs_backwards_for_commands(location: Location, clock: Clock) -> None:
    async with opened(location, clock=clock) as store:
        first = await store.write(lambda tx: tx.now)
        clock.now -= HOUR
        assert await store.write(lambda tx: tx.now) == first
        clock.now += HOUR + 5
        assert await store.write(lambda tx: tx.now) == first + 5


async def test_time_goes_on_though_the_clock_was_set_back(location: Location, clock: Clock) -> None:
    """Or whatever is due in a moment would have to wait until the clock has caught up."""
    async with opened(location, clock=clock) as store:
        before = await store.write(lambda tx: tx.now)
        clock.now -= HOUR
        async with asyncio.timeout(30):
            while await store.write(lambda tx: tx.now) < before + 10:
                pass
        clock.now += HOUR + 5_000
        assert await store.write(lambda tx: tx.now) == clock.now


async def test_ids_sort_in_the_order_of_commits_though_the_clock_is_set_back(
    location: Location, clock: Clock
) -> None:
    """Also over a restart: a newer post must not slip behind older ones."""
    ids = []
    for name in ("ann", "ben", "cat"):
        async with opened(location, clock=clock) as store:
            author = await store.write(partial(register, username=name))
            for _ in range(3):
                post = await store.write(partial(publish, author=author, text="a"))
                ids.append(post.id)
        clock.now -= HOUR
    assert ids == sorted(set(ids))

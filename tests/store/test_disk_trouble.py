"""A disk that is full or broken: every write it spoils is refused, nothing else is lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Literal

import apsw
import pytest

from feedline.errors import Unavailable
from feedline.feed.cursor import Position
from feedline.store.base import Store, Transaction
from feedline.store.sqlite import SqliteStore
from tests.store.disks import FailingDisk, plugged_in
from tests.store.opening import Announced, append, contents, opened, register, whole_log

ERRORS = (apsw.FullError, apsw.IOError)
KINDS: tuple[Literal["write", "sync"], ...] = ("write", "sync")


@pytest.fixture
def disk() -> Iterator[FailingDisk]:
    with plugged_in(FailingDisk()) as disk:
        yield disk


@pytest.fixture
def location(path: Path) -> Path:
    return path


async def attempt(store: Store, count: int) -> list[int]:
    """Writes at the same time; the places in the log of those that were acknowledged.

    The others must have been told that the database is not available.
    """
    outcomes = await asyncio.gather(
        *(store.write(append) for _ in range(count)), return_exceptions=True
    )
    seqs = []
    for outcome in outcomes:
        if isinstance(outcome, Position):
            seqs.append(int(str(outcome).partition("-")[2]))
        else:
            assert isinstance(outcome, Unavailable), outcome
            assert outcome.code == "unavailable"
    return seqs


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1_000)
    path.with_name("feed.db-wal").write_bytes(b"")


async def seqs_in(store: Store) -> list[int]:
    return [entry.seq for entry in await whole_log(store)]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_failing_disk_refuses_the_whole_group_and_works_again(
    disk: FailingDisk,
    path: Path,
    announced: Announced,
    error: type[apsw.Error],
    kind: Literal["write", "sync"],
) -> None:
    async with opened(path, announced) as store:
        assert await attempt(store, 3) == [1, 2, 3]
        disk.fail(error, kind)
        for _ in range(3):
            assert await attempt(store, 4) == []
            assert await seqs_in(store) == [1, 2, 3]
        assert store.waiting_writes == 0
        disk.recover()
        assert await attempt(store, 2) == [4, 5]
    assert announced.seqs == [1, 2, 3, 4, 5]
    assert [row[0] for row in contents(path)["events"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("error", [*ERRORS, apsw.CorruptError, apsw.BusyError])
async def test_a_database_that_fails_in_the_middle_of_a_command_refuses_the_whole_group(
    store: Store, announced: Announced, error: type[apsw.Error]
) -> None:
    """SQLite may have undone the whole transaction by then, not only the command's part."""

    def fail(tx: Transaction) -> None:
        append(tx)
        raise error

    outcomes = await asyncio.gather(
        store.write(append), store.write(fail), store.write(append), return_exceptions=True
    )
    refused = [isinstance(outcome, Unavailable) for outcome in outcomes]
    assert refused[1]
    await store.write(append)
    assert await seqs_in(store) == announced.seqs == list(range(1, 5 - sum(refused)))


@pytest.mark.parametrize("seed", range(4))
async def test_whenever_it_fails_what_was_acknowledged_stays_and_nothing_else(
    disk: FailingDisk, path: Path, announced: Announced, seed: int
) -> None:
    chances = Random(seed)
    acknowledged: list[int] = []
    refused = 0
    async with opened(path, announced) as store:
        for _ in range(25):
            disk.fail(chances.choice(ERRORS), chances.choice(KINDS), chances.randrange(12))
            for _ in range(chances.randrange(1, 4)):
                wanted = chances.randrange(1, 6)
                answered = await attempt(store, wanted)
                acknowledged += answered
                refused += wanted - len(answered)
                assert await seqs_in(store) == acknowledged
            if chances.random() < 0.7:
                disk.recover()
        disk.recover()
        acknowledged += await attempt(store, 1)
    assert refused > 20
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    assert announced.seqs == acknowledged
    async with opened(path) as store:
        assert await seqs_in(store) == acknowledged


async def test_what_a_failed_sync_leaves_on_disk_comes_back_whole_or_not_at_all(
    disk: FailingDisk, path: Path
) -> None:
    """After a failed sync nobody knows what is on disk: it may be there after a restart."""
    async with opened(path) as store:
        await store.write(append)
        disk.fail(apsw.IOError, "sync")
        with pytest.raises(Unavailable):
            await store.write(lambda tx: (register(tx, "ann"), append(tx)))
        disk.recover()
    async with opened(path) as store:
        people = await store.read(lambda snapshot: snapshot.user_by_name("ann"))
        assert await seqs_in(store) == ([1] if people is None else [1, 2])
        await store.write(append)


async def test_reads_go_on_while_nothing_can_be_written(disk: FailingDisk, path: Path) -> None:
    async with opened(path) as store:
        ann = await store.write(lambda tx: register(tx, "ann"))
        disk.fail(apsw.FullError, "write")
        assert await attempt(store, 2) == []
        assert await store.read(lambda snapshot: snapshot.user(ann.id)) == ann
        disk.recover()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the last close
async def test_a_store_that_stops_on_a_broken_disk_still_stops(
    disk: FailingDisk, path: Path
) -> None:
    broken = SqliteStore(path)
    await broken.start(Announced())
    await broken.write(append)
    disk.fail(apsw.IOError, "sync")
    assert await attempt(broken, 3) == []
    await broken.stop()
    disk.recover()
    async with opened(path) as store:
        assert (await seqs_in(store))[0] == 1


async def test_a_database_that_was_overwritten_is_unavailable(path: Path) -> None:
    async with opened(path) as store:
        await store.write(append)
        overwrite(path)
        with pytest.raises(Unavailable):
            await store.read(lambda snapshot: snapshot.user("x"))
        with pytest.raises(Unavailable):
            await store.write(lambda tx: register(tx, "ann"))

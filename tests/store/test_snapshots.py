"""Reads: all of one answer comes from one moment, and no read can write."""

import asyncio
import threading
from pathlib import Path

import apsw
import pytest

from feedline.errors import NotFound, Unavailable
from feedline.feed.cursor import Cursor
from feedline.feed.events import PostCreated
from feedline.feed.ports import PostQuery
from feedline.feed.posts import PostRow
from feedline.store.base import LogBounds, LogEntry, Snapshot, Store
from feedline.store.sqlite import READERS
from feedline.store.sqlite_connections import migrate, open_reader
from tests.store.opening import Location, append, log_of, opened, publish, register

EVERYTHING = PostQuery(limit=10_000)


async def test_a_list_its_cursor_and_the_log_are_of_one_moment(store: Store) -> None:
    """Otherwise a client that loads and then subscribes would miss or repeat posts."""
    author = await store.write(lambda tx: register(tx, "ann"))

    def read(snapshot: Snapshot) -> tuple[list[PostRow], str, list[LogEntry]]:
        return snapshot.posts(EVERYTHING), snapshot.cursor(), log_of(snapshot, 50)

    async def write_many() -> None:
        for _ in range(20):
            await asyncio.gather(
                *(store.write(lambda tx: publish(tx, author, text="a")) for _ in range(10))
            )

    writing = asyncio.create_task(write_many())
    seen = []
    while not writing.done():
        posts, cursor, log = await store.read(read)
        position = Cursor.parse(cursor)
        assert position is not None
        assert position.seq == len(posts) == len(log)
        created = [e.event.post.id for e in log if isinstance(e.event, PostCreated)]
        assert [row.id for row in reversed(posts)] == created
        seen.append(position.seq)
    await writing
    assert seen == sorted(seen)
    assert len(set(seen)) > 1, "no read came in between the writes"


async def test_what_is_committed_during_a_read_is_not_in_it(store: Store) -> None:
    loop = asyncio.get_running_loop()
    begun, go_on = asyncio.Event(), threading.Event()

    def read(snapshot: Snapshot) -> tuple[LogBounds, LogBounds]:
        before = snapshot.log_bounds()
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()
        return before, snapshot.log_bounds()

    reading = asyncio.create_task(store.read(read))
    await begun.wait()
    await store.write(append)  # a reader never holds a writer up
    go_on.set()
    before, after = await reading
    assert before == after
    assert (await store.read(lambda snapshot: snapshot.log_bounds())).head == before.head + 1


async def test_a_write_is_in_every_read_that_begins_after_its_answer(store: Store) -> None:
    for seq in range(1, 21):
        await store.write(append)
        heads = await asyncio.gather(
            *(store.read(lambda snapshot: snapshot.log_bounds().head) for _ in range(READERS))
        )
        assert heads == [seq] * READERS


def test_a_reader_s_connection_can_not_write(path: Path) -> None:
    migrate(path)
    connection = open_reader(path)
    for sql in ("DELETE FROM users", "DROP TABLE posts", "PRAGMA user_version = 7"):
        with pytest.raises(apsw.ReadOnlyError):
            connection.execute(sql)
    connection.close()


async def test_what_a_query_raises_is_raised_and_the_reader_goes_on(store: Store) -> None:
    def fail(_: Snapshot) -> None:
        raise NotFound("post")

    for _ in range(3 * READERS):
        with pytest.raises(NotFound):
            await store.read(fail)
    assert (await store.read(lambda snapshot: snapshot.log_bounds())).head == 0


async def test_too_many_reads_are_refused(location: Location) -> None:
    loop = asyncio.get_running_loop()
    begun, go_on = asyncio.Event(), threading.Event()

    def hold(_: Snapshot) -> None:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()

    async with opened(location, queue_limit=1) as store:
        holding = asyncio.create_task(store.read(hold))
        await begun.wait()
        with pytest.raises(Unavailable, match="Too many reads"):
            await store.read(lambda snapshot: snapshot.cursor())
        go_on.set()
        await holding
        await store.read(lambda snapshot: snapshot.cursor())


async def test_a_write_knows_its_position_as_a_snapshot_tells_it_later(store: Store) -> None:
    positions = await store.write(lambda tx: (append(tx), append(tx), tx.position()))
    cursor = await store.read(lambda snapshot: snapshot.cursor())
    assert list(map(str, positions)) == [cursor.replace("-2", "-1"), cursor, cursor]

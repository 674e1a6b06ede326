"""PostgreSQL goes away, comes back, and is cut off in the middle: nothing is lost or done twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from signal import SIGQUIT
from time import monotonic
from typing import Self

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from feedline.errors import DatabaseUnusable, Unavailable
from feedline.feed.cursor import Position
from feedline.feed.ports import PostQuery
from feedline.store.base import Store, Transaction
from feedline.store.postgres_connections import Link
from feedline.store.postgres_views import PostgresTransaction
from tests.postgres import PostgresServer, own_server
from tests.store.opening import Announced, append, opened, publish, register, whole_log

pytestmark = pytest.mark.system

PATIENCE = 60.0  # seconds; it takes two, and the machine may be busy


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One of our own, which may be stopped."""
    with own_server() as server:
        yield server


@pytest.fixture
def url(server: PostgresServer, request: pytest.FixtureRequest) -> str:
    name = f"t{abs(hash(request.node.name))}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture
async def store(url: str, announced: Announced) -> AsyncIterator[Store]:
    async with opened(url, announced) as store:
        yield store


class Line:
    """A line to the server that can be held back, or cut."""

    def __init__(self, url: str) -> None:
        self._port = int(conninfo_to_dict(url)["port"] or 0)
        self._writers: list[asyncio.StreamWriter] = []
        self.holds_back = False
        self.url = url

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = make_conninfo(self.url, port=port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, there[1]]
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(self._carry(reader, there[1]), self._carry(there[0], writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if not self.holds_back:
                writer.write(data)
        writer.close()


async def sooner_or_later(store: Store) -> Position:
    """Tries to write until the server is back; every failure is told as such."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(Unavailable):
                return await store.write(append)
            await asyncio.sleep(0.02)


def cut_all(url: str) -> None:
    """Ends every other connection to a database, as an operator or a failover does.

    PostgreSQL only asks its processes to end; here each of them has ended.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            (round(PATIENCE * 1000),),
        )


@pytest.mark.parametrize("how", [None, SIGQUIT], ids=["stopped", "crashed"])
async def test_a_restart_costs_refusals_and_nothing_else(
    server: PostgresServer, store: Store, announced: Announced, how: int | None
) -> None:
    await store.write(append)
    server.stop(*([] if how is None else [SIGQUIT]))
    try:
        for _ in range(5):
            begin = monotonic()
            with pytest.raises(Unavailable):
                await store.write(append)
            with pytest.raises(Unavailable):
                await store.read(lambda reads: reads.cursor())
            assert monotonic() - begin < 5
        assert store.waiting_writes == 0
    finally:
        server.start()
    last = await sooner_or_later(store)
    assert str(last).endswith("-2")
    assert [entry.seq for entry in await whole_log(store)] == announced.seqs == [1, 2]


async def test_reads_go_on_when_their_connections_were_ended(store: Store, url: str) -> None:
    await asyncio.gather(*(store.read(lambda reads: reads.cursor()) for _ in range(20)))
    cut_all(url)
    await asyncio.gather(*(store.read(lambda reads: reads.cursor()) for _ in range(20)))


async def test_reads_go_on_as_soon_as_a_write_has_reached_the_server(
    server: PostgresServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedline.store.postgres_connections._LONGEST_PAUSE", 600.0)
    monkeypatch.setattr("feedline.store.postgres_connections._PAUSE", 600.0)
    server.stop()
    try:
        for _ in range(20):
            with pytest.raises(Unavailable):
                await store.read(lambda reads: reads.cursor())
    finally:
        server.start()
    await sooner_or_later(store)
    await asyncio.gather(*(store.read(lambda reads: reads.cursor()) for _ in range(20)))


async def test_a_write_whose_connection_was_ended_is_refused_and_not_there(
    store: Store, url: str, announced: Announced
) -> None:
    def cut_off(tx: Transaction) -> None:
        append(tx)
        register(tx, "ann")
        cut_all(url)
        tx.user_by_name("ann")

    with pytest.raises(Unavailable):
        await store.write(cut_off)
    await sooner_or_later(store)
    await asyncio.sleep(0)  # the announcement comes just after the answer
    assert announced.seqs == [1]
    assert await store.read(lambda reads: reads.user_by_name("ann")) is None


async def test_a_commit_that_nobody_answered_is_refused_and_repeating_it_makes_one_post(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has committed, and the connection ends before it can say so."""
    ann = await store.write(partial(register, username="ann"))

    def command(tx: Transaction) -> bytes:
        known = tx.stored_answer(ann.id, "key")
        if known is not None:
            return known.body
        publish(tx, ann, text="once")
        tx.store_answer(ann.id, "key", b"", lambda: b"first")
        return b"now"

    settle = PostgresTransaction.settle

    def lost(*_: object) -> None:
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(PostgresTransaction, "settle", lost)
    with pytest.raises(Unavailable):
        await store.write(command)
    monkeypatch.setattr(PostgresTransaction, "settle", settle)
    assert await store.write(command) == b"first"
    assert len(await store.read(lambda reads: reads.posts(PostQuery()))) == 1


async def test_an_idle_writer_finds_its_connection_ended_and_takes_a_new_one(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedline.store.postgres_writer._PAUSE_SECONDS", 0)
    await store.write(append)
    cut_all(url)
    await store.write(append)


async def test_a_server_that_says_nothing_any_more_is_not_waited_for_for_ever(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection stands, and nothing comes through it: a firewall, or a machine that froze."""
    async with Line(url) as line, opened(line.url) as store:
        await store.write(append)
        monkeypatch.setattr(Link.cut_if_stuck, "__defaults__", (1.0,))
        line.holds_back = True
        with pytest.raises(Unavailable):
            await store.write(append)
        with pytest.raises(Unavailable):
            await store.read(lambda reads: reads.cursor())
        line.holds_back = False
        line.cut()
        await sooner_or_later(store)


async def test_a_store_can_not_be_started_without_a_server() -> None:
    with pytest.raises(DatabaseUnusable):
        async with opened("postgresql://127.0.0.1:1/none"):
            pass

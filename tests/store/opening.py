"""Real stores for tests, and what they hold."""

import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from feedline.feed import actions
from feedline.feed.cursor import Position
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.events import CreatorUpdated
from feedline.feed.people import Creator, Registration, UserRow
from feedline.feed.posts import Post
from feedline.store.base import LogEntry, Snapshot, Store, Transaction
from feedline.store.postgres import PostgresStore
from feedline.store.queries import load_migrations
from feedline.store.sqlite import SqliteStore
from feedline.store.sqlite_connections import migrate
from tests.postgres import databases

NOW = 1_769_076_000_000  # 2026-01-22T10:00:00Z
SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

Location = Path | str
"""Where a database is: the file of SQLite, or the address of PostgreSQL."""


@dataclass
class Clock:
    """Stands until it is moved."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Announced:
    """Everything that a store announced, in the order in which it did."""

    entries: list[LogEntry] = field(default_factory=list)

    def __call__(self, entries: list[LogEntry]) -> None:
        self.entries += entries

    @property
    def seqs(self) -> list[int]:
        return [entry.seq for entry in self.entries]


DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.system))


@cache
def _migrated() -> tuple[bytes, bytes]:
    """What a database that is up to date has in its file, before and after the name of its log."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "feed.db")
        migrate(path)
        file = apsw.Connection(str(path))
        ((epoch,),) = file.execute("SELECT epoch FROM log_head")
        file.close()
        before, after = path.read_bytes().split(str(epoch).encode())
        return before, after


def prepared(path: Path) -> Path:
    """With a database there that is up to date, and has a log of its own.

    It is a copy, and costs a twentieth of one that is made by ``migrate``.
    """
    before, after = _migrated()
    with path.open("wb") as file:
        file.writelines((before, secrets.token_hex(4).encode(), after))
    return path


class PreparedStore(SqliteStore):
    """On such a database: nobody has to look whether it is up to date."""

    def migrate(self) -> int:
        return len(load_migrations())


@contextmanager
def location_of(database: str) -> Iterator[Location]:
    """Where a new one is, for the time of a block."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield prepared(Path(folder, "feed.db"))
    else:
        url = databases().fresh()
        yield url
        databases().drop(url)


def store_at(location: Location, **options: Any) -> Store:
    """A store that is not started yet."""
    if isinstance(location, Path):
        return SqliteStore(location, **options)
    return PostgresStore(location, **options)


@asynccontextmanager
async def opened(
    location: Location, announced: Announced | None = None, **options: Any
) -> AsyncIterator[Store]:
    """A store on a database for the time of a block."""
    store = store_at(location, **options)
    await store.start(announced or Announced())
    try:
        yield store
    finally:
        await store.stop()


def register(tx: Transaction, username: str) -> UserRow:
    return actions.register(tx, Registration(username=username, password="correct horse"), "hash")


def publish(tx: Transaction, author: UserRow, **draft: Any) -> Post:
    post, _ = actions.publish_post(tx, author, Draft(**draft), DraftLimits(), None)
    return post


def append(tx: Transaction, name: str = "Ann") -> Position:
    """An event that needs nothing but the log."""
    creator = Creator(id="1", username="ann", name=name, avatar=None, is_verified=False)
    return tx.append(CreatorUpdated(channel="creator:1", timestamp="", creator=creator))


async def whole_log(store: Store, page: int = 500) -> list[LogEntry]:
    """The log, read in pages, from its floor to its head."""
    return await store.read(lambda snapshot: log_of(snapshot, page))


def log_of(snapshot: Snapshot, page: int) -> list[LogEntry]:
    bounds = snapshot.log_bounds()
    entries: list[LogEntry] = []
    after = bounds.floor
    while after < bounds.head:
        stretch = snapshot.log_page(after, page)
        assert stretch.after == after
        assert stretch.bounds == bounds
        assert after < stretch.end <= bounds.head
        entries += stretch.entries
        after = stretch.end
    return entries


def contents(location: Location) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as another process would find it."""
    if isinstance(location, Path):
        file = apsw.Connection(str(location), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            tables = [name for (name,) in file.execute(_OF_SQLITE)]
            return {table: list(file.execute(f"SELECT * FROM {table}")) for table in tables}
        finally:
            file.close()
    with psycopg.connect(location) as server:
        tables = [name for (name,) in server.execute(_OF_POSTGRES)]
        return {table: list(server.execute(f"SELECT * FROM {table}".encode())) for table in tables}


# But for what each database has of its own.
_OF_SQLITE = """
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'compatibility' ORDER BY name
"""
_OF_POSTGRES = b"""
SELECT tablename FROM pg_tables
WHERE schemaname = current_schema()
    AND tablename NOT IN ('schema_version', 'compatibility', 'installation')
ORDER BY tablename
"""

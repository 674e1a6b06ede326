"""The embedded store: one SQLite file, one writer, several readers."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import apsw

from feedline.errors import Unavailable
from feedline.feed.instants import Millis
from feedline.store.base import Announce, LogBounds, Snapshot, Transaction
from feedline.store.sqlite_connections import migrate, open_reader
from feedline.store.sqlite_views import SqliteSnapshot
from feedline.store.sqlite_writer import SqliteWriter

T = TypeVar("T")

READERS = 2  # threads; reads are short and mostly hold the interpreter lock anyway
SLICE = 1_000  # rows that a clean-up drops in one command, so that writers hardly wait for it
PEOPLE = 200  # whose notifications are counted in one read


def now_millis() -> Millis:
    return time.time_ns() // 1_000_000


class SqliteStore:
    """A :class:`feedline.store.base.Store` in one file."""

    def __init__(
        self,
        path: Path,
        *,
        queue_limit: int = 10_000,
        clock: Callable[[], Millis] = now_millis,
    ) -> None:
        self._path = path
        self._queue_limit = queue_limit
        self._clock = clock
        self._writer: SqliteWriter | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="feedline-reader")
        self._local = threading.local()
        self._reading = 0

    @property
    def waiting_writes(self) -> int:
        """Writes that are not answered yet."""
        return self._writer.waiting if self._writer else 0

    async def start(self, announce: Announce) -> LogBounds:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._readers, migrate, self._path)
        self._writer = SqliteWriter(self._path, self._clock, self._queue_limit, announce)
        self._writer.start()
        return await self.read(lambda snapshot: snapshot.log_bounds())

    async def stop(self) -> None:
        writer, self._writer = self._writer, None
        # Readers first: the writer, who can, is then the last to close and leaves one whole file.
        await asyncio.get_running_loop().run_in_executor(None, self._readers.shutdown)
        if writer is not None:
            await writer.stop()

    async def write(self, command: Callable[[Transaction], T]) -> T:
        return await self._require_open().run(command)

    async def read(self, query: Callable[[Snapshot], T]) -> T:
        self._require_open()
        if self._queue_limit and self._reading >= self._queue_limit:
            raise Unavailable("Too many reads are waiting for the database.")
        self._reading += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._readers, self._read, query)
        finally:
            self._reading -= 1

    async def trim(self, keep_from: Millis, keep_events: int) -> int:
        return await self._in_slices(lambda tx: tx.trim(keep_from, keep_events, SLICE))

    async def forget_answers(self, before: Millis) -> int:
        return await self._in_slices(lambda tx: tx.forget(before, SLICE))

    async def forget_notifications(self, before: Millis, keep: int) -> int:
        total = await self._in_slices(lambda tx: tx.forget_notifications(before, SLICE))
        last: str | None = ""
        while last is not None:
            crowded, last = await self.read(partial(_crowded, after=last, keep=keep))
            for user_id in crowded:
                total += await self._in_slices(
                    partial(_thin_out, user_id=user_id, keep=keep),
                )
        return total

    async def _in_slices(self, drop: Callable[[Transaction], int]) -> int:
        """Repeats a bounded clean-up until it finds no full slice; others write in between."""
        total = 0
        while True:
            dropped = await self.write(drop)
            total += dropped
            if dropped < SLICE:
                return total

    def _require_open(self) -> SqliteWriter:
        if self._writer is None:
            raise Unavailable("The database is not open.")
        return self._writer

    def _read(self, query: Callable[[Snapshot], T]) -> T:
        """On a reader's thread: one query in one snapshot."""
        try:
            connection = self._reader()
            connection.execute("BEGIN")
            try:
                return query(SqliteSnapshot(connection))
            finally:
                connection.execute("ROLLBACK")
        except apsw.Error as failure:
            self._local.connection = None
            raise Unavailable(f"The database failed ({type(failure).__name__}).") from failure

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_reader(self._path)
        return connection


def _crowded(snapshot: Snapshot, after: str, keep: int) -> tuple[list[str], str | None]:
    return snapshot.crowded(after, keep, PEOPLE)


def _thin_out(tx: Transaction, user_id: str, keep: int) -> int:
    return tx.thin_out(user_id, keep, SLICE)

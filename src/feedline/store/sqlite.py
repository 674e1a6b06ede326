"""The embedded store: one SQLite file, one writer, several readers."""

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw

from feedline.errors import Unavailable
from feedline.feed.cursor import Cursor
from feedline.feed.instants import Millis
from feedline.store.base import Announce, Snapshot
from feedline.store.database import Database, now_millis
from feedline.store.sqlite_connections import migrate, open_reader, shorten_log
from feedline.store.sqlite_views import SqliteSnapshot
from feedline.store.sqlite_writer import SqliteWriter

T = TypeVar("T")

_ATTEMPTS = 20  # to empty the write-ahead log, which nobody may be reading at that moment
_PAUSE_SECONDS = 0.25

logger = logging.getLogger("feedline.store")

READERS = 2  # threads; reads are short and mostly hold the interpreter lock anyway


class SqliteStore(Database):
    """A :class:`feedline.store.base.Store` in one file."""

    def __init__(
        self,
        path: Path,
        *,
        queue_limit: int = 10_000,
        clock: Callable[[], Millis] = now_millis,
    ) -> None:
        super().__init__(READERS, queue_limit)
        self._path = path
        self._clock = clock
        self._local = threading.local()

    async def forget_traces(self) -> None:
        for _ in range(_ATTEMPTS):
            if await asyncio.to_thread(shorten_log, self._path):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        logger.warning("the write-ahead log is in use; it is emptied when the server stops")

    def migrate(self) -> int:
        return migrate(self._path)

    def _new_writer(self, announce: Announce) -> SqliteWriter:
        return SqliteWriter(self._path, self._clock, self._queue_limit, announce)

    def _read(self, query: Callable[[Snapshot], T], seen: Cursor | None) -> T:  # noqa: ARG002
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

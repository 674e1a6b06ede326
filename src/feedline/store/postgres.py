"""The store for several nodes: a PostgreSQL database."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar, cast

import psycopg

from feedline.errors import Unavailable
from feedline.feed.instants import Millis
from feedline.store.base import Announce, LogBounds, Snapshot, WriteObserver
from feedline.store.database import Database
from feedline.store.postgres_connections import Connection, Link, Server, connect, migrate
from feedline.store.postgres_views import PostgresSnapshot
from feedline.store.postgres_writer import PostgresWriter

T = TypeVar("T")

READERS = 4  # connections; one waits for the server while another is at work

_LOOK_SECONDS = 0.5
_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresStore(Database):
    """A :class:`feedline.store.base.Store` that other nodes write to at the same time.

    ``clock``: None for that of the database, which is the same for all nodes.
    """

    def __init__(
        self,
        url: str,
        *,
        queue_limit: int = 10_000,
        clock: Callable[[], Millis] | None = None,
    ) -> None:
        super().__init__(READERS, queue_limit)
        self._url = url
        self._clock = clock
        self._server = Server()
        self._local = threading.local()
        self._links: list[Link] = []
        self._reading_links: list[Link] = []
        self._watch: asyncio.Task[None] | None = None

    async def shared_secret(self) -> bytes | None:
        return await self.read(lambda snapshot: cast("PostgresSnapshot", snapshot).secret())

    def migrate(self) -> int:
        return migrate(self._url)

    async def start(self, announce: Announce, observer: WriteObserver | None = None) -> LogBounds:
        bounds = await super().start(announce, observer)
        self._watch = asyncio.create_task(self._cut_what_is_stuck(), name="watch the database")
        return bounds

    async def stop(self) -> None:
        await super().stop()
        if self._watch is not None:
            self._watch.cancel()

    async def _cut_what_is_stuck(self) -> None:
        """Ends connections that bring nothing, though nobody has closed them; until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for link in self._links:
                link.cut_if_stuck()

    def _new_writer(self, announce: Announce) -> PostgresWriter:
        writer = PostgresWriter(self._url, self._server, self._clock, self._queue_limit, announce)
        self._links.append(writer.link)
        return writer

    def _read(self, query: Callable[[Snapshot], T]) -> T:
        link = self._link()
        was_open = link.is_open
        try:
            with link.at_work():
                return _ask(link.get(), query)
        except psycopg.Error as failure:
            was_lost = was_open and link.is_broken
            link.drop()
            if not was_lost:
                raise Unavailable(f"The database failed ({type(failure).__name__}).") from failure
        return self._read(query)  # on a new connection: the old one was lost since its last use

    def _link(self) -> Link:
        link: Link | None = getattr(self._local, "link", None)
        if link is None:
            link = self._local.link = Link(self._server, lambda: connect(self._url, writes=False))
            self._reading_links.append(link)
            self._links.append(link)
        return link

    def _close_readers(self) -> None:
        super()._close_readers()
        for link in self._reading_links:
            link.drop()


def _ask(connection: Connection, query: Callable[[Snapshot], T]) -> T:
    """One query in one snapshot."""
    connection.execute(_BEGIN)
    try:
        return query(PostgresSnapshot(connection))
    finally:
        if not connection.broken:
            connection.execute(b"ROLLBACK")

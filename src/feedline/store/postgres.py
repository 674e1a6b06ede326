"""The store for several nodes: a PostgreSQL database."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar, cast

import psycopg

from feedline.errors import Unavailable
from feedline.feed.cursor import Cursor
from feedline.feed.instants import Millis
from feedline.store.base import Announce, LogBounds, ReplicaReport, Snapshot, WriteObserver
from feedline.store.database import Database
from feedline.store.postgres_connections import END, Connection, Link, Server, connect, migrate
from feedline.store.postgres_replicas import AskPrimary, Installation, Replicas
from feedline.store.postgres_views import PostgresSnapshot
from feedline.store.postgres_writer import PostgresWriter

T = TypeVar("T")

READERS = 4  # connections; one waits for the server while another is at work

_LOOK_SECONDS = 0.5
_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresStore(Database):
    """A :class:`feedline.store.base.Store` that other nodes write to at the same time.

    ``replicas``: addresses of servers that follow it, and may answer reads in its stead.
    ``clock``: None for that of the database, which is the same for all nodes.
    """

    def __init__(
        self,
        url: str,
        *,
        replicas: Sequence[str] = (),
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
        self._replicas = Replicas(replicas, READERS) if replicas else None

    @property
    def replicas(self) -> Sequence[ReplicaReport]:
        return () if self._replicas is None else self._replicas.reports

    async def shared_secret(self) -> bytes | None:
        return await self.read(lambda snapshot: cast("PostgresSnapshot", snapshot).secret())

    def migrate(self) -> int:
        return migrate(self._url)

    async def start(self, announce: Announce, observer: WriteObserver | None = None) -> LogBounds:
        bounds = await super().start(announce, observer)
        self._watch = asyncio.create_task(self._cut_what_is_stuck(), name="watch the database")
        if self._replicas is not None:
            secret = await self.shared_secret() or b""
            self._replicas.start(Installation(bounds.epoch, secret), self._passed)
        return bounds

    async def stop(self) -> None:
        if self._replicas is not None:
            await self._replicas.stop()
        await super().stop()
        if self._watch is not None:
            self._watch.cancel()

    async def _cut_what_is_stuck(self) -> None:
        """Ends connections that bring nothing, though nobody has closed them; until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for link in self._links:
                link.cut_if_stuck()
            if self._replicas is not None:
                self._replicas.cut_what_is_stuck()

    async def _passed(self) -> int:
        return await self.read(lambda snapshot: cast("PostgresSnapshot", snapshot).passed())

    def _new_writer(self, announce: Announce) -> PostgresWriter:
        writer = PostgresWriter(self._url, self._server, self._clock, self._queue_limit, announce)
        self._links.append(writer.link)
        return writer

    def _read(self, query: Callable[[Snapshot], T], seen: Cursor | None) -> T:
        if seen is not None and self._replicas is not None:
            with suppress(AskPrimary):
                return self._replicas.answer(query, seen)
        return self._read_primary(query)

    def _read_primary(self, query: Callable[[Snapshot], T]) -> T:
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
        # On a new connection: the old one was lost since its last use.
        return self._read_primary(query)

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
            connection.execute(END)

"""What the stores have in common: one thread that writes, several that read."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from feedline.errors import Unavailable
from feedline.feed.cursor import Cursor
from feedline.feed.instants import Millis
from feedline.store.base import (
    Announce,
    LogBounds,
    ReplicaReport,
    Snapshot,
    Transaction,
    WriteObserver,
)
from feedline.store.writer import Writer

T = TypeVar("T")

PEOPLE = 200  # whose notifications are counted in one read
SLICE = 1_000  # rows that a clean-up drops in one command, so that writers hardly wait for it


def now_millis() -> Millis:
    return time.time_ns() // 1_000_000


class Database:
    """A :class:`feedline.store.base.Store`, but for how its database is spoken to."""

    def __init__(self, readers: int, queue_limit: int) -> None:
        self._queue_limit = queue_limit
        self._writer: Writer[Any] | None = None
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="feedline-reader")
        self._reading = 0

    @property
    def replicas(self) -> Sequence[ReplicaReport]:
        """How the copies are that may answer for this database."""
        return ()

    @property
    def waiting_writes(self) -> int:
        """Writes that are not answered yet."""
        return self._writer.waiting if self._writer else 0

    async def start(self, announce: Announce, observer: WriteObserver | None = None) -> LogBounds:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._readers, self.migrate)
        self._writer = self._new_writer(announce)
        self._writer.observer = observer
        self._writer.start()
        return await self.read(lambda snapshot: snapshot.log_bounds())

    async def stop(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            self._close_readers()
        else:
            # Readers first: the writer of SQLite, who can, closes last and leaves one whole file.
            await writer.stop(self._close_readers)

    async def shared_secret(self) -> bytes | None:
        return None

    async def write(self, command: Callable[[Transaction], T]) -> T:
        return await self._require_open().run(command)

    async def read(self, query: Callable[[Snapshot], T], seen: Cursor | None = None) -> T:
        self._require_open()
        if self._queue_limit and self._reading >= self._queue_limit:
            raise Unavailable("Too many reads are waiting for the database.")
        self._reading += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._readers, self._read, query, seen)
        finally:
            self._reading -= 1

    async def trim(self, keep_from: Millis, keep_events: int) -> int:
        return await self._in_slices(lambda tx: tx.trim(keep_from, keep_events, SLICE))

    async def forget_answers(self, before: Millis) -> int:
        return await self._in_slices(lambda tx: tx.forget(before, SLICE))

    async def forget_audit(self, before: Millis) -> int:
        return await self._in_slices(lambda tx: tx.forget_audit(before, SLICE))

    async def forget_traces(self) -> None:
        return

    async def forget_trails(self, before: Millis, keep: int) -> int:
        total = await self._in_slices(lambda tx: tx.forget_trails(before, SLICE))
        for person, newest in await self.read(lambda snapshot: snapshot.crowding_trails(keep)):
            total += await self._in_slices(partial(_thin_out_trails, user_id=person, keep=newest))
        crowded = await self.read(lambda snapshot: snapshot.trails_kept_from(keep))
        if crowded > before:
            total += await self._in_slices(lambda tx: tx.forget_trails(crowded, SLICE))
        return total

    async def forget_figures(self, before: Millis) -> int:
        return await self._in_slices(lambda tx: tx.forget_figures(before, SLICE))

    def migrate(self) -> int:
        """Brings the schema up to date, or makes it; returns its version. Not on the loop.

        Raises SchemaMismatch if a newer Feedline wrote the database, DatabaseUnusable if it can't
        be had.
        """
        raise NotImplementedError

    def _new_writer(self, announce: Announce) -> Writer[Any]:
        raise NotImplementedError

    def _read(self, query: Callable[[Snapshot], T], seen: Cursor | None) -> T:
        """On a reader's thread: one query in one snapshot."""
        raise NotImplementedError

    def _close_readers(self) -> None:
        self._readers.shutdown()

    async def forget_notifications(self, before: Millis, keep: int) -> int:
        total = await self._in_slices(lambda tx: tx.forget_notifications(before, SLICE))
        last: str | None = ""
        while last is not None:
            crowded, last = await self.read(partial(_crowded, after=last, keep=keep))
            for user_id in crowded:
                total += await self._in_slices(partial(_thin_out, user_id=user_id, keep=keep))
        return total

    async def _in_slices(self, drop: Callable[[Transaction], int]) -> int:
        """Repeats a bounded clean-up until it finds no full slice; others write in between."""
        total = 0
        while True:
            dropped = await self.write(drop)
            total += dropped
            if dropped < SLICE:
                return total

    def _require_open(self) -> Writer[Any]:
        if self._writer is None:
            raise Unavailable("The database is not open.")
        return self._writer


def _crowded(snapshot: Snapshot, after: str, keep: int) -> tuple[list[str], str | None]:
    return snapshot.crowded(after, keep, PEOPLE)


def _thin_out(tx: Transaction, user_id: str, keep: int) -> int:
    return tx.thin_out(user_id, keep, SLICE)


def _thin_out_trails(tx: Transaction, user_id: str, keep: int) -> int:
    return tx.thin_out_trails(user_id, keep, SLICE)

"""Brings trails into the database, a little at a time, so that a crash loses seconds of them."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from feedline.errors import Unavailable
from feedline.feed.trails import TrailBatch
from feedline.hub.trails import Trails
from feedline.store.base import Store

WRITE_SECONDS = 2.0  # what a crash loses at most; the docs say so
BEAT_MILLIS = 15_000  # at which a node says that it is there when it has nothing else to say
PART = 500  # rows of one command, so that posts hardly wait for it

logger = logging.getLogger("feedline.hub")


class TrailWriter:
    """Writes down what one node's connections go through."""

    def __init__(self, trails: Trails, store: Store) -> None:
        self._trails = trails
        self._store = store
        self._parts: deque[TrailBatch] = deque()
        self._written_at = 0
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Writes again and again, sooner where many connections begin, until cancelled."""
        while True:
            try:
                await self.write()
            except Unavailable as failure:  # it waits where it is, which is bounded
                logger.warning("trails put off: %s", failure)
                await asyncio.sleep(WRITE_SECONDS)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(WRITE_SECONDS):
                        await self._trails.many.wait()

    async def write(self) -> None:
        """Writes what there is. Raises Unavailable, and then keeps it for the next time."""
        async with self._writing:
            if not self._parts:
                self._parts += _parts(self._trails.take())
            await self._write_parts()

    async def end(self) -> None:
        """The node stops: nobody is connected any more. Raises Unavailable."""
        async with self._writing:
            await self._write_parts()
            batch = self._trails.take()
            batch.node = msgspec.structs.replace(batch.node, ended_at=batch.node.seen_at)
            self._written_at = 0
            self._parts += _parts(batch)
            await self._write_parts()

    async def _write_parts(self) -> None:
        while self._parts:
            part = self._parts[0]
            seen_at = part.node.seen_at
            if _is_worth_it(part) or seen_at - self._written_at >= BEAT_MILLIS:
                await self._store.write(lambda tx: tx.keep_trails(part))  # noqa: B023 - awaited
                self._written_at = seen_at
            self._parts.popleft()


def _is_worth_it(part: TrailBatch) -> bool:
    return bool(part.opened or part.chapters or part.closed or part.dispatches)


def _parts(batch: TrailBatch) -> Iterator[TrailBatch]:
    """The same in commands of a bounded size; each trail is opened before anything else of it."""
    one, found = TrailBatch(node=batch.node), False
    for kind in ("opened", "chapters", "closed", "dispatches"):
        rows: list[object] = getattr(batch, kind)
        for start in range(0, len(rows), PART):
            found = True
            yield msgspec.structs.replace(one, **{kind: rows[start : start + PART]})
    if not found:
        yield one

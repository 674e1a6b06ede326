"""Tells of the likes that were merged: the last count of a post always goes out, and soon."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from feedline.errors import Unavailable
from feedline.feed.instants import Millis
from feedline.feed.reactions import LIKES_MERGED, tell_owed_likes
from feedline.store.base import Store

LOOK_SECONDS = 5.0

logger = logging.getLogger("feedline.likes")


class LikeTeller:
    """Looks for likes that are owed whenever it hears of new ones.

    It looks now and then anyhow: a node that has ended may owe some.
    """

    def __init__(self, store: Store, clock: Callable[[], Millis]) -> None:
        self._store = store
        self._clock = clock
        self._owed = asyncio.Event()
        self._owed.set()

    def likes_owed(self) -> None:
        self._owed.set()

    async def run(self) -> None:
        """Tells of likes when they are due, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._owed.wait(), LOOK_SECONDS)
            self._owed.clear()
            due = await self._tell()
            if due is not None:
                self._owed.set()
                await asyncio.sleep(max(due - self._clock(), 1) / 1000)

    async def _tell(self) -> Millis | None:
        """Tells of those that are due; when the next ones are, if any."""
        try:
            return await self._store.write(tell_owed_likes)
        except Unavailable as failure:
            logger.warning("likes are told later: %s", failure)
            return self._clock() + LIKES_MERGED

"""Tells of the likes that were merged: the last count of a post always goes out, and soon."""

import asyncio
import contextlib
import logging

from feedline.errors import Unavailable
from feedline.feed.instants import Millis
from feedline.feed.reactions import LIKES_MERGED, tell_owed_likes
from feedline.store.base import Store, Transaction

LOOK_SECONDS = 5.0

logger = logging.getLogger("feedline.likes")


class LikeTeller:
    """Looks for likes that are owed whenever it hears of new ones.

    It looks now and then anyhow: a node that has ended may owe some.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owed = asyncio.Event()
        self._owed.set()

    def likes_owed(self) -> None:
        self._owed.set()

    async def run(self) -> None:
        """Tells of likes when they are due, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._owed.wait()
            self._owed.clear()
            pause = await self._tell()
            if pause is not None:
                self._owed.set()
                await asyncio.sleep(pause / 1000)

    async def _tell(self) -> Millis | None:
        """Tells of those that are due; how long the next ones take to be, if there are any."""
        try:
            return await self._store.write(_tell_and_wait)
        except Unavailable as failure:
            logger.warning("likes are told later: %s", failure)
            return LIKES_MERGED


def _tell_and_wait(tx: Transaction) -> Millis | None:
    """By the clock of the database, which need not be that of this node."""
    due = tell_owed_likes(tx)
    return None if due is None else due - tx.now

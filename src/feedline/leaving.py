"""Deletes those who are leaving: all of theirs, step by step, beside everything else."""

import asyncio
import contextlib
import logging
import random
from functools import partial

from feedline.errors import NotFound, Unavailable
from feedline.feed.channels import session_channel
from feedline.feed.events import PersonRemoved
from feedline.feed.instants import rfc3339
from feedline.feed.leaving import remove_some
from feedline.store.base import Store, Transaction

LOOK_SECONDS = 30.0
_PATIENCE = 50  # failures, while other nodes may be at the same
_PAUSE = (0.05, 0.25)  # seconds
_LOG_STRETCH = 2_000  # places of the log that are searched in one command, for a few milliseconds

logger = logging.getLogger("feedline.leaving")


class Leavers:
    """Looks for those who are leaving whenever it hears of one.

    It looks now and then anyhow: a node, or a command, may have been interrupted.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._heard = asyncio.Event()
        self._heard.set()

    def somebody_leaves(self) -> None:
        self._heard.set()

    async def run(self) -> None:
        """Deletes whoever is leaving, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._heard.wait()
            self._heard.clear()
            try:
                await remove_leavers(self._store)
            except Unavailable as failure:
                logger.warning("deleting somebody is put off: %s", failure)


async def remove_leavers(store: Store) -> int:
    """Deletes everybody who is leaving; how many."""
    leaving = await store.read(lambda reads: reads.people_leaving())
    for user_id in leaving:
        await remove_person(store, user_id)
        logger.info("somebody is deleted", extra={"fields": {"user": user_id}})
    if leaving:
        await store.forget_traces()
    return len(leaving)


async def remove_person(store: Store, user_id: str) -> None:
    """Deletes one who is leaving. It may be interrupted anywhere, and is then begun again."""
    failures = 0
    while failures < _PATIENCE:
        try:
            if await _remove(store, user_id):
                return
        except (NotFound, Unavailable):  # another node is at the same, and was faster
            failures += 1
            await asyncio.sleep(random.uniform(*_PAUSE))  # noqa: S311 - so that they part
    raise Unavailable("Deleting somebody does not get on.")


async def _remove(store: Store, user_id: str) -> bool:
    """False if something has come meanwhile."""
    while await store.write(partial(_remove_some, user_id=user_id)):
        pass
    await _scrub_log(store, user_id)
    return await store.write(partial(_end, user_id=user_id))


async def _scrub_log(store: Store, user_id: str) -> None:
    bounds = await store.read(lambda reads: reads.log_bounds())
    after = bounds.floor
    while after < bounds.head:
        after = await store.write(partial(_scrub_stretch, user_id=user_id, after=after))


def _scrub_stretch(tx: Transaction, user_id: str, after: int) -> int:
    return tx.scrub_log(user_id, after, _LOG_STRETCH)


def _remove_some(tx: Transaction, user_id: str) -> bool:
    person = tx.user(user_id)
    return person is not None and person.state == "leaving" and remove_some(tx, person)


def _end(tx: Transaction, user_id: str) -> bool:
    """Removes the row, unless something has come since: another program may have posted."""
    if _remove_some(tx, user_id):
        return False
    person = tx.user(user_id)
    if person is not None and person.state == "leaving":
        tx.remove_user(user_id)
        tx.append(
            PersonRemoved(
                channel=session_channel(user_id), timestamp=rfc3339(tx.now), user_id=user_id
            )
        )
    return True

"""Keeps the files to those that are wanted: of deleted posts, and never posted ones, they go."""

import asyncio
import logging
from collections.abc import Callable

from feedline.errors import Unavailable
from feedline.feed.instants import Millis
from feedline.feed.media import file_names
from feedline.media.files import Files
from feedline.store.base import Store

LOOK_SECONDS = 60.0
_SLICE = 100  # files between looks at whether there are more
_HOUR: Millis = 3_600_000

logger = logging.getLogger("feedline.media")


async def clean_up(store: Store, files: Files, before: Millis) -> int:
    """Removes what nobody wants, and what was not posted before an instant; how many files."""
    total = 0
    while True:
        removed = await _clean_slice(store, files, before)
        total += removed
        if removed < _SLICE:
            return total


async def _clean_slice(store: Store, files: Files, before: Millis) -> int:
    """First unattachable, then gone, then forgotten: wherever this stops, the next one goes on."""
    unwanted = await store.write(lambda tx: tx.unwanted_media(before, _SLICE))
    for media_id in unwanted:
        for name in file_names(media_id):
            await files.remove(name)
    if unwanted:
        await store.write(lambda tx: tx.forget_media(unwanted))
    return len(unwanted)


async def keep_clean(
    store: Store, files: Files, orphan_hours: float, clock: Callable[[], Millis]
) -> None:
    """Cleans up again and again, until cancelled."""
    while True:
        try:
            removed = await clean_up(store, files, clock() - int(orphan_hours * _HOUR))
        except (Unavailable, OSError) as failure:
            logger.warning("removing files was put off: %s", type(failure).__name__)
        else:
            if removed:
                logger.info("files removed", extra={"fields": {"files": removed}})
        await asyncio.sleep(LOOK_SECONDS)

"""Three nodes that look after one database at the same time: each thing is done once."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from feedline.feed import reactions
from feedline.feed.auditing import record
from feedline.feed.events import PostLiked, PostUnliked
from feedline.feed.media_row import MediaRow
from feedline.feed.people import UserRow
from feedline.feed.reactions import LIKES_MERGED
from feedline.likes import LikeTeller
from feedline.media.files import FolderFiles
from feedline.media.upkeep import clean_up
from feedline.store.base import Store, Transaction
from feedline.store.retention import Retention, trim
from tests.store.opening import DAY, Clock, contents, opened, publish, register, whole_log

pytestmark = pytest.mark.system

NODES = 3
ROWS = 200  # of each kind, that are past their time
PATIENCE = 60.0
RETENTION = Retention(
    log_days=1, log_events=5, answer_hours=1, notification_days=1, notifications=3, audit_days=1
)


@asynccontextmanager
async def nodes_on(url: str, clock: Clock | None = None) -> AsyncIterator[list[Store]]:
    options: dict[str, Any] = {} if clock is None else {"clock": clock}
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(opened(url, **options)) for _ in range(NODES)]


async def test_nodes_that_clean_up_at_the_same_time_leave_each_other_alone(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each row goes once, nobody fails for the others, and writers get in between."""
    monkeypatch.setattr("feedline.store.database.SLICE", 20)
    clock = Clock()
    async with nodes_on(url, clock) as nodes:
        first, *_, last = nodes
        author = await first.write(partial(register, username="author"))

        def grow(tx: Transaction) -> None:
            for n in range(ROWS):
                publish(tx, author, text=f"{n}")
                tx.store_answer(author.id, f"{n}", b"", lambda: b"")
                record(tx, author, "user.export")
                media_id = tx.new_id()
                tx.add_media(MediaRow(media_id, author.id, None, "audio", "", 1, 0, None, tx.now))

        await first.write(grow)
        clock.now += 10 * DAY
        files = FolderFiles(tmp_path)
        enough = asyncio.Event()
        writing = asyncio.create_task(_publish_on(first, author, enough))
        dropped = await asyncio.gather(*(trim(node, RETENTION, clock.now) for node in nodes))
        removed = await asyncio.gather(*(clean_up(node, files, clock.now) for node in nodes))
        enough.set()
        await writing
        await trim(first, RETENTION, clock.now)  # what was written after the log was cut
        assert await trim(first, RETENTION, clock.now) == 0
        assert sum(dropped) >= 3 * ROWS - RETENTION.log_events
        assert sum(removed) >= ROWS  # what one is at, another may remove as well
        assert contents(url)["media"] == []
        bounds = await first.read(lambda reads: reads.log_bounds())
        assert [entry.seq for entry in await whole_log(last)] == list(
            range(bounds.floor + 1, bounds.head + 1)
        )


async def _publish_on(store: Store, author: UserRow, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await store.write(partial(publish, author=author, text="meanwhile"))


async def test_likes_of_a_post_are_told_four_times_a_second_whoever_tells(url: str) -> None:
    """By the clock of the database, which all of them go by; and the last count is told."""
    async with nodes_on(url) as nodes:
        tellers = [LikeTeller(node) for node in nodes]
        telling = [asyncio.create_task(teller.run()) for teller in tellers]
        author = await nodes[0].write(partial(register, username="author"))
        post = await nodes[0].write(partial(publish, author=author, text="liked"))
        enough = asyncio.Event()
        liking = [
            asyncio.create_task(_like_on(node, teller, f"p{n}", post.id, enough))
            for n, (node, teller) in enumerate(zip(nodes, tellers, strict=True))
        ]
        async with asyncio.timeout(PATIENCE):
            while len(await _told(nodes[0], post.id)) < 6:
                await asyncio.sleep(0.05)
            enough.set()
            await asyncio.gather(*liking)
            row = await nodes[0].read(lambda reads: reads.post(post.id))
            assert row is not None
            while (await _told(nodes[0], post.id))[-1].likes_count != row.likes_count:
                await asyncio.sleep(0.05)
        for task in telling:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)
        told = await _told(nodes[0], post.id)
    times = [dt.datetime.fromisoformat(event.timestamp) for event in told]
    merged = dt.timedelta(milliseconds=LIKES_MERGED)
    assert min(after - before for before, after in pairwise(times)) >= merged


async def _like_on(
    node: Store, teller: LikeTeller, name: str, post_id: str, enough: asyncio.Event
) -> None:
    """Likes and takes it back, again and again; ends with a like."""
    person = await node.write(partial(register, username=name))
    while True:
        liked = await node.write(lambda tx: reactions.like_post(tx, person, post_id))
        if liked.is_owed:
            teller.likes_owed()
        if enough.is_set():
            return
        await node.write(lambda tx: reactions.unlike_post(tx, person, post_id))


async def _told(node: Store, post_id: str) -> list[PostLiked | PostUnliked]:
    """What everybody was told of a post's likes."""
    events = [entry.event for entry in await whole_log(node)]
    likes = [event for event in events if isinstance(event, PostLiked | PostUnliked)]
    return [event for event in likes if event.channel == f"post:{post_id}"]

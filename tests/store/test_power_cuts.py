"""An acknowledged write is on disk: it is there after a power cut at any moment.

A busy store is recorded down to each write and sync of its files. Then the power is cut again
and again, at moments picked by a seed: what was synced is there, of the rest each piece is
there or not by chance. Whatever is left is opened by a store, which must find all that was
acknowledged by that moment, a log without holes, and rows that say the same as the log.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import settings

from feedline.feed import actions
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.events import PostCreated, PostDeleted, PostUpdated
from feedline.feed.people import UserRow
from feedline.feed.ports import PostQuery
from feedline.feed.posts import Post, for_event, normalize
from feedline.feed.visibility import Viewer
from feedline.store.base import LogEntry, Snapshot, Store, Transaction
from tests.store.disks import Operation, RecordingDisk, Replica, Write, plugged_in
from tests.store.opening import append, log_of, opened, publish, register

SEEDS = range(3)
ROUNDS = 20
CUTS = settings().max_examples // 2  # for each seed; fewer in the quick set
CHECKPOINT_PAGES = 30  # few, so that the power is cut in checkpoints too


class Promise(NamedTuple):
    """At which operation of the disk somebody was told that which event is safe."""

    moment: int
    seq: int


@dataclass
class Town:
    """One author at a store on a recording disk."""

    store: Store
    disk: RecordingDisk
    author: UserRow
    chances: Random
    posts: list[str] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)

    async def do(self, act: Callable[[Transaction], object]) -> None:
        """An action whose answer is a promise to keep its event."""

        def command(tx: Transaction) -> int:
            act(tx)
            return tx.log_bounds().head

        seq = await self.store.write(command)
        self.promises.append(Promise(len(self.disk.operations), seq))

    def publish(self, tx: Transaction) -> None:
        text = self.chances.choice("abc") * self.chances.randrange(1, 5_000)
        self.posts.append(publish(tx, self.author, text=text, tags=["a", "b"]).id)

    def edit(self, tx: Transaction, post_id: str) -> None:
        actions.edit_post(tx, self.author, post_id, Draft(text=tx.new_id()), DraftLimits())

    def delete(self, tx: Transaction, post_id: str) -> None:
        actions.delete_post(tx, self.author, post_id)
        self.posts.remove(post_id)

    async def be_busy(self) -> None:
        """A round of people who publish, edit and delete at the same time."""
        old = self.chances.sample(self.posts, min(len(self.posts), self.chances.randrange(4)))
        changes = [(self.chances.choice((self.edit, self.delete)), post_id) for post_id in old]
        await asyncio.gather(
            *(self.do(self.publish) for _ in range(self.chances.randrange(1, 8))),
            *(self.do(partial(change, post_id=post_id)) for change, post_id in changes),
        )


async def busy_store(path: Path, seed: int) -> tuple[list[Operation], list[Promise]]:
    """What a store did to its disk, and what it promised meanwhile."""
    with plugged_in(RecordingDisk()) as disk:
        async with opened(path) as store:
            author = await store.write(lambda tx: register(tx, "ann"))
            town = Town(store, disk, author, Random(seed))
            for _ in range(ROUNDS):
                await town.be_busy()
            recorded = len(disk.operations)  # what a clean stop adds is no test of anything
    return disk.operations[:recorded], town.promises


def replayed(log: list[LogEntry]) -> dict[str, Post]:
    """The posts that there are, if the log is right."""
    posts: dict[str, Post] = {}
    for entry in log:
        match entry.event:
            case PostCreated(post=post) | PostUpdated(post=post):
                posts[post.id] = post
            case PostDeleted(post_id=post_id):
                del posts[post_id]
    return posts


def inspect(snapshot: Snapshot) -> int:
    """Checks that rows and log are sound and agree; returns the head of the log."""
    bounds, log = snapshot.log_bounds(), log_of(snapshot, 500)
    assert [entry.seq for entry in log] == list(range(1, bounds.head + 1))
    rows = snapshot.posts(PostQuery(limit=10_000))
    assert {row.id: for_event(normalize(row, Viewer(row.creator.id))) for row in rows} == replayed(
        log
    )
    return bounds.head


async def recovered(folder: Path) -> int:
    """What a store finds after a power cut; it goes on from there."""
    async with opened(folder / "feed.db") as store:
        head = await store.read(inspect)
        await store.write(append)
        assert (await store.read(lambda snapshot: snapshot.log_bounds())).head == head + 1
    return head


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_was_acknowledged_survives_a_power_cut(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedline.store.sqlite_connections._CHECKPOINT_PAGES", CHECKPOINT_PAGES)
    operations, promises = await busy_store(tmp_path / "feed.db", seed)
    assert any(o.path.endswith(".db") and isinstance(o, Write) for o in operations[-500:])
    chances, replica, played = Random(seed), Replica(), 0
    for moment in sorted(chances.sample(range(len(operations)), CUTS)):
        for operation in operations[played:moment]:
            replica.apply(operation)
        played = moment
        folder = tmp_path / str(moment)
        folder.mkdir()
        replica.cut(folder, chances)
        promised = max((p.seq for p in promises if p.moment <= moment), default=0)
        assert await recovered(folder) >= promised, f"lost in a power cut at {moment}"

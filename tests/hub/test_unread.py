"""What is told as unread: of the newest notifications, those that were not read."""

from pathlib import Path

import pytest

from feedline.feed.following import follow
from feedline.feed.notices import notify, read_notifications
from feedline.hub import unread as module
from feedline.hub.unread import unread
from feedline.store.base import Snapshot, Store, Transaction
from tests.store.opening import opened, prepared, publish, register


async def settle(store: Store) -> str:
    """Ann has seven: one of a follower, one of a comment, and five of posts."""

    def command(tx: Transaction) -> str:
        ann, ben = register(tx, "ann"), register(tx, "ben")
        follow(tx, ann, ben.id)
        notify(tx, ann.id, "comment", ben)
        follow(tx, ben, ann.id)
        author = tx.user(ben.id)
        assert author is not None
        for _ in range(5):
            publish(tx, author, text="hello")
        return ann.id

    return await store.write(command)


async def test_the_newest_are_told_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NEWEST", 6)
    async with opened(prepared(tmp_path / "feed.db")) as store:
        ann_id = await settle(store)

        def check(snapshot: Snapshot) -> None:
            found = unread(snapshot, ann_id)
            assert [one.kind for one in found.notifications] == [*["post"] * 5, "follow"]
            assert (found.count, found.head) == (7, snapshot.log_bounds().head)

        await store.read(check)


async def test_who_has_read_everything_is_told_nothing(
    tmp_path: Path,
) -> None:
    async with opened(prepared(tmp_path / "feed.db")) as store:
        ann_id = await settle(store)

        def read(tx: Transaction) -> None:
            ann = tx.user(ann_id)
            assert ann is not None
            read_notifications(tx, ann, None)

        await store.write(read)
        found = await store.read(lambda snapshot: unread(snapshot, ann_id))
        assert (found.notifications, found.count) == ([], 0)

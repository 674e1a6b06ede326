"""Replays that run ahead of the hub: nothing in them is judged by rights that are older than it."""

from pathlib import Path

import pytest

from feedline.feed import following
from feedline.feed.ports import ServiceToken
from feedline.hub.poll import Poll
from feedline.store.base import Transaction
from tests.convergence.world import RING, World, world_in
from tests.store.opening import publish

SHOP = ServiceToken("shop", "shop", 0)


async def ask(world: World, poll: Poll, cursor: str) -> bytes:
    return b"".join((await poll.ask(["public"], cursor, 0)).bodies)


async def test_what_was_committed_and_not_announced_is_judged_by_the_rights_of_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world_in(tmp_path / "feed.db") as world:
        ann, ben = world.people["ann"], world.people["ben"]
        start = (await world.view(ben.user_id)).cursor

        def begin(tx: Transaction) -> None:
            following.grant_tier(tx, SHOP, ann.user_id, ben.user_id, "vip")
            author = tx.user(ann.user_id)
            assert author is not None
            for _ in range(2 * RING):
                publish(tx, author, text="held", tier="vip")

        def end(tx: Transaction) -> None:
            following.end_tier(tx, SHOP, ann.user_id, ben.user_id)
            author = tx.user(ann.user_id)
            assert author is not None
            publish(tx, author, text="secret", tier="vip")

        await world.write(begin)
        poll = Poll(ben, "127.0.0.1", hub=world.hub, store=world.store)
        assert b"held" in await ask(world, poll, start)
        monkeypatch.setattr(world.hub, "announce", lambda _: None)
        await world.write(end)
        assert b"secret" not in await ask(world, poll, start)
        poll.leave()

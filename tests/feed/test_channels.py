from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from feedline.feed.channels import (
    PUBLIC,
    creator_channel,
    own_topic,
    session_channel,
)
from feedline.feed.joining import refusal_of
from feedline.feed.people import UserRow
from feedline.feed.posts import Post
from feedline.store.base import Store, Transaction
from tests.feed.strategies import ANN, new_id
from tests.store.opening import opened, publish, register


@dataclass
class Town:
    """Ann, who has an open post and one for a tier, and Ben, who has none."""

    store: Store
    ann: UserRow
    ben: UserRow
    open: Post
    closed: Post

    async def refusal(self, channel: str, person: UserRow) -> str | None:
        return await self.store.read(
            lambda reads: refusal_of(channel, reads.viewer(person.id), reads)
        )


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    def settle(tx: Transaction) -> tuple[UserRow, UserRow, Post, Post]:
        ann, ben = register(tx, "ann"), register(tx, "ben")
        return ann, ben, publish(tx, ann, text="a"), publish(tx, ann, text="b", tier="basic")

    async with opened(tmp_path / "feed.db") as store:
        yield Town(store, *await store.write(settle))


async def test_public_is_for_everyone(town: Town) -> None:
    assert await town.refusal(PUBLIC, town.ben) is None


@pytest.mark.parametrize("kind", ["feed", "notifications"])
async def test_personal_channels_are_for_their_owner(town: Town, kind: str) -> None:
    assert await town.refusal(f"{kind}:{town.ann.id}", town.ann) is None
    assert await town.refusal(f"{kind}:{town.ann.id}", town.ben) == "forbidden"
    assert await town.refusal(f"{kind}:{new_id()}", town.ben) == "forbidden"


async def test_a_creator_can_be_watched_by_anyone_if_they_exist(town: Town) -> None:
    assert await town.refusal(creator_channel(town.ann.id), town.ben) is None
    assert await town.refusal(creator_channel(new_id()), town.ben) == "not_found"


async def test_a_post_can_be_watched_by_whoever_sees_it_unlocked(town: Town) -> None:
    assert await town.refusal(f"post:{town.open.id}", town.ben) is None
    assert await town.refusal(f"post:{town.closed.id}", town.ann) is None
    assert await town.refusal(f"post:{town.closed.id}", town.ben) == "forbidden"
    assert await town.refusal(f"post:{new_id()}", town.ann) == "not_found"


@pytest.mark.parametrize(
    "channel",
    [
        "",
        ":",
        "feed",
        "feed:",
        "post:",
        "creator:",
        "public:",
        "Public",
        "public:x",
        "x:y",
        "feed\0:",
    ],
)
async def test_what_is_no_channel_is_not_found(town: Town, channel: str) -> None:
    assert await town.refusal(channel, town.ann) == "not_found"


@pytest.mark.parametrize("inner", [own_topic(ANN), session_channel(ANN)])
async def test_the_hub_s_own_topics_are_no_channels(town: Town, inner: str) -> None:
    assert await town.refusal(inner, town.ann) == "not_found"

"""Follows and tiers over REST."""

import msgspec

from feedline.api.identity import Caller
from feedline.api.operation import Call
from feedline.api.paging import PageQuery, cut
from feedline.api.services import Services
from feedline.feed import following
from feedline.feed.cursor import Position
from feedline.feed.people import Creator, Wire
from feedline.feed.ports import Reads, SubscriberQuery, SubscriberRow
from feedline.feed.visibility import Tier
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered


class FollowAnswer(Wire, frozen=True):
    """Whether the caller follows a person now, and how many do."""

    user_id: str
    is_followed: bool
    notify_posts: bool
    followers_count: int
    cursor: str


class FollowSetting(Wire, frozen=True, forbid_unknown_fields=True):
    """Whether to be notified of each new post; what is left out stays, and is yes at first."""

    notify_posts: bool | msgspec.UnsetType = msgspec.UNSET


class TierGrant(Wire, frozen=True, forbid_unknown_fields=True):
    """What a subscriber may see."""

    tier: Tier


class TierAnswer(Wire, frozen=True):
    """The tier of a creator that somebody holds now."""

    creator_id: str
    subscriber_id: str
    tier: Tier
    cursor: str


class Subscriber(Wire, frozen=True):
    """Somebody who holds a tier of a creator."""

    user: Creator
    tier: Tier


class SubscribersAnswer(Wire, frozen=True):
    """A page of subscribers, and where the next one begins."""

    subscribers: list[Subscriber]
    next: str | None


class Following:
    """The handlers of follows and tiers."""

    def __init__(self, services: Services) -> None:
        self._store = services.store

    async def follow(self, call: Call[FollowSetting, None]) -> Answer:
        wish = call.body.notify_posts
        notify_posts = None if wish is msgspec.UNSET else wish

        def command(tx: Transaction) -> following.Followed:
            person, creator_id = call.caller.person(tx), call.params["id"]
            return following.follow(tx, person, creator_id, notify_posts=notify_posts)

        return _answer(await self._store.write(command))

    async def unfollow(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> following.Followed:
            return following.unfollow(tx, call.caller.person(tx), call.params["id"])

        return _answer(await self._store.write(command))

    async def subscribers(self, call: Call[None, PageQuery]) -> Answer:
        limit = call.query.limit
        query = SubscriberQuery(
            creator_id=call.params["id"], before=call.query.before, limit=limit + 1
        )

        def read(reads: Snapshot) -> list[SubscriberRow]:
            return following.subscribers_of(reads, _grantor(call.caller, reads), query)

        rows, after = cut(await self._store.read(read), limit)
        subscribers = [Subscriber(user=row.user, tier=row.tier) for row in rows]
        return answered(SubscribersAnswer(subscribers=subscribers, next=after))

    async def grant_tier(self, call: Call[TierGrant, None]) -> Answer:
        creator_id, subscriber_id = call.params["id"], call.params["subscriberId"]
        tier = call.body.tier

        def command(tx: Transaction) -> Position:
            grantor = _grantor(call.caller, tx)
            return following.grant_tier(tx, grantor, creator_id, subscriber_id, tier)

        position = await self._store.write(command)
        return answered(
            TierAnswer(
                creator_id=creator_id,
                subscriber_id=subscriber_id,
                tier=tier,
                cursor=str(position),
            )
        )

    async def end_tier(self, call: Call[None, None]) -> Answer:
        creator_id, subscriber_id = call.params["id"], call.params["subscriberId"]

        def command(tx: Transaction) -> Position:
            return following.end_tier(tx, _grantor(call.caller, tx), creator_id, subscriber_id)

        await self._store.write(command)
        return Answer()


def _grantor(caller: Caller, reads: Reads) -> following.Grantor:
    """The person or the program that asks."""
    return caller.program(reads) or caller.person(reads)


def _answer(followed: following.Followed) -> Answer:
    creator = followed.creator
    return answered(
        FollowAnswer(
            user_id=creator.id,
            is_followed=followed.is_followed,
            notify_posts=followed.notify_posts,
            followers_count=creator.followers_count,
            cursor=str(followed.position),
        )
    )

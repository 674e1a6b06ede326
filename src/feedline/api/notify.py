"""Bring your own posts: other programs tell what happened in their databases."""

from typing import Annotated, Any, Literal

import msgspec

from feedline.api.limits import draft_limits
from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.errors import FieldProblem, ValidationFailed
from feedline.feed.cursor import Position
from feedline.feed.foreign import take_likes, take_post, take_subscribers, tell_followers
from feedline.feed.people import Wire
from feedline.feed.raw_posts import RawPost, Unreadable, read_id, read_raw_post
from feedline.feed.reactions import Liked
from feedline.store.base import Transaction
from feedline.wire.answers import Answer, answered

Id = str | int
MOST_SUBSCRIBERS = 10_000


class AuthorNotice(Wire, frozen=True, forbid_unknown_fields=True):
    """A post as its own database has it, and who wrote it."""

    post: dict[str, Any]
    author_id: Id


class FollowersNotice(Wire, frozen=True, forbid_unknown_fields=True):
    """A post as its own database has it, for those who follow its creator."""

    post: dict[str, Any]
    subscriber_ids: Annotated[list[Id], msgspec.Meta(max_length=MOST_SUBSCRIBERS)] | None = None


class LikesNotice(Wire, frozen=True, forbid_unknown_fields=True):
    """How many likes a post has, and whose like it was, or was taken back."""

    post_id: Id
    likes_count: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    user_id: Id | None = None
    is_liked: bool | None = None


class AuthorNotified(Wire, frozen=True):
    """``direct``: the author had a connection open at that moment."""

    delivery: Literal["direct", "channel-only"]
    cursor: str
    accepted: bool = True


class FollowersNotified(Wire, frozen=True):
    """For how many people the post is."""

    receivers: int
    cursor: str
    accepted: bool = True


class LikesNotified(Wire, frozen=True):
    """Everybody is told within a quarter of a second."""

    cursor: str
    accepted: bool = True


class Notify:
    """The handlers of what other programs tell. A repeat of what is known changes nothing."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._is_connected = services.is_connected
        self._likes_owed = services.likes_owed
        self._metrics = services.metrics
        self._limits = draft_limits(services.settings)

    async def post_author(self, call: Call[AuthorNotice, None]) -> Answer:
        caller, notice = call.caller, call.body
        author_id = _id("authorId", notice.author_id)
        raw = read_raw_post(notice.post, self._limits)

        def command(tx: Transaction) -> Position:
            caller.service(tx)
            return take_post(tx, raw, author_id)

        position = await self._store.write(command)
        delivery = await self._delivery(author_id)
        self._metrics.author_notified(delivery)
        return answered(AuthorNotified(delivery=delivery, cursor=str(position)))

    async def new_post(self, call: Call[FollowersNotice, None]) -> Answer:
        caller, notice = call.caller, call.body
        raw = read_raw_post(notice.post, self._limits)
        given = notice.subscriber_ids
        ids = None if given is None else {_id("subscriberIds", id_) for id_ in given}

        def command(tx: Transaction) -> tuple[int, Position]:
            caller.service(tx)
            author_id = _author_id(tx, raw)
            position = take_post(tx, raw, author_id)
            if ids is not None:
                take_subscribers(tx, author_id, sorted(ids))
            tell_followers(tx, author_id, raw.id)
            author = tx.user(author_id)
            followers = author.followers_count if author else 0
            return followers if ids is None else len(ids - {author_id}), position

        receivers, position = await self._store.write(command)
        return answered(FollowersNotified(receivers=receivers, cursor=str(position)))

    async def post_likes(self, call: Call[LikesNotice, None]) -> Answer:
        caller, notice = call.caller, call.body
        post_id = _id("postId", notice.post_id)
        user_id = None if notice.user_id is None else _id("userId", notice.user_id)

        def command(tx: Transaction) -> Liked:
            caller.service(tx)
            return take_likes(tx, post_id, notice.likes_count, user_id, notice.is_liked)

        liked = await self._store.write(command)
        if liked.is_owed:
            self._likes_owed()
        return answered(LikesNotified(cursor=str(liked.position)))

    async def _delivery(self, author_id: str) -> Literal["direct", "channel-only"]:
        return "direct" if await self._is_connected(author_id) else "channel-only"


def _id(path: str, id_: Id) -> str:
    try:
        return read_id(id_)
    except Unreadable as problem:
        raise ValidationFailed(FieldProblem(path, str(problem))) from None


def _author_id(tx: Transaction, raw: RawPost) -> str:
    """Who wrote a post, by its row or by what is known of it."""
    if raw.author.id:
        return raw.author.id
    known = tx.post(raw.id)
    if known is None:
        raise ValidationFailed(FieldProblem("post.creator.id", "This field is required."))
    return known.creator.id

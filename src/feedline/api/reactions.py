"""Likes and comments over REST."""

import hashlib
from collections.abc import Callable
from functools import partial

from feedline.api.operation import Call
from feedline.api.paging import PageQuery, cut
from feedline.api.posts import idempotency_key, repeated
from feedline.api.services import Services
from feedline.feed import reactions
from feedline.feed.comments import Comment, CommentDraft, CommentQuery, comment_of
from feedline.feed.cursor import Position
from feedline.feed.people import Wire
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered, encode


class LikeAnswer(Wire, frozen=True):
    """The likes of a post, the caller's own among them or not."""

    post_id: str
    likes_count: int
    is_liked: bool
    cursor: str


class CommentAnswer(Wire, frozen=True):
    """A comment, and how many its post has."""

    comment: Comment
    comments_count: int
    cursor: str


class CommentsAnswer(Wire, frozen=True):
    """A page of comments, newest first."""

    comments: list[Comment]
    next: str | None
    cursor: str


class Reactions:
    """The handlers of likes and comments."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._likes_owed = services.likes_owed
        self._limit = services.settings.comment_limit

    async def like(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> reactions.Liked:
            return reactions.like_post(tx, call.caller.person(tx), call.params["id"])

        return self._answer(call.params["id"], await self._store.write(command))

    async def unlike(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> reactions.Liked:
            return reactions.unlike_post(tx, call.caller.person(tx), call.params["id"])

        return self._answer(call.params["id"], await self._store.write(command))

    async def comments(self, call: Call[None, PageQuery]) -> Answer:
        post_id, limit, before = call.params["id"], call.query.limit, call.query.before

        def read(reads: Snapshot) -> Answer:
            viewer = call.caller.viewer(reads)
            reactions.visible_post(reads, viewer, post_id)
            query = CommentQuery(
                post_id=post_id, viewer_id=viewer.id, before=before, limit=limit + 1
            )
            rows, following = cut(reads.comments(query), limit)
            comments = [comment_of(row) for row in rows]
            return answered(
                CommentsAnswer(comments=comments, next=following, cursor=reads.cursor())
            )

        return await self._store.read(read, call.seen)

    async def add_comment(self, call: Call[CommentDraft, None]) -> Answer:
        """Adds it once for each Idempotency-Key: a repeat gets the first answer's bytes."""
        post_id, draft = call.params["id"], call.body
        key = idempotency_key(call.headers)
        fingerprint = hashlib.sha256(b"%b\0%b" % (post_id.encode(), encode(draft))).digest()

        def command(tx: Transaction) -> Callable[[], Answer]:
            person = call.caller.person(tx)
            stored = None if key is None else tx.stored_answer(person.id, key)
            if stored is not None:
                return partial(repeated, stored, fingerprint)
            added = partial(_added, *reactions.add_comment(tx, person, post_id, draft, self._limit))
            if key is not None:
                tx.store_answer(person.id, key, fingerprint, added)
            return lambda: Answer(added())

        return (await self._store.write(command))()

    async def delete_comment(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> Position:
            return reactions.delete_comment(tx, call.caller.person(tx), call.params["id"])

        await self._store.write(command)
        return Answer()

    def _answer(self, post_id: str, liked: reactions.Liked) -> Answer:
        if liked.is_owed:
            self._likes_owed()
        return answered(
            LikeAnswer(
                post_id=post_id,
                likes_count=liked.likes_count,
                is_liked=liked.is_liked,
                cursor=str(liked.position),
            )
        )


def _added(comment: Comment, count: int, position: Position) -> bytes:
    return encode(CommentAnswer(comment=comment, comments_count=count, cursor=str(position)))

"""Posts over REST: publish, read, edit, delete, and the caller's own feed."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec

from feedline.api.identity import Headers
from feedline.api.limits import draft_limits
from feedline.api.operation import Call
from feedline.api.paging import PageQuery, cut
from feedline.api.services import Services
from feedline.api.users import find_user
from feedline.errors import FieldProblem, IdempotencyMismatch, ValidationFailed
from feedline.feed import actions
from feedline.feed.cursor import Position
from feedline.feed.drafts import Draft
from feedline.feed.people import Wire
from feedline.feed.ports import PostQuery
from feedline.feed.posts import Post, PostRow, normalize
from feedline.feed.visibility import Viewer
from feedline.store.base import Snapshot, StoredAnswer, Transaction
from feedline.wire.answers import Answer, answered, encode

KEY_LONGEST = 128
_REPLAYED = ((b"idempotency-replayed", b"true"),)


class PostAnswer(Wire, frozen=True):
    """A post, and a position in the log at which it looks like this."""

    post: Post
    cursor: str


class PostsAnswer(Wire, frozen=True):
    """A page of posts, where the next one begins, and the position of the snapshot."""

    posts: list[Post]
    next: str | None
    cursor: str


class PostsQuery(PageQuery, frozen=True, kw_only=True):
    """Which posts, and which part of them; an empty filter is none."""

    creator: Annotated[str, msgspec.Meta(description="Id or username of the author.")] = ""
    category: str = ""
    tag: str = ""


class Posts:
    """The handlers of posts."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._published = services.metrics.posts_published
        self._limits = draft_limits(services.settings)

    async def publish(self, call: Call[Draft, None]) -> Answer:
        """Publishes once for each Idempotency-Key: a repeat gets the first answer's bytes."""
        caller, draft = call.caller, call.body
        key = idempotency_key(call.headers)
        fingerprint = hashlib.sha256(encode(draft)).digest()

        def command(tx: Transaction) -> Callable[[], Answer]:
            author = caller.person(tx)
            if key is not None:
                stored = tx.stored_answer(author.id, key)
                if stored is not None:
                    return partial(repeated, stored, fingerprint)
            published = actions.publish_post(tx, author, draft, self._limits, key)
            if key is not None:
                tx.store_answer(author.id, key, fingerprint, partial(_published, *published))
            return lambda: Answer(_published(*published))

        answer = (await self._store.write(command))()
        if not answer.headers:
            self._published.inc()
        return answer

    async def list_posts(self, call: Call[None, PostsQuery]) -> Answer:
        query = call.query
        before = query.before

        def read(reads: Snapshot) -> Answer:
            viewer = call.caller.viewer(reads)
            creator = find_user(reads, query.creator) if query.creator else None
            if query.creator and creator is None:
                # A filter that matches nobody gives what any filter without a match gives.
                return answered(PostsAnswer(posts=[], next=None, cursor=reads.cursor()))
            wanted = PostQuery(
                creator=None if creator is None else creator.id,
                category=query.category or None,
                tag=query.tag or None,
                before=before,
                limit=query.limit + 1,
            )
            return _page(reads, viewer, reads.posts(wanted, viewer.id), query.limit)

        return await self._store.read(read, call.seen)

    async def feed(self, call: Call[None, PageQuery]) -> Answer:
        before = call.query.before

        def read(reads: Snapshot) -> Answer:
            viewer = reads.viewer(call.caller.person(reads).id)
            limit = call.query.limit
            return _page(reads, viewer, reads.home(viewer.id or "", before, limit + 1), limit)

        return await self._store.read(read, call.seen)

    async def one(self, call: Call[None, None]) -> Answer:
        post_id = call.params["id"]

        def read(reads: Snapshot) -> Answer:
            viewer = call.caller.viewer(reads)
            row = actions.post_for(reads, post_id, viewer)
            return answered(PostAnswer(post=normalize(row, viewer), cursor=reads.cursor()))

        return await self._store.read(read, call.seen)

    async def edit(self, call: Call[Draft, None]) -> Answer:
        caller, draft, post_id = call.caller, call.body, call.params["id"]

        def command(tx: Transaction) -> tuple[Post, Position]:
            return actions.edit_post(tx, caller.person(tx), post_id, draft, self._limits)

        post, position = await self._store.write(command)
        return answered(PostAnswer(post=post, cursor=str(position)))

    async def delete(self, call: Call[None, None]) -> Answer:
        caller, post_id = call.caller, call.params["id"]
        await self._store.write(lambda tx: actions.delete_post(tx, caller.person(tx), post_id))
        return Answer()


def idempotency_key(headers: Headers) -> str | None:
    """The Idempotency-Key of a request, None without one. Raises ValidationFailed."""
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_LONGEST or not all(0x21 <= byte <= 0x7E for byte in key):
        raise ValidationFailed(
            FieldProblem("Idempotency-Key", f"Use 1 to {KEY_LONGEST} visible ASCII characters.")
        )
    return key.decode("ascii")


def _published(post: Post, position: Position) -> bytes:
    return encode(PostAnswer(post=post, cursor=str(position)))


def repeated(stored: StoredAnswer, fingerprint: bytes) -> Answer:
    """The answer that a key already has. Raises IdempotencyMismatch."""
    if stored.fingerprint != fingerprint:
        raise IdempotencyMismatch
    return Answer(stored.body, _REPLAYED)


def _page(reads: Snapshot, viewer: Viewer, found: list[PostRow], limit: int) -> Answer:
    """A page of posts, from one more than are shown, which tells if more follow."""
    rows, following = cut(found, limit)
    posts = [normalize(row, viewer) for row in rows]
    return answered(PostsAnswer(posts=posts, next=following, cursor=reads.cursor()))

"""What other programs do: actions on posts that are kept elsewhere, in their own words and ids.

Like :mod:`feedline.feed.actions`, these get a transaction that is open already.
"""

import hashlib
import re
from collections.abc import Iterable

import msgspec

from feedline.errors import Conflict, FieldProblem, ValidationFailed
from feedline.feed.actions import existing_post
from feedline.feed.channels import creator_channel
from feedline.feed.cursor import Position
from feedline.feed.drafts import is_empty
from feedline.feed.events import PostCreated, PostUpdated
from feedline.feed.following import follow
from feedline.feed.instants import Millis, is_id, rfc3339
from feedline.feed.notices import notify_followers
from feedline.feed.people import USERNAME, UserRow, creator_of
from feedline.feed.ports import Writes
from feedline.feed.posts import PostRow, for_event, normalize
from feedline.feed.raw_posts import RawAuthor, RawPost
from feedline.feed.reactions import Liked, liked_by, tell_likes_soon
from feedline.feed.visibility import Viewer

_USERNAME_LONGEST = 40


def take_post(tx: Writes, raw: RawPost, author_id: str) -> Position:
    """Keeps a post under its own id, new or changed; returns the position at which it is so.

    An author who is not known is made. What is known already, unchanged, is no event, nor is
    what was deleted here: it stays so. Raises ValidationFailed for an empty post, Conflict if
    the post is somebody else's.
    """
    if tx.is_removed(raw.id):
        return tx.position()
    author = known_or_made(tx, raw.author, author_id)
    old = tx.post(raw.id)
    if old is not None and old.creator.id != author.id:
        raise Conflict("post.id", raw.id)
    row = _row(tx, raw, author, old)
    if is_empty(row):
        raise ValidationFailed(FieldProblem("post", "A post needs a title, a text or a file."))
    if old is None:
        tx.add_post(row)
        return tx.append(_event(tx, PostCreated, row))
    if msgspec.structs.replace(row, updated_at=old.updated_at) == old:
        return tx.position()
    tx.change_post(row)
    updated = _event(tx, PostUpdated, row)
    tx.amend(updated)
    return tx.append(updated)


def tell_followers(tx: Writes, author_id: str, post_id: str) -> None:
    """Notifies those who follow somebody of a post that was taken, once for each post."""
    author = tx.user(author_id)
    if author is None or tx.is_removed(post_id) or tx.has_post_notice(post_id):
        return
    notify_followers(tx, author, post_id)


def take_subscribers(tx: Writes, creator_id: str, subscriber_ids: Iterable[str]) -> None:
    """Those who subscribe to somebody elsewhere, as far as they are known here, follow them.

    But for who has blocked them, or is blocked.
    """
    for subscriber_id in subscriber_ids:
        person = tx.user(subscriber_id)
        if person is None or person.id == creator_id:
            continue
        if not (tx.is_following(person.id, creator_id) or tx.are_apart(person.id, creator_id)):
            follow(tx, person, creator_id)


def take_likes(
    tx: Writes, post_id: str, likes_count: int, user_id: str | None, liked: bool | None
) -> Liked:
    """Takes over the likes of a post that are counted elsewhere.

    ``user_id`` and ``liked``: whose like it was, or was taken back, if that is told. What is
    known already is no event. Raises NotFound.
    """
    row = existing_post(tx, post_id)
    if liked is None:
        liked = user_id is not None or likes_count >= row.likes_count
    person = tx.user(user_id) if user_id is not None else None
    changed = person is not None and _take_like(tx, post_id, person.id, liked=liked)
    if likes_count == row.likes_count and not changed:
        return Liked(likes_count, liked, tx.position())
    tx.count_likes(post_id, likes_count)
    if person is not None:
        return liked_by(tx, person.id, row, likes_count, liked=liked)
    is_owed = tell_likes_soon(tx, row, user_id or "", likes_count, liked=liked)
    return Liked(likes_count, liked, tx.position(), is_owed)


def _take_like(tx: Writes, post_id: str, user_id: str, *, liked: bool) -> bool:
    """Whether that changed anything."""
    if tx.is_liked(post_id, user_id) == liked:
        return False
    if liked:
        tx.add_like(post_id, user_id)
    else:
        tx.remove_like(post_id, user_id)
    return True


def _row(tx: Writes, raw: RawPost, author: UserRow, old: PostRow | None) -> PostRow:
    """The post as it is to be stored."""
    if old is None:
        created_at = _by_now(tx, raw.created_at, tx.now)
        updated_at = max(_by_now(tx, raw.updated_at, created_at), created_at)
        base = PostRow(
            id=raw.id, creator=creator_of(author), created_at=created_at, updated_at=updated_at
        )
    else:
        # Two versions of one instant must still sort in the order in which they came.
        updated_at = max(_by_now(tx, raw.updated_at, tx.now), old.updated_at + 1)
        base = msgspec.structs.replace(old, updated_at=updated_at)
    return msgspec.structs.replace(raw.draft.laid_over(base), media=raw.media)


def _by_now(tx: Writes, instant: Millis | None, default: Millis) -> Millis:
    """When something happened; what is said to happen in the future has happened now."""
    return min(default if instant is None else instant, tx.now)


def _event(
    tx: Writes, kind: type[PostCreated | PostUpdated], row: PostRow
) -> PostCreated | PostUpdated:
    return kind(
        channel=creator_channel(row.creator.id),
        timestamp=rfc3339(tx.now),
        post=for_event(normalize(row, Viewer(row.creator.id))),
        user_id=row.creator.id,
    )


def known_or_made(tx: Writes, raw: RawAuthor, author_id: str) -> UserRow:
    """The person with this id, made if there is none. Nobody can sign in as them here."""
    known = tx.user(author_id)
    if known is not None:
        return known
    username = _free_username(tx, raw.username or author_id, author_id)
    row = UserRow(
        id=author_id,
        username=username,
        name=raw.name or username,
        avatar=raw.avatar,
        is_verified=raw.is_verified,
        password_hash="",
        created_at=tx.now,
    )
    tx.add_user(row)
    return row


def _free_username(tx: Writes, wish: str, author_id: str) -> str:
    """The name that was wished for, as far as it can be one; with a mark of the id if taken."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", wish).lstrip("_.-")[:_USERNAME_LONGEST]
    if USERNAME.fullmatch(name) and not is_id(name.lower()) and tx.user_by_name(name) is None:
        return name
    mark = hashlib.sha256(author_id.encode()).hexdigest()[:8]
    return f"{name[: _USERNAME_LONGEST - len(mark) - 1] or 'user'}-{mark}"

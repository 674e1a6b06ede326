"""Likes and comments: what people do about the posts of others, and their own."""

from dataclasses import dataclass

from feedline.errors import Forbidden, NotFound, ValidationFailed
from feedline.feed.actions import post_for
from feedline.feed.audit import Subject
from feedline.feed.auditing import record
from feedline.feed.channels import feed_channel, post_channel
from feedline.feed.comments import Comment, CommentDraft, CommentRow, comment_of, comment_problems
from feedline.feed.cursor import Position
from feedline.feed.events import CommentAdded, CommentDeleted, Gate, PostLiked, PostUnliked
from feedline.feed.instants import Millis, rfc3339
from feedline.feed.notices import notify, tell_likes_of
from feedline.feed.people import UserRow, creator_of
from feedline.feed.ports import OwedLike, Reads, Writes
from feedline.feed.posts import PostRow
from feedline.feed.visibility import Viewer, can_see, known_tier

LIKES_MERGED: Millis = 250
"""Between two tellings of one post's likes; the last count is told by then."""


@dataclass(frozen=True, slots=True)
class Liked:
    """The likes of a post as they are now. ``is_owed``: others have not been told yet."""

    likes_count: int
    is_liked: bool
    position: Position
    is_owed: bool = False


def like_post(tx: Writes, person: UserRow, post_id: str) -> Liked:
    """Likes a post, locked or not; who does already changes nothing. Raises NotFound."""
    row = post_for(tx, post_id, tx.viewer(person.id))
    if tx.is_liked(post_id, person.id):
        return Liked(row.likes_count, True, tx.position())
    count = tx.add_like(post_id, person.id)
    notify(tx, row.creator.id, "like", person, post_id=post_id)
    return liked_by(tx, person.id, row, count, liked=True)


def unlike_post(tx: Writes, person: UserRow, post_id: str) -> Liked:
    """Takes a like back. Raises NotFound."""
    row = post_for(tx, post_id, tx.viewer(person.id))
    if not tx.is_liked(post_id, person.id):
        return Liked(row.likes_count, False, tx.position())
    return liked_by(tx, person.id, row, tx.remove_like(post_id, person.id), liked=False)


def tell_owed_likes(tx: Writes) -> Millis | None:
    """Tells of the likes that are due; when the next ones are, None if nothing is owed.

    Another node may be at the same: what it has told since is not told again.
    """
    for owed in tx.likes_owed():
        if owed.due > tx.now:
            return owed.due
        row = tx.post(owed.post_id)
        if row is not None and tx.likes_told_at(row.id) + LIKES_MERGED <= owed.due:
            _tell_likes(tx, row, owed.user_id, row.likes_count, liked=owed.liked)
    return None


def add_comment(
    tx: Writes, person: UserRow, post_id: str, draft: CommentDraft, limit: int
) -> tuple[Comment, int, Position]:
    """Comments on a post: the comment, how many there are now, and the position.

    Raises NotFound, Forbidden for a locked post, or ValidationFailed.
    """
    post = visible_post(tx, tx.viewer(person.id), post_id)
    problems = comment_problems(draft, limit)
    if problems:
        raise ValidationFailed(*problems)
    row = CommentRow(
        id=tx.new_id(),
        post_id=post_id,
        author=creator_of(person),
        text=draft.text,
        created_at=tx.now,
    )
    comments_count, comment = tx.add_comment(row), comment_of(row)
    position = tx.append(
        CommentAdded(
            channel=post_channel(post_id),
            timestamp=rfc3339(tx.now),
            post_id=post_id,
            comment=comment,
            comments_count=comments_count,
            gate=_gate_of(post),
        )
    )
    notify(tx, post.creator.id, "comment", person, post_id=post_id, comment_id=row.id)
    return comment, comments_count, position


def delete_comment(tx: Writes, person: UserRow, comment_id: str) -> Position:
    """Deletes a comment and takes its text out of the log; returns the position.

    Its author, the post's author and admins may. Raises NotFound or Forbidden.
    """
    row = tx.comment(comment_id)
    post = tx.post(row.post_id) if row is not None else None
    if row is None or post is None:
        raise NotFound("comment")
    if person.id not in (row.author.id, post.creator.id) and person.role != "admin":
        viewer = tx.viewer(person.id)
        is_there = row.author.id not in viewer.apart
        if not (is_there and can_see(viewer, post.creator.id, known_tier(post.tier))):
            raise NotFound("comment")
        raise Forbidden("Only its author, the post's author or an admin may delete a comment.")
    if person.id not in (row.author.id, post.creator.id):
        record(tx, person, "comment.delete", Subject("comment", row.id), authorId=row.author.id)
    deleted = CommentDeleted(
        channel=post_channel(post.id),
        timestamp=rfc3339(tx.now),
        post_id=post.id,
        comment_id=comment_id,
        comments_count=tx.remove_comment(comment_id),
        gate=_gate_of(post),
    )
    tx.amend(deleted)
    return tx.append(deleted)


def visible_post(reads: Reads, viewer: Viewer, post_id: str) -> PostRow:
    """A post whose comments somebody may read and write. Raises NotFound or Forbidden."""
    row = post_for(reads, post_id, viewer)
    if not can_see(viewer, row.creator.id, known_tier(row.tier)):
        raise Forbidden("The comments of this post are for its tier.")
    return row


def liked_by(tx: Writes, user_id: str, row: PostRow, count: int, *, liked: bool) -> Liked:
    """Tells the liker's own connections at once, and all others soon."""
    kind = PostLiked if liked else PostUnliked
    position = tx.append(
        kind(
            channel=feed_channel(user_id),
            timestamp=rfc3339(tx.now),
            post_id=row.id,
            user_id=user_id,
            likes_count=count,
            gate=_gate_of(row),
        )
    )
    is_owed = tell_likes_soon(tx, row, user_id, count, liked=liked)
    return Liked(count, liked, position, is_owed)


def tell_likes_soon(tx: Writes, row: PostRow, user_id: str, count: int, *, liked: bool) -> bool:
    """Tells everybody of a post's likes, or owes it to them a little longer; whether it does."""
    due = tx.likes_told_at(row.id) + LIKES_MERGED
    if due > tx.now:
        owed = tx.like_owed(row.id)
        if owed is not None and owed.liked and not liked:
            tell_likes_of(tx, row.creator.id, row.id)  # what is owed from now on says nothing of it
        tx.owe_likes(OwedLike(post_id=row.id, user_id=user_id, liked=liked, due=due))
        return True
    _tell_likes(tx, row, user_id, count, liked=liked)
    return False


def _tell_likes(tx: Writes, row: PostRow, user_id: str, count: int, *, liked: bool) -> None:
    kind = PostLiked if liked else PostUnliked
    tx.append(
        kind(
            channel=post_channel(row.id),
            timestamp=rfc3339(tx.now),
            post_id=row.id,
            user_id=user_id,
            likes_count=count,
            gate=_gate_of(row),
        )
    )
    if liked:
        tell_likes_of(tx, row.creator.id, row.id)
    tx.tell_likes(row.id)


def _gate_of(row: PostRow) -> Gate:
    return Gate(row.creator.id, known_tier(row.tier))

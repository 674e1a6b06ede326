"""What REST answers one person at one moment: the truth that a client has to arrive at."""

from dataclasses import dataclass
from typing import Any

import msgspec

from feedline.feed.comments import CommentQuery, comment_of
from feedline.feed.notifications import NotificationQuery, notification_of
from feedline.feed.people import Wire
from feedline.feed.ports import PostQuery
from feedline.feed.posts import PostRow, normalize
from feedline.feed.visibility import can_see, known_tier
from feedline.store.base import Snapshot

ALL = 10_000
Json = dict[str, Any]
Comments = dict[str, dict[str, Json]]


@dataclass
class View:
    """Lists by id, in their order. Comments are those of the posts that this person may see."""

    posts: dict[str, Json]
    home: list[str]
    comments: Comments
    notifications: dict[str, Json]
    unread: int
    follows: set[str]
    tiers: dict[str, str]
    cursor: str


def view_of(reads: Snapshot, user_id: str) -> View:
    rows = reads.posts(PostQuery(limit=ALL), user_id)
    posts = [post_of(reads, row, user_id) for row in rows]
    notifications = reads.notifications(NotificationQuery(user_id=user_id, limit=ALL))
    return View(
        posts={post["id"]: post for post in posts},
        home=[row.id for row in reads.home(user_id, None, ALL)],
        comments={
            row.id: comments_of(reads, row.id, user_id) for row in rows if sees(reads, row, user_id)
        },
        notifications={row.id: plain(notification_of(row)) for row in notifications},
        unread=reads.unread_count(user_id),
        follows=set(reads.following(user_id)),
        tiers=dict(reads.viewer(user_id).tiers),
        cursor=reads.cursor(),
    )


def post_of(reads: Snapshot, row: PostRow, user_id: str) -> Json:
    return plain(normalize(row, reads.viewer(user_id)))


def comments_of(reads: Snapshot, post_id: str, user_id: str) -> dict[str, Json]:
    rows = reads.comments(CommentQuery(post_id=post_id, viewer_id=user_id, limit=ALL))
    return {row.id: plain(comment_of(row)) for row in rows}


def sees(reads: Snapshot, row: PostRow, user_id: str) -> bool:
    return can_see(reads.viewer(user_id), row.creator.id, known_tier(row.tier))


def plain(shape: Wire) -> Json:
    """As a client reads it from JSON."""
    value: Json = msgspec.json.decode(msgspec.json.encode(shape))
    return value

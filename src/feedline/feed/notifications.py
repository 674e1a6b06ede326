"""Notifications: how they are stored, and the one shape in which their receiver sees them."""

from typing import Literal

import msgspec

from feedline.feed.instants import Millis, Place, rfc3339
from feedline.feed.people import Creator, Wire

NotificationKind = Literal["post", "like", "comment", "follow", "subscription"]

_SENTENCES: dict[NotificationKind, str] = {
    "post": "published a post",
    "like": "liked your post",
    "comment": "commented on your post",
    "follow": "followed you",
    "subscription": "subscribed to you",
}


class Notification(Wire, frozen=True):
    """Something that concerns its receiver. ``text`` tells nothing of what a post says.

    ``actor`` did it last, and before them ``others_count`` people.
    """

    id: str
    kind: NotificationKind
    actor: Creator
    text: str
    is_read: bool
    created_at: str
    others_count: int = 0
    post_id: str | msgspec.UnsetType = msgspec.UNSET
    comment_id: str | msgspec.UnsetType = msgspec.UNSET


class NotificationRow(msgspec.Struct, kw_only=True):
    """A notification as stored: ``actors`` people did the same, the last of them ``actor``.

    ``user_id``: None for everybody who follows the actor and wants to hear of their posts.
    """

    id: str
    user_id: str | None
    kind: NotificationKind
    actor: Creator
    post_id: str | None = None
    comment_id: str | None = None
    actors: int = 1
    is_read: bool = False
    created_at: Millis


class NotificationQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which notifications of a person, newest first."""

    user_id: str
    before: Place | None = None
    limit: int = 20


def notification_of(row: NotificationRow) -> Notification:
    return Notification(
        id=row.id,
        kind=row.kind,
        actor=row.actor,
        others_count=row.actors - 1,
        post_id=row.post_id or msgspec.UNSET,
        comment_id=row.comment_id or msgspec.UNSET,
        text=f"{_who(row)} {_SENTENCES[row.kind]}",
        is_read=row.is_read,
        created_at=rfc3339(row.created_at),
    )


def _who(row: NotificationRow) -> str:
    others = row.actors - 1
    if others < 1:
        return row.actor.name
    return f"{row.actor.name} and {others} {'other' if others == 1 else 'others'}"

"""Notifying people, and what they do about it: read, and clear.

What many do to one post is one notification for as long as it is not read. That somebody has
published a post is one as well, however many follow them: whose it is follows from who follows.
"""

import msgspec

from feedline.feed.channels import creator_channel, notifications_channel
from feedline.feed.cursor import Position
from feedline.feed.events import NotificationAdded, NotificationRead, NotificationsCleared
from feedline.feed.instants import instant_of, rfc3339
from feedline.feed.notifications import (
    NotificationKind,
    NotificationQuery,
    NotificationRow,
    notification_of,
)
from feedline.feed.people import UserRow, creator_of
from feedline.feed.ports import Writes

_NEWEST = 100  # notifications among which those that have just changed are


def notify(
    tx: Writes,
    user_id: str,
    kind: NotificationKind,
    actor: UserRow,
    *,
    post_id: str | None = None,
    comment_id: str | None = None,
) -> None:
    """Notifies somebody of what another person did, once for each person and unread group."""
    if user_id == actor.id or tx.are_apart(user_id, actor.id):
        return
    known = tx.unread_notification(user_id, kind, post_id)
    if known is None:
        row = NotificationRow(
            id=tx.new_id(),
            user_id=user_id,
            kind=kind,
            actor=creator_of(actor),
            post_id=post_id,
            comment_id=comment_id,
            created_at=tx.now,
        )
        tx.add_notification(row)
        tx.add_actor(row.id, actor.id)
    else:
        is_new = tx.add_actor(known.id, actor.id)
        if not is_new and comment_id is None:
            return
        row = msgspec.structs.replace(
            known,
            actor=creator_of(actor),
            comment_id=comment_id,
            actors=known.actors + is_new,
        )
        tx.change_notification(row)
    if kind != "like":
        tell_notification(tx, row)


def tell_likes_of(tx: Writes, user_id: str, post_id: str) -> None:
    """Tells the author of a post of the likes that came, as often as everybody is told."""
    row = tx.unread_notification(user_id, "like", post_id)
    if row is not None:
        tell_notification(tx, row)


def notify_followers(tx: Writes, author: UserRow, post_id: str) -> None:
    """Notifies those who follow somebody of a new post: one row and one event for all of them.

    It says nothing of what is in the post, which may change, or be for some only.
    """
    if not author.followers_count:
        return
    id_ = tx.new_id()
    row = NotificationRow(
        id=id_,
        user_id=None,
        kind="post",
        actor=creator_of(author),
        post_id=post_id,
        created_at=instant_of(id_) or tx.now,  # ids go on when a clock was set back
    )
    tell_notification(tx, row)
    tx.add_post_notice(row)


def tell_notification(tx: Writes, row: NotificationRow) -> None:
    everybody = creator_channel(row.actor.id)
    tx.append(
        NotificationAdded(
            channel=everybody if row.user_id is None else notifications_channel(row.user_id),
            timestamp=rfc3339(tx.now),
            notification=notification_of(row),
        )
    )


def read_notifications(tx: Writes, person: UserRow, ids: list[str] | None) -> tuple[int, Position]:
    """Marks some notifications as read, or all: how many are unread, and the position."""
    _tell_owed_likes(tx, person.id)
    changed = tx.read_notifications(person.id, ids)
    unread = tx.unread_count(person.id)
    if not changed:
        return unread, tx.position()
    position = tx.append(
        NotificationRead(
            channel=notifications_channel(person.id),
            timestamp=rfc3339(tx.now),
            ids=msgspec.UNSET if ids is None else ids,
            unread_count=unread,
        )
    )
    return unread, position


def _tell_owed_likes(tx: Writes, user_id: str) -> None:
    """Tells of likes that wait to be told, before they are read and nobody would."""
    for row in tx.notifications(NotificationQuery(user_id=user_id, limit=_NEWEST)):
        if row.kind == "like" and not row.is_read:
            owed = tx.like_owed(row.post_id or "")
            if owed is not None and owed.liked:
                tell_notification(tx, row)


def clear_notifications(tx: Writes, person: UserRow) -> None:
    """Removes all of a person's notifications."""
    if tx.clear_notifications(person.id):
        tx.append(
            NotificationsCleared(
                channel=notifications_channel(person.id),
                timestamp=rfc3339(tx.now),
                unread_count=0,
            )
        )

"""How somebody goes who is being deleted: in steps of which none takes long.

Each step is a transaction of its own and begins with what is still there, so that it does not
matter where the one before was interrupted. Events tell open pages of everything that goes.
"""

from collections.abc import Callable

import msgspec

from feedline.feed import actions, following, reactions
from feedline.feed.channels import notifications_channel
from feedline.feed.events import NotificationRead
from feedline.feed.instants import rfc3339
from feedline.feed.notices import tell_notification
from feedline.feed.notifications import NotificationRow
from feedline.feed.people import UserRow, creator_of
from feedline.feed.ports import PostQuery, SubscriberQuery, Writes

SOME = 20  # things of one step, each of which is at most a few rows and events
MANY = 1_000  # rows of one step of which nobody is told


def remove_some(tx: Writes, person: UserRow) -> bool:
    """Removes some of what is left of somebody; False if there was nothing.

    Their names in the log and their row are left for the end.
    """
    return any(step(tx, person) for step in _STEPS)


def _posts(tx: Writes, person: UserRow) -> bool:
    rows = tx.posts(PostQuery(creator=person.id, limit=SOME))
    for row in rows:
        # One post may have more of these than a step should take.
        if tx.drop_likes_of(row.id, MANY) == MANY or tx.drop_comments_of(row.id, MANY) == MANY:
            return True
        actions.delete_post(tx, person, row.id)
    return bool(rows)


def _comments(tx: Writes, person: UserRow) -> bool:
    rows = tx.comments_by(person.id, "", SOME)
    for row in rows:
        reactions.delete_comment(tx, person, row.id)
    return bool(rows)


def _likes(tx: Writes, person: UserRow) -> bool:
    post_ids = tx.liked_by(person.id, "", SOME)
    for post_id in post_ids:
        row = actions.existing_post(tx, post_id)  # also that of somebody who has blocked them
        reactions.liked_by(tx, person.id, row, tx.remove_like(post_id, person.id), liked=False)
    return bool(post_ids)


def _followers(tx: Writes, person: UserRow) -> bool:
    followers = tx.followers_of(person.id, SOME)
    for follower_id in followers:
        follower = tx.user(follower_id)
        if follower is not None:
            following.unfollow(tx, follower, person.id)
    return bool(followers)


def _follows(tx: Writes, person: UserRow) -> bool:
    creators = tx.following(person.id)[:SOME]
    for creator_id in creators:
        following.unfollow(tx, person, creator_id)
    return bool(creators)


def _tiers(tx: Writes, person: UserRow) -> bool:
    holders = tx.subscribers(SubscriberQuery(creator_id=person.id, limit=SOME))
    for holder in holders:
        following.end_tier(tx, person, person.id, holder.id)
    held = list(tx.viewer(person.id).tiers)[:SOME]
    for creator_id in held:
        tx.drop_tier(person.id, creator_id)
    return bool(holders or held)


def _notifications(tx: Writes, person: UserRow) -> bool:
    """What others were notified of because of them: without them, or not at all."""
    rows = tx.notifications_by(person.id, SOME)
    for row in rows:
        other_id = tx.drop_actor(row.id, person.id)
        other = None if other_id is None else tx.user(other_id)
        if other is None:
            tx.drop_notification(row.id)
            _tell_unread(tx, row)
        else:
            kept = msgspec.structs.replace(
                row, actor=creator_of(other), actors=max(row.actors - 1, 1), comment_id=None
            )
            tx.change_notification(kept)
            tell_notification(tx, kept)
    return bool(rows)


def _tell_unread(tx: Writes, row: NotificationRow) -> None:
    if row.user_id is not None:
        tx.append(
            NotificationRead(
                channel=notifications_channel(row.user_id),
                timestamp=rfc3339(tx.now),
                ids=[row.id],
                unread_count=tx.unread_count(row.user_id),
            )
        )


def _belongings(tx: Writes, person: UserRow) -> bool:
    return tx.drop_belongings(person.id, MANY) > 0


_STEPS: tuple[Callable[[Writes, UserRow], bool], ...] = (
    _posts,
    _comments,
    _likes,
    _followers,
    _follows,
    _tiers,
    _notifications,
    _belongings,
)

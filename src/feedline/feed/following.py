"""Who follows whom, and who holds which tier of whom: what people do about it."""

from dataclasses import dataclass

from feedline.errors import FieldProblem, Forbidden, NotFound, ValidationFailed
from feedline.feed.audit import Action, Subject
from feedline.feed.auditing import record
from feedline.feed.channels import feed_channel, notifications_channel
from feedline.feed.cursor import Position
from feedline.feed.events import FeedUpdate, NewSubscription, PostRetracted
from feedline.feed.instants import rfc3339
from feedline.feed.notices import notify
from feedline.feed.people import UserRow
from feedline.feed.ports import Reads, ServiceToken, SubscriberQuery, SubscriberRow, Writes
from feedline.feed.visibility import TIERS, Tier

Grantor = UserRow | ServiceToken
"""Who looks after tiers: a creator after their own, admins and other programs after all."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Somebody as they are for a follower now, and the position of the change."""

    creator: UserRow
    is_followed: bool
    position: Position
    notify_posts: bool = False


def follow(
    tx: Writes, person: UserRow, creator_id: str, *, notify_posts: bool | None = None
) -> Followed:
    """Follows somebody, and says whether to be notified of each of their new posts.

    ``notify_posts``: None for yes where this is new, else for as before. Who asks for what is so
    already changes nothing. Raises NotFound, Forbidden for whom one has blocked, or
    ValidationFailed for oneself.
    """
    creator = _existing_person(tx, creator_id)
    if creator.id == person.id:
        raise ValidationFailed(FieldProblem("", "One can't follow oneself."))
    if tx.is_following(person.id, creator.id):
        return _hear_of(tx, person, creator, notify_posts)
    _require_together(tx, person.id, creator.id)
    hears = notify_posts is not False
    tx.add_follow(person.id, creator.id, notify_posts=hears)
    position = _tell_follow(tx, person, creator, notify_posts=hears)
    notify(tx, creator.id, "follow", person)
    return Followed(_existing_person(tx, creator.id), True, position, hears)


def unfollow(tx: Writes, person: UserRow, creator_id: str) -> Followed:
    """Follows somebody no more. Raises NotFound."""
    creator = _existing_person(tx, creator_id)
    if not tx.is_following(person.id, creator.id):
        return Followed(creator, False, tx.position())
    tx.remove_follow(person.id, creator.id)
    channel, timestamp = feed_channel(person.id), rfc3339(tx.now)
    tx.append(
        FeedUpdate(channel=channel, timestamp=timestamp, reason="unfollow", creator_id=creator.id)
    )
    position = tx.append(
        PostRetracted(
            channel=channel, timestamp=timestamp, creator_id=creator.id, reason="unfollowed"
        )
    )
    return Followed(_existing_person(tx, creator.id), False, position)


def _hear_of(tx: Writes, person: UserRow, creator: UserRow, notify_posts: bool | None) -> Followed:
    """Changes whether a follower hears of new posts, if that is said and not so already."""
    hears = tx.notifies_posts(person.id, creator.id)
    if notify_posts is None or notify_posts == hears:
        return Followed(creator, True, tx.position(), hears)
    tx.change_follow(person.id, creator.id, notify_posts=notify_posts)
    position = _tell_follow(tx, person, creator, notify_posts=notify_posts)
    return Followed(creator, True, position, notify_posts)


def _tell_follow(tx: Writes, person: UserRow, creator: UserRow, *, notify_posts: bool) -> Position:
    return tx.append(
        FeedUpdate(
            channel=feed_channel(person.id),
            timestamp=rfc3339(tx.now),
            reason="follow",
            creator_id=creator.id,
            notify_posts=notify_posts,
        )
    )


def grant_tier(
    tx: Writes, grantor: Grantor, creator_id: str, subscriber_id: str, tier: Tier
) -> Position:
    """Gives somebody a tier of a creator, in place of the one they hold; returns the position.

    ``grantor``: also another program, which looks after payments. Raises
    NotFound, Forbidden or ValidationFailed.
    """
    _require_grant(tx, grantor, creator_id, subscriber_id)
    if creator_id == subscriber_id:
        raise ValidationFailed(FieldProblem("", "Creators see all of their own posts anyway."))
    if grantor.id == creator_id:
        _require_together(tx, creator_id, subscriber_id)
    held = tx.tier_held(subscriber_id, creator_id)
    if held == tier:
        return tx.position()
    tx.hold_tier(subscriber_id, creator_id, tier)
    _record(tx, grantor, "tier.grant", creator_id, subscriber_id, tier)
    position = _change_tier(tx, creator_id, subscriber_id, held, tier)
    if held is None:
        position = tx.append(
            NewSubscription(
                channel=notifications_channel(creator_id),
                timestamp=rfc3339(tx.now),
                creator_id=creator_id,
                subscriber_id=subscriber_id,
                tier=tier,
            )
        )
        notify(tx, creator_id, "subscription", _existing_person(tx, subscriber_id))
    return position


def end_tier(tx: Writes, grantor: Grantor, creator_id: str, subscriber_id: str) -> Position:
    """Takes the tier that somebody holds of a creator; returns the position.

    Raises NotFound or Forbidden.
    """
    _require_grant(tx, grantor, creator_id, subscriber_id)
    held = tx.tier_held(subscriber_id, creator_id)
    if held is None:
        return tx.position()
    tx.drop_tier(subscriber_id, creator_id)
    _record(tx, grantor, "tier.end", creator_id, subscriber_id, held)
    return _change_tier(tx, creator_id, subscriber_id, held, None)


def subscribers_of(reads: Reads, asker: Grantor, query: SubscriberQuery) -> list[SubscriberRow]:
    """Who holds a tier of a creator, for who may grant and end them.

    Raises NotFound or Forbidden.
    """
    _require_creator(reads, asker, query.creator_id)
    return reads.subscribers(query)


def _change_tier(
    tx: Writes, creator_id: str, subscriber_id: str, held: Tier | None, now_held: Tier | None
) -> Position:
    """Tells the subscriber; first what they may see from now on, then what they may no more."""
    channel, timestamp = feed_channel(subscriber_id), rfc3339(tx.now)
    position = tx.append(
        FeedUpdate(
            channel=channel,
            timestamp=timestamp,
            reason="tier",
            creator_id=creator_id,
            tier=now_held,
        )
    )
    if held is not None and (now_held is None or TIERS.index(now_held) < TIERS.index(held)):
        position = tx.append(
            PostRetracted(
                channel=channel, timestamp=timestamp, creator_id=creator_id, reason="tier"
            )
        )
    return position


def _record(
    tx: Writes, grantor: Grantor, action: Action, creator_id: str, subscriber_id: str, tier: Tier
) -> None:
    """What creators do about their own tiers is nobody else's business."""
    if grantor.id != creator_id:
        on = Subject("user", subscriber_id)
        record(tx, grantor, action, on, creatorId=creator_id, tier=tier)


def _require_grant(reads: Reads, grantor: Grantor, creator_id: str, subscriber_id: str) -> None:
    _require_creator(reads, grantor, creator_id)
    _existing_person(reads, subscriber_id)


def _require_creator(reads: Reads, asker: Grantor, creator_id: str) -> None:
    _existing_person(reads, creator_id)
    if isinstance(asker, UserRow) and asker.id != creator_id and asker.role != "admin":
        if reads.has_blocked(creator_id, asker.id):
            raise NotFound("person")
        raise Forbidden("The tiers of a creator are for them, an admin or a service.")


def _require_together(tx: Writes, person_id: str, other_id: str) -> None:
    if tx.are_apart(person_id, other_id):
        if tx.has_blocked(other_id, person_id):
            raise NotFound("person")
        raise Forbidden("You have blocked this person. Unblock them first.")


def _existing_person(reads: Reads, user_id: str) -> UserRow:
    row = reads.user(user_id)
    if row is None:
        raise NotFound("person")
    return row

"""Blocking: two people who are not there for each other, and what changes when they begin to be so.

Whoever of them blocks, the effect is the same for both (``Viewer.apart``); only who did can end it.
"""

from dataclasses import dataclass

from feedline.errors import FieldProblem, NotFound, ValidationFailed
from feedline.feed.channels import feed_channel
from feedline.feed.cursor import Position
from feedline.feed.events import FeedUpdate, PostRetracted
from feedline.feed.following import unfollow
from feedline.feed.instants import rfc3339
from feedline.feed.people import UserRow
from feedline.feed.ports import Writes


@dataclass(frozen=True, slots=True)
class Blocked:
    """Whether somebody is blocked now, and the position of the change."""

    user_id: str
    is_blocked: bool
    position: Position


def block(tx: Writes, person: UserRow, other_id: str, limit: int) -> Blocked:
    """Blocks somebody; ``limit``: how many people one may block, 0 for any number.

    Both stop following each other, and what they were notified of each other goes. Tiers stay,
    for they may be paid for, but open nothing meanwhile. Raises NotFound or ValidationFailed.
    """
    other = _other(tx, person, other_id)
    were_apart = tx.are_apart(person.id, other.id)
    if tx.has_blocked(person.id, other.id):
        return Blocked(other.id, True, tx.position())
    if limit and tx.count_blocks(person.id) >= limit:
        raise ValidationFailed(FieldProblem("", f"One can block at most {limit} people."))
    tx.add_block(person.id, other.id)
    if were_apart:
        return Blocked(other.id, True, tx.position())
    return Blocked(other.id, True, _part(tx, person, other))


def unblock(tx: Writes, person: UserRow, other_id: str) -> Blocked:
    """Ends a block of one's own. Raises NotFound or ValidationFailed."""
    other = _other(tx, person, other_id)
    tx.are_apart(person.id, other.id)  # whoever else changes it comes after
    if not tx.has_blocked(person.id, other.id):
        return Blocked(other.id, False, tx.position())
    tx.remove_block(person.id, other.id)
    if tx.has_blocked(other.id, person.id):
        return Blocked(other.id, False, tx.position())
    _tell_unblocked(tx, other.id, person.id)
    return Blocked(other.id, False, _tell_unblocked(tx, person.id, other.id))


def _part(tx: Writes, person: UserRow, other: UserRow) -> Position:
    unfollow(tx, person, other.id)
    unfollow(tx, other, person.id)
    tx.remove_actor(person.id, other.id)
    tx.remove_actor(other.id, person.id)
    _tell_blocked(tx, other.id, person.id)
    return _tell_blocked(tx, person.id, other.id)


def _tell_blocked(tx: Writes, receiver_id: str, creator_id: str) -> Position:
    return tx.append(
        PostRetracted(
            channel=feed_channel(receiver_id),
            timestamp=rfc3339(tx.now),
            creator_id=creator_id,
            reason="blocked",
        )
    )


def _tell_unblocked(tx: Writes, receiver_id: str, creator_id: str) -> Position:
    return tx.append(
        FeedUpdate(
            channel=feed_channel(receiver_id),
            timestamp=rfc3339(tx.now),
            creator_id=creator_id,
            reason="unblock",
        )
    )


def _other(tx: Writes, person: UserRow, other_id: str) -> UserRow:
    if other_id == person.id:
        raise ValidationFailed(FieldProblem("", "One can't block oneself."))
    other = tx.user(other_id)
    if other is None:
        raise NotFound("person")
    return other

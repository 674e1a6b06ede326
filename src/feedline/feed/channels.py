"""Channels: what a client may subscribe to, who may, and which topics of the hub that means."""

from feedline.errors import Forbidden, NotFound, Refusal
from feedline.feed.people import Identity
from feedline.feed.ports import Reads
from feedline.feed.visibility import can_see, known_tier

PUBLIC = "public"
_PERSONAL = ("feed", "notifications")
_NAMED = 100  # characters of a channel's name that an answer repeats


def creator_channel(user_id: str) -> str:
    return f"creator:{user_id}"


def session_channel(session_id: str) -> str:
    return f"session:{session_id}"


def refusal_of(channel: str, identity: Identity, reads: Reads) -> str | None:
    """The error code with which a person is refused a channel, or None if they may join it."""
    kind, _, subject = channel.partition(":")
    if channel == PUBLIC:
        return None
    if kind in _PERSONAL and subject:
        return None if subject == identity.user_id else "forbidden"
    if kind == "creator":
        return None if reads.user(subject) else "not_found"
    if kind == "post":
        return _refusal_of_post(subject, identity, reads)
    return "not_found"


def refusal_for(channel: str, code: str) -> Refusal:
    """What a request is answered with when one of its channels is refused with a code."""
    name = channel[:_NAMED]
    if code == Forbidden.code:
        return Forbidden(f"You may not have the channel {name}.")
    return NotFound(f"channel: {name}")


def channel_topics(channel: str) -> tuple[str, ...]:
    """The topics of the hub that a channel is made of."""
    kind, _, subject = channel.partition(":")
    return (channel, f"home:{subject}") if kind == "feed" else (channel,)


def own_topic(user_id: str) -> str:
    """The topic that each connection of a person has, whatever its channels."""
    return f"author:{user_id}"


def _refusal_of_post(post_id: str, identity: Identity, reads: Reads) -> str | None:
    row = reads.post(post_id)
    if row is None:
        return "not_found"
    visible = can_see(identity.user_id, row.creator.id, known_tier(row.tier))
    return None if visible else "forbidden"

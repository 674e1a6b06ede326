"""Who may join a channel, and how a refusal is told."""

from feedline.errors import Forbidden, NotFound, Refusal
from feedline.feed.channels import ADMIN, PUBLIC
from feedline.feed.ports import Reads
from feedline.feed.visibility import Viewer, can_see, known_tier

_PERSONAL = ("feed", "notifications")
_NAMED = 100  # characters of a channel's name that an answer repeats


def refusal_of(channel: str, viewer: Viewer, reads: Reads) -> str | None:
    """The error code with which a person is refused a channel, or None if they may join it."""
    kind, _, subject = channel.partition(":")
    if channel == PUBLIC:
        return None
    if channel == ADMIN:
        return None if is_admin(viewer.id or "", reads) else "forbidden"
    if kind in _PERSONAL and subject:
        return None if subject == viewer.id else "forbidden"
    if kind == "creator":
        is_there = subject not in viewer.apart and reads.user(subject) is not None
        return None if is_there else "not_found"
    if kind == "post":
        return _refusal_of_post(subject, viewer, reads)
    return "not_found"


def is_admin(user_id: str, reads: Reads) -> bool:
    """Whether a person may see how the installation fares, as of now."""
    person = reads.user(user_id)
    return person is not None and person.role == "admin"


def refusal_for(channel: str, code: str) -> Refusal:
    """What a request is answered with when one of its channels is refused with a code."""
    name = channel[:_NAMED]
    if code == Forbidden.code:
        return Forbidden(f"You may not have the channel {name}.")
    return NotFound(f"channel: {name}")


def _refusal_of_post(post_id: str, viewer: Viewer, reads: Reads) -> str | None:
    row = reads.post(post_id)
    if row is None or row.creator.id in viewer.apart:
        return "not_found"
    visible = can_see(viewer, row.creator.id, known_tier(row.tier))
    return None if visible else "forbidden"

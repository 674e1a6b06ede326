"""The unread notifications of a person, and when they were these."""

from dataclasses import dataclass

from feedline.feed.notifications import Notification, NotificationQuery, notification_of
from feedline.store.base import Snapshot

NEWEST = 100
"""Among so many of the newest notifications the unread ones are told; REST has the rest."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What was true where the log stood at ``head``; ``count`` is of all that are unread."""

    notifications: list[Notification]
    count: int
    head: int


def unread(snapshot: Snapshot, user_id: str) -> Unread:
    count = snapshot.unread_count(user_id)
    query = NotificationQuery(user_id=user_id, limit=NEWEST)
    # Thousands who come back at once have mostly read everything, and to count is cheap.
    rows = snapshot.notifications(query) if count else []
    return Unread(
        notifications=[notification_of(row) for row in rows if not row.is_read],
        count=count,
        head=snapshot.log_bounds().head,
    )

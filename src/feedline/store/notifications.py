"""Notifications, spelled in SQL."""

from typing import Any

from feedline.feed.instants import Place
from feedline.feed.notifications import NotificationKind, NotificationQuery, NotificationRow
from feedline.store.rows import Rows, creator_row

_END = Place(2**62, "")  # before every notification, newest first


class Notifications(Rows):
    """Reads of what people are notified of."""

    def notifications(self, query: NotificationQuery) -> list[NotificationRow]:
        time, id_ = query.before or _END
        rows = self._rows("notifications", query.user_id, time, id_, query.limit)
        return [_notification_row(row) for row in rows]

    def unread_count(self, user_id: str) -> int:
        return int(self._one("unread_count", user_id))

    def unread_notification(
        self, user_id: str, kind: NotificationKind, post_id: str | None
    ) -> NotificationRow | None:
        row = self._first("unread_notification", user_id, kind, post_id)
        return None if row is None else _notification_row(row)


class NotificationWrites(Notifications):
    """The writes of the same."""

    def add_notification(self, row: NotificationRow) -> None:
        subjects = (row.post_id, row.comment_id)
        actor_id = row.actor.id
        self._do(
            "add_notification", row.id, row.user_id, row.kind, actor_id, *subjects, row.created_at
        )

    def change_notification(self, row: NotificationRow) -> None:
        self._do("change_notification", row.actor.id, row.comment_id, row.actors, row.id)

    def add_actor(self, notification_id: str, actor_id: str) -> bool:
        return self._first("add_actor", notification_id, actor_id) is not None

    def read_notifications(self, user_id: str, ids: list[str] | None) -> bool:
        if ids is None:
            return bool(list(self._rows("read_all_notifications", user_id)))
        found = [list(self._rows("read_notification", id_, user_id)) for id_ in ids]
        return any(found)

    def clear_notifications(self, user_id: str) -> bool:
        return bool(list(self._rows("clear_notifications", user_id)))


def _notification_row(row: tuple[Any, ...]) -> NotificationRow:
    return NotificationRow(
        id=row[0],
        user_id=row[1],
        kind=row[2],
        post_id=row[3],
        comment_id=row[4],
        actors=row[5],
        is_read=bool(row[6]),
        created_at=row[7],
        actor=creator_row(row[8:]),
    )

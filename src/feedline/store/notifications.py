"""Notifications, spelled in SQL."""

from heapq import merge
from itertools import islice

from feedline.feed.instants import Millis, Place
from feedline.feed.notifications import NotificationKind, NotificationQuery, NotificationRow
from feedline.store.notices import Notices, NoticeWrites
from feedline.store.rows import END, Value, notification_row

_PASSING_ON = (
    "uncount_actor",
    "forget_actor",
    "pass_on_notifications",
    "remove_notifications_by",
)


class Notifications(Notices):
    """Reads of what people are notified of."""

    def notifications(self, query: NotificationQuery) -> list[NotificationRow]:
        time, id_ = query.before or END
        rows = self._rows("notifications", query.user_id, time, id_, query.limit)
        own = [notification_row(row) for row in rows]
        notices = self._notices(query.user_id, query.before, query.limit)
        return list(islice(merge(own, notices, key=_place, reverse=True), query.limit))

    def unread_count(self, user_id: str) -> int:
        return int(self._one("unread_count", user_id)) + self._unread_notices(user_id)

    def unread_notification(
        self, user_id: str, kind: NotificationKind, post_id: str | None
    ) -> NotificationRow | None:
        row = self._first("unread_notification", user_id, kind, post_id)
        return None if row is None else notification_row(row)

    def crowded(self, after: str, keep: int, limit: int) -> tuple[list[str], str | None]:
        values: dict[str, Value] = {"after": after, "keep": keep, "limit": limit}
        people = list(self._named("crowded", values))
        crowded = [user_id for user_id, is_crowded in people if is_crowded]
        return crowded, people[-1][0] if people else None


class NotificationWrites(NoticeWrites, Notifications):
    """The writes of the same."""

    def add_notification(self, row: NotificationRow) -> None:
        subjects = (row.post_id, row.comment_id)
        actor_id = row.actor.id
        self._do(
            "add_notification", row.id, row.user_id, row.kind, actor_id, *subjects, row.created_at
        )

    def change_notification(self, row: NotificationRow) -> None:
        self._do("change_notification", row.actor.id, row.comment_id, row.actors, row.id)

    def remove_actor(self, user_id: str, actor_id: str) -> None:
        values: dict[str, Value] = {"user": user_id, "actor": actor_id}
        for name in _PASSING_ON:
            self._named(name, values)

    def add_actor(self, notification_id: str, actor_id: str) -> bool:
        return self._first("add_actor", notification_id, actor_id) is not None

    def read_notifications(self, user_id: str, ids: list[str] | None) -> bool:
        own = (
            [list(self._rows("read_all_notifications", user_id))]
            if ids is None
            else [list(self._rows("read_notification", id_, user_id)) for id_ in ids]
        )
        return any([self._read_notices(user_id, ids), *own])

    def clear_notifications(self, user_id: str) -> bool:
        own = list(self._rows("clear_notifications", user_id))
        return any([self._clear_notices(user_id), own])

    def remove_notifications_of(self, user_id: str, post_id: str) -> None:
        self._do("remove_notifications_of", user_id, post_id)

    def forget_notifications(self, before: Millis, limit: int) -> int:
        return (
            self._changed("drop_notifications", before, limit)
            + self._changed("drop_post_notices", before, limit)
            + self._changed("drop_notices_read", self._head(), limit)
        )

    def thin_out(self, user_id: str, keep: int, limit: int) -> int:
        return self._changed("drop_crowd", user_id, limit, keep)


def _place(row: NotificationRow) -> Place:
    return Place(row.created_at, row.id)

"""Accounts as an operator looks after them, and how they go, spelled in SQL."""

from feedline.feed.comments import CommentRow
from feedline.feed.events import Unknown, without_person
from feedline.feed.instants import Millis
from feedline.feed.media_row import MediaRow
from feedline.feed.notifications import NotificationRow
from feedline.feed.people import SessionRow, State, UserRow
from feedline.store.events import event_encoder, read_event
from feedline.store.rows import Rows, Value, comment_row, media_row, notification_row, user_row

_LAST_ID = "\x7f"  # after every id


class Accounts(Rows):
    """Reads of accounts."""

    def people(self, search: str, before: str | None, limit: int) -> list[UserRow]:
        pattern = search.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        values: dict[str, Value] = {
            "search": pattern.lower(),
            "before": before or _LAST_ID,
            "limit": limit,
        }
        return [user_row(row) for row in self._named("people", values)]

    def people_leaving(self) -> list[str]:
        return [user_id for (user_id,) in self._rows("people_leaving")]

    def sessions_of(self, user_id: str, now: Millis, limit: int) -> list[SessionRow]:
        rows = self._rows("sessions_of", user_id, now, limit)
        return [
            SessionRow(id=row[0], user_id=user_id, created_at=row[1], expires_at=row[2])
            for row in rows
        ]

    def comments_by(self, user_id: str, after: str, limit: int) -> list[CommentRow]:
        return [comment_row(row) for row in self._rows("comments_by", user_id, after, limit)]

    def liked_by(self, user_id: str, after: str, limit: int) -> list[str]:
        return [post_id for (post_id,) in self._rows("liked_by", user_id, after, limit)]

    def media_by(self, user_id: str, after: str, limit: int) -> list[MediaRow]:
        return [media_row(row) for row in self._rows("media_by", user_id, after, limit)]

    def followers_of(self, user_id: str, limit: int) -> list[str]:
        return [follower for (follower,) in self._rows("followers_of", user_id, limit)]

    def notifications_by(self, user_id: str, limit: int) -> list[NotificationRow]:
        rows = self._named("notifications_by", {"actor": user_id, "limit": limit})
        return [notification_row(row) for row in rows]


class AccountWrites(Accounts):
    """The writes of the same."""

    def set_state(self, user_id: str, state: State) -> None:
        self._do("set_state", state, user_id)

    def change_password(self, user_id: str, password_hash: str) -> None:
        self._do("change_password", password_hash, user_id)

    def revoke_sessions(self, user_id: str) -> None:
        self._do("revoke_sessions", user_id)

    def drop_actor(self, notification_id: str, user_id: str) -> str | None:
        self._do("drop_actor", notification_id, user_id)
        row: tuple[str | None] = self._first("other_actor", notification_id) or (None,)
        return row[0]

    def drop_notification(self, notification_id: str) -> None:
        self._do("drop_notification", notification_id)

    def drop_likes_of(self, post_id: str, limit: int) -> int:
        return self._changed("drop_likes_of", post_id, limit)

    def drop_comments_of(self, post_id: str, limit: int) -> int:
        return self._changed("drop_comments_of", post_id, limit)

    def drop_belongings(self, user_id: str, limit: int) -> int:
        self._do("give_up_media", user_id)
        return sum(
            self._changed(name, user_id, limit)
            for name in (
                "drop_own_notifications",
                "drop_own_marks",
                "drop_answers",
                "drop_sessions",
            )
        )

    def scrub_log(self, user_id: str, after: int, limit: int) -> int:
        end = after + limit
        for seq, body in list(self._rows("mentions", after, end, user_id.encode())):
            event = read_event(body)
            kept = without_person(event, user_id)
            if kept is not event or isinstance(event, Unknown):  # it names them
                self._do("rewrite_event", event_encoder.encode(kept), seq)
        return end

    def remove_user(self, user_id: str) -> None:
        self._do("remove_user", user_id)

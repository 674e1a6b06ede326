"""What looking after accounts asks of a database: the part of the port that few need."""

from typing import Protocol

from feedline.feed.comments import CommentRow
from feedline.feed.instants import Millis
from feedline.feed.media_row import MediaRow
from feedline.feed.notifications import NotificationRow
from feedline.feed.people import SessionRow, State, UserRow


class AccountReads(Protocol):
    """Everything here comes from one snapshot of the database."""

    def people(self, search: str, before: str | None, limit: int) -> list[UserRow]:
        """People whose username begins so, the newest id first, after the id ``before``."""

    def people_leaving(self) -> list[str]:
        """The ids of those whose accounts are being deleted."""

    def sessions_of(self, user_id: str, now: Millis, limit: int) -> list[SessionRow]:
        """The sign-ins of a person that last, the newest first."""

    def comments_by(self, user_id: str, after: str, limit: int) -> list[CommentRow]:
        """What a person wrote under posts, by id."""

    def liked_by(self, user_id: str, after: str, limit: int) -> list[str]:
        """The ids of the posts that a person likes, in order."""

    def media_by(self, user_id: str, after: str, limit: int) -> list[MediaRow]:
        """The files of a person, by id."""

    def followers_of(self, user_id: str, limit: int) -> list[str]: ...

    def notifications_by(self, user_id: str, limit: int) -> list[NotificationRow]:
        """What others were notified of because of a person, alone or among others."""


class AccountWrites(AccountReads, Protocol):
    """A transaction, as of all writes."""

    def set_state(self, user_id: str, state: State) -> None: ...

    def change_password(self, user_id: str, password_hash: str) -> None: ...

    def revoke_sessions(self, user_id: str) -> None: ...

    def drop_actor(self, notification_id: str, user_id: str) -> str | None:
        """Counts somebody in a notification no more; the id of another one who is counted."""

    def drop_notification(self, notification_id: str) -> None: ...

    def drop_likes_of(self, post_id: str, limit: int) -> int:
        """Drops likes of a post that is about to go, uncounted."""

    def drop_comments_of(self, post_id: str, limit: int) -> int:
        """Drops comments under a post that is about to go, uncounted."""

    def drop_belongings(self, user_id: str, limit: int) -> int:
        """Drops what a person alone has: notifications, answers, sessions; gives up their files."""

    def scrub_log(self, user_id: str, after: int, limit: int) -> int:
        """Takes a person's names out of ``limit`` places of the log; the place it has reached."""

    def remove_user(self, user_id: str) -> None: ...

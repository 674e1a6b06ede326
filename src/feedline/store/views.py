"""What can be read from a database: the port, by named queries."""

import msgspec

from feedline.feed.audit import AuditQuery, AuditRow
from feedline.feed.cursor import Cursor
from feedline.feed.instants import Millis
from feedline.feed.media_row import MediaRow
from feedline.feed.people import UserRow
from feedline.feed.policy import LivePolicy
from feedline.feed.ports import PostQuery, ServiceToken
from feedline.feed.posts import PostRow
from feedline.store.accounts import Accounts
from feedline.store.base import LogBounds, LogEntry, LogPage, StoredAnswer
from feedline.store.circles import Circles
from feedline.store.events import read_event
from feedline.store.experiments import Experiments
from feedline.store.figures import FigureReads
from feedline.store.notifications import Notifications
from feedline.store.reports import Reports
from feedline.store.rows import END, Value, audit_row, media_row, post_row, user_row
from feedline.store.trails import TrailReads

PAGE_BYTES = 1 << 20  # most that one page of the log may hold in memory


_OF_POSTS = b'{"type":"post_'  # created, updated, deleted; comments are told apart from them


class Views(Circles, Notifications, Accounts, Experiments, Reports, TrailReads, FigureReads):
    """Reads on a connection that has a transaction open."""

    def cursor(self) -> str:
        bounds = self.log_bounds()
        return str(Cursor(bounds.epoch, bounds.head))

    def user(self, user_id: str) -> UserRow | None:
        return self._person("user", user_id)

    def user_by_name(self, username: str) -> UserRow | None:
        return self._person("user_by_name", username)

    def signed_in(self, session_id: str, now: Millis) -> UserRow | None:
        return self._person("signed_in", session_id, now)

    def service_token(self, digest: bytes) -> ServiceToken | None:
        row = self._first("service_token_of", digest)
        return None if row is None else ServiceToken(*row)

    def service_tokens(self) -> list[ServiceToken]:
        return [ServiceToken(*row) for row in self._rows("service_tokens")]

    def audit(self, query: AuditQuery) -> list[AuditRow]:
        time, id_ = query.before or END
        values: dict[str, Value] = {
            "action": query.action,
            "actor": query.actor,
            "subject": query.subject,
            "time": time,
            "id": id_,
            "limit": query.limit,
        }
        return [audit_row(row) for row in self._named("audit", values)]

    def policy(self) -> LivePolicy:
        return self._policy("policy")

    def post(self, post_id: str, viewer_id: str | None = None) -> PostRow | None:
        row = self._first("post", viewer_id, post_id)
        return None if row is None else post_row(row)

    def is_removed(self, post_id: str) -> bool:
        return self._first("removal", post_id) is not None

    def posts(self, query: PostQuery, viewer_id: str | None = None) -> list[PostRow]:
        values = {**posts_values(query), "viewer": viewer_id}
        return [post_row(row) for row in self._run(self._posts_sql(query), values)]

    def media(self, media_id: str) -> MediaRow | None:
        row = self._first("media", media_id)
        return None if row is None else media_row(row)

    def media_of_post(self, post_id: str) -> MediaRow | None:
        row = self._first("media_of_post", post_id)
        return None if row is None else media_row(row)

    def blurred(self, media_id: str) -> bytes | None:
        row: tuple[bytes | None] = self._first("blurred", media_id) or (None,)
        return row[0]

    def media_bytes(self, owner_id: str) -> int:
        (size,) = self._first("media_bytes", owner_id) or (0,)
        return int(size)

    def _head(self) -> int:
        return self.log_bounds().head

    def log_bounds(self) -> LogBounds:
        epoch, head, floor = self._first("log_head") or ("", 0, 0)
        return LogBounds(epoch, floor, head)

    def log_page(self, after: int, limit: int) -> LogPage:
        bounds = self.log_bounds()
        entries: list[LogEntry] = []
        size = 0
        full = False
        for seq, body in self._rows("log_page", after, limit):
            event = read_event(body)
            event.cursor = str(Cursor(bounds.epoch, seq))
            entries.append(LogEntry(seq, event))
            size += len(body)
            full = len(entries) == limit or size >= PAGE_BYTES
            if full:
                break
        end = entries[-1].seq if full else max(bounds.head, after)
        return LogPage(bounds, after, end, entries)

    def entries_of_post(self, post_id: str) -> list[tuple[Millis, LogEntry]]:
        return [
            (self._one("event_at", seq), LogEntry(seq, read_event(body)))
            for seq, body in list(self._rows("events_of_post", post_id))
            if body.startswith(_OF_POSTS)
        ]

    def entries_for(
        self, channel: str, after: int, until: int, limit: int
    ) -> list[tuple[Millis, LogEntry]]:
        needle = f'"channel":"{channel}"'.encode()
        return [
            (at, LogEntry(seq, read_event(body)))
            for seq, at, body in self._rows("events_with", after, until, needle, limit)
        ]

    def stored_answer(self, user_id: str, key: str) -> StoredAnswer | None:
        row = self._first("stored_answer", user_id, key)
        return None if row is None else StoredAnswer(*row)

    def _posts_sql(self, query: PostQuery) -> str:
        """The query for posts, reading in its order the index that fits what is asked."""
        raise NotImplementedError

    def _policy(self, name: str) -> LivePolicy:
        row = self._first(name)
        return LivePolicy() if row is None else msgspec.json.decode(row[0], type=LivePolicy)

    def _person(self, name: str, *values: Value) -> UserRow | None:
        row = self._first(name, *values)
        return None if row is None else user_row(row)


def posts_values(query: PostQuery) -> dict[str, Value]:
    """What the parameters of the query for posts stand for."""
    before_time, before_id = query.before or (None, None)
    return {
        "creator": query.creator,
        "category": query.category,
        "tag": query.tag,
        "before_time": before_time,
        "before_id": before_id,
        "limit": query.limit,
    }

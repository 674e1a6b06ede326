"""What can be read and written on a SQLite connection: the ports, spelled in SQL."""

import apsw
import msgspec

from feedline.errors import Conflict
from feedline.feed.cursor import Cursor
from feedline.feed.events import (
    AnyEvent,
    CommentAdded,
    CommentDeleted,
    PostDeleted,
    PostEvent,
    amended,
    post_of,
)
from feedline.feed.instants import IdSource, Millis
from feedline.feed.people import Identity, UserRow
from feedline.feed.ports import MediaRow, PostQuery, ServiceToken, SessionRow
from feedline.feed.posts import PostRow
from feedline.store.base import LogBounds, LogEntry, LogPage, StoredAnswer
from feedline.store.sqlite_circles import SqliteCircles, SqliteCircleWrites
from feedline.store.sqlite_notifications import (
    SqliteNotifications,
    SqliteNotificationWrites,
)
from feedline.store.sqlite_rows import SQL, Value, post_row, user_row

PAGE_BYTES = 1 << 20  # most that one page of the log may hold in memory

_event_decoder = msgspec.json.Decoder(AnyEvent)
_event_encoder = msgspec.json.Encoder()


class SqliteSnapshot(SqliteCircles, SqliteNotifications):
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

    def has_service_token(self, digest: bytes) -> bool:
        return self._first("service_token_of", digest) is not None

    def service_tokens(self) -> list[ServiceToken]:
        return [ServiceToken(*row) for row in self._rows("service_tokens")]

    def post(self, post_id: str, viewer_id: str | None = None) -> PostRow | None:
        row = self._first("post", viewer_id, post_id)
        return None if row is None else post_row(row)

    def posts(self, query: PostQuery, viewer_id: str | None = None) -> list[PostRow]:
        values = {**posts_values(query), "viewer": viewer_id}
        return [post_row(row) for row in self._connection.execute(_posts_sql(query), values)]

    def media(self, media_id: str) -> MediaRow | None:
        row = self._first("media", media_id)
        return None if row is None else MediaRow(*row)

    def media_of_post(self, post_id: str) -> MediaRow | None:
        row = self._first("media_of_post", post_id)
        return None if row is None else MediaRow(*row)

    def blurred(self, media_id: str) -> bytes | None:
        row: tuple[bytes | None] = self._first("blurred", media_id) or (None,)
        return row[0]

    def media_bytes(self, owner_id: str) -> int:
        (size,) = self._first("media_bytes", owner_id) or (0,)
        return int(size)

    def log_bounds(self) -> LogBounds:
        epoch, head, floor = self._first("log_head") or ("", 0, 0)
        return LogBounds(epoch, floor, head)

    def log_page(self, after: int, limit: int) -> LogPage:
        bounds = self.log_bounds()
        entries: list[LogEntry] = []
        size = 0
        full = False
        for seq, body in self._rows("log_page", after, limit):
            event = _event_decoder.decode(body)
            event.cursor = str(Cursor(bounds.epoch, seq))
            entries.append(LogEntry(seq, event))
            size += len(body)
            full = len(entries) == limit or size >= PAGE_BYTES
            if full:
                break
        end = entries[-1].seq if full else max(bounds.head, after)
        return LogPage(bounds, after, end, entries)

    def stored_answer(self, user_id: str, key: str) -> StoredAnswer | None:
        row = self._first("stored_answer", user_id, key)
        return None if row is None else StoredAnswer(*row)

    def _person(self, name: str, *values: Value) -> UserRow | None:
        row = self._first(name, *values)
        return None if row is None else user_row(row)


class SqliteTransaction(SqliteCircleWrites, SqliteNotificationWrites, SqliteSnapshot):
    """The writes of one group of commands; the writer opens and commits it."""

    def __init__(self, connection: apsw.Connection, ids: IdSource, now: Millis) -> None:
        super().__init__(connection)
        self._ids = ids
        self.now = now
        self._bounds = super().log_bounds()
        self.entries: list[LogEntry] = []

    def log_bounds(self) -> LogBounds:
        bounds = self._bounds
        return LogBounds(bounds.epoch, bounds.floor, bounds.head + len(self.entries))

    def new_id(self) -> str:
        return self._ids.next(self.now)

    def append(self, event: AnyEvent) -> str:
        seq = self._bounds.head + len(self.entries) + 1
        event.cursor = str(Cursor(self._bounds.epoch, seq))
        subjects = (_scrubbed_with(event), _comment_of(event))
        self._rows("append", seq, self.now, *subjects, _event_encoder.encode(event))
        self.entries.append(LogEntry(seq, event))
        return event.cursor

    def amend(self, later: AnyEvent) -> None:
        comment_id = _comment_of(later)
        about = (
            self._rows("events_of_post", post_of(later))
            if comment_id is None
            else self._rows("events_of_comment", comment_id)
        )
        for seq, body in list(about):
            event = _event_decoder.decode(body)
            kept = amended(event, later)
            if kept is not event:
                self._rows("rewrite_event", _event_encoder.encode(kept), seq)

    def write_head(self) -> None:
        """Moves the head of the log over this transaction's events: the last thing it does."""
        if self.entries:
            self._rows("move_head", self.entries[-1].seq)

    def trim(self, keep_from: Millis, keep_events: int, limit: int) -> int:
        """Drops up to ``limit`` of the oldest events; how many."""
        last_droppable = self._bounds.head - keep_events
        floor = None
        dropped = 0
        for seq, at in self._rows("oldest_events", limit):
            if at >= keep_from or seq > last_droppable:
                break
            floor, dropped = seq, dropped + 1
        if floor is not None:
            self._rows("drop_events", floor)
            self._rows("move_floor", floor)
        return dropped

    def forget(self, before: Millis, limit: int) -> int:
        """Drops up to ``limit`` each of the answers, tickets and sessions that are over."""
        changes = self._connection.total_changes()
        self._rows("forget_answers", before, limit)
        self._rows("forget_tickets", self.now, limit)
        self._rows("forget_sessions", before, limit)
        return self._connection.total_changes() - changes

    def add_user(self, row: UserRow) -> None:
        if self.user_by_name(row.username) is not None:
            raise Conflict("username", row.username)
        self._rows(
            "add_user",
            row.id,
            row.username,
            row.name,
            row.avatar,
            row.is_verified,
            row.role,
            row.password_hash,
            row.created_at,
        )

    def change_profile(self, user_id: str, name: str, avatar: str | None) -> None:
        self._rows("change_profile", name, avatar, user_id)

    def add_session(self, row: SessionRow) -> None:
        self._rows("add_session", row.id, row.user_id, row.created_at, row.expires_at)

    def keep_session(self, row: SessionRow) -> None:
        self._rows("keep_session", row.id, row.user_id, row.created_at, row.expires_at)

    def extend_session(self, session_id: str, expires_at: Millis) -> None:
        self._rows("extend_session", expires_at, session_id)

    def revoke_session(self, session_id: str) -> None:
        self._rows("revoke_session", session_id)

    def make_admin(self, user_id: str) -> None:
        self._rows("make_admin", user_id)

    def add_service_token(self, row: ServiceToken, digest: bytes) -> None:
        self._rows("add_service_token", row.id, digest, row.name, row.created_at)

    def remove_service_token(self, token_id: str) -> bool:
        return self._first("remove_service_token", token_id) is not None

    def add_ticket(self, digest: bytes, identity: Identity, expires_at: Millis) -> None:
        self._rows(
            "add_ticket",
            digest,
            identity.user_id,
            identity.session_id,
            identity.expires_at,
            expires_at,
        )

    def take_ticket(self, digest: bytes) -> Identity | None:
        row = self._first("take_ticket", digest)
        if row is None or row[3] <= self.now:
            return None
        return Identity(user_id=row[0], session_id=row[1], expires_at=row[2])

    def add_post(self, row: PostRow) -> None:
        self._rows(
            "add_post",
            row.id,
            row.creator.id,
            row.client_id,
            row.title,
            row.text,
            row.category,
            row.tags,
            row.tier,
            row.created_at,
            row.updated_at,
            *msgspec.structs.astuple(row.media),
        )
        self._add_tags(row)
        self._rows("count_post", row.created_at, row.creator.id)

    def change_post(self, row: PostRow) -> None:
        self._rows(
            "change_post",
            row.title,
            row.text,
            row.category,
            row.tags,
            row.tier,
            row.updated_at,
            *msgspec.structs.astuple(row.media),
            row.id,
        )
        self._rows("remove_tags", row.id)
        self._add_tags(row)

    def remove_post(self, post_id: str) -> None:
        self.release_media(post_id)
        removed = self._first("remove_post", post_id)
        if removed is not None:
            self._rows("uncount_post", removed[0])

    def add_media(self, row: MediaRow) -> None:
        self._rows(
            "add_media",
            row.id,
            row.owner_id,
            row.type,
            row.content_type,
            row.size,
            row.thumbnail_size,
            row.aspect_ratio,
            row.created_at,
        )

    def finish_media(self, media_id: str) -> None:
        self._rows("finish_media", media_id)

    def keep_blurred(self, media_id: str, data: bytes) -> None:
        self._rows("keep_blurred", data, media_id)

    def attach_media(self, media_id: str, post_id: str) -> None:
        self._rows("attach_media", post_id, media_id)

    def release_media(self, post_id: str) -> None:
        self._rows("release_media", post_id)

    def unwanted_media(self, before: Millis, limit: int) -> list[str]:
        return [media_id for (media_id,) in self._rows("unwanted_media", before, limit)]

    def forget_media(self, media_ids: list[str]) -> None:
        for media_id in media_ids:
            self._rows("forget_media", media_id)

    def store_answer(self, user_id: str, key: str, answer: StoredAnswer) -> None:
        self._rows("store_answer", user_id, key, answer.fingerprint, answer.body, self.now)

    def _add_tags(self, row: PostRow) -> None:
        for tag in msgspec.json.decode(row.tags, type=list[str]):
            self._rows("add_tag", tag, row.created_at, row.id)


def _scrubbed_with(event: AnyEvent) -> str | None:
    """The post that takes what people wrote in the event along when it is deleted."""
    has_content = isinstance(event, PostEvent | PostDeleted | CommentAdded)
    return post_of(event) if has_content else None


def _comment_of(event: AnyEvent) -> str | None:
    """The comment that does."""
    match event:
        case CommentAdded(comment=comment):
            return comment.id
        case CommentDeleted(comment_id=comment_id):
            return comment_id
    return None


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


def _posts_sql(query: PostQuery) -> str:
    """The query for posts, reading in its order the index that fits what is asked."""
    source, time, id_ = "posts AS p", "p.created_at", "p.id"
    conditions = []
    if query.creator is not None:
        conditions.append("p.author_id = :creator")
    if query.category is not None:
        # +: not by its index if there is an author, who has fewer posts than a category.
        column = "p.category" if query.creator is None else "+p.category"
        conditions.append(f"{column} = :category")
    if query.tag is not None and query.creator is not None:
        conditions.append("EXISTS (SELECT 1 FROM post_tags WHERE post_id = p.id AND tag = :tag)")
    elif query.tag is not None:
        # CROSS: tags first. The planner would rather sort all posts of the category.
        source = "post_tags AS t CROSS JOIN posts AS p ON p.id = t.post_id"
        time, id_ = "t.created_at", "t.post_id"
        conditions.append("t.tag = :tag")
    if query.before is not None:
        conditions.append(f"({time}, {id_}) < (:before_time, :before_id)")
    return SQL["posts"].format(
        source=source, time=time, id=id_, conditions=" AND ".join(conditions) or "TRUE"
    )

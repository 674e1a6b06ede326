"""Snapshots and transactions of PostgreSQL."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg import Pipeline

from feedline.feed.cursor import Cursor, Position
from feedline.feed.events import AnyEvent, amended
from feedline.feed.instants import IdSource, Millis
from feedline.feed.media_row import MediaRow
from feedline.feed.notifications import NotificationKind, NotificationRow
from feedline.feed.outcomes import Taken
from feedline.feed.people import UserRow
from feedline.feed.policy import LivePolicy
from feedline.feed.ports import PostQuery
from feedline.feed.posts import PostRow
from feedline.feed.visibility import Tier, known_tier
from feedline.store.base import LogEntry, StoredAnswer
from feedline.store.changes import Changes, comment_of, scrubbed_with
from feedline.store.events import event_encoder
from feedline.store.postgres_connections import SQL, Connection
from feedline.store.rows import (
    Results,
    Rows,
    Value,
    Values,
    media_row,
    notification_row,
    post_row,
)
from feedline.store.views import Views

# What stands in an answer for a cursor that is not known yet: nobody can guess it.
_TOKEN = secrets.token_hex(16)
_MARK = re.compile(rf"@{_TOKEN}-([0-9]+)@".encode())


_WRITE = re.compile("^ *(INSERT|UPDATE|DELETE)", re.MULTILINE)
_WRITES = {text for text in SQL.values() if _WRITE.search(text)}
_UNKNOWN = 2**61  # beyond every place in the log
_LAST = 100  # positions that one command may have taken before it stores an answer


class PutOff(Exception):
    """A command has to wait for the commit of one that is in its own group."""


class PostgresRows(Rows):
    """Runs queries on a connection to PostgreSQL."""

    _sql = SQL
    _connection: Connection

    def _run(self, sql: str, values: Values) -> Results:
        return self._connection.execute(sql.encode(), values)

    def _posts_sql(self, query: PostQuery) -> str:
        return posts_sql(query)


class PostgresSnapshot(PostgresRows, Views):
    """Reads on a connection that has a transaction open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def secret(self) -> bytes:
        """What signs sign-ins."""
        return bytes(self._one("secret"))

    def passed(self) -> int:
        """How far the server's own log is on disk, in bytes; a server that only reads has none."""
        return int(self._one("passed"))


class _Appended(NamedTuple):
    """An event on its way into the log, and the bytes that are to be kept of it."""

    event: AnyEvent
    at: Millis
    position: Position
    body: bytes


class _Answer(NamedTuple):
    """An answer on its way into the database: its bytes around the cursor in it."""

    user_id: str
    key: str
    fingerprint: bytes
    before: bytes
    place: int | None
    after: bytes
    at: Millis


@dataclass(slots=True)
class _Count:
    """By how much a person's counts change."""

    posts: int = 0
    followers: int = 0
    following: int = 0
    newest_post_at: Millis | None = None
    recount: bool = False


@dataclass(slots=True)
class _Pending:
    """What a group will write last of all, when it holds the head of the log."""

    appended: list[_Appended] = field(default_factory=list)
    answers: list[_Answer] = field(default_factory=list)
    counts: list[tuple[str, _Count]] = field(default_factory=list)
    positions: list[tuple[Position, int]] = field(default_factory=list)
    placed: list[str] = field(default_factory=list)
    floor: int = 0

    def mark(self) -> tuple[int, int, int, int, int]:
        """A point to which this can be taken back."""
        return (
            len(self.appended),
            len(self.answers),
            len(self.counts),
            len(self.positions),
            self.floor,
        )

    def take_back(self, mark: tuple[int, int, int, int, int]) -> None:
        del self.appended[mark[0] :]
        del self.answers[mark[1] :]
        del self.counts[mark[2] :]
        del self.positions[mark[3] :]
        self.floor = mark[4]


class _Awaited:
    """The rows of a statement that may still be on its way.

    They are asked for with a Sync. psycopg itself only has them flushed, and a server that has not
    seen a Sync counts its transaction as busy, not as idle: if this node stops or vanishes then,
    no timeout ends it, and its locks are held for ever.
    """

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]], pipeline: Pipeline) -> None:
        self._cursor = cursor
        self._pipeline = pipeline

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._arrived())

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._arrived().fetchone()

    def _arrived(self) -> psycopg.Cursor[tuple[Any, ...]]:
        if self._cursor.pgresult is None:
            self._pipeline.sync()
        return self._cursor


class PostgresTransaction(PostgresRows, Changes):
    """The writes of one group of commands; the writer opens and commits it.

    Other nodes write at the same time. Whatever a command decides on is therefore locked when it
    is read (``..._for_change``), and what every group would wait for is written at the end, in
    one order on all nodes: people's counts, then the log.
    """

    def __init__(
        self, connection: Connection, pipeline: Pipeline | None, ids: IdSource, now: Millis
    ) -> None:
        super().__init__(ids, now)
        self._connection = connection
        self._pipeline = pipeline
        self.pending = _Pending()
        self.writes = 0
        """Statements that changed something."""
        # Stands for the place of the newest event when the head will be locked. Other groups have
        # other numbers, so that rows with one are never in each other's way.
        self._base = _UNKNOWN + secrets.randbits(40) * 2**16

    def _run(self, sql: str, values: Values) -> Results:
        self.writes += sql in _WRITES
        cursor = self._connection.execute(sql.encode(), values)
        return cursor if self._pipeline is None else _Awaited(cursor, self._pipeline)

    def _changed(self, name: str, *values: Value) -> int:
        self.writes += 1
        cursor = self._connection.execute(SQL[name].encode(), values)
        if self._pipeline is not None:
            self._pipeline.sync()  # else it isn't known yet
        return cursor.rowcount

    def position(self) -> Position:
        return self._position(len(self.pending.appended))

    def append(self, event: AnyEvent) -> Position:
        appended = self.pending.appended
        position = self._position(len(appended) + 1)
        appended.append(_Appended(event, self.now, position, event_encoder.encode(event)))
        return position

    def add_follow(self, follower_id: str, creator_id: str, *, notify_posts: bool = True) -> None:
        self.pending.placed.append(follower_id)
        super().add_follow(follower_id, creator_id, notify_posts=notify_posts)

    def change_follow(self, follower_id: str, creator_id: str, *, notify_posts: bool) -> None:
        self.pending.placed.append(follower_id)
        super().change_follow(follower_id, creator_id, notify_posts=notify_posts)

    def amend(self, later: AnyEvent) -> None:
        super().amend(later)
        for n, appended in enumerate(self.pending.appended):
            kept = amended(appended.event, later)
            if kept is not appended.event:
                body = event_encoder.encode(kept)
                self.pending.appended[n] = appended._replace(body=body)

    def post(self, post_id: str, viewer_id: str | None = None) -> PostRow | None:
        row = self._first("post_for_change", viewer_id, post_id)
        return None if row is None else post_row(row)

    def policy(self) -> LivePolicy:
        return self._policy("policy_for_change")

    def taken(self, name: str) -> list[Taken]:
        return self._taken("taken_for_change", name)

    def media(self, media_id: str) -> MediaRow | None:
        row = self._first("media_for_change", media_id)
        return None if row is None else media_row(row)

    def tier_held(self, subscriber_id: str, creator_id: str) -> Tier | None:
        row = self._first("tier_held_for_change", subscriber_id, creator_id)
        return None if row is None else known_tier(row[0])

    def are_apart(self, one_id: str, other_id: str) -> bool:
        self._named("await_pair", {"one": one_id, "other": other_id})
        return super().are_apart(one_id, other_id)

    def unread_notification(
        self, user_id: str, kind: NotificationKind, post_id: str | None
    ) -> NotificationRow | None:
        row = self._first("unread_notification_for_change", user_id, kind, post_id)
        return None if row is None else notification_row(row)

    def stored_answer(self, user_id: str, key: str) -> StoredAnswer | None:
        if any((known.user_id, known.key) == (user_id, key) for known in self.pending.answers):
            raise PutOff
        self._do("await_answer", user_id, key)
        return super().stored_answer(user_id, key)

    def store_answer(
        self, user_id: str, key: str, fingerprint: bytes, body: Callable[[], bytes]
    ) -> None:
        before, place, after = _around_cursor(self._with_marks(body))
        answer = _Answer(user_id, key, fingerprint, before, place, after, self.now)
        self.pending.answers.append(answer)

    def write_last(self) -> Results:
        """Writes what waits, and asks where that is in the log. Only COMMIT comes after this."""
        self._write_counts()
        pending = self.pending
        if pending.appended or pending.answers or pending.placed or pending.floor:
            return self._named("move_head", self._head_values())
        return self._rows("log_head")

    def settle(self, head: Results) -> list[LogEntry]:
        """Tells everybody their place, once it is known; the entries that are in the log now."""
        epoch, base, *_ = head.fetchone() or ("", 0)
        for position, place in self.pending.positions:
            position.settle(str(Cursor(epoch, base + place)))
        entries = []
        for place, (event, _, position, _) in enumerate(self.pending.appended, 1):
            event.cursor = str(position)
            entries.append(LogEntry(base + place, event))
        return entries

    def _head_values(self) -> dict[str, Any]:
        appended, answers = self.pending.appended, self.pending.answers
        return {
            "events": len(appended),
            "floor": self.pending.floor,
            "at": [entry.at for entry in appended],
            "post_ids": [scrubbed_with(entry.event) for entry in appended],
            "comment_ids": [comment_of(entry.event) for entry in appended],
            "bodies": [entry.body for entry in appended],
            "user_ids": [answer.user_id for answer in answers],
            "keys": [answer.key for answer in answers],
            "fingerprints": [answer.fingerprint for answer in answers],
            "befores": [answer.before for answer in answers],
            "places": [answer.place for answer in answers],
            "afters": [answer.after for answer in answers],
            "first": self._base,
            "placed": self.pending.placed,
            "answered_at": [answer.at for answer in answers],
        }

    def _with_marks(self, body: Callable[[], bytes]) -> bytes:
        """The bytes of an answer with marks in it for the positions of the last commands."""
        for position, place in self.pending.positions[-_LAST:]:
            position.settle(f"@{_TOKEN}-{place}@")
        return body()

    def _position(self, place: int) -> Position:
        position = Position()
        self.pending.positions.append((position, place))
        return position

    def _mark(self, name: str, user_id: str) -> None:
        self.pending.placed.append(user_id)
        super()._mark(name, user_id)

    def _head(self) -> int:
        return self._base + len(self.pending.appended)

    def _move_floor(self, floor: int) -> None:
        self.pending.floor = max(self.pending.floor, floor)

    def _person(self, name: str, *values: Value) -> UserRow | None:
        row = super()._person(name, *values)
        if row is None:
            return None
        for user_id, count in self.pending.counts:
            if user_id == row.id:
                row = msgspec.structs.replace(
                    row,
                    posts_count=row.posts_count + count.posts,
                    followers_count=row.followers_count + count.followers,
                    following_count=row.following_count + count.following,
                )
        return row

    def _count_post(self, row: PostRow) -> None:
        count = _Count(posts=1, newest_post_at=row.created_at)
        self.pending.counts.append((row.creator.id, count))

    def _uncount_post(self, author_id: str) -> None:
        self.pending.counts.append((author_id, _Count(posts=-1, recount=True)))

    def _count_follow(self, follower_id: str, creator_id: str, by: int) -> None:
        self.pending.counts.append((creator_id, _Count(followers=by)))
        self.pending.counts.append((follower_id, _Count(following=by)))

    def _write_counts(self) -> None:
        if not self.pending.counts:
            return
        sums: dict[str, _Count] = {}
        for user_id, count in self.pending.counts:
            _add(sums.setdefault(user_id, _Count()), count)
        values: dict[str, Any] = {
            "ids": list(sums),
            "posts": [count.posts for count in sums.values()],
            "followers": [count.followers for count in sums.values()],
            "following": [count.following for count in sums.values()],
            "newest": [count.newest_post_at for count in sums.values()],
            "recount": [count.recount for count in sums.values()],
        }
        self._named("lock_counted", {"ids": values["ids"]})
        self._named("count_users", values)


def _add(total: _Count, count: _Count) -> None:
    total.posts += count.posts
    total.followers += count.followers
    total.following += count.following
    total.recount |= count.recount
    if count.newest_post_at is not None:
        total.newest_post_at = max(total.newest_post_at or 0, count.newest_post_at)


def _around_cursor(body: bytes) -> tuple[bytes, int | None, bytes]:
    """An answer with a mark in it: what is before, the place that is marked, what is after."""
    mark = _MARK.search(body)
    if mark is None:
        return body, None, b""
    return body[: mark.start()], int(mark[1]), body[mark.end() :]


_IS_THERE = """
    NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = %(viewer)s AND blocked_id = p.author_id)
    AND NOT EXISTS (
        SELECT 1 FROM blocks WHERE blocker_id = p.author_id AND blocked_id = %(viewer)s)"""


def posts_sql(query: PostQuery) -> str:
    """The query for posts, reading in its order the index that fits what is asked."""
    source, time, id_ = "posts AS p", "p.created_at", "p.id"
    conditions = [_IS_THERE]
    if query.creator is not None:
        conditions.append("p.author_id = %(creator)s")
    if query.category is not None:
        conditions.append("p.category = %(category)s")
    if query.tag is not None and query.creator is not None:
        conditions.append("EXISTS (SELECT 1 FROM post_tags WHERE post_id = p.id AND tag = %(tag)s)")
    elif query.tag is not None:
        source = "post_tags AS t JOIN posts AS p ON p.id = t.post_id"
        time, id_ = "t.created_at", "t.post_id"
        conditions.append("t.tag = %(tag)s")
    if query.before is not None:
        conditions.append(f"({time}, {id_}) < (%(before_time)s, %(before_id)s)")
    return SQL["posts"].format(
        source=source, time=time, id=id_, conditions=" AND ".join(conditions)
    )

"""Snapshots and transactions of SQLite."""

from collections.abc import Callable

import apsw

from feedline.feed.cursor import Cursor, Position
from feedline.feed.events import AnyEvent
from feedline.feed.instants import IdSource, Millis
from feedline.feed.ports import PostQuery
from feedline.store.base import LogBounds, LogEntry
from feedline.store.changes import Changes, comment_of, scrubbed_with
from feedline.store.events import event_encoder
from feedline.store.queries import load_queries
from feedline.store.rows import Results, Rows, Value, Values
from feedline.store.views import Views

SQL = load_queries("sqlite.sql")


class SqliteRows(Rows):
    """Runs queries on a connection to SQLite."""

    _sql = SQL
    _connection: apsw.Connection

    def _run(self, sql: str, values: Values) -> Results:
        return self._connection.execute(sql, values)

    def _changed(self, name: str, *values: Value) -> int:
        self._connection.execute(SQL[name], values)
        return self._connection.changes()

    def _posts_sql(self, query: PostQuery) -> str:
        return posts_sql(query)


class SqliteSnapshot(SqliteRows, Views):
    """Reads on a connection that has a transaction open."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection


class SqliteTransaction(SqliteRows, Changes):
    """The writes of one group of commands; the writer opens and commits it."""

    def __init__(self, connection: apsw.Connection, ids: IdSource, now: Millis) -> None:
        super().__init__(ids, now)
        self._connection = connection
        self._bounds = super().log_bounds()
        self.entries: list[LogEntry] = []

    def log_bounds(self) -> LogBounds:
        bounds = self._bounds
        return LogBounds(bounds.epoch, bounds.floor, bounds.head + len(self.entries))

    def position(self) -> Position:
        return Position(self.cursor())

    def append(self, event: AnyEvent) -> Position:
        seq = self._bounds.head + len(self.entries) + 1
        event.cursor = str(Cursor(self._bounds.epoch, seq))
        subjects = (scrubbed_with(event), comment_of(event))
        self._do("append", seq, self.now, *subjects, event_encoder.encode(event))
        self.entries.append(LogEntry(seq, event))
        return Position(event.cursor)

    def write_head(self) -> None:
        """Moves the head of the log over this transaction's events: the last thing it does."""
        if self.entries:
            self._do("move_head", self.entries[-1].seq)

    def store_answer(
        self, user_id: str, key: str, fingerprint: bytes, body: Callable[[], bytes]
    ) -> None:
        self._do("store_answer", user_id, key, fingerprint, body(), self.now)


_IS_THERE = """
    NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = :viewer AND blocked_id = p.author_id)
    AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = p.author_id AND blocked_id = :viewer)"""


def posts_sql(query: PostQuery) -> str:
    """The query for posts, reading in its order the index that fits what is asked."""
    source, time, id_ = "posts AS p", "p.created_at", "p.id"
    conditions = [_IS_THERE]
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
        source=source, time=time, id=id_, conditions=" AND ".join(conditions)
    )

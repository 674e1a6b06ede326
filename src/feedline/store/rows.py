"""Rows as the domain's structs, and how a named query is run, whatever the database."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from feedline.feed.audit import Actor, AuditRow, Detail, Subject
from feedline.feed.comments import CommentRow
from feedline.feed.instants import Place
from feedline.feed.media_row import MediaRow
from feedline.feed.notifications import NotificationRow
from feedline.feed.people import Creator, UserRow
from feedline.feed.posts import Media, PostRow

Value = None | int | float | bytes | str  # what databases store
Values = Sequence[Value] | Mapping[str, Value]

END = Place(2**62, "")  # where every list begins: it is newest first


class Overtaken(Exception):
    """What a command is about to remove was removed by another node since it looked."""


class Results(Protocol):
    """The rows that a statement brought."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...

    def fetchone(self) -> tuple[Any, ...] | None: ...


class Rows:
    """Runs named queries on a connection that has a transaction open.

    What is built on this holds for every database; each brings its own file of queries, which
    have the same names, parameters and columns in all of them.
    """

    _sql: ClassVar[dict[str, str]]

    def _run(self, sql: str, values: Values) -> Results:
        raise NotImplementedError

    def _changed(self, name: str, *values: Value) -> int:
        """Runs a statement for its effect: how many rows it changed."""
        raise NotImplementedError

    def _head(self) -> int:
        """The place of the newest event."""
        raise NotImplementedError

    def _do(self, name: str, *values: Value) -> None:
        """Runs a statement for its effect alone."""
        self._run(self._sql[name], values)

    def _remove(self, name: str, *values: Value) -> None:
        """Removes a row that was there a moment ago. Raises Overtaken."""
        if not self._changed(name, *values):
            raise Overtaken

    def _removed(self, name: str, *values: Value) -> tuple[Any, ...]:
        """The same, and what the row was. Raises Overtaken."""
        row = self._first(name, *values)
        if row is None:
            raise Overtaken
        return row

    def _rows(self, name: str, *values: Value) -> Results:
        return self._run(self._sql[name], values)

    def _named(self, name: str, values: Mapping[str, Value]) -> Results:
        return self._run(self._sql[name], values)

    def _first(self, name: str, *values: Value) -> tuple[Any, ...] | None:
        return self._run(self._sql[name], values).fetchone()

    def _one(self, name: str, *values: Value) -> Any:
        """The only value of the only row."""
        (value,) = next(iter(self._run(self._sql[name], values)))
        return value


def audit_row(row: tuple[Any, ...]) -> AuditRow:
    has_subject = row[5] is not None
    return AuditRow(
        id=row[0],
        actor=Actor(*row[1:4]),
        action=row[4],
        subject=Subject(*row[5:8]) if has_subject else None,
        details=msgspec.json.decode(row[8], type=dict[str, Detail]),
        created_at=row[9],
    )


def user_row(row: tuple[Any, ...]) -> UserRow:
    return UserRow(
        id=row[0],
        username=row[1],
        name=row[2],
        avatar=row[3],
        is_verified=bool(row[4]),
        role=row[5],
        password_hash=row[6],
        posts_count=row[7],
        created_at=row[8],
        followers_count=row[9],
        following_count=row[10],
        state=row[11],
    )


def post_row(row: tuple[Any, ...]) -> PostRow:
    return PostRow(
        id=row[0],
        client_id=row[1],
        title=row[2],
        text=row[3],
        category=row[4],
        tags=row[5],
        tier=row[6],
        created_at=row[7],
        updated_at=row[8],
        media=Media(type=row[9], url=row[10], thumbnail=row[11], aspect_ratio=row[12]),
        creator=creator_row(row[13:18]),
        likes_count=row[18],
        comments_count=row[19],
        is_liked=bool(row[20]),
    )


def media_row(row: tuple[Any, ...]) -> MediaRow:
    return MediaRow(
        id=row[0],
        owner_id=row[1],
        post_id=row[2],
        type=row[3],
        content_type=row[4],
        size=row[5],
        thumbnail_size=row[6],
        aspect_ratio=row[7],
        created_at=row[8],
        is_avatar=bool(row[9]),
    )


def comment_row(row: tuple[Any, ...]) -> CommentRow:
    return CommentRow(
        id=row[0], post_id=row[1], text=row[2], created_at=row[3], author=creator_row(row[4:])
    )


def notification_row(row: tuple[Any, ...]) -> NotificationRow:
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


def creator_row(row: tuple[Any, ...]) -> Creator:
    return Creator(
        id=row[0],
        username=row[1],
        name=row[2] or row[1],
        avatar=row[3],
        is_verified=bool(row[4]),
    )

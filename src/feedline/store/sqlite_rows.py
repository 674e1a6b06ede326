"""Rows of SQLite as the domain's structs, and how a named query is run."""

from collections.abc import Iterator
from typing import Any

import apsw

from feedline.feed.comments import CommentRow
from feedline.feed.people import Creator, UserRow
from feedline.feed.posts import Media, PostRow
from feedline.store.queries import load_queries

SQL = load_queries("sqlite.sql")
Value = None | int | float | bytes | str  # what SQLite stores


class SqliteRows:
    """Runs named queries on a connection that has a transaction open."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def _rows(self, name: str, *values: Value) -> Iterator[tuple[Any, ...]]:
        return self._connection.execute(SQL[name], values)

    def _named(self, name: str, values: dict[str, Value]) -> Iterator[tuple[Any, ...]]:
        return self._connection.execute(SQL[name], values)

    def _first(self, name: str, *values: Value) -> tuple[Any, ...] | None:
        return self._connection.execute(SQL[name], values).fetchone()

    def _one(self, name: str, *values: Value) -> Any:
        """The only value of the only row."""
        (value,) = next(self._connection.execute(SQL[name], values))
        return value


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


def comment_row(row: tuple[Any, ...]) -> CommentRow:
    return CommentRow(
        id=row[0], post_id=row[1], text=row[2], created_at=row[3], author=creator_row(row[4:])
    )


def creator_row(row: tuple[Any, ...]) -> Creator:
    return Creator(
        id=row[0],
        username=row[1],
        name=row[2] or row[1],
        avatar=row[3],
        is_verified=bool(row[4]),
    )

"""Fills a data directory before its server starts: the one thing here that is not done outside."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import apsw

from bench.server import User
from feedline.api.tokens import Tokens, load_secret
from feedline.feed.people import Identity
from feedline.store.sqlite_connections import migrate

_DAY: int = 24 * 3_600_000
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """So many readers, from one number on, and whom each of them follows."""

    reader: int
    readers: int = 1
    creator: int
    creators: int
    follows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """``silent``: of the people, how many of the first no longer post."""

    people: int
    posts: int = 0
    silent: int = 0
    follows: Sequence[Follows] = ()

    def fill(self, data: Path) -> None:
        """Makes an installation of it."""
        data.mkdir(mode=0o700)
        path = data / "feedline.db"
        migrate(path)
        connection = apsw.Connection(str(path))
        try:
            # Nothing is lost if this is cut off; it is begun anew.
            connection.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")
            with connection:
                self._fill(connection)
        finally:
            connection.close()

    def users(self, data: Path, numbers: Sequence[int]) -> Iterator[User]:
        """People by their numbers, signed in."""
        tokens = Tokens(load_secret(data))
        now = time.time_ns() // 1_000_000
        connection = apsw.Connection(str(data / "feedline.db"), flags=apsw.SQLITE_OPEN_READONLY)
        query = "SELECT id, username FROM users WHERE username = ?"
        for number in numbers:
            [(id_, name)] = connection.execute(query, (f"person{number}",))
            yield User(id_, name, tokens.issue(Identity(id_, id_, now + _DAY), now))
        connection.close()

    def _fill(self, connection: apsw.Connection) -> None:
        now = time.time_ns() // 1_000_000
        start = now - self.posts * 1000 - _DAY
        values = {**asdict(self), "start": start, "end": now + 2 * _DAY}
        queries = _queries()
        for name in ("people", "numbers", "index_of_numbers", "sessions", "posts", "tags"):
            if self.posts or name not in ("posts", "tags"):
                connection.execute(queries[name], values)
        for follows in self.follows:
            connection.execute(queries["follows"], {**asdict(follows), "start": start})
        connection.execute(queries["counts"])


def _queries() -> dict[str, str]:
    text = Path(__file__).with_name("population.sql").read_text()
    _, *parts = _NAME.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))

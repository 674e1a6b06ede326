"""Connections to a PostgreSQL database, and its schema."""

import math
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from feedline.errors import DatabaseUnusable, SchemaMismatch, Unavailable
from feedline.store.queries import load_migrations, load_queries, oldest_usable, read_sql

SQL = load_queries("postgres.sql")
Connection = psycopg.Connection[tuple[Any, ...]]

MIGRATIONS = "migrations/postgres"
_MIGRATING = 0x66656564  # the advisory lock of whoever changes the schema; any number will do
# Of a transaction that has only read. After a ROLLBACK psycopg would prepare every statement anew.
END = b"COMMIT"
_PAUSE = 0.25  # seconds between two attempts to connect, at first
_LONGEST_PAUSE = 2.0

# A node that is stuck may not hold up the others for long, nor a network that takes packets and
# brings none hold up this node, nor the server of one whose machine is gone (its system's defaults
# are two hours).
_BOUNDS = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "5s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
    "timezone": "UTC",
}
# An acknowledged write is on disk, whatever the default of the server. Stricter ones stay.
_DURABLE = b"""
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off'
"""
# The same for a group of writes as a whole, on servers that know how: PostgreSQL 17.
_BOUNDED = b"SELECT set_config('transaction_timeout', '10s', false)"
_TRANSACTION_TIMEOUT_SINCE = 170_000
_SLOWEST = 10.0  # seconds; whoever has not got an answer by then will not get one

# Transaction state (such as: read-only after a failover), resources, operator, system, internal.
_SERVER_FAILURES = ("25", "53", "57", "58", "XX")


class _Int8(Int8Dumper):
    """Numbers of one size, so that a statement is prepared once and not for each size."""


class _Str(StrDumper):
    """PostgreSQL keeps no NUL in a text: U+FFFD stands for it."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


def connect(url: str, *, writes: bool) -> Connection:
    """A connection on which transactions are begun by statement. Raises psycopg.Error."""
    wanted: dict[str, Any] = dict(_BOUNDS)
    if writes:
        # After a failover an address may lead to a server that only reads.
        wanted["target_session_attrs"] = "read-write"
    given = psycopg.conninfo.conninfo_to_dict(url)
    session = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    wanted["options"] = f"{session} {given.pop('options', '')}"
    connection = psycopg.connect(**{**wanted, **given}, autocommit=True)
    connection.adapters.register_dumper(int, _Int8)
    connection.adapters.register_dumper(str, _Str)
    connection.prepare_threshold = 1
    connection.prepared_max = 500  # more than there are queries
    return connection


def prepare_for_groups(connection: Connection) -> None:
    """What holds for the groups of a writer, and not for migrations, say."""
    connection.execute(_DURABLE)
    connection.execute(SQL["be_a_writer"].encode())
    if connection.info.server_version >= _TRANSACTION_TIMEOUT_SINCE:
        connection.execute(_BOUNDED)


class Server:
    """What all links to a server know of it."""

    def __init__(self) -> None:
        self._reached = -math.inf

    def was_reached(self) -> None:
        self._reached = monotonic()

    def was_reached_since(self, moment: float) -> bool:
        return self._reached > moment


class Link:
    """One connection that is opened when it is needed, and again when it was lost.

    While the server can't be reached nobody waits for it: attempts are made at most every
    quarter of a second, later every two. Once a link has reached it, the others try at once.
    """

    def __init__(
        self,
        server: Server,
        open_connection: Callable[[], Connection],
        prepare: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        self._server = server
        self._open = open_connection
        self._prepare = prepare
        self._connection: Connection | None = None
        self._pause = 0.0
        self._failed = -math.inf
        self._busy_since: float | None = None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While this lasts somebody waits for the server, but not for ever."""
        self._busy_since = monotonic()
        try:
            yield
        finally:
            self._busy_since = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    @property
    def is_broken(self) -> bool:
        return self._connection is not None and self._connection.broken

    def get(self) -> Connection:
        """Raises psycopg.Error, or Unavailable when it isn't even tried."""
        if self.is_broken:
            self.drop()
        if self._connection is None:
            self._connection = self._opened()
            self._prepare(self._connection)
        return self._connection

    def drop(self) -> None:
        """Closes the connection, which undoes what was not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def cut_if_stuck(self, patience: float = _SLOWEST) -> None:
        """From another thread: whoever has waited for too long waits no longer. Seconds."""
        since, connection = self._busy_since, self._connection
        if since is None or connection is None or monotonic() - since < patience:
            return
        with suppress(psycopg.Error, OSError):
            duplicate = socket.socket(fileno=os.dup(connection.fileno()))
            duplicate.shutdown(socket.SHUT_RDWR)
            duplicate.close()

    def _opened(self) -> Connection:
        is_early = monotonic() < self._failed + self._pause
        if is_early and not self._server.was_reached_since(self._failed):
            raise Unavailable("The database can't be reached.")
        try:
            connection = self._open()
        except psycopg.Error:
            self._pause = min(max(_PAUSE, 2 * self._pause), _LONGEST_PAUSE)
            self._failed = monotonic()
            raise
        self._server.was_reached()
        self._pause = 0.0
        return connection


def migrate(url: str) -> int:
    """Brings the schema up to date, or makes it; returns its version.

    Nodes that start at the same time do it one after the other. What a newer Feedline has added
    stays. Raises SchemaMismatch if it has changed more than that, DatabaseUnusable if the database
    can't be reached or changed.
    """
    try:
        with connect(url, writes=True) as connection:
            return _migrate(connection, load_migrations(MIGRATIONS))
    except psycopg.Error as failure:
        raise DatabaseUnusable(address_of(url), str(failure).strip()) from failure


def address_of(url: str) -> str:
    """Where a database is, without the password."""
    try:
        known = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "The address"
    where = known.get("host", known.get("hostaddr", "localhost"))
    return f"{known.get('dbname', '')}@{where}:{known.get('port', 5432)}"


def _migrate(connection: Connection, migrations: list[str]) -> int:
    with connection.transaction():
        # Others may take their time with it: this waits for them, and not only for two seconds.
        connection.execute("SET LOCAL lock_timeout = '5min'; SET LOCAL statement_timeout = '5min'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATING])
        version, known = schema_version(connection), len(migrations)
        if version > known:
            oldest = oldest_version(connection)
            if oldest > known:
                raise SchemaMismatch(version, known, oldest)
        if version < known:
            _bring_up(connection, migrations, version)
    return max(version, known)


def oldest_version(connection: Connection) -> int:
    """The oldest schema version whose Feedline may use a database; 0 if it does not say."""
    (oldest,) = connection.execute(SQL["oldest_usable"].encode()).fetchone() or (0,)
    return int(oldest)


def schema_version(connection: Connection) -> int:
    """The version of the schema; 0 if there is none."""
    (table,) = connection.execute("SELECT to_regclass('schema_version')").fetchone() or (None,)
    if table is None:
        return 0
    (version,) = connection.execute("SELECT version FROM schema_version").fetchone() or (0,)
    return int(version)


def _bring_up(connection: Connection, migrations: list[str], version: int) -> None:
    fresh = version == 0
    scripts = [read_sql("sql", "postgres_schema.sql")] if fresh else migrations[version:]
    for script in scripts:
        connection.execute(script.encode())
    connection.execute("DELETE FROM schema_version")
    connection.execute("INSERT INTO schema_version (version) VALUES (%s)", [len(migrations)])
    connection.execute(SQL["forget_oldest_usable"].encode())
    connection.execute(SQL["note_oldest_usable"].encode(), [oldest_usable(migrations)])
    connection.execute(SQL["begin_log"], [secrets.token_hex(4)])
    connection.execute(SQL["keep_secret"], [secrets.token_bytes(32)])


def is_lost(connection: Connection, failure: psycopg.Error) -> bool:
    """Whether a failure says something of the connection or the server, not of a command.

    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    state = failure.sqlstate or ""
    is_cancelled = state == "57014"  # one statement took too long
    return connection.closed or (state[:2] in _SERVER_FAILURES and not is_cancelled)

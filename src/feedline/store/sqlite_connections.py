"""Connections to a SQLite database, and its schema."""

import secrets
from pathlib import Path

import apsw

from feedline.errors import DatabaseUnusable, SchemaMismatch
from feedline.store.queries import load_migrations, load_queries, oldest_usable, read_sql

_BUSY_MS = 5_000  # how long to wait for another process, such as the command line, to commit
_SHORTEN_MS = 200  # how long writers may have to wait for it
_CHECKPOINT_PAGES = 4_000  # 16 MiB of write-ahead log between checkpoints
_CACHE_KIB = 32 * 1024
# A statement that was used goes to the end of apsw's cache, and pushes out the one that has been
# there for the longest: the default of 100 forgets what a group does once.
_STATEMENTS = 512  # the most that apsw allows

# Errors that say something of the database and not of the command: they end the group it is in.
DATABASE_FAILURES = (
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.FullError,
    apsw.IOError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.NotADBError,
    apsw.ReadOnlyError,
)


def open_writer(path: Path) -> apsw.Connection:
    """The read-write connection: what it has committed survives a power cut."""
    connection = _opened(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: the write-ahead log is synced before each commit is answered. NORMAL loses
    # acknowledged commits in a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous).
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # What people delete is overwritten. FAST would leave it on pages that are free.
    connection.execute("PRAGMA secure_delete = ON")
    # What undoes a single command of a group: in a file it would be one more disk that can be full.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    return connection


def shorten_log(path: Path) -> bool:
    """Empties the write-ahead log, where what was deleted may still be; False if it is in use."""
    connection = _opened(path, apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(_SHORTEN_MS)
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy
    finally:
        connection.close()


def open_reader(path: Path) -> apsw.Connection:
    """A connection that can't write."""
    return _opened(path, apsw.SQLITE_OPEN_READONLY)


def _opened(path: Path, flags: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=_STATEMENTS)
    connection.set_busy_timeout(_BUSY_MS)
    # One plan, whatever the values: else a join is compiled anew each time that it gets some, since
    # this SQLite has STAT4 (https://www.sqlite.org/compile.html#enable_stat4).
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    return connection


def migrate(path: Path) -> int:
    """Brings the schema up to date, or makes it; returns its version.

    What a newer Feedline has added stays. Raises SchemaMismatch if it has changed more than that,
    DatabaseUnusable if this is no database, or can't be opened or written.
    """
    try:
        return _migrate(path, load_migrations())
    except DATABASE_FAILURES as failure:
        raise DatabaseUnusable(str(path), str(failure)) from failure


def _migrate(path: Path, migrations: list[str]) -> int:
    connection = open_writer(path)
    # A transaction that reads first can't go on to write if a server commits in between.
    connection.transaction_mode = "IMMEDIATE"
    try:
        # Looking takes no lock: a busy server leaves others hardly a chance to get it.
        if connection.pragma("user_version") != len(migrations):
            with connection:
                return _bring_up(connection, migrations)
        return len(migrations)
    finally:
        connection.close()


def oldest_version(connection: apsw.Connection) -> int:
    """The oldest schema version whose Feedline may use a database; 0 if it does not say."""
    rows = connection.execute(load_queries("sqlite.sql")["oldest_usable"])
    return max((int(oldest) for (oldest,) in rows), default=0)


def _bring_up(connection: apsw.Connection, migrations: list[str]) -> int:
    version, known = int(connection.pragma("user_version")), len(migrations)
    if version > known:
        oldest = oldest_version(connection)
        if oldest > known:
            raise SchemaMismatch(version, known, oldest)
        return version
    fresh = version == 0
    for script in [read_sql("sql", "schema.sql")] if fresh else migrations[version:]:
        connection.execute(script)
    connection.pragma("user_version", known)
    queries = load_queries("sqlite.sql")
    connection.execute(queries["forget_oldest_usable"])
    connection.execute(queries["note_oldest_usable"], (oldest_usable(migrations),))
    connection.execute(queries["begin_log"], (secrets.token_hex(4),))
    return known

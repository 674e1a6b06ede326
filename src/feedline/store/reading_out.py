"""Reads a PostgreSQL database, as it is at one moment, into a file of SQLite: for backups.

A backup is then the same on both databases, and can be restored to either.
"""

from pathlib import Path

import apsw
import psycopg
from psycopg import sql

from feedline.errors import CopyIncomplete, DatabaseUnusable, SchemaMismatch
from feedline.store.copying import BATCH, Report, Table, tables_of
from feedline.store.postgres_connections import (
    MIGRATIONS,
    Connection,
    address_of,
    connect,
    schema_version,
)
from feedline.store.queries import load_migrations
from feedline.store.sqlite_connections import migrate

_ONE_MOMENT = b"""
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0
"""


def read_out(url: str, path: Path, report: Report) -> bytes:
    """Copies a database that nodes go on using into a new file; returns the secret.

    Raises SchemaMismatch for a database of another version.
    """
    migrate(path)
    target = apsw.Connection(str(path))
    try:
        with connect(url, writes=False) as source:
            source.execute(_ONE_MOMENT)
            _require_known(schema_version(source))
            with target:
                _read_tables(source, target, report)
            (secret,) = source.execute("SELECT secret FROM installation").fetchone() or (b"",)
            return bytes(secret)
    except psycopg.Error as failure:
        raise DatabaseUnusable(address_of(url), str(failure).strip()) from failure
    finally:
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without another beside it
        target.close()


def _require_known(version: int) -> None:
    known = len(load_migrations(MIGRATIONS))
    if version != known:
        raise SchemaMismatch(version, known)


def _read_tables(source: Connection, target: apsw.Connection, report: Report) -> None:
    tables = tables_of(source)
    counts = {table: _count(source, table.name) for table in tables}
    total, copied = sum(counts.values()), 0
    for table in tables:
        before = copied
        with source.cursor("rows") as cursor:
            cursor.itersize = BATCH
            cursor.execute(_select(table))
            while batch := cursor.fetchmany(BATCH):
                target.executemany(_insert(table), batch)
                copied += len(batch)
                report(table.name, copied, total)
        if copied - before != counts[table]:
            raise CopyIncomplete(table.name, counts[table], copied - before)
    for head in source.execute("SELECT epoch, seq, floor FROM log_head"):
        target.execute("UPDATE log_head SET epoch = ?, seq = ?, floor = ?", head)


def _select(table: Table) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    return sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(table.name))


def _insert(table: Table) -> str:
    marks = ", ".join("?" * len(table.columns))
    return f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})"  # noqa: S608


def _count(source: Connection, table: str) -> int:
    statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    (count,) = source.execute(statement).fetchone() or (0,)
    return int(count)

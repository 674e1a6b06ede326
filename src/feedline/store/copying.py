"""Copies an installation from SQLite to PostgreSQL, all of it or nothing."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import apsw
import psycopg
from psycopg import sql

from feedline.errors import CopyIncomplete, CopyTargetTaken, DatabaseInUse, DatabaseUnusable
from feedline.store.postgres_connections import Connection, address_of, connect, migrate
from feedline.store.sqlite_connections import migrate as migrate_sqlite
from feedline.store.sqlite_connections import open_reader

Report = Callable[[str, int, int], None]
"""Told of the table that is being copied, of how many rows were, and of how many there are."""

BATCH = 1_000  # rows between two reports
_PATIENCE = 2.0  # seconds that the server has to notice who is gone
_PAUSE = 0.1
# What PostgreSQL has of its own, and the one row that is not copied as it is.
_NOT_COPIED = ("schema_version", "compatibility", "installation", "log_head")


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is copied: its columns, and which of them are true or false."""

    name: str
    columns: tuple[str, ...]
    switches: tuple[bool, ...]

    def rows(self, source: apsw.Connection) -> Iterator[list[Any]]:
        for row in source.execute(f"SELECT {', '.join(self.columns)} FROM {self.name}"):  # noqa: S608
            yield [
                bool(value) if is_switch else value
                for value, is_switch in zip(row, self.switches, strict=True)
            ]


def copy_database(
    path: Path, url: str, secret: bytes, report: Report, *, replace: bool = False
) -> int:
    """Copies a database that no server uses into one that is empty; returns how many rows.

    The log goes on under a new epoch, so every client loads again what it shows. ``replace``:
    what is in the target goes. Raises CopyTargetTaken if it is not empty, CopyIncomplete if not
    all arrived: then, as after every failure, the target is as before.
    """
    migrate_sqlite(path)
    migrate(url)
    source = open_reader(path)
    try:
        with connect(url, writes=True) as target, target.transaction():
            target.execute(_UNBOUNDED)
            if replace:
                _empty(target)
            else:
                _require_empty(target, url)
            copied = _copy_tables(source, target, report)
            _copy_head(source, target)
            target.execute("UPDATE installation SET secret = %s", [secret])
    except psycopg.Error as failure:
        raise DatabaseUnusable(address_of(url), str(failure).strip()) from failure
    finally:
        source.close()
    _analyze(url)
    return copied


_UNBOUNDED = """
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
LOCK TABLE log_head IN EXCLUSIVE MODE
"""

_COLUMNS = """
SELECT table_name, column_name, data_type = 'boolean' FROM information_schema.columns
WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position
"""

_REFERENCES = """
SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""


def require_unused(url: str) -> None:
    """Raises DatabaseInUse if anybody else is connected to a database."""
    patience = monotonic() + _PATIENCE
    with connect(url, writes=True) as connection:
        while (others := _connected(connection)) > 0:
            if monotonic() > patience:
                raise DatabaseInUse(address_of(url), others)
            sleep(_PAUSE)


def _connected(connection: Connection) -> int:
    (others,) = connection.execute(_OTHERS).fetchone() or (0,)
    return int(others)


_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def _empty(target: Connection) -> None:
    names = [table.name for table in tables_of(target)]
    tables = sql.SQL(", ").join(map(sql.Identifier, names))
    target.execute(sql.SQL("TRUNCATE {}").format(tables))


def _require_empty(target: Connection, url: str) -> None:
    row = target.execute("SELECT seq = 0 AND NOT EXISTS (SELECT 1 FROM users) FROM log_head")
    if row.fetchone() != (True,):
        raise CopyTargetTaken(address_of(url))


def tables_of(server: Connection) -> list[Table]:
    """All of them, each after those that it refers to."""
    columns: dict[str, list[tuple[str, bool]]] = {}
    for table, column, is_switch in server.execute(_COLUMNS):
        if table not in _NOT_COPIED:
            columns.setdefault(table, []).append((column, is_switch))
    order = TopologicalSorter({table: set[str]() for table in columns})
    for table, referred in server.execute(_REFERENCES):
        order.add(table, referred)
    return [
        Table(name, *map(tuple, zip(*columns[name], strict=True))) for name in order.static_order()
    ]


def _copy_tables(source: apsw.Connection, target: Connection, report: Report) -> int:
    tables = tables_of(target)
    counts = {table: _count(source, table.name) for table in tables}
    total, copied = sum(counts.values()), 0
    for table in tables:
        _copy_table(source, target, table, partial(_report_more, report, table.name, copied, total))
        _require_all(target, table, counts[table])
        copied += counts[table]
        report(table.name, copied, total)
    return copied


def _report_more(report: Report, table: str, before: int, total: int, more: int) -> None:
    report(table, before + more, total)


def _copy_table(
    source: apsw.Connection, target: Connection, table: Table, report: Callable[[int], None]
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    with target.cursor() as cursor, cursor.copy(statement) as copy:
        for sent, row in enumerate(table.rows(source)):
            copy.write_row(row)
            if sent % BATCH == 0:
                report(sent)


def _require_all(target: Connection, table: Table, expected: int) -> None:
    statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
    (found,) = target.execute(statement).fetchone() or (0,)
    if found != expected:
        raise CopyIncomplete(table.name, expected, found)


def _copy_head(source: apsw.Connection, target: Connection) -> None:
    for seq, floor in source.execute("SELECT seq, floor FROM log_head"):
        head = [secrets.token_hex(4), seq, floor]
        target.execute("UPDATE log_head SET epoch = %s, seq = %s, floor = %s", head)


def _count(source: apsw.Connection, table: str) -> int:
    ((count,),) = source.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
    return int(count)


def _analyze(url: str) -> None:
    """Tells the planner what came, so that it need not guess until it finds out by itself."""
    with connect(url, writes=True) as target:
        target.execute("SET statement_timeout = 0")
        target.execute("ANALYZE")

"""Copies a SQLite database that others write to, and proves that a copy is whole."""

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import apsw

from feedline.errors import BackupDamaged
from feedline.store.sqlite_connections import open_reader

_STEP = 2_000  # pages between two reports: 8 MiB


def copy_in_use(path: Path, target: Path, report: Callable[[int, int], None]) -> None:
    """Copies a database as it was at one moment; its writers go on meanwhile.

    ``report`` is told how many pages were copied, and of how many. Raises OSError if there is no
    room for the copy, or a disk fails.
    """
    source = open_reader(path)
    copy = apsw.Connection(str(target))
    try:
        # A snapshot for all steps: without it the copy begins anew whenever somebody commits.
        source.execute("BEGIN")
        list(source.execute("SELECT 1 FROM log_head"))
        with copy.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_STEP)
                report(backup.page_count - backup.remaining, backup.page_count)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without another beside it
    except (apsw.FullError, apsw.IOError) as error:
        number = errno.ENOSPC if isinstance(error, apsw.FullError) else errno.EIO
        raise OSError(number, os.strerror(number)) from error
    finally:
        copy.close()
        source.close()


def schema_version(path: Path) -> int:
    database = open_reader(path)
    try:
        return int(database.pragma("user_version"))
    finally:
        database.close()


def counts(path: Path) -> dict[str, int]:
    """How many rows each table has."""
    database = open_reader(path)
    try:
        names = database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return {name: _count(database, name) for (name,) in list(names)}
    finally:
        database.close()


def head_of(path: Path) -> tuple[str, int]:
    """The epoch of the log, and where it ends."""
    database = open_reader(path)
    try:
        ((epoch, head),) = database.execute("SELECT epoch, seq FROM log_head")
        return str(epoch), int(head)
    finally:
        database.close()


def media_names(path: Path) -> list[tuple[str, bool]]:
    """The ids of all files, and whether each has a thumbnail."""
    database = open_reader(path)
    try:
        rows = database.execute("SELECT id, thumbnail_size > 0 FROM media WHERE state = 'ready'")
        return [(media_id, bool(has_thumbnail)) for media_id, has_thumbnail in rows]
    finally:
        database.close()


def require_whole(path: Path) -> None:
    """Raises BackupDamaged unless every page, every reference and the log are as they must be."""
    database = open_reader(path)
    try:
        for (verdict,) in database.execute("PRAGMA integrity_check(1)"):
            _require(verdict == "ok", str(verdict))
        for table, *_ in database.execute("PRAGMA foreign_key_check"):
            raise BackupDamaged(f"A row of {table} refers to one that is not there.")
        ((held, span, newest, head),) = database.execute(_LOG)
        _require(held == span and newest in (None, head), "Its log has holes.")
    except apsw.Error as failure:
        raise BackupDamaged(f"Its database can't be read ({failure}).") from failure
    finally:
        database.close()


_LOG = """
SELECT (SELECT count(*) FROM events), seq - floor, (SELECT max(seq) FROM events), seq FROM log_head
"""


def begin_epoch(path: Path) -> str:
    """Gives the log a new epoch: no cursor that any client has is good any more."""
    epoch = secrets.token_hex(4)
    database = apsw.Connection(str(path))
    try:
        database.execute("UPDATE log_head SET epoch = ?", (epoch,))
    finally:
        database.close()
    return epoch


def _require(is_so: bool, problem: str) -> None:
    if not is_so:
        raise BackupDamaged(problem)


def _count(database: apsw.Connection, table: str) -> int:
    ((count,),) = database.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
    return int(count)

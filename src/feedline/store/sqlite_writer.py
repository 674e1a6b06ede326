"""The one writer of a SQLite database.

Each command has a savepoint, so that one that fails is undone alone.
"""

from collections.abc import Callable
from pathlib import Path

import apsw

from feedline.feed.instants import IdSource, Millis
from feedline.store.base import Announce, LogEntry
from feedline.store.sqlite_connections import DATABASE_FAILURES, open_writer
from feedline.store.sqlite_views import SQL, SqliteTransaction
from feedline.store.writer import Command, Outcome, Writer, all_failed


class SqliteWriter(Writer[SqliteTransaction]):
    """Owns the only connection that can write."""

    def __init__(
        self, path: Path, clock: Callable[[], Millis], queue_limit: int, announce: Announce
    ) -> None:
        super().__init__(queue_limit, announce)
        self._path = path
        self._clock = clock
        self._connection: apsw.Connection | None = None

    def _commit(
        self, group: list[Command[SqliteTransaction]]
    ) -> tuple[list[Outcome], list[LogEntry]]:
        try:
            if self._connection is None:
                self._connection = self._open()
            return _run_group(self._connection, group, self._ids, self._tick(self._clock()))
        except apsw.Error as failure:
            self._abandon_connection()
            return all_failed(group, failure), []

    def _open(self) -> apsw.Connection:
        connection = open_writer(self._path)
        # What is new comes first in lists, also if the clock was set back since the last run.
        for name in ("newest_post", "newest_notice"):
            for (newest,) in connection.execute(SQL[name]):
                self._ids.go_on_after(newest)
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _abandon_connection(self) -> None:
        """Closes the connection, which rolls back; the next group opens a fresh one.

        After a failed fsync nothing that the old connection believes can be relied on.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close(force=True)
            except apsw.Error:
                # The connection is gone either way; what failed is in the commands' answers.
                return


def _run_group(
    connection: apsw.Connection,
    group: list[Command[SqliteTransaction]],
    ids: IdSource,
    now: Millis,
) -> tuple[list[Outcome], list[LogEntry]]:
    """One transaction of many commands. Raises apsw.Error if the group as a whole failed."""
    connection.execute("BEGIN IMMEDIATE")
    tx = SqliteTransaction(connection, ids, now)
    outcomes = [_run_command(connection, tx, command) for command in group]
    tx.write_head()
    connection.execute("COMMIT")
    return outcomes, tx.entries


def _run_command(
    connection: apsw.Connection, tx: SqliteTransaction, command: Command[SqliteTransaction]
) -> Outcome:
    """One command in its savepoint: if it raises, its rows and its events are undone."""
    appended = len(tx.entries)
    connection.execute("SAVEPOINT command")
    try:
        value = command.run(tx)
    except DATABASE_FAILURES:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the caller gets it
        connection.execute("ROLLBACK TO command")
        connection.execute("RELEASE command")
        del tx.entries[appended:]
        return Outcome(command, None, error)
    connection.execute("RELEASE command")
    return Outcome(command, value, None)

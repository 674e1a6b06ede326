"""The one writer of a SQLite database: a thread that commits what waits in groups.

Group commit: while one group is on its way to the disk, commands gather; they become the next
group and share its fsync. Each command has a savepoint, so that one that fails is undone alone.
"""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

import apsw

from feedline.errors import Unavailable
from feedline.feed.instants import IdSource, Millis
from feedline.store.base import Announce, LogEntry
from feedline.store.sqlite_connections import DATABASE_FAILURES, open_writer
from feedline.store.sqlite_views import SQL, SqliteTransaction

T = TypeVar("T")

GROUP = 256  # most commands of one commit: bounds the wait of the first for the last


class Command(NamedTuple):
    """What to do in the transaction, and who waits for the result."""

    run: Callable[[SqliteTransaction], Any]
    result: "asyncio.Future[Any]"


class Outcome(NamedTuple):
    """What became of a command: its value, or the error it ended with."""

    result: "asyncio.Future[Any]"
    value: Any
    error: BaseException | None


class SqliteWriter:
    """Runs commands on a thread of its own and hands their results back to the event loop."""

    def __init__(
        self, path: Path, clock: Callable[[], Millis], queue_limit: int, announce: Announce
    ) -> None:
        self._path = path
        self._clock = clock
        self._queue_limit = queue_limit
        self._announce = announce
        self._ids = IdSource()
        self._now: Millis = 0
        self._queue: SimpleQueue[Command | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._connection: apsw.Connection | None = None
        self._thread = threading.Thread(target=self._work, name="feedline-writer")
        self.waiting = 0
        """Commands that are not answered yet."""

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Commits everything that waits, then ends the thread."""
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    async def run(self, command: Callable[[SqliteTransaction], T]) -> T:
        """The result of a command, once its group is on disk."""
        if self._queue_limit and self.waiting >= self._queue_limit:
            raise Unavailable("Too many writes are waiting for the database.")
        self.waiting += 1
        result: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Command(command, result))
        return await result

    def _work(self) -> None:
        while (group := self._next_group()) is not None:
            outcomes, entries = self._commit(group)
            self._loop.call_soon_threadsafe(self._deliver, outcomes, entries)
        if self._connection is not None:
            self._connection.close()

    def _next_group(self) -> list[Command] | None:
        """All that waits, up to a limit; None when it is time to stop."""
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP and not self._queue.empty():
            command = self._queue.get()
            if command is None:
                self._queue.put(None)
                break
            group.append(command)
        return group

    def _commit(self, group: list[Command]) -> tuple[list[Outcome], list[LogEntry]]:
        try:
            if self._connection is None:
                self._connection = self._open()
            return _run_group(self._connection, group, self._ids, self._tick())
        except apsw.Error as failure:
            self._abandon_connection()
            error = Unavailable(f"The database failed ({type(failure).__name__}).")
            error.__cause__ = failure
            return [Outcome(command.result, None, error) for command in group], []

    def _open(self) -> apsw.Connection:
        connection = open_writer(self._path)
        # What is new comes first in lists, also if the clock was set back since the last run.
        for name in ("newest_post", "newest_notice"):
            for (newest,) in connection.execute(SQL[name]):
                self._ids.go_on_after(newest)
        return connection

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

    def _tick(self) -> Millis:
        """Now, but never before the last group's now: a clock set back must not reorder posts."""
        self._now = max(self._now, self._clock())
        return self._now

    def _deliver(self, outcomes: list[Outcome], entries: list[LogEntry]) -> None:
        """On the event loop: answers first, then the announcement, so that no answer waits."""
        self.waiting -= len(outcomes)
        for result, value, error in outcomes:
            if result.done():  # whoever asked has gone; what was committed stays committed
                continue
            if error is None:
                result.set_result(value)
            else:
                result.set_exception(error)
        if entries:
            self._loop.call_soon(self._announce, entries)


def _run_group(
    connection: apsw.Connection, group: list[Command], ids: IdSource, now: Millis
) -> tuple[list[Outcome], list[LogEntry]]:
    """One transaction of many commands. Raises apsw.Error if the group as a whole failed."""
    connection.execute("BEGIN IMMEDIATE")
    tx = SqliteTransaction(connection, ids, now)
    outcomes = [_run_command(connection, tx, command) for command in group]
    tx.write_head()
    connection.execute("COMMIT")
    return outcomes, tx.entries


def _run_command(connection: apsw.Connection, tx: SqliteTransaction, command: Command) -> Outcome:
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
        return Outcome(command.result, None, error)
    connection.execute("RELEASE command")
    return Outcome(command.result, value, None)

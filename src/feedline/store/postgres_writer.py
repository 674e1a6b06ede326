"""The writer of a PostgreSQL database; every node has one.

A group holds locks until its commit, so it waits for those of other nodes only as long as it
holds none itself: with its first command, and at the end for what is locked in one order
everywhere. A later command that meets a lock is put off to the next group, where it comes first.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

import psycopg
from psycopg import Pipeline, errors

from feedline.errors import Unavailable
from feedline.feed.instants import Millis
from feedline.store.base import Announce, LogEntry
from feedline.store.postgres_connections import (
    SQL,
    Connection,
    Link,
    Server,
    connect,
    is_lost,
    prepare_for_groups,
)
from feedline.store.postgres_views import PostgresTransaction, PutOff
from feedline.store.rows import Overtaken, Results
from feedline.store.writer import Command, Outcome, Writer, all_failed

_RERUNS = 5  # of a command that another node was faster than
_LONGEST = 1.0  # seconds after which a group is committed with what it has
_CLOCK_SECONDS = 5.0  # clocks that are kept by NTP drift apart by less than a millisecond in that
_PAUSE_SECONDS = 0.5
_LOOK_SECONDS = 1.0  # between two looks whether who holds a lock stands still
_STANDS_STILL = 5.0  # seconds without a word; the same as for a transaction that is idle
_TRIES = 3  # of a group that the database chose to end in favour of another

_IMPATIENT = b"SET LOCAL lock_timeout = '20ms'"
_PATIENT = b"SET LOCAL lock_timeout = '2s'"

# The server chose to end this transaction in favour of another, or that would not end.
LOCKED = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)

PgCommand = Command[PostgresTransaction]
Group = list[PgCommand]


class PostgresWriter(Writer[PostgresTransaction]):
    """Owns the only connection of this node that writes."""

    def __init__(
        self,
        url: str,
        server: Server,
        clock: Callable[[], Millis] | None,
        queue_limit: int,
        announce: Announce,
    ) -> None:
        super().__init__(queue_limit, announce)
        self._clock = clock
        self._is_committing = False
        self._asked = -_CLOCK_SECONDS
        self._answered: Millis = 0
        self._used = 0.0
        self._looked = 0.0
        self.link = Link(server, lambda: connect(url, writes=True), self._prepare)

    def _commit(self, group: Group) -> tuple[list[Outcome], list[LogEntry]]:
        try:
            with self.link.at_work():
                return self._run_group(group)
        except (psycopg.Error, Unavailable) as failure:
            self.link.drop()
            return all_failed(group, failure), []

    def _prepare(self, connection: Connection) -> None:
        prepare_for_groups(connection)
        self._asked = -_CLOCK_SECONDS  # it may be another server
        # What is new comes first in lists, also if the clock was set back since the last run.
        for name in ("newest_post", "newest_notice"):
            for (newest,) in connection.execute(SQL[name].encode()):
                self._ids.go_on_after(newest)

    def _close(self) -> None:
        self.link.drop()

    def _run_group(self, group: Group) -> tuple[list[Outcome], list[LogEntry]]:
        """Raises psycopg.Error if the group as a whole failed."""
        was_open = self.link.is_open
        try:
            return self._run_on(self.link.get(), group)
        except psycopg.Error:
            # A connection that was lost since its last use has committed nothing of this group.
            if not (was_open and self.link.is_broken) or self._is_committing:
                raise
            self.link.drop()
        return self._run_on(self.link.get(), group)

    def _run_on(self, connection: Connection, group: Group) -> tuple[list[Outcome], list[LogEntry]]:
        """Quickly, if all goes well."""
        try:
            return self._run_quickly(connection, group)
        except (Trouble, psycopg.Error) as trouble:
            if isinstance(trouble, psycopg.Error) and is_lost(connection, trouble):
                raise
            self._undo(connection, trouble)
        return self._run_carefully(connection, group)

    def _run_quickly(
        self, connection: Connection, group: Group
    ) -> tuple[list[Outcome], list[LogEntry]]:
        """Waits for the server only where a result is needed, and undoes no command alone.

        Raises Trouble if one has to be undone.
        """
        with connection.pipeline() as pipeline:
            tx = self._begin(connection, pipeline)
            outcomes, put_off = QuickRun(connection, tx).all_of(group)
            head = self._commit_last(connection, tx)
            pipeline.sync()
            entries = tx.settle(head)
        self._put_off += put_off
        return outcomes, entries

    def _run_carefully(
        self, connection: Connection, group: Group
    ) -> tuple[list[Outcome], list[LogEntry]]:
        """Each command in a savepoint, so that one that fails is undone alone."""
        for tries in range(1, _TRIES + 1):
            try:
                tx = self._begin(connection, None)
                outcomes, put_off = CarefulRun(connection, tx).all_of(group)
                with connection.pipeline():
                    head = self._commit_last(connection, tx)
                self._put_off += put_off
                return outcomes, tx.settle(head)
            except LOCKED as locked:
                # The server undid all of it. That is no accident, but the price of several nodes.
                self._undo(connection, locked)
                if tries == _TRIES:
                    raise
        raise AssertionError

    def _undo(self, connection: Connection, trouble: Exception) -> None:
        connection.execute(b"ROLLBACK")
        now = monotonic()
        if isinstance(trouble, errors.LockNotAvailable) and now > self._looked + _LOOK_SECONDS:
            self._looked = now
            connection.execute(SQL["end_what_stands_still"].encode(), [_STANDS_STILL])

    def _commit_last(self, connection: Connection, tx: PostgresTransaction) -> Results:
        """Sends the last statements and COMMIT at once: nobody holds the head for long."""
        head = tx.write_last()
        self._is_committing = True
        connection.execute(b"COMMIT")
        return head

    def _begin(self, connection: Connection, pipeline: Pipeline | None) -> PostgresTransaction:
        self._is_committing = False
        connection.execute(b"BEGIN")
        now = self._tick(self._time(connection, pipeline))
        return PostgresTransaction(connection, pipeline, self._ids, now)

    def _time(self, connection: Connection, pipeline: Pipeline | None) -> Millis:
        """Now by the database's clock, which is the same for all nodes.

        It is asked every few seconds; in between, the time that has passed here is added. After a
        pause it is asked anyhow: a connection that was lost meanwhile is better noticed now than
        at the commit, when nobody can say what became of it.
        """
        here = monotonic()
        if here > self._asked + _CLOCK_SECONDS or here > self._used + _PAUSE_SECONDS:
            answer = connection.execute(SQL["now"].encode())
            if pipeline is not None:
                pipeline.sync()
            (now,) = answer.fetchone() or (0,)
            self._asked, self._answered = here, int(now)
        self._used = here
        if self._clock is not None:
            return self._clock()
        return self._answered + round((here - self._asked) * 1000)


class Trouble(Exception):
    """A command has to be undone alone."""


class Run:
    """Carries the commands of a group out."""

    def __init__(self, connection: Connection, tx: PostgresTransaction) -> None:
        self._connection = connection
        self._tx = tx
        self._end = monotonic() + _LONGEST

    def all_of(self, group: Group) -> tuple[list[Outcome], Group]:
        """What became of each, and which were put off."""
        outcomes: list[Outcome] = []
        put_off: Group = []
        for number, command in enumerate(group):
            if number == 1:
                self._connection.execute(_IMPATIENT)
            if number and monotonic() > self._end:
                put_off += group[number:]
                break
            outcome = self._one(command, is_first=number == 0)
            if outcome is None:
                put_off.append(command)
            else:
                outcomes.append(outcome)
        if len(group) > 1:
            self._connection.execute(_PATIENT)
        return outcomes, put_off

    def _one(self, command: PgCommand, *, is_first: bool) -> Outcome | None:
        """None if the command is put off. Raises psycopg.Error if the connection is lost."""
        raise NotImplementedError


class QuickRun(Run):
    """Has no way to undo what a command has changed."""

    def _one(self, command: PgCommand, *, is_first: bool) -> Outcome | None:  # noqa: ARG002
        tx = self._tx
        writes, mark = tx.writes, tx.pending.mark()
        try:
            return Outcome(command, command.run(tx), None)
        except psycopg.Error:
            raise
        except Exception as error:
            if isinstance(error, Overtaken) or (tx.writes, tx.pending.mark()) != (writes, mark):
                raise Trouble from error
            if isinstance(error, PutOff):
                return None
            return Outcome(command, None, error)


class CarefulRun(Run):
    """Has a savepoint for each command."""

    def _one(self, command: PgCommand, *, is_first: bool) -> Outcome | None:
        """None if the command is put off. Raises psycopg.Error if the connection is lost."""
        failure: Exception = Overtaken()
        for _ in range(_RERUNS):
            try:
                return Outcome(command, self._attempt(command), None)
            except (Overtaken, errors.IntegrityError) as overtaken:
                failure = overtaken  # it looks again, and finds what the other node did
            except (PutOff, *LOCKED) as locked:
                if not is_first:
                    return None
                failure = locked
                break
            except psycopg.Error as error:
                if is_lost(self._connection, error):
                    raise
                failure = error
                break
            except Exception as error:  # noqa: BLE001 - whatever it was, the caller gets it
                failure = error
                break
        return Outcome(command, None, _told(failure))

    def _attempt(self, command: PgCommand) -> Any:
        """Runs a command; if it raises, its rows and its events are undone."""
        mark = self._tx.pending.mark()
        self._connection.execute(b"SAVEPOINT command")
        try:
            value = command.run(self._tx)
        except Exception as error:
            if not (isinstance(error, psycopg.Error) and is_lost(self._connection, error)):
                self._connection.execute(b"ROLLBACK TO command")
                self._connection.execute(b"RELEASE command")
                self._tx.pending.take_back(mark)
            raise
        self._connection.execute(b"RELEASE command")
        return value


def _told(failure: Exception) -> Exception:
    """What the caller is told of a failure."""
    if isinstance(failure, (Overtaken, errors.QueryCanceled, *LOCKED)):
        busy = Unavailable("Others are changing the same.")
        busy.__cause__ = failure
        return busy
    return failure

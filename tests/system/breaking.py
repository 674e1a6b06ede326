"""`feedline`, whose clock is wrong, or which ends or stops itself at named places, as files say.

``python -m tests.system.breaking FILE serve ...``. The places are wrapped here and not marked in
the source, so a server that nobody tests knows nothing of them.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from feedline import cli
from feedline.bus.echoing import EchoingBus
from feedline.bus.local import LocalBus
from feedline.hub import hub
from feedline.hub.connection import Connection
from feedline.store import copying, database, postgres_connections, retention, sqlite_connections
from feedline.store.postgres_views import PostgresTransaction
from feedline.store.postgres_writer import PostgresWriter
from feedline.store.sqlite_views import SqliteTransaction
from feedline.store.sqlite_writer import SqliteWriter

PAGE, SLICE, LOOK_SECONDS = 20, 5, 0.2  # so that replays and clean-ups have many steps

_HOUR = 3_600 * 10**9  # nanoseconds

BEFORE_COMMIT = "before the commit"
BEFORE_ANSWER = "between commit and answer"
BEFORE_PUBLISH = "between answer and publish"
BEFORE_DISPATCH = "between publish and dispatch"
IN_REPLAY = "in a replay"
IN_TRIM = "in a trim, before its commit"
BETWEEN_TRIMS = "in a trim, between two commits"
IN_MIGRATION = "in a migration, before its commit"
IN_COPY = "in a copy, before its commit"
AFTER_COPY = "in a copy, after its commit"


@dataclass
class Trap:
    """Where a process is to end or stop next, as said in a file."""

    file: Path
    passes: int = 0

    @property
    def clock(self) -> Path:
        """The file that says how wrong the clock is."""
        return self.file.with_name("clock")

    def set(self, place: str, signal: int, after: int = 0) -> None:
        """To be sprung when the place has been passed so many times."""
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps([place, signal, after]))
        new.rename(self.file)

    @property
    def is_set(self) -> bool:
        """Whether nobody has come to the place so far."""
        return self.file.exists()

    def is_for(self, place: str) -> bool:
        return self._wanted()[:1] == [place]

    def spring(self, place: str, *, really: bool = True) -> None:
        """The process is at a place: the end of it, or nothing happens."""
        wanted = self._wanted()
        if not really or wanted[:1] != [place]:
            return
        self.passes += 1
        if self.passes > wanted[2]:
            self.file.unlink()
            self.passes = 0
            os.kill(os.getpid(), wanted[1])

    def _wanted(self) -> list[Any]:
        with suppress(FileNotFoundError):
            wanted: list[Any] = json.loads(self.file.read_text())
            return wanted
        return []


def lay(trap: Trap) -> None:
    """Puts a trap at every place."""
    for writes, last in ((SqliteTransaction, "write_head"), (PostgresTransaction, "write_last")):
        _after(writes, last, lambda tx, _: _before_commit(trap, tx))
        _after(writes, "trim", lambda _, dropped: trap.spring(IN_TRIM, really=dropped > 0))
    for writer in (SqliteWriter, PostgresWriter):
        _after(writer, "_commit", lambda _, done: trap.spring(BEFORE_ANSWER, really=bool(done[1])))
    for bus in (LocalBus, EchoingBus):
        _before(bus, "publish", lambda: trap.spring(BEFORE_PUBLISH))
    _before(hub.Hub, "_dispatch_all", lambda: trap.spring(BEFORE_DISPATCH))
    _before(Connection, "_read_log", lambda: trap.spring(IN_REPLAY))
    _before(database.Database, "forget_answers", lambda: trap.spring(BETWEEN_TRIMS))
    for schema in (sqlite_connections, postgres_connections):
        _after(schema, "_bring_up", lambda *_: trap.spring(IN_MIGRATION))
    _before(copying, "_copy_head", lambda: trap.spring(IN_COPY))
    _before(copying, "_analyze", lambda: trap.spring(AFTER_COPY))


def bend_time(clock: Path) -> None:
    """The clock of this process is ahead by as many hours as a file says, at any moment."""
    right = time.time_ns

    def bent() -> int:
        with suppress(FileNotFoundError):
            return right() + int(clock.read_text()) * _HOUR
        return right()

    time.time_ns = bent


def _before_commit(trap: Trap, tx: SqliteTransaction | PostgresTransaction) -> None:
    wrote = tx.pending.appended if isinstance(tx, PostgresTransaction) else tx.entries
    if not wrote or not trap.is_for(BEFORE_COMMIT):
        return
    if isinstance(tx, PostgresTransaction):
        tx._connection.execute(b"SELECT 1").fetchone()  # all that was sent is done by then
    trap.spring(BEFORE_COMMIT)


def _before(owner: Any, name: str, act: Callable[[], None]) -> None:
    right = getattr(owner, name)

    @wraps(right)
    def wrapped(*given: Any, **named: Any) -> Any:
        act()
        return right(*given, **named)

    setattr(owner, name, wrapped)


def _after(owner: Any, name: str, act: Callable[[Any, Any], None]) -> None:
    right = getattr(owner, name)

    @wraps(right)
    def wrapped(*given: Any, **named: Any) -> Any:
        result = right(*given, **named)
        act(given[0], result)
        return result

    setattr(owner, name, wrapped)


def main() -> None:
    trap = Trap(Path(sys.argv.pop(1)))
    hub.PAGE, database.SLICE, retention.LOOK_SECONDS = PAGE, SLICE, LOOK_SECONDS
    lay(trap)
    bend_time(trap.clock)
    cli.main()


if __name__ == "__main__":
    main()

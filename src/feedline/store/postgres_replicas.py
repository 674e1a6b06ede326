"""Reads from replicas of a PostgreSQL database, where they are new enough.

A replica shows what the primary has shown a moment ago. A read names the place in the log that
whoever asks has seen; a replica answers if it is there, in the very snapshot that it answers from,
and else the primary does. So what has an entry in the log is never older than what was asked for.

What has none is known from how far a replica has got in the server's own log, which is compared
every second. Whether somebody is signed in, or there at all, a replica can only confirm: what it
does not find may be new, so whatever it refuses is asked of the primary.
"""

import asyncio
import itertools
import logging
import math
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Literal, NamedTuple, TypeVar

import psycopg

from feedline.errors import Unavailable
from feedline.feed.cursor import Cursor
from feedline.feed.instants import Millis
from feedline.feed.people import UserRow
from feedline.feed.ports import ServiceToken
from feedline.store.base import ReplicaReport, ReplicaState, Snapshot
from feedline.store.postgres_connections import (
    END,
    SQL,
    Connection,
    Link,
    Server,
    address_of,
    connect,
)
from feedline.store.postgres_views import PostgresSnapshot

T = TypeVar("T")
Outcome = Literal["answered", "behind", "failed"]

LOOK_SECONDS = 1.0  # between looks at each replica
CURRENT_SECONDS = 3.0  # what has no entry in the log is never older than this
PATIENCE = 1.0  # seconds that a read waits for a replica, before it goes to the primary
_LOOKS = 8  # remembered ones, which are more than fit in the time above

# In one message: whatever is read after this is of the snapshot whose place in the log is told.
_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + SQL["replica_place"].encode()

logger = logging.getLogger("feedline.store")


class AskPrimary(Exception):
    """No replica can answer this."""


class AskNext(Exception):
    """This replica can't; another one might."""


class Installation(NamedTuple):
    """By what a database is known: the epoch of its log, and its secret."""

    epoch: str
    secret: bytes


class Passed(NamedTuple):
    """How far the primary's own log had been written at a moment of the monotonic clock."""

    wal: int
    at: float


class ReplicaSnapshot(PostgresSnapshot):
    """A snapshot of a moment ago.

    It says nothing of what changes without an entry in the log, unless all that can be wrong is
    that something is missing.
    """

    def signed_in(self, session_id: str, now: Millis) -> UserRow:
        return _found(super().signed_in(session_id, now))

    def user(self, user_id: str) -> UserRow | None:
        row = super().user(user_id)  # who is not found is looked for by name too
        return None if row is None else _here(row)

    def user_by_name(self, username: str) -> UserRow:
        return _here(_found(super().user_by_name(username)))

    def service_token(self, digest: bytes) -> ServiceToken | None:  # noqa: ARG002
        raise AskPrimary

    def has_blocked(self, blocker_id: str, blocked_id: str) -> bool:  # noqa: ARG002
        raise AskPrimary


def _found(row: UserRow | None) -> UserRow:
    if row is None:
        raise AskPrimary
    return row


def _here(row: UserRow) -> UserRow:
    """Who is leaving may be gone by now."""
    if row.state == "leaving":
        raise AskPrimary
    return row


class Replica:
    """One server that follows the primary.

    Reads use connections that are open: they never wait for one, nor for a server that is gone.
    """

    def __init__(self, url: str, links: int) -> None:
        self.report = ReplicaReport(address_of(url))
        self._counting = threading.Lock()
        server = Server()
        self._links = [Link(server, lambda: connect(url, writes=False)) for _ in range(links)]
        self._look_link = Link(server, lambda: connect(url, writes=False))
        self._idle: deque[Link] = deque()
        self._closed: deque[Link] = deque(self._links)
        self._current_until = -math.inf

    def answer(self, query: Callable[[Snapshot], T], seen: Cursor) -> T:
        """From a snapshot that has what was seen. Raises AskNext or AskPrimary."""
        if monotonic() > self._current_until:
            raise AskNext
        try:
            link = self._idle.pop()
        except IndexError:  # all are lost
            raise AskNext from None
        try:
            with link.at_work():
                return self._ask(link.get(), query, seen)
        except psycopg.Error as failure:
            self._failed(link, failure)
            raise AskNext from failure
        finally:
            (self._idle if link.is_open else self._closed).append(link)

    def look(self, installation: Installation, looks: Sequence[Passed]) -> None:
        """On a thread of its own: how it is now, and whether it may answer until the next look.

        ``looks``: at the primary, the newest last.
        """
        try:
            with self._look_link.at_work():
                state, current = self._state(installation, looks)
            self._open_closed()
        except (psycopg.Error, Unavailable) as failure:
            self._look_link.drop()
            state, current = "unreachable", -math.inf
            logger.debug("no replica at %s: %s", self.report.name, failure)
        self._current_until = current + CURRENT_SECONDS
        self._tell(state)

    def cut_if_stuck(self) -> None:
        for link in (*self._links, self._look_link):
            link.cut_if_stuck(PATIENCE)

    def close(self) -> None:
        self._current_until = -math.inf
        for link in (*self._links, self._look_link):
            link.drop()

    def _ask(self, connection: Connection, query: Callable[[Snapshot], T], seen: Cursor) -> T:
        try:
            result = connection.execute(_BEGIN, prepare=False)
            result.nextset()
            epoch, head, is_standby = result.fetchone() or ("", 0, False)
            if not is_standby or epoch != seen.epoch:
                raise AskNext
            if head < seen.seq:
                self._count("behind")
                raise AskNext
            found = query(ReplicaSnapshot(connection))
        finally:
            if not connection.broken:
                connection.execute(END)
        self._count("answered")
        return found

    def _count(self, outcome: Outcome) -> None:
        with self._counting:
            setattr(self.report, outcome, getattr(self.report, outcome) + 1)

    def _failed(self, link: Link, failure: psycopg.Error) -> None:
        """A query may have been in the way of what the replica had to do; all else is worse."""
        self._count("failed")
        if link.is_broken:
            link.drop()
            self._current_until = -math.inf  # until somebody has looked
        logger.debug("a replica failed: %s", failure)

    def _state(
        self, installation: Installation, looks: Sequence[Passed]
    ) -> tuple[ReplicaState, float]:
        """How it is, and since when it has all that was committed before. Raises psycopg.Error."""
        row = self._look_link.get().execute(SQL["replica"].encode()).fetchone()
        is_standby, wal, epoch, head, secret = row or (False, 0, "", 0, b"")
        self.report.position = head
        if (epoch, bytes(secret)) != installation:
            return "another installation", -math.inf
        if not is_standby:
            return "no standby", -math.inf
        current = max((look.at for look in looks if look.wal <= wal), default=-math.inf)
        is_near = monotonic() < current + CURRENT_SECONDS
        return ("ok" if is_near else "behind"), current

    def _open_closed(self) -> None:
        while self._closed:
            link = self._closed.pop()
            try:
                link.get()
            except (psycopg.Error, Unavailable):
                self._closed.append(link)
                raise
            self._idle.append(link)

    def _tell(self, state: ReplicaState) -> None:
        if state == self.report.state:
            return
        self.report.state = state
        if state == "ok":
            logger.info("the replica %s answers reads", self.report.name)
        else:
            logger.warning("the replica %s answers no reads: %s", self.report.name, state)


class Replicas:
    """All that may answer for a primary, in turns."""

    def __init__(self, urls: Sequence[str], links: int) -> None:
        self._all = [Replica(url, links) for url in urls]
        self._turn = itertools.count()
        self._threads = ThreadPoolExecutor(len(urls), thread_name_prefix="feedline-replica")
        self._looks: deque[Passed] = deque(maxlen=_LOOKS)
        self._watch: asyncio.Task[None] | None = None

    @property
    def reports(self) -> Sequence[ReplicaReport]:
        return [replica.report for replica in self._all]

    def start(self, installation: Installation, passed: Callable[[], Awaitable[int]]) -> None:
        """``passed``: how far the primary's own log is written. It may raise Unavailable."""
        self._watch = asyncio.create_task(
            self._keep_looking(installation, passed), name="watch the replicas"
        )

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        for replica in self._all:
            replica.close()

    def answer(self, query: Callable[[Snapshot], T], seen: Cursor) -> T:
        """On a reader's thread. Raises AskPrimary."""
        for replica in self._in_turn():
            try:
                return replica.answer(query, seen)
            except AskNext:
                continue
            except Exception as refusal:  # whatever it is: only the primary may refuse
                raise AskPrimary from refusal
        raise AskPrimary

    def cut_what_is_stuck(self) -> None:
        for replica in self._all:
            replica.cut_if_stuck()

    def _in_turn(self) -> Iterator[Replica]:
        first = next(self._turn) % len(self._all)
        yield from self._all[first:]
        yield from self._all[:first]

    async def _keep_looking(
        self, installation: Installation, passed: Callable[[], Awaitable[int]]
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            at = monotonic()
            try:
                self._looks.append(Passed(await passed(), at))
            except Unavailable as failure:
                logger.debug("how far the primary is, is not known: %s", failure)
            looks = tuple(self._looks)
            await asyncio.gather(
                *(
                    loop.run_in_executor(self._threads, replica.look, installation, looks)
                    for replica in self._all
                )
            )
            await asyncio.sleep(LOOK_SECONDS)

"""The port to a database: transactions, snapshots and the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from feedline.feed.cursor import Cursor
from feedline.feed.events import AnyEvent
from feedline.feed.instants import Millis
from feedline.feed.ports import Reads
from feedline.feed.reports import ReportReads, ReportWrites
from feedline.feed.trails import Dispatch, NodeRun, Trail, TrailBatch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogBounds:
    """Which part of the log can be served: events with ``floor < seq <= head``."""

    epoch: str
    floor: int
    head: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event at its place in the log. The event is in its author's form."""

    seq: int
    event: AnyEvent


@dataclass(frozen=True, slots=True)
class LogPage:
    """A stretch of the log: all entries with ``after < seq <= end``, in order."""

    bounds: LogBounds
    after: int
    end: int
    entries: list[LogEntry]


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer that was given for an idempotency key: to which request, and its bytes."""

    fingerprint: bytes
    body: bytes


class Snapshot(ReportReads, Reads, Protocol):
    """A consistent view: everything read from it was true at one moment."""

    def log_bounds(self) -> LogBounds: ...

    def log_page(self, after: int, limit: int) -> LogPage: ...

    def crowded(self, after: str, keep: int, limit: int) -> tuple[list[str], str | None]:
        """Looks at the next people after one who are notified of anything.

        Those who have more than ``keep`` of their own, and the last one that was looked at; None
        if there are no more.
        """

    def trails_since(self, user_id: str, at: Millis, limit: int, room: int) -> list[Trail]:
        """A person's connections that were open at an instant or later, the oldest first.

        As many as fit in ``room``: bytes of marks.
        """

    def trail_before(self, user_id: str, at: Millis) -> Trail | None:
        """The last of them that had ended by an instant, without its marks."""

    def trails_of_followers(
        self, creator_id: str, at: Millis, limit: int, room: int
    ) -> tuple[list[Trail], bool]:
        """The connections of those who followed somebody, that were open at an instant.

        As many as fit in ``room``, and whether these are all.
        """

    def node_run(self, node_id: str) -> NodeRun | None: ...

    def trails_kept_since(self, user_id: str) -> Millis | None:
        """From when on it is all there what somebody's connections went through, if anything is."""

    def dispatches_of(self, seq: int) -> list[Dispatch]: ...

    def followed_at(self, follower_id: str, creator_id: str) -> Millis | None:
        """Since when somebody follows a person, if they do."""

    def entries_of_post(self, post_id: str) -> list[tuple[Millis, LogEntry]]:
        """When a post was published, changed and deleted, as far as the log goes back."""

    def entries_for(
        self, channel: str, after: int, until: int, limit: int
    ) -> list[tuple[Millis, LogEntry]]:
        """What was published to a channel between two places of the log. Reads all between."""

    def trails_kept_from(self, keep: int) -> Millis: ...

    def crowding_trails(self, keep: int) -> list[tuple[str, int]]:
        """Who has the most of trails if there are more rows than ``keep``.

        And how many ended connections each may keep, so that those who have less keep all.
        """

    def figures(self, since: Millis) -> list[bytes]:
        """What nodes kept of the minutes from an instant on, by minute."""


class Transaction(Snapshot, ReportWrites, Protocol):
    """One command's part of a commit."""

    def stored_answer(self, user_id: str, key: str) -> StoredAnswer | None:
        """What was answered for a key; whoever is about to answer first is waited for."""

    def store_answer(
        self, user_id: str, key: str, fingerprint: bytes, body: Callable[[], bytes]
    ) -> None:
        """Keeps what ``body`` returns: it is called when positions are known."""

    def trim(self, keep_from: Millis, keep_events: int, limit: int) -> int: ...

    def forget(self, before: Millis, limit: int) -> int: ...

    def forget_notifications(self, before: Millis, limit: int) -> int:
        """Drops up to ``limit`` of each kind of notifications of before an instant."""

    def forget_audit(self, before: Millis, limit: int) -> int:
        """Drops up to ``limit`` records of actions of before an instant; how many."""

    def keep_trails(self, batch: TrailBatch) -> None:
        """Writes down what a node's connections went through."""

    def forget_trails(self, before: Millis, limit: int) -> int:
        """Drops up to ``limit`` rows of each kind of what was written down before an instant."""

    def thin_out_trails(self, user_id: str, keep: int, limit: int) -> int:
        """Drops up to ``limit`` of a person's ended connections, but never their newest."""

    def keep_figures(self, minute: Millis, node_id: str, body: bytes) -> None:
        """Keeps what a node counted in a minute, in place of what it kept of that before."""

    def forget_figures(self, before: Millis, limit: int) -> int:
        """Drops up to ``limit`` of what was kept of minutes before an instant; how many."""

    def thin_out(self, user_id: str, keep: int, limit: int) -> int:
        """Drops up to ``limit`` of a person's own notifications, but never their newest."""


ReplicaState = Literal["ok", "behind", "unreachable", "no standby", "another installation"]


@dataclass(slots=True)
class ReplicaReport:
    """How a copy of the database is, and how many reads went to it."""

    name: str
    state: ReplicaState = "behind"
    position: int = 0
    """The place in the log that it had reached when it was last looked at."""
    answered: int = 0
    behind: int = 0
    """Reads that the primary had to answer, as the copy did not have all of it yet."""
    failed: int = 0
    """Reads that the primary had to answer, as the copy could not."""


Announce = Callable[[list[LogEntry]], None]
"""Called on the event loop with the entries of each commit, in log order."""


class WriteObserver(Protocol):
    """Is told how writes go. Called on the event loop: must be quick."""

    def accepted(self) -> Any:
        """A write was asked for. What is returned comes back to ``committed``."""

    def committed(self, writes: Sequence[Any], first: int, last: int, at: float) -> None:
        """Writes are on disk since ``at``, by the monotonic clock; those that failed are left out.

        Their entries in the log go from ``first`` to ``last``; 0 if there are none.
        """


class Store(Protocol):
    """A database. Its methods are called on the event loop."""

    @property
    def waiting_writes(self) -> int:
        """Writes that are not answered yet."""

    @property
    def replicas(self) -> Sequence[ReplicaReport]:
        """How the copies are that may answer for it."""

    async def start(self, announce: Announce, observer: WriteObserver | None = None) -> LogBounds:
        """Opens the database, brings its schema up to date, and says where its log stands."""

    async def shared_secret(self) -> bytes | None:
        """What signs sign-ins on all nodes, if the database is shared by several."""

    async def stop(self) -> None:
        """Commits what waits, then closes."""

    async def write(self, command: Callable[[Transaction], T]) -> T:
        """Runs a command in a transaction and returns its result once it is on disk.

        What the command raises is raised here and nothing of it is kept; other commands of
        the same commit are not touched. Raises Unavailable when the database fails or too
        many writes wait.
        """

    async def read(self, query: Callable[[Snapshot], T], seen: Cursor | None = None) -> T:
        """Runs a query in a snapshot of its own. Raises Unavailable when the database fails.

        ``seen``: a place in the log that is known to whoever asks. Any snapshot that has it will
        do, even if there are newer ones; without it the snapshot has all that is committed. The
        query may be run again, on another one.
        """

    async def trim(self, keep_from: Millis, keep_events: int) -> int:
        """Drops events that are older than an instant and not among the newest; how many."""

    async def forget_answers(self, before: Millis) -> int:
        """Drops stored answers, tickets and sessions that ended before an instant; how many."""

    async def forget_trails(self, before: Millis, keep: int) -> int:
        """Drops what connections went through before an instant, and what is past so many rows."""

    async def forget_figures(self, before: Millis) -> int:
        """Drops what nodes counted in minutes before an instant; how many rows."""

    async def forget_notifications(self, before: Millis, keep: int) -> int:
        """Drops notifications of before an instant, and what is past a person's newest."""

    async def forget_audit(self, before: Millis) -> int:
        """Drops records of administrative actions of before an instant; how many."""

    async def forget_traces(self) -> None:
        """Overwrites what was deleted, where the database does not do that by itself."""

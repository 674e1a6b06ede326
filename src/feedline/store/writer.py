"""A writer: a thread that commits what waits in groups.

Group commit: while one group is on its way to the disk, commands gather; they become the next
group and share its commit.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

from feedline.errors import Unavailable
from feedline.feed.instants import IdSource, Millis
from feedline.store.base import Announce, LogEntry, Transaction, WriteObserver

T = TypeVar("T")
Tx = TypeVar("Tx", bound=Transaction)

_HALF_SPEED = 500  # milliseconds a second
GROUP = 256  # most commands of one commit: bounds the wait of the first for the last


class Command(NamedTuple, Generic[Tx]):
    """What to do in the transaction, and who waits for the result."""

    run: Callable[[Tx], Any]
    result: "asyncio.Future[Any]"
    accepted: Any = None
    """What the observer wants to have back when it is on disk."""


class Outcome(NamedTuple):
    """What became of a command: its value, or the error it ended with."""

    command: Command[Any]
    value: Any
    error: BaseException | None


class Writer(Generic[Tx]):
    """Runs commands on a thread of its own and hands their results back to the event loop."""

    def __init__(self, queue_limit: int, announce: Announce) -> None:
        self._queue_limit = queue_limit
        self._announce = announce
        self._ids = IdSource()
        self._now: Millis = 0
        self._set_back: tuple[float, Millis] | None = None
        self._queue: SimpleQueue[Command[Tx] | None] = SimpleQueue()
        self._put_off: list[Command[Tx]] = []
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="feedline-writer")
        self._before_closing: Callable[[], None] = lambda: None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self.waiting = 0
        """Commands that are not answered yet."""
        self.observer: WriteObserver | None = None

    def start(self) -> None:
        self._thread.start()

    async def stop(self, before_closing: Callable[[], None]) -> None:
        """Commits everything that waits, then ends the thread, which calls that at last."""
        self._before_closing = before_closing
        self._queue.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    async def run(self, command: Callable[[Tx], T]) -> T:
        """The result of a command, once its group is on disk."""
        if self._queue_limit and self.waiting >= self._queue_limit:
            raise Unavailable("Too many writes are waiting for the database.")
        self.waiting += 1
        result: asyncio.Future[T] = self._loop.create_future()
        accepted = None if self.observer is None else self.observer.accepted()
        self._queue.put(Command(command, result, accepted))
        return await result

    def _commit(self, group: list[Command[Tx]]) -> tuple[list[Outcome], list[LogEntry]]:
        """Runs a group in one transaction: what became of each, and what is in the log now.

        A command that is left out is one that was put off to the next group.
        """
        raise NotImplementedError

    def _close(self) -> None:
        """Closes the connection, if there is one."""
        raise NotImplementedError

    def _work(self) -> None:
        try:
            while (group := self._next_group()) is not None:
                outcomes, entries = self._commit(group)
                self._loop.call_soon_threadsafe(self._deliver, outcomes, entries, monotonic())
            self._before_closing()
            self._close()
        finally:
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
                self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _next_group(self) -> list[Command[Tx]] | None:
        """All that waits, up to a limit; None when it is time to stop."""
        group, self._put_off = self._put_off, []
        if not group:
            first = self._queue.get()
            if first is None:
                return None
            group.append(first)
        while len(group) < GROUP and not self._queue.empty():
            command = self._queue.get()
            if command is None:
                self._queue.put(None)
                break
            group.append(command)
        return group

    def _tick(self, now: Millis) -> Millis:
        """Now, but never before the last group's now: a clock set back must not reorder posts.

        Time goes on at half its speed then, until the clock has caught up: what is due in a moment
        does not wait for an hour.
        """
        if now >= self._now:
            self._now, self._set_back = now, None
            return now
        if self._set_back is None:
            self._set_back = (monotonic(), self._now)
        since, instant = self._set_back
        self._now = max(now, instant + int((monotonic() - since) * _HALF_SPEED))
        return self._now

    def _deliver(self, outcomes: list[Outcome], entries: list[LogEntry], at: float) -> None:
        """On the event loop: answers first, then the announcement, so that no answer waits."""
        self.waiting -= len(outcomes)
        if self.observer is not None:
            kept = [command.accepted for command, _, error in outcomes if error is None]
            first, last = (entries[0].seq, entries[-1].seq) if entries else (0, 0)
            self.observer.committed(kept, first, last, at)
        for (_, result, _), value, error in outcomes:
            if result.done():  # whoever asked has gone; what was committed stays committed
                continue
            if error is None:
                result.set_result(value)
            else:
                result.set_exception(error)
        if entries:
            self._loop.call_soon(self._announce, entries)


def all_failed(group: list[Command[Tx]], failure: Exception) -> list[Outcome]:
    """What becomes of a group when the database failed: nothing of it was kept."""
    error = Unavailable(f"The database failed ({type(failure).__name__}).")
    error.__cause__ = failure
    return [Outcome(command, None, error) for command in group]

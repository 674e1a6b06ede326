"""Several processes on one port: starts them, starts them again, and replaces them one by one.

The listening socket is opened once and inherited, so what knocks while a worker ends or a new one
begins waits in the same queue for another. Each worker has a line to the supervisor: on it the
worker says that it is ready, and is told to leave when another has taken its place; at its end it
learns that the supervisor is gone, and stops.
"""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LISTENER = "FEEDLINE_WORKER_LISTENER"
LINE = "FEEDLINE_WORKER_LINE"
NUMBER = "FEEDLINE_WORKER_NUMBER"
FOLDER = "FEEDLINE_WORKER_FOLDER"
READY = b"ready"
LEAVE = b"leave"

START_SECONDS = 60.0  # for a worker to get ready when others are replaced by it
STOP_SECONDS = 15.0  # a worker gives requests ten of these
LEAVE_SECONDS = 25.0  # ten more for connections on which something may be on its way
FIRST_PAUSE = 0.1  # before a worker that died is started again; doubled each time
LONGEST_PAUSE = 5.0
HEALTHY_SECONDS = 10.0  # a worker that lived so long did not die of how it was started

logger = logging.getLogger("feedline.supervisor")


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a worker has from its supervisor."""

    listener: socket.socket
    line: socket.socket
    number: int
    folder: Path
    """Where workers find each other; nobody else may enter it."""


def inherited() -> Inherited | None:
    """None if this process is no worker."""
    if LISTENER not in os.environ:
        return None
    numbers = (int(os.environ.pop(LISTENER)), int(os.environ.pop(LINE)))
    listener, line = (socket.socket(fileno=number) for number in numbers)
    return Inherited(listener, line, int(os.environ.pop(NUMBER)), Path(os.environ.pop(FOLDER)))


class _Worker:
    """One process."""

    def __init__(self, listener: socket.socket, number: int, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        variables = {
            LISTENER: str(listener.fileno()),
            LINE: str(theirs.fileno()),
            NUMBER: str(number),
            FOLDER: str(folder),
        }
        self._line = ours
        self._process = subprocess.Popen(  # noqa: S603 - what was started is started again
            [sys.executable, "-m", "feedline", *sys.argv[1:]],
            env={**os.environ, **variables},
            pass_fds=(listener.fileno(), theirs.fileno()),
            process_group=0,  # Ctrl+C is for the supervisor, which passes it on once
        )
        theirs.close()
        self.pid = self._process.pid
        self.ended = asyncio.ensure_future(asyncio.to_thread(self._process.wait))

    async def ready(self) -> bool:
        """Whether it got ready; it may end instead, or take too long."""
        loop = asyncio.get_running_loop()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                return await loop.sock_recv(self._line, len(READY)) == READY
        return False

    def send(self, number: signal.Signals) -> None:
        if not self.ended.done():
            self._process.send_signal(number)

    async def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Has it finish what it does; its exit status."""
        self.send(signal.SIGTERM)
        return await self._end_within(seconds)

    async def leave(self) -> int:
        """Has it go without anybody noticing, when others have taken over; its exit status."""
        with suppress(OSError):  # it has ended by itself
            self._line.send(LEAVE)
        return await self._end_within(LEAVE_SECONDS)

    async def _end_within(self, seconds: float) -> int:
        try:
            async with asyncio.timeout(seconds):
                status = await asyncio.shield(self.ended)
        except TimeoutError:
            self.send(signal.SIGKILL)
            status = await self.ended
        self._line.close()
        return status


class Supervisor:
    """Keeps a number of workers on one socket."""

    def __init__(
        self, listener: socket.socket, count: int, drain_seconds: float, *, folder: Path
    ) -> None:
        """``folder``: a private one, short of path, in which workers make their sockets."""
        self._listener = listener
        self._folder = folder
        self._stop_seconds = STOP_SECONDS + drain_seconds
        self._count = count
        self._workers: dict[int, _Worker] = {}
        self._stopping = asyncio.Event()
        self._wanted = asyncio.Event()

    async def run(self, ready: Callable[[], None]) -> int:
        """Until SIGTERM or SIGINT; SIGHUP replaces all workers. Returns the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._wanted.set)
        # The first one brings the schema up to date, and says what is wrong with the settings.
        first = self._workers[0] = self._new(0)
        if not await first.ready():
            return await first.stop() or 1
        keepers = [asyncio.ensure_future(self._keep(slot)) for slot in range(self._count)]
        keepers.append(asyncio.ensure_future(self._renew()))
        ready()
        await self._stopping.wait()
        for task in keepers:
            task.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await asyncio.gather(*(each.stop(self._stop_seconds) for each in self._workers.values()))
        return 0

    def _new(self, slot: int) -> _Worker:
        return _Worker(self._listener, slot, self._folder)

    def _stop(self) -> None:
        if self._stopping.is_set():  # asked twice: do not wait for anybody
            for worker in self._workers.values():
                worker.send(signal.SIGKILL)
        self._stopping.set()

    async def _keep(self, slot: int) -> None:
        """Starts a worker whenever there is none in a place."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            worker = self._workers.get(slot)
            if worker is None:
                worker = self._workers[slot] = self._new(slot)
            began = loop.time()
            status = await asyncio.shield(worker.ended)
            if self._workers[slot] is not worker:
                continue  # it was replaced
            if loop.time() - began > HEALTHY_SECONDS:
                pause = FIRST_PAUSE
            fields = {"pid": worker.pid, "status": status}
            logger.warning("a worker ended and is started again", extra={"fields": fields})
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            if self._workers[slot] is worker:  # nobody has taken its place meanwhile
                del self._workers[slot]

    async def _renew(self) -> None:
        """Replaces all workers whenever it is wanted: once more if that was in the middle of it."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._replace_all()

    async def _replace_all(self) -> None:
        """A new worker is ready before an old one is stopped; if it does not get ready, none is."""
        for slot in range(self._count):
            new = self._new(slot)
            if not await new.ready():
                logger.error("a new worker did not get ready, the old ones stay")
                await new.stop()
                return
            old = self._workers.get(slot)
            self._workers[slot] = new
            if old is not None:
                await old.leave()
        logger.info("all workers are new", extra={"fields": {"workers": self._count}})

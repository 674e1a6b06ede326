"""Processes of Feedline for tests, forked from one that has everything imported.

Most of what a server's start costs is imports. Here a process, one for each that runs tests, does
them once; a server is a fork of it, which from then on is a process like any other: it has its
own id, signals and files, and is killed for real. ``python -m feedline`` as such is started by the
tests of the command line, of workers and of the benchmark.
"""

import asyncio
import atexit
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cache
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from argon2.profiles import CHEAPEST

from feedline.api.passwords import Hasher

_CONTROL = 0  # descriptor: where requests come from; when it ends, so does this process
_LARGEST = 1 << 20  # bytes of a request; most of it is the environment


class Request(NamedTuple):
    """What a process is to be, as for ``python -m``."""

    words: list[str]
    environment: dict[str, str]
    folder: str
    hashes: bool


class Forked:
    """A forked process, as far as tests need what ``asyncio.subprocess.Process`` has."""

    def __init__(
        self, pid: int, stderr: asyncio.StreamReader, news: asyncio.StreamReader, line: Any
    ) -> None:
        self.pid = pid
        self.stderr = stderr
        self.returncode: int | None = None
        self._line = line
        self._ended = asyncio.create_task(self._end(news))

    async def _end(self, news: asyncio.StreamReader) -> int:
        self.returncode = int(await news.readline())
        self._line.close()
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it has ended, and the news is on its way
                os.kill(self.pid, number)


async def fork(
    words: tuple[str, ...], environment: dict[str, str], *, hashes: bool = False
) -> Forked:
    """A process with these words after ``python -m``; its standard error is to be read.

    Its passwords cost next to nothing unless ``hashes``: for all others they are but the way in.
    """
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    request = Request(list(words), environment, os.getcwd(), hashes)  # noqa: PTH109 - as text
    socket.send_fds(_control(), [json.dumps(request).encode()], [theirs.fileno(), write])
    theirs.close()
    os.close(write)
    news, line = await asyncio.open_connection(sock=ours)
    stderr = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stderr), os.fdopen(read, "rb", 0)
    )
    return Forked(int(await news.readline()), stderr, news, line)


def run(
    words: tuple[str, ...], environment: dict[str, str], *, seconds: float
) -> subprocess.CompletedProcess[str]:
    """As ``subprocess.run`` of ``python -m`` with these words, all that it says captured."""
    ours, theirs = socket.socketpair()
    request = Request(list(words), environment, os.getcwd(), hashes=False)  # noqa: PTH109
    with ours, TemporaryFile("w+b") as out, TemporaryFile("w+b") as err:
        descriptors = [theirs.fileno(), err.fileno(), out.fileno()]
        socket.send_fds(_control(), [json.dumps(request).encode()], descriptors)
        theirs.close()
        ours.settimeout(seconds)
        with ours.makefile() as news:
            pid = int(news.readline())
            try:
                status = int(news.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, status, out.read().decode(), err.read().decode())


@cache
def _control() -> socket.socket:
    """The line to the process that forks, which is started by the first who asks."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen([sys.executable, "-m", "tests.forkserver"], stdin=theirs.fileno())
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


# ---- the process that forks


class _Forks:
    """Forks on request, and says of each process how it began and how it ended."""

    def __init__(self) -> None:
        self._control = socket.socket(fileno=_CONTROL)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._control, selectors.EVENT_READ)
        self._lines: dict[int, tuple[int, socket.socket]] = {}

    def next(self) -> Request | None:
        """What this process is to be, in one that was forked; None at the end in the first."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._control:
                    self._tell_end(key.fd)
                    continue
                message, descriptors, _, _ = socket.recv_fds(self._control, _LARGEST, 3)
                if not message:
                    self._end_all()
                    return None
                if not self._fork(*descriptors):
                    return Request(*json.loads(message))

    def _fork(self, line: int, *outputs: int) -> int:
        news = socket.socket(fileno=line)
        pid = os.fork()
        if pid == 0:
            news.close()
            self._leave()
            _settle_in(*outputs)
            return 0
        for output in outputs:
            os.close(output)
        pidfd = os.pidfd_open(pid)
        self._lines[pidfd] = (pid, news)
        self._selector.register(pidfd, selectors.EVENT_READ)
        _tell(news, pid)
        return pid

    def _end_all(self) -> None:
        """What tests that were broken off have left."""
        for pid, _ in self._lines.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _leave(self) -> None:
        """Closes what only the first process needs, in one that was forked."""
        self._selector.close()
        self._control.detach()
        for pidfd, (_, line) in self._lines.items():
            os.close(pidfd)
            line.close()

    def _tell_end(self, pidfd: int) -> None:
        pid, line = self._lines.pop(pidfd)
        self._selector.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        _tell(line, os.waitstatus_to_exitcode(status))
        line.close()


def _tell(line: socket.socket, number: int) -> None:
    with suppress(OSError):  # a test that was broken off listens no more
        line.send(b"%d\n" % number)


def _settle_in(stderr: int, stdout: int | None = None) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    stdout = os.dup(null) if stdout is None else stdout
    for number, descriptor in enumerate((null, stdout, stderr)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _become(request: Request) -> None:
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    if not request.hashes:
        Hasher.__init__.__defaults__ = (CHEAPEST,)
    module, *arguments = request.words
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _import_everything() -> None:
    """Also what a server imports only when it is set so."""
    import feedline.bus.postgres
    import feedline.bus.redis
    import feedline.cli
    import feedline.store.postgres  # noqa: F401


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the tests, which then end it
    _import_everything()
    gc.collect()
    gc.freeze()  # or looking for garbage would copy all its pages
    request = _Forks().next()
    if request is not None:
        _become(request)


if __name__ == "__main__":
    main()

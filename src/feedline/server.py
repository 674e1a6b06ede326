"""Serving: uvicorn on a port, until a signal asks it to stop."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import uvicorn
import uvloop

from feedline import demo
from feedline.app import Feedline, running
from feedline.config import Settings
from feedline.errors import PortUnavailable
from feedline.gateway.http import BoundedHttpProtocol
from feedline.possible import impossible
from feedline.siblings import Siblings
from feedline.supervisor import LEAVE, READY, Inherited, Supervisor, inherited
from feedline.telemetry.logs import report_failure

GRACE_SECONDS = 10  # for requests and sockets to finish after a signal to stop
# Twice as long as uvicorn keeps a connection on which nothing is asked.
LINGER_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_LAST = (b"connection", b"close")
_BACKLOG = 4096  # connections that may knock at the same moment, as after a restart

# With the default of 5 ms the writer's thread waits that long for the interpreter after each
# statement while the event loop is busy.
_SWITCH_SECONDS = 0.0001

# Python looks for garbage in cycles after every 700 new objects, which is a tenth of the work of a
# busy server and finds next to nothing: what a request leaves behind goes without it.
_COLLECT_AFTER = (20_000, 20, 20)


class Server(uvicorn.Server):
    """A uvicorn server that stops on a signal by returning, so that the exit status is 0."""

    def __init__(self, feedline: Feedline, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._feedline = feedline
        self._leaving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """What uvicorn does for signals begins too late: see ``heeding_signals``."""
        yield

    @contextlib.contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """Signals stop the server, from before anybody can know that it is open.

        A process that a shell has put into the background ignores SIGINT until then.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(signal.SIGTERM, self.leave)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def leave(self) -> None:
        """Stops when nobody sends anything here any more; asked again, stops."""
        seconds = self._feedline.settings.drain_seconds
        if seconds and self._leaving is None:
            self._leaving = asyncio.ensure_future(self._leave_after(seconds))
        else:
            self.stop()

    def hand_over(self) -> None:
        """Leaves to others on the same port what comes, answers what has come, and stops."""
        self._leaving = asyncio.ensure_future(self._leave_when_empty())

    async def _leave_after(self, seconds: float) -> None:
        """Serves on, while ``/readyz`` sends what comes elsewhere."""
        self._feedline.leaving = True
        self._end_connections()
        await asyncio.sleep(seconds)
        self.stop()

    async def _leave_when_empty(self) -> None:
        for server in self.servers:
            server.close()
        self._end_connections()
        self._feedline.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while self.server_state.connections:  # noqa: ASYNC110 - uvicorn's, tells nobody
                    await asyncio.sleep(_LOOK_SECONDS)
        self.stop()

    def _end_connections(self) -> None:
        """From now on each answer says that it is the last of its connection.

        Closing one on which nothing is asked would cut off what is on its way: whoever goes on
        using it is told, and the others are closed when they have been idle for long.
        """
        self.config.encoded_headers.append(_LAST)
        self.server_state.default_headers = [*self.server_state.default_headers, _LAST]
        for connection in self.server_state.connections:
            if isinstance(connection, BoundedHttpProtocol):
                connection.end_with_this_answer()

    def stop(self) -> None:
        """Drains and ends; asked again, at once."""
        self.force_exit = self.should_exit  # asked twice: do not wait for anybody
        self.should_exit = True
        self._feedline.drain()


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT. ``ready`` is called with the address once it is open.

    Raises StartupError if it can't start.
    """
    for problem in impossible(settings):
        raise problem
    worker = inherited()
    if worker is None and settings.workers > 1:
        _supervise(settings, ready)
        return
    sys.setswitchinterval(_SWITCH_SECONDS)
    _allow_descriptors()
    _calm_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, ready) if worker is None else _work(settings, worker))


def _supervise(settings: Settings, ready: Callable[[str], None]) -> None:
    with (
        _listen(settings.host, settings.port) as listener,
        tempfile.TemporaryDirectory(prefix="feedline-") as folder,
    ):
        supervisor = Supervisor(
            listener, settings.workers, settings.drain_seconds, folder=Path(folder)
        )
        status = asyncio.run(supervisor.run(lambda: ready(_address(listener))))
    if status:
        sys.exit(status)


async def _serve(settings: Settings, ready: Callable[[str], None]) -> None:
    async with _open(settings) as server:
        with _listen(settings.host, settings.port) as listener:
            ready(_address(listener))
            await server.serve(sockets=[listener])


async def _work(settings: Settings, worker: Inherited) -> None:
    """Serves as one of several processes, until it is replaced or the supervisor is gone."""
    siblings = Siblings(worker.folder, worker.number, settings.workers)
    async with _open(settings, siblings) as server:
        with worker.listener, worker.line:
            worker.line.send(READY)
            watching = asyncio.ensure_future(_watch(worker.line, server))
            await server.serve(sockets=[worker.listener])
            watching.cancel()


async def _watch(line: socket.socket, server: Server) -> None:
    """The supervisor says when others have taken over; when its end closes, it is gone."""
    line.setblocking(False)
    with contextlib.suppress(OSError):  # it is reset if the supervisor has not read what was said
        while await asyncio.get_running_loop().sock_recv(line, len(LEAVE)) == LEAVE:
            server.hand_over()
    server.stop()


@contextlib.asynccontextmanager
async def _open(settings: Settings, siblings: Siblings | None = None) -> AsyncIterator[Server]:
    asyncio.get_running_loop().set_exception_handler(report_failure)
    async with running(settings, siblings) as feedline:
        if settings.demo:
            await demo.fill(
                feedline.store,
                feedline.hasher,
                feedline.files,
                feedline.pictures,
                settings.data / "arriving",
            )
        server = Server(feedline, _configure(feedline))
        with server.heeding_signals():
            yield server


def _configure(feedline: Feedline) -> uvicorn.Config:
    return uvicorn.Config(
        feedline.api,
        http=BoundedHttpProtocol,
        ws=feedline.gateway,  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who is in front of us is the application's to say
        backlog=_BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _calm_collector() -> None:
    gc.collect()
    gc.freeze()  # what was imported stays, and is not looked at again
    gc.set_threshold(*_COLLECT_AFTER)


def _allow_descriptors() -> None:
    """As many open files as this user may have: each socket is one, and 1,024 is a common start."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        problem = (error.strerror or str(error)).partition(" (while")[0]  # Python names it again
        raise PortUnavailable(host, port, problem) from error
    except OverflowError as error:
        raise PortUnavailable(host, port, "ports go from 0 to 65535") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

"""Serving: uvicorn on a port, until a signal asks it to stop."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn
import uvloop

from feedline import demo
from feedline.app import Feedline, running
from feedline.config import Settings
from feedline.errors import PortUnavailable, RolesNeedDatabase, WorkersNeedDatabase
from feedline.gateway.http import BoundedHttpProtocol
from feedline.supervisor import READY, Inherited, Supervisor, inherited

GRACE_SECONDS = 10  # for requests and sockets to finish after a signal to stop
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

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Drains and ends; asked again, at once."""
        self.force_exit = self.should_exit  # asked twice: do not wait for anybody
        self.should_exit = True
        self._feedline.drain()


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT. ``ready`` is called with the address once it is open.

    Raises StartupError if it can't start.
    """
    if settings.role != "all" and not settings.database:
        raise RolesNeedDatabase
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
    if not settings.database:
        raise WorkersNeedDatabase
    with _listen(settings.host, settings.port) as listener:
        supervisor = Supervisor(listener, settings.workers)
        status = asyncio.run(supervisor.run(lambda: ready(_address(listener))))
    if status:
        sys.exit(status)


async def _serve(settings: Settings, ready: Callable[[str], None]) -> None:
    async with _open(settings) as server:
        with _listen(settings.host, settings.port) as listener:
            ready(_address(listener))
            await server.serve(sockets=[listener])


async def _work(settings: Settings, worker: Inherited) -> None:
    """Serves as one of several processes, as long as the supervisor is there."""
    async with _open(settings) as server:
        with worker.listener, worker.line:
            worker.line.send(READY)
            watching = asyncio.ensure_future(_watch(worker.line, server))
            await server.serve(sockets=[worker.listener])
            watching.cancel()


async def _watch(line: socket.socket, server: Server) -> None:
    """The supervisor says nothing; when its end closes, it is gone."""
    line.setblocking(False)
    await asyncio.get_running_loop().sock_recv(line, 1)
    server.stop()


@contextlib.asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Server]:
    async with running(settings) as feedline:
        if settings.demo:
            await demo.fill(
                feedline.store,
                feedline.hasher,
                feedline.files,
                feedline.pictures,
                settings.data / "arriving",
            )
        yield Server(feedline, _configure(feedline))


def _configure(feedline: Feedline) -> uvicorn.Config:
    proxies = list(feedline.settings.trusted_proxies)
    return uvicorn.Config(
        feedline.api,
        http=BoundedHttpProtocol,
        ws=feedline.gateway,  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
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
        raise PortUnavailable(host, port, error.strerror or str(error)) from error
    except OverflowError as error:
        raise PortUnavailable(host, port, "ports go from 0 to 65535") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

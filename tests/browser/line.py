"""The network between browsers and a server: it can be cut, go silent, and be mended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from tests.ports import Port


class Line:
    """A relay on a port of its own that passes bytes both ways while it is whole."""

    def __init__(self, server_port: int) -> None:
        self._place = Port()
        self.port = self._place.number
        self._server_port = server_port
        self._listener: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def mend(self) -> None:
        self._flows.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._answer, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Whoever is connected loses it; whoever tries is refused."""
        if self._listener:
            self._listener.close()
            self._listener = None
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def go_silent(self) -> None:
        """Connections stay, and nothing comes through them: what a lost radio link looks like."""
        self._flows.clear()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        with contextlib.suppress(asyncio.CancelledError, OSError), _hanging_up(writer):
            other, another = await asyncio.open_connection("127.0.0.1", self._server_port)
            with _hanging_up(another):
                await self._relay((reader, another), (other, writer))

    async def _relay(self, *ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        async with asyncio.TaskGroup() as both:
            pumps = [both.create_task(self._pump(*way)) for way in ways]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await reader.read(65536):
                await self._flows.wait()
                writer.write(some)
                await writer.drain()


@contextlib.contextmanager
def _hanging_up(writer: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    finally:
        writer.transport.abort()


@asynccontextmanager
async def line_to(server_port: int) -> AsyncIterator[Line]:
    line = Line(server_port)
    await line.mend()
    try:
        yield line
    finally:
        await line.cut()

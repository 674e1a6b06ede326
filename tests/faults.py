"""A TCP proxy that does what networks do: delay, cut, reset, stand still, be half open, be slow."""

import asyncio
import random
import re
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.ports import Port

_PIECE = 1 << 16
_MESSAGE = re.compile(rb"[*>]3\r\n\$7\r\nmessage\r\n")
_LOOK = 0.01  # seconds between two looks whether packets get through again
_REPEATED = 0.2  # seconds until TCP repeats what was lost, here on Linux; then twice as long
_REPEATS = 2  # at most: after four in a row TCP alone takes longer than a repair may
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing sends RST (RFC 9293 section 3.10.4)


@dataclass
class Faults:
    """How the network is at this moment; changed at any time, for open connections too."""

    latency: float = 0.0
    """Seconds that bytes take, in each direction."""
    jitter: float = 0.0
    """Seconds that they may take longer."""
    bytes_per_second: float = 0.0
    """0: as fast as it goes."""
    holds: bool = False
    """Nothing arrives until this is over, and then all of it: packets are dropped and repeated."""
    refuses: bool = False
    """New connections are cut at once."""
    loses: float = 0.0
    """The share of pieces that are lost, and arrive when TCP repeats them."""
    forgets: float = 0.0
    """The share of messages that a broker (Redis) has for its subscribers and that never arrive."""
    swallows_up: bool = False
    """What clients send is read and never arrives: half open towards the server."""
    swallows_down: bool = False
    """What the server sends is read and never arrives: half open towards the client."""


class Messages:
    """What a Redis server says, cut into its values (RESP, of both versions)."""

    def __init__(self) -> None:
        self._rest = b""

    def of(self, piece: bytes, is_forgotten: Callable[[], bool]) -> Iterator[bytes]:
        """The values that are whole, without those messages of subscriptions that are forgotten."""
        data, begin = self._rest + piece, 0
        while (end := _end_of(data, begin)) is not None:
            value, begin = data[begin:end], end
            if not (_MESSAGE.match(value) and is_forgotten()):
                yield value
        self._rest = data[begin:]


def _end_of(data: bytes, begin: int) -> int | None:
    """Where a value ends that begins there; None if the rest has not come."""
    line = data.find(b"\r\n", begin)
    if line < 0:
        return None
    kind, end = data[begin : begin + 1], line + 2
    if kind == b"$":
        end += max(0, int(data[begin + 1 : line]) + 2)
    elif kind in b"*>":
        for _ in range(int(data[begin + 1 : line])):
            element = _end_of(data, end)
            if element is None:
                return None
            end = element
    return end if end <= len(data) else None


class FaultProxy:
    """Stands between clients and one server."""

    def __init__(self, host: str, port: int, seed: int = 0) -> None:
        self.faults = Faults()
        self._place = Port()
        self.port = self._place.number
        self.accepted = 0
        self._target = (host, port)
        self._random = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.WriteTransport] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens, on the same port each time."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Nobody listens any more, and everything is cut."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Ends all connections, politely."""
        for transport in tuple(self._open):
            transport.close()

    def reset(self) -> None:
        """Ends all connections with a reset."""
        for transport in tuple(self._open):
            handle = transport.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()

    def half_open(self) -> None:
        """From now on nothing arrives, in either direction, and nobody is told."""
        self.faults.swallows_up = self.faults.swallows_down = True

    def heal(self) -> None:
        self.faults = Faults()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open.add(writer.transport)
        try:
            if not self.faults.refuses:
                await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # a network says nothing of it either
        finally:
            self._open.discard(writer.transport)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._open.add(far_writer.transport)
        ways = [
            asyncio.ensure_future(self._pump(reader, far_writer, up=True)),
            asyncio.ensure_future(self._pump(far_reader, writer, up=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._open.discard(far_writer.transport)
            far_writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool
    ) -> None:
        """One direction. What is delayed stays in order, as in TCP."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        messages = Messages()
        arriving = asyncio.ensure_future(self._arrive(under_way, writer))
        try:
            while piece := await reader.read(_PIECE):
                faults = self.faults
                if faults.swallows_up if up else faults.swallows_down:
                    continue
                if faults.forgets and not up:
                    piece = b"".join(messages.of(piece, self._is_forgotten))
                delay = faults.latency + self._random.uniform(0, faults.jitter) + self._repeated()
                if faults.bytes_per_second:
                    await asyncio.sleep(len(piece) / faults.bytes_per_second)
                await under_way.put((loop.time() + delay, piece))
        finally:
            arriving.cancel()

    def _repeated(self) -> float:
        """How much later a piece arrives because it was lost, perhaps more than once."""
        late, wait = 0.0, _REPEATED
        for _ in range(_REPEATS):
            if self._random.random() >= self.faults.loses:
                break
            late, wait = late + wait, 2 * wait
        return late

    def _is_forgotten(self) -> bool:
        return self._random.random() < self.faults.forgets

    async def _arrive(
        self, under_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, piece = await under_way.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            while self.faults.holds:
                await asyncio.sleep(_LOOK)
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def faulty(port: int, seed: int = 0) -> AsyncIterator[FaultProxy]:
    """A proxy to a port of this machine for the time of a block."""
    proxy = FaultProxy("127.0.0.1", port, seed)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()

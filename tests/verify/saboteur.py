"""A proxy that does wrong to one post on the WebSockets that go through it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Wrong = Callable[[list[bytes]], list[bytes]]
"""Gets two frames with a post in each, and says what comes instead of them."""

WRONGS: dict[str, Wrong] = {
    "lost": lambda frames: frames[1:],
    "doubled": lambda frames: [*frames, frames[0]],
    "out of order": lambda frames: frames[::-1],
}
_SPARED = 3  # posts that go through first


class Saboteur:
    """Passes on everything but two posts of each WebSocket."""

    def __init__(self, port: int, wrong: Wrong) -> None:
        self._port = port
        self._wrong = wrong
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        upstream = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            with contextlib.suppress(OSError, EOFError, ExceptionGroup, asyncio.CancelledError):
                await self._pass_on(reader, upstream, writer)
        finally:
            for end in (writer, upstream[1]):
                end.close()
            self.tasks.discard(task)

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        writer: asyncio.StreamWriter,
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        upstream[1].write(head)
        is_socket = head.startswith(b"GET /ws ")
        down = (self._spoil if is_socket else _copy)(upstream[0], writer)
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, upstream[1]))
            both.create_task(down)

    async def _spoil(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readuntil(b"\r\n\r\n"))
        passed, held = 0, list[bytes]()
        while True:
            frame = await _frame(reader)
            if b'"post_created"' in frame and passed < _SPARED + 2:
                passed += 1
                if passed > _SPARED:
                    held.append(frame)
                    frame = b"".join(self._wrong(held)) if len(held) == 2 else b""
            writer.write(frame)
            await writer.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    raise EOFError  # the other direction ends with it


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """A whole frame of a server (RFC 6455 section 5.2)."""
    head = await reader.readexactly(2)
    extended = {126: 2, 127: 8}.get(head[1], 0)
    more = await reader.readexactly(extended)
    length = int.from_bytes(more) if extended else head[1]
    return head + more + await reader.readexactly(length)


@asynccontextmanager
async def sabotaging(port: int, wrong: Wrong) -> AsyncIterator[str]:
    """The address of a saboteur in front of a port."""
    saboteur = Saboteur(port, wrong)
    server = await asyncio.start_server(saboteur.serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for task in (tasks := list(saboteur.tasks)):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

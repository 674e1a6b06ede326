"""The workers of one port, as one of them knows the others: each answers at a socket of its own.

The sockets lie in a folder that the supervisor made and that nobody else may enter. A worker that
is dead, stopped or not yet there is one that does not answer in time.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

Answers = Mapping[bytes, Callable[[], Awaitable[bytes]]]
"""What is known to each question."""


class Siblings:
    """All workers of a supervisor: ``number`` of ``count`` is this one."""

    def __init__(self, folder: Path, number: int, count: int) -> None:
        self.number = number
        self._supervisor = os.getppid()
        self._folder = folder
        self._count = count

    async def ask(self, question: bytes, seconds: float) -> dict[int, bytes | None]:
        """What each of them answers, this one too; None is one that did not, in so much time."""
        numbers = range(self._count)
        answers = await asyncio.gather(*(self._answer(n, question, seconds) for n in numbers))
        return dict(zip(numbers, answers, strict=True))

    @asynccontextmanager
    async def answering(self, answers: Answers) -> AsyncIterator[None]:
        """Answers whoever asks, for the time of a block.

        Whoever takes over the number of an old worker takes its place at once.
        """
        own = self._folder / f"{self.number}-{os.getpid()}"
        server = await asyncio.start_unix_server(lambda *both: _serve(answers, *both), own)
        own.rename(self._place(self.number))
        try:
            yield
        finally:
            server.close()
            if os.getppid() != self._supervisor:  # it is gone, and can't take its folder with it
                shutil.rmtree(self._folder, ignore_errors=True)

    def _place(self, number: int) -> Path:
        return self._folder / str(number)

    async def _answer(self, number: int, question: bytes, seconds: float) -> bytes | None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_unix_connection(self._place(number))
                try:
                    writer.write(question + b"\n")
                    return await reader.read() or None
                finally:
                    writer.transport.abort()
                    await _closed(writer)
        return None


async def _serve(
    answers: Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        with suppress(OSError, ValueError):  # the latter: a line without an end
            answer = answers.get((await reader.readline()).strip())
            if answer is not None:
                writer.write(await answer())
                await writer.drain()
    finally:
        await _closed(writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Closes a connection when all is sent, or whoever reads is gone."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()

"""A server under attack, and a neighbour who should not notice."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.gateway.live import PATIENCE, Live, eventually, live
from tests.gateway.raw import CLOSE, PING, PONG, RawSocket, frame, message, raw, request
from tests.processes import Person, ServerProcess

MIB = 2**20
BETWEEN_POSTS = 0.03  # seconds; often enough to be in the way of everything that happens

DATABASE_FILES = 16  # of the readers that may be opened on the way

CUT = -1  # the connection ended without a goodbye
STAYS = 0


class Neighbour:
    """Somebody who reads by WebSocket what is published all the time, and counts the seconds."""

    def __init__(self, author: Person, socket: Live) -> None:
        self._author = author
        self._socket = socket
        self.waits: list[float] = []

    async def live_on(self) -> None:
        """Publishes and reads, until cancelled between two posts."""
        while True:
            await self._post()
            await asyncio.sleep(BETWEEN_POSTS)

    async def _post(self) -> None:
        begin = time.monotonic()
        text = f"post {len(self.waits)}"
        await self._author.publish(text)
        assert await self._socket.hear_posts(1) == [text]
        self.waits.append(time.monotonic() - begin)
        assert (await self._author.http.get("/readyz")).status_code == 200


class Siege:
    """The server, what it held at the start, and who watches."""

    def __init__(self, server: ServerProcess, person: Person, neighbour: Neighbour) -> None:
        self.server = server
        self.person = person
        self.neighbour = neighbour
        self._watch = asyncio.create_task(neighbour.live_on())
        self._resident = self.resident()
        self._open = self.sockets(), self.files()

    def resident(self) -> int:
        """Bytes of memory that the server holds."""
        return int(Path(f"/proc/{self.server.pid}/statm").read_text().split()[1]) * 4096

    def sockets(self) -> int:
        """Sockets that the server has open."""
        return sum(name.startswith("socket:") for name in self._descriptors())

    def files(self) -> int:
        """What else it has open; a connection to the database is opened when it is needed."""
        return len(self._descriptors()) - self.sockets()

    def _descriptors(self) -> list[str]:
        names = []
        for link in Path(f"/proc/{self.server.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                names.append(str(link.readlink()))
        return names

    @property
    def grown(self) -> int:
        return self.resident() - self._resident

    async def stands(self) -> None:
        """The neighbour got a post that was published after this was called, and soon."""
        before = len(self.neighbour.waits)

        async def got_one() -> bool:
            if self._watch.done():
                self._watch.result()
            return len(self.neighbour.waits) >= before + 2

        await eventually(got_one)
        complaints = [line for line in self.server.log if "Traceback" in line or "ERROR" in line]
        assert not complaints, "".join(self.server.log)

    async def is_over(self) -> None:
        """Everybody but the neighbour has gone, and nothing is left of them."""

        async def as_before() -> bool:
            return self.sockets() <= self._open[0]

        await eventually(as_before, 2 * PATIENCE)
        assert self.files() <= self._open[1] + DATABASE_FILES

    async def end(self) -> None:
        self._watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watch


@asynccontextmanager
async def besieged(server: ServerProcess) -> AsyncIterator[Siege]:
    """A server that has warmed up, with a neighbour on it."""
    author = await Person.register(server, "author")
    person = await Person.register(server, "attacker")
    async with live(person, "public") as socket:
        neighbour = Neighbour(author, socket)
        for _ in range(50):
            await neighbour._post()
        siege = Siege(server, person, neighbour)
        try:
            yield siege
        finally:
            await siege.end()


@asynccontextmanager
async def attacker(siege: Siege, **headers: str) -> AsyncIterator[RawSocket]:
    """A raw connection that is live, with no channels."""
    headers = headers or {"Authorization": f"Bearer {siege.person.token}"}
    async with raw(siege.server) as connection:
        connection.send(request(**headers))
        assert (await connection.head()).status == 101
        connection.send(message(type="connect"))
        assert (await connection.message())["type"] == "connected"
        assert (await connection.message())["type"] == "caught_up"
        yield connection


async def send_all(connection: RawSocket, data: bytes) -> None:
    """Sends as far as the server takes it."""
    with contextlib.suppress(ConnectionError):
        connection.send(data)
        await connection.writer.drain()


async def outcome(connection: RawSocket, data: bytes) -> tuple[int, list[str]]:
    """How it ended: STAYS, CUT or a close code; with the codes of all errors."""
    sending = asyncio.create_task(send_all(connection, data + frame(PING, b"still there")))
    errors: list[str] = []
    try:
        end = await _end(connection, errors)
    except (asyncio.IncompleteReadError, ConnectionError):
        end = CUT
    if end > STAYS:
        with contextlib.suppress(ConnectionError):
            connection.send(frame(CLOSE, end.to_bytes(2, "big")))
        await connection.ended()
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending
    return end, errors


async def _end(connection: RawSocket, errors: list[str]) -> int:
    while True:
        received = await connection.frame()
        if received.opcode == CLOSE:
            return received.close_code
        if received == (PONG, b"still there"):
            return STAYS
        if received.opcode != PONG:
            said = json.loads(received.payload)
            if said["type"] == "error":
                errors.append(said["code"])

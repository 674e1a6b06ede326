"""A bus over a broker: letters on one channel, and a node that listens for its own.

A connection that looks alive proves nothing: it may be half open, lead to a server that was
replaced, or have lost its subscription. So a node goes by what comes back. Once a second it says
something, and while it hears itself the whole way works; when it does not, it connects anew.
"""

import asyncio
import logging
import random
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, NoReturn, Protocol, TypeVar

from feedline.bus.base import BusState, Receiver, Traffic
from feedline.bus.letters import LARGEST, Kind, Letter, Letters

BEAT_SECONDS = 1.0
ECHO_SECONDS = 3.0  # three beats; until then the log's slow poll delivers anyway
PAUSE_SECONDS = 0.1  # before the first try to connect anew; doubled for each further one
LONGEST_PAUSE = 5.0
MOST_WAITING = 1_000  # letters; a bus that is further behind than that is of no use
_AT_ONCE = 64  # letters of one write
_IN_A_ROW = 32  # letters that are read before everything else gets its turn

_TIME = struct.Struct("!d")
_POSITION = struct.Struct("!Q")

logger = logging.getLogger("feedline.bus")

Batch = TypeVar("Batch")


class Codec(Protocol, Generic[Batch]):
    """Batches as bytes."""

    def encode(self, batch: Batch) -> bytes: ...

    def decode(self, data: bytes) -> Batch | None:
        """None if it can't be read, or is of another log."""

    def position(self, batch: Batch) -> int:
        """The place in the log that a batch reaches."""


class Line(Protocol):
    """A connection to a broker, with a subscription to the one channel. What fails, raises."""

    carries_entries: bool
    """Whether it is for long letters too, or only for the news that there is something."""

    async def send(self, letters: list[bytes]) -> None: ...

    async def receive(self) -> bytes:
        """The next letter of anybody."""


@dataclass(frozen=True, slots=True)
class Broker:
    """How to get a line, and with what that and its use may fail."""

    line: Callable[[], AbstractAsyncContextManager[Line]]
    failures: tuple[type[Exception], ...]


class EchoingBus(Generic[Batch]):
    """Carries batches over whatever broker there is."""

    def __init__(self, broker: Broker, letters: Letters, codec: Codec[Batch]) -> None:
        self.traffic = Traffic()
        self.echo_seconds = 0.0
        """How long the last beat took to come back."""
        self._broker = broker
        self._failures: tuple[type[Exception], ...] = (*broker.failures, OSError, TimeoutError)
        self._carries_entries = False
        self._letters = letters
        self._codec = codec
        self._receiver: Receiver[Batch] | None = None
        self._hearers: list[Callable[[bytes], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[Callable[[], bytes]] = deque()
        self._more = asyncio.Event()
        self._connected = False
        self._echoed: float | None = None  # when this connection last brought something back
        self._is_well: bool | None = None
        self._peers: dict[bytes, float] = {}

    @property
    def state(self) -> BusState:
        return "ok" if self._is_well else "degraded"

    @property
    def node(self) -> str:
        """The name of this node, which is another after each start."""
        return self._letters.node.hex()

    def peers(self) -> list[str]:
        now = asyncio.get_running_loop().time()
        self._peers = {
            node: heard for node, heard in self._peers.items() if now - heard < ECHO_SECONDS
        }
        return [node.hex() for node in self._peers]

    async def start(self, receiver: Receiver[Batch]) -> None:
        """A server that can't be reached is tried again and again; the log is there meanwhile."""
        self._receiver = receiver
        self._task = asyncio.create_task(self._run(), name="carry hints")

    def publish(self, batch: Batch) -> None:
        if self._receiver is not None:
            self._receiver.announce(batch)
            self._post(lambda: self._entries(batch))

    def tell(self, note: bytes) -> None:
        self._post(lambda: self._letters.write(Kind.NOTE, note))

    def heed(self, hear: Callable[[bytes], None]) -> None:
        self._hearers.append(hear)

    async def stop(self) -> None:
        self._receiver = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _post(self, letter: Callable[[], bytes]) -> None:
        if not self._connected or len(self._waiting) >= MOST_WAITING:
            self.traffic.dropped += 1
            return
        self._waiting.append(letter)
        self._more.set()

    def _entries(self, batch: Batch) -> bytes:
        if self._carries_entries:
            body = self._codec.encode(batch)
            if len(body) <= LARGEST:
                return self._letters.write(Kind.ENTRIES, body)
        return self._letters.write(Kind.NEWS, _POSITION.pack(self._codec.position(batch)))

    # ---- the connection

    async def _run(self) -> None:
        """Connects, and connects anew whenever that ends, until cancelled."""
        pause = PAUSE_SECONDS
        while True:
            reason = await self._carry()
            heed_cancellation()
            if self._echoed is not None:
                pause = PAUSE_SECONDS
            self._fell_ill(reason)
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads nodes out
            pause = min(2 * pause, LONGEST_PAUSE)
            self.traffic.reconnects += 1

    async def _carry(self) -> str:
        """Sends and receives until something fails; what it was."""
        self._echoed = None
        try:
            async with self._broker.line() as line:
                self._connected, self._carries_entries = True, line.carries_entries
                await _until_one_fails(self._send(line), self._receive(line), self._watch())
        except self._failures as failure:
            return f"{type(failure).__name__}: {failure}"[:200]
        finally:
            self._connected = False
            self._waiting.clear()

    async def _send(self, line: Line) -> NoReturn:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                count = min(len(self._waiting), _AT_ONCE)
                await line.send([self._waiting.popleft()() for _ in range(count)])
                heed_cancellation()
                self.traffic.sent += count

    async def _receive(self, line: Line) -> NoReturn:
        while True:
            for _ in range(_IN_A_ROW):
                letter = await line.receive()
                try:
                    self._take(letter)
                except Exception:  # one bad letter must not end all hearing
                    logger.exception("a letter could not be taken")
            await asyncio.sleep(0)
            heed_cancellation()

    async def _watch(self) -> NoReturn:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            self._post(lambda: self._letters.write(Kind.BEAT, _TIME.pack(loop.time())))
            await asyncio.sleep(BEAT_SECONDS)
            if loop.time() - (self._echoed or began) > ECHO_SECONDS:
                raise TimeoutError("nothing comes back")

    # ---- letters

    def _take(self, data: bytes) -> None:
        letter = self._letters.read(data)
        if letter is None:
            self.traffic.refused += 1
        elif letter.sender == self._letters.node:
            self._heard_itself(letter)
        else:
            self._open(letter)

    def _heard_itself(self, letter: Letter) -> None:
        now = asyncio.get_running_loop().time()
        self._echoed = now
        if letter.kind is Kind.BEAT:
            (sent,) = _TIME.unpack(letter.body)
            self.echo_seconds = now - sent
        self._got_well()

    def _open(self, letter: Letter) -> None:
        self.traffic.received += 1
        self._peers[letter.sender] = asyncio.get_running_loop().time()
        receiver = self._receiver
        if receiver is None:
            return
        if letter.kind is Kind.ENTRIES:
            batch = self._codec.decode(letter.body)
            if batch is None:
                self.traffic.refused += 1
            else:
                receiver.announce(batch)
        elif letter.kind is Kind.NEWS and len(letter.body) == _POSITION.size:
            (position,) = _POSITION.unpack(letter.body)
            receiver.look(position)
        elif letter.kind is Kind.NOTE:
            for hear in self._hearers:
                hear(letter.body)

    # ---- how it is

    def _got_well(self) -> None:
        if self._is_well:
            return
        self._is_well = True
        logger.info("the bus carries hints")
        if self._receiver is not None:
            self._receiver.look()  # for what was said before this node listened

    def _fell_ill(self, reason: str) -> None:
        if self._is_well is not False:
            logger.warning("the bus is down, other nodes look at the log: %s", reason)
        self._is_well = False


def heed_cancellation() -> None:
    """redis-py loses a cancellation that comes while an answer does."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _until_one_fails(*works: Coroutine[None, None, NoReturn]) -> NoReturn:
    """Runs all of them until one raises, and raises that. (A TaskGroup would leave this task with
    a request to be cancelled that nobody made, up to Python 3.12.)"""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    raise next(iter(done)).exception() or TimeoutError

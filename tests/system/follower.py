"""A client that keeps its place in the log as protocol.md tells clients to, whatever happens."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import websockets

from tests.processes import Person

MOVES_CURSOR = ("caught_up", "heartbeat", "resync")
PAUSE = 0.01  # seconds before it knocks again


def place(cursor: str) -> int:
    """The sequence number in a cursor; only tests look into one."""
    return int(cursor.rpartition("-")[2])


@dataclass
class Follower:
    """Reads channels from a cursor on, reconnecting with the last one it saw."""

    person: Person
    channels: list[str]
    cursor: str
    events: list[dict[str, Any]] = field(default_factory=list)
    resyncs: int = 0
    connections: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Reads until cancelled."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                async with self.person.socket(max_queue=None) as socket:
                    connect = {"channels": self.channels, "cursor": self.cursor}
                    await socket.send(json.dumps({"type": "connect", **connect}))
                    self.connections += 1
                    async for text in socket:
                        self._take(json.loads(text))
            await asyncio.sleep(PAUSE)

    async def reach(self, cursor: str) -> None:
        """Waits until everything up to a position has come."""
        while place(self.cursor) < place(cursor):
            self._moved.clear()
            await self._moved.wait()

    def texts(self) -> list[str]:
        """What the new posts said, in order."""
        return [
            event["post"]["content"]["text"]
            for event in self.events
            if event["type"] == "post_created"
        ]

    def places(self) -> list[int]:
        return [place(event["cursor"]) for event in self.events]

    def _take(self, message: dict[str, Any]) -> None:
        if "channel" in message and "timestamp" in message:
            self.events.append(message)
        elif message["type"] not in MOVES_CURSOR:
            return
        self.resyncs += message["type"] == "resync"
        self.cursor = message["cursor"]
        self._moved.set()

"""Whether somebody is connected, at whichever node.

No node keeps a list of who is where: with a million people it would be large on each, and never
quite right. Who has to know asks the other nodes, and does not wait for long.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import msgspec

from feedline.bus.base import Bus

DEADLINE_SECONDS = 0.25  # for a node that hangs; an answer takes about a millisecond
MOST_ASKED = 1_000  # people at a time; past it what is known here has to do
FEW = 8  # nodes; of more, only those answer that have somebody, or answers would be too many

_NAME = 8  # bytes


class _Question(msgspec.Struct, tag="where", array_like=True, frozen=True):
    user_id: str
    asker: bytes
    all_answer: bool


class _Answer(msgspec.Struct, tag="here", array_like=True, frozen=True):
    user_id: str
    asker: bytes
    node: bytes
    is_here: bool


_decoder = msgspec.msgpack.Decoder(_Question | _Answer)


class _Asked:
    """A person who is asked for, and the nodes that don't have them."""

    def __init__(self, expected: int) -> None:
        self.found: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._expected = expected
        self._without: set[bytes] = set()

    def take(self, answer: _Answer) -> None:
        self._without.add(answer.node)
        if not self.found.done() and (answer.is_here or len(self._without) >= self._expected):
            self.found.set_result(answer.is_here)

    def give_up(self) -> None:
        if not self.found.done():
            self.found.set_result(False)


class Whereabouts:
    """Answers for this node, and asks the others."""

    def __init__(self, bus: Bus[Any], is_here: Callable[[str], bool]) -> None:
        self._bus = bus
        self._is_here = is_here
        self._name = os.urandom(_NAME)
        self._asked: dict[str, _Asked] = {}
        bus.heed(self._hear)

    async def is_connected(self, user_id: str) -> bool:
        """Whether a person is connected anywhere; while the bus is down: whether they are here."""
        if self._is_here(user_id):
            return True
        peers = len(self._bus.peers())
        if not peers or self._bus.state != "ok":
            return False
        if user_id not in self._asked:
            if len(self._asked) >= MOST_ASKED:
                return False
            self._ask(user_id, peers)
        return await asyncio.shield(self._asked[user_id].found)

    def _ask(self, user_id: str, peers: int) -> None:
        asked = self._asked[user_id] = _Asked(peers)
        deadline = asyncio.get_running_loop().call_later(DEADLINE_SECONDS, asked.give_up)

        def over(_: asyncio.Future[bool]) -> None:
            deadline.cancel()
            del self._asked[user_id]

        asked.found.add_done_callback(over)
        self._tell(_Question(user_id, self._name, peers <= FEW))

    def _hear(self, note: bytes) -> None:
        try:
            heard = _decoder.decode(note)
        except msgspec.DecodeError:
            return  # it is for somebody else
        if isinstance(heard, _Question):
            is_here = self._is_here(heard.user_id)
            if is_here or heard.all_answer:
                self._tell(_Answer(heard.user_id, heard.asker, self._name, is_here))
        elif heard.asker == self._name and heard.user_id in self._asked:
            self._asked[heard.user_id].take(heard)

    def _tell(self, note: _Question | _Answer) -> None:
        self._bus.tell(msgspec.msgpack.encode(note))

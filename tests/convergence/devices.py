"""Devices of people: one has a session, as over a socket; one polls. Both drop and resume."""

import asyncio
import copy
import json
import random
from collections import deque
from collections.abc import Sequence

from feedline.config import Settings
from feedline.feed.experiments import Transport
from feedline.feed.people import Identity
from feedline.feed.visibility import Viewer
from feedline.hub.connection import Connection
from feedline.hub.lanes import Framing
from feedline.hub.poll import Poll
from feedline.wire.encoded import EncodedEvent
from feedline.wire.intake import SessionLimits
from feedline.wire.session import Session
from tests.convergence.reader import Reader, differences
from tests.convergence.snapshot import Json
from tests.convergence.world import World

LIMITS = SessionLimits(message_rate=0)
SETTINGS = Settings()


class Lines:
    """Each event as a line of JSON."""

    transport = "ws"

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        body = event.body_for(viewer)
        return b"" if body is None else body + b"\n"

    def joined(self, frames: Sequence[bytes]) -> bytes:
        return b"".join(frames)


LINES = Lines()


class Inbox:
    """A socket whose peer reads when the test wants it to."""

    address = "127.0.0.1"
    transport: Transport = "ws"

    def __init__(self) -> None:
        self.messages: deque[Json] = deque()

    @property
    def framing(self) -> Framing:
        return LINES

    def write(self, frames: bytes) -> None:
        self.messages.extend(map(json.loads, frames.splitlines()))

    def keep(self, frames: bytes, taken: int) -> None:
        raise AssertionError("it takes everything")

    def send(self, body: bytes) -> None:
        self.messages.append(json.loads(body))

    def send_many(self, bodies: list[bytes]) -> None:
        self.messages.extend(map(json.loads, bodies))

    def ping(self) -> None:
        pass

    def close(self, code: int, reason: str) -> None:
        raise AssertionError((code, reason))

    def backlog(self) -> int:
        return 0


async def never(token: str) -> Identity:
    raise AssertionError(token)


class Device:
    """Somebody's client. ``delivered`` counts the events that it took in."""

    def __init__(self, world: World, name: str, rng: random.Random) -> None:
        self.world = world
        self.name = name
        self.identity = world.people[name]
        self.reader = Reader(self.identity.user_id)
        self.delivered = 0
        self.drops = 0
        self._rng = rng
        self._saved = self.reader

    @property
    def channels(self) -> list[str]:
        me = self.identity.user_id
        return ["public", f"feed:{me}", f"notifications:{me}"]

    async def start(self) -> None:
        self.reader = Reader.of(self.identity.user_id, await self.world.view(self.identity.user_id))
        self._saved = copy.deepcopy(self.reader)
        self.connect()

    async def live(self) -> None:
        """A moment in its life: it reads some of what came, drops, or goes back to a copy."""
        chance = self._rng.random()
        if chance < 0.04:
            self.drop()
            if self._rng.random() < 0.5:
                self.reader = copy.deepcopy(self._saved)
            self.connect()
        elif chance < 0.1:
            self._saved = copy.deepcopy(self.reader)
        elif chance < 0.5:
            await self.read(self._rng.randrange(30))

    async def read(self, most: int) -> None:
        """Takes in some of what came, and then does what that asks for."""
        raise NotImplementedError

    def connect(self) -> None:
        raise NotImplementedError

    def drop(self) -> None:
        self.drops += 1

    @property
    def is_idle(self) -> bool:
        """Whether nothing more comes unless something happens."""
        raise NotImplementedError

    async def differences(self) -> list[object]:
        return differences(self.reader, await self.world.view(self.identity.user_id))

    async def _reload(self) -> None:
        stale, self.reader.stale = self.reader.stale, set()
        if stale:
            view = await self.world.view(self.identity.user_id)
            for post_id, post in view.posts.items():
                if post["creator"]["id"] in stale:
                    self.leave(post_id)
            self.reader.reload(view, stale)

    def leave(self, post_id: str) -> None:
        """The channel of a post is not wanted for now."""


class SocketDevice(Device):
    """It has the channel of each post that it may see, too."""

    def connect(self) -> None:
        loop, hub = asyncio.get_running_loop(), self.world.hub
        self._inbox = Inbox()
        session = Session(f"session-{self.drops}", hub.epoch, hub.level, LIMITS, loop.time())
        self._connection = Connection(
            session, self._inbox, hub=hub, store=self.world.store, verify=never, deadlines=SETTINGS
        )
        self._connection.identify(self.identity)
        self._asked: dict[int, str] = {}
        self._ids = 0
        self._pending: set[str] = set()
        posts = [f"post:{id_}" for id_ in sorted(self.reader.watched)]
        self._say("connect", channels=[*self.channels, *posts], cursor=self.reader.cursor)
        self._subscribe()

    def drop(self) -> None:
        super().drop()
        self._connection.lost()

    async def read(self, most: int) -> None:
        for _ in range(min(most, len(self._inbox.messages))):
            self._hear(self._inbox.messages.popleft())
        await self._reload()
        self._subscribe()

    @property
    def is_idle(self) -> bool:
        session = self._connection.session
        busy = session._pending or session._todo or session._checked or session._replay
        return (
            session.live
            and not busy
            and not self._connection._tasks
            and not self._inbox.messages
            and not self.reader.wanted
        )

    def _say(self, kind: str, **fields: object) -> None:
        self._connection.receive(json.dumps({"type": kind, **fields}))

    def _subscribe(self) -> None:
        """Asks for the channels of posts, each from where the post was loaded."""
        for post_id, cursor in self.reader.wanted.items():
            if post_id not in self._pending:
                self._ids += 1
                self._asked[self._ids] = post_id
                self._pending.add(post_id)
                channel = f"post:{post_id}"
                self._say("subscribe", id=self._ids, channel=channel, cursor=cursor)

    def _hear(self, message: Json) -> None:
        if "timestamp" in message or message["type"] == "unread_notifications":
            self._take(message)
        elif message["type"] == "connected":
            for verdict in message["channels"]:
                if not verdict["ok"]:
                    self.reader.leave(verdict["channel"].removeprefix("post:"))
        elif message["type"] == "caught_up" and "id" in message:
            self._joined(self._asked.pop(message["id"], None))
        elif message["type"] == "caught_up":
            self.reader.cursor = message["cursor"]
        elif message["type"] == "error":
            self._refused(self._asked.pop(message["id"], None))
        elif message["type"] == "unsubscribed" and "id" not in message:
            self.reader.leave(message["channel"].removeprefix("post:"))

    def _take(self, event: Json) -> None:
        if event.get("replay", 0) not in (0, *self._asked):
            return  # of a subscription that is over
        before = {*self.reader.wanted, *self.reader.watched}
        self.reader.apply(event)
        self.delivered += 1
        for post_id in before - {*self.reader.wanted, *self.reader.watched}:
            self.leave(post_id)

    def _joined(self, post_id: str | None) -> None:
        if post_id in self._pending:
            self._pending.discard(str(post_id))
            if self.reader.wanted.pop(str(post_id), None) is not None:
                self.reader.watched.add(str(post_id))

    def _refused(self, post_id: str | None) -> None:
        if post_id is not None and post_id in self._pending:
            self._pending.discard(post_id)
            self.reader.leave(post_id)

    def leave(self, post_id: str) -> None:
        """Whatever is still asked for it counts no more."""
        self._pending.discard(post_id)
        self._asked = {id_: asked for id_, asked in self._asked.items() if asked != post_id}
        self._ids += 1
        self._say("unsubscribe", id=self._ids, channel=f"post:{post_id}")


class PollDevice(Device):
    """It asks again and again, from the place to which it has come."""

    def connect(self) -> None:
        self.reader.wanted.clear()
        self._at_end = False

    async def read(self, most: int) -> None:
        poll = Poll(self.identity, "127.0.0.1", hub=self.world.hub, store=self.world.store)
        try:
            found = await poll.ask(self.channels, self.reader.cursor, 0)
            assert found.resync is None
            for body in found.bodies:
                self.reader.apply(json.loads(body))
                self.delivered += 1
            self.reader.cursor = poll.cursor(found)
            self._at_end = not (found.bodies or self.reader.stale or self.reader.unsure)
        finally:
            poll.leave()
        await self._reload()
        if self.reader.unsure:
            self.reader.reload_notifications(await self.world.view(self.identity.user_id))
            self.reader.unsure = False
        self.reader.wanted.clear()

    @property
    def is_idle(self) -> bool:
        return self._at_end

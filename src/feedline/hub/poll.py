"""One poll: the next events of some channels, read from the log as soon as there are any.

While it waits it has a seat on a lane, which wakes it; what it is answered with is always read
from the log. So it is exact wherever its client was before, and costs the database nothing while
nothing happens.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from feedline.errors import CloseCode, RateLimited, RealtimeOff, Unauthenticated
from feedline.feed.channels import own_topic
from feedline.feed.cursor import Cursor
from feedline.feed.experiments import Transport
from feedline.feed.joining import refusal_for
from feedline.feed.people import Identity
from feedline.feed.visibility import Viewer
from feedline.hub.deadlines import LONGEST_SECONDS, TICK_SECONDS
from feedline.hub.hub import Hub
from feedline.hub.lanes import GONE, Framing, Lane
from feedline.hub.trails import PollTrail
from feedline.store.base import Store
from feedline.wire import request_id
from feedline.wire.coverage import Coverage
from feedline.wire.encoded import EncodedEvent
from feedline.wire.standing import NOBODY

MOST_EVENTS = 500
MOST_BYTES = 1 << 20  # of events in an answer; about what the longest list by REST may have
CROWDED_SECONDS = 10  # to wait before one may ask again if there are too many
SEARCH_SECONDS = 1.0  # for which the log is searched even if the client would not wait so long


@dataclass(slots=True)
class Found:
    """Events that were found, encoded, and the place in the log up to which these are all."""

    reached: int
    bodies: list[bytes] = field(default_factory=list)
    size: int = 0
    more: bool = False
    resync: str | None = None

    def take(self, body: bytes) -> bool:
        """Adds an event if there is room for it."""
        full = len(self.bodies) == MOST_EVENTS or self.size + len(body) > MOST_BYTES
        if self.bodies and full:
            self.more = True
            return False
        self.bodies.append(body)
        self.size += len(body)
        return True


@dataclass(frozen=True, slots=True)
class _Page:
    """All events with ``after < seq <= end``, of a log that goes from ``floor`` to ``head``."""

    events: list[EncodedEvent]
    end: int
    floor: int
    head: int


class WakeUp:
    """A framing without bytes: to be served is all that a poll wants."""

    transport = "poll"

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:  # noqa: ARG002
        return b" "  # an empty one would not be served

    def joined(self, frames: Sequence[bytes]) -> bytes:  # noqa: ARG002
        return b""


WAKE_UP = WakeUp()


class Poll:
    """A member of the hub for the time of one request."""

    transport: Transport = "poll"

    def __init__(self, identity: Identity, address: str, *, hub: Hub, store: Store) -> None:
        self.address = address
        self.request = request_id.current()
        self.last = GONE
        self.lane: Lane | None = None
        self.framing: Framing = WAKE_UP
        self.write: Callable[[bytes], int | None] = self._wake
        self._identity = identity
        self._hub = hub
        self._store = store
        self._coverage = Coverage(NOBODY, 0)
        self._woken = asyncio.Event()
        self._closed: CloseCode | None = None
        self._admitted = all([hub.add(self), hub.identify(self, identity)])
        self._standing = hub.standings.of(identity.user_id)
        self._trail: PollTrail | None = None

    async def ask(self, channels: Iterable[str], cursor: str | None, wait: float) -> Found:
        """What comes after a cursor; waits so many seconds if that is nothing yet.

        Raises Unauthenticated, also if the session ends meanwhile; RateLimited if too many are
        connected; RealtimeOff, also if it is switched off meanwhile; Forbidden, NotFound or
        Unavailable.
        """
        if not self._admitted:
            raise RateLimited(CROWDED_SECONDS, "connections")
        if not self._hub.policy.allows(self._identity.user_id):
            raise RealtimeOff
        admitted = await self._hub.admit(self._identity, channels)
        if not admitted.signed_in:
            raise Unauthenticated("This sign-in has ended. Sign in again.")
        for channel, code in admitted.refusals.items():
            raise refusal_for(channel, code)
        start, resync = admitted.span.start(cursor, self._hub.level())
        if self._hub.trails is not None:
            self._trail = self._hub.trails.polls(self._identity.user_id)
            self._trail.asks(start, channels, resync)
        if cursor is None or resync is not None:
            return Found(start, resync=resync)
        self._sit_down(channels, start, admitted.span.head)
        found = await self._next(start, asyncio.get_running_loop().time() + wait)
        if self._trail is not None:
            self._trail.brings(start, found.reached, found.resync, count=len(found.bodies))
        return found

    def cursor(self, found: Found) -> str:
        return str(Cursor(self._hub.epoch, found.reached))

    def leave(self) -> None:
        """The request is over."""
        if self._trail is not None:
            self._trail.left()
        self._hub.fanout.leave(self)
        self._hub.forget_identity(self, self._identity)
        self._hub.remove(self)

    # ---- from the hub

    @property
    def viewer(self) -> Viewer:
        return self._standing.viewer

    def close(self, code: CloseCode, reason: str) -> None:  # noqa: ARG002
        """Ends the wait."""
        self._closed = self._closed or code
        self._woken.set()

    def tell(self, body: bytes) -> None:
        """Nothing: what is of a moment only is not waited for."""

    def recheck(self) -> None:
        """Nothing: a poll is over soon, and what it may not have it does not find."""

    def recount(self) -> None:
        """Nothing: what is unread is not told here."""

    def tick(self, now: float) -> float:
        if self._identity.expires_at <= self._hub.clock():
            self.close(CloseCode.SESSION_ENDED, "token expired")
        signed_in = (self._identity.expires_at - self._hub.clock()) / 1000
        return now + min(max(signed_in, TICK_SECONDS), LONGEST_SECONDS)

    # ---- waiting and reading

    def keep(self, frames: bytes, taken: int) -> None:
        """What a poll answers with is read from the log."""

    def _wake(self, _: bytes) -> None:
        self._woken.set()

    def _sit_down(self, channels: Iterable[str], start: int, arrived: int) -> None:
        self._coverage = Coverage(self._standing, arrived)
        for channel in (own_topic(self._identity.user_id), *channels):
            self._coverage.add(channel, start)
        self._hub.fanout.place(self, self._coverage.channels, self._hub.position)

    async def _next(self, start: int, deadline: float) -> Found:
        """Reads the log, and again whenever something happened, until there is an answer."""
        found = Found(start)
        while True:
            self._woken.clear()
            if self._closed is None:
                await self._search(found, deadline)
            if self._closed is CloseCode.SESSION_ENDED:
                raise Unauthenticated("This sign-in has ended. Sign in again.")
            if self._closed is CloseCode.REALTIME_OFF and not found.bodies:
                raise RealtimeOff
            if found.bodies or found.more or found.resync or self._closed is not None:
                return found
            if not await self._wait(deadline):
                # What was dispatched since the log was read concerned others.
                reached = self._hub.fanout.reached(self, self._hub.position)
                found.reached = max(found.reached, reached)
                return found

    async def _wait(self, deadline: float) -> bool:
        """Whether something happens before the time is up."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._woken.wait()
        except TimeoutError:
            return self._woken.is_set()
        return True

    async def _search(self, found: Found, deadline: float) -> None:
        """Reads the log to its end, unless the answer is full or it takes too long before."""
        clock = asyncio.get_running_loop().time
        soon = clock() + SEARCH_SECONDS
        while True:
            page = await self._read(found.reached)
            if found.reached < page.floor:
                self._give_up(found)
                return
            if not self._take(page, found) or found.reached >= page.head:
                return
            patience = soon if found.bodies else max(soon, deadline)
            if self._closed is not None or clock() >= patience:
                found.more = True
                return

    async def _read(self, after: int) -> _Page:
        """Reads on from the hub's memory, or else from the log."""
        recent = self._hub.recent(after)
        if recent is not None:
            await asyncio.sleep(0)  # nothing else waits for long while all of it is searched
            end = recent[-1].seq if recent else after
            return _Page(recent, end, 0, max(end, self._hub.position))
        page = await self._hub.past(after)
        events = [EncodedEvent(entry.seq, entry.event) for entry in page.entries]
        return _Page(events, page.end, page.bounds.floor, page.bounds.head)

    def _take(self, page: _Page, found: Found) -> bool:
        """Takes what is wanted of a page; False if there was no room for all."""
        for event in page.events:
            body = event.body_for(self.viewer) if self._coverage.covers(event) else None
            if body is not None and not found.take(body):
                return False
            found.reached = event.seq
        found.reached = page.end
        return True

    def _give_up(self, found: Found) -> None:
        """The log no longer has what comes next. What was found before is a whole answer."""
        if found.bodies:
            found.more = True
        else:
            found.resync = "cursor_expired"
            found.reached = self._hub.level()

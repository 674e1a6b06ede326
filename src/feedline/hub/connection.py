"""One connection: carries out what its session asks for, with the hub, the store and a socket."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from feedline.errors import CloseCode, Unauthenticated, Unavailable
from feedline.feed.channels import ADMIN, is_post, own_topic
from feedline.feed.cursor import Cursor
from feedline.feed.experiments import Transport
from feedline.feed.people import Identity
from feedline.feed.visibility import Viewer
from feedline.hub.admission import Admission
from feedline.hub.deadlines import LONGEST_SECONDS, TICK_SECONDS, Deadlines, deadline, past
from feedline.hub.hub import Hub, refusal_of
from feedline.hub.lanes import GONE, Framing, Lane
from feedline.hub.socket import Socket
from feedline.hub.trails import NO_TRAIL, OpenTrail
from feedline.hub.unread import unread
from feedline.store.base import Store
from feedline.wire import request_id
from feedline.wire.effects import (
    CheckChannels,
    Close,
    Effect,
    Join,
    ReadLog,
    Replay,
    Send,
    TellUnread,
    VerifyToken,
)
from feedline.wire.encoded import EncodedEvent
from feedline.wire.session import Session

RETRY_SECONDS = 0.5  # between tries while the database fails

logger = logging.getLogger("feedline.hub")
access = logging.getLogger("feedline.connections")

T = TypeVar("T")


class _Front:
    """What fan-out looks at of each connection: a base's slots come first, beside the head of the
    object and so in the same cache line."""

    __slots__ = ("last", "write")

    last: int
    write: Callable[[bytes], int | None]


class Connection(_Front):
    """Drives a :class:`Session` for one socket, and is its seat in fan-out."""

    __slots__ = (
        "_applied",
        "_asked",
        "_backlog",
        "_deadlines",
        "_ended",
        "_heard",
        "_hub",
        "_is_served",
        "_loop",
        "_opened",
        "_progress",
        "_pumping",
        "_sent",
        "_socket",
        "_store",
        "_tasks",
        "_trail",
        "_verify",
        "address",
        "lane",
        "request",
        "session",
    )

    def __init__(
        self,
        session: Session,
        socket: Socket,
        *,
        hub: Hub,
        store: Store,
        verify: Callable[[str], Awaitable[Identity]],
        deadlines: Deadlines,
    ) -> None:
        self.session = session
        self.address = socket.address
        self.last = GONE
        self.lane: Lane | None = None
        self.write = socket.write
        self.request = request_id.current()
        self._ended = (0, "")
        self._socket = socket
        self._hub = hub
        self._store = store
        self._verify = verify
        self._deadlines = deadlines
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pumping = False
        self._opened = self._sent = self._heard = self._loop.time()
        self._asked = 0  # looks since the peer was pinged and not heard of: that one, and late ones
        self._backlog = 0
        self._is_served = False
        self._trail: OpenTrail = NO_TRAIL  # until it is
        self._applied: Cursor | None = None
        self._progress: float | None = None  # when a full socket last took something
        if not hub.add(self):
            self.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections")

    # ---- from the socket

    def authenticate(self, identity: Awaitable[Identity], *, must: bool) -> None:
        """Credentials came with the upgrade. If they ``must`` be good, bad ones end it."""
        self.session.await_identity()
        self._start(self._authenticate(identity, must=must))

    def unnamed(self) -> None:
        """No credentials came with the upgrade."""
        if not self._hub.arrivals.stranger(self.address, self._opened):
            self.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections in a short time")

    def identify(self, identity: Identity) -> None:
        """It is known now whose connection this is."""
        known = self.session.identity
        if known is not None:
            self._hub.forget_identity(self, known)
        admitted = self._hub.identify(self, identity)
        is_new = known is None or known.user_id != identity.user_id
        in_time = not is_new or self._hub.arrivals.person(identity.user_id, self._loop.time())
        self.session.identified(identity, self._hub.standings.of(identity.user_id))
        refusal = refusal_of(self._hub.policy, identity.user_id, self)
        if not admitted:
            self.session.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections")
        elif not in_time:
            reason = "too many connections in a short time"
            self.session.close(CloseCode.TOO_MANY_CONNECTIONS, reason)
        elif refusal is not None:
            self.session.close(*refusal)

    def heard(self) -> None:
        """The peer has given a sign of life."""
        self._heard = self._loop.time()
        self._asked = 0

    def receive(self, text: str | bytes) -> None:
        self.session.receive(text, self._loop.time())
        if self.session.intake.applied is not self._applied:
            self._note_applied(self.session.intake.applied)
        self._pump()

    def fragment(self) -> None:
        """A part of a message came, with more to follow."""
        self.session.fragment(self._loop.time())
        self._pump()

    def pause(self) -> None:
        """The socket is full."""
        self._progress = self._loop.time()
        self._backlog = self._socket.backlog()
        reached = self._hub.fanout.reached(self, self._hub.position)
        self._trail.lagged(reached)
        self._hub.stalled(self)
        self.session.pause(reached)
        self._hub.fanout.leave(self)
        self._pump()

    def resume(self) -> None:
        """The socket has drained, which is a sign of life too."""
        self._progress = None
        self._hub.recovered(self)
        self.heard()
        self.session.resume()
        self._pump()

    def lost(self, code: int | None = None) -> None:
        """The socket is gone; ``code``: what the peer has said at its end, if anything."""
        session = self.session
        self._trail.closed(self._reached(), code, "")
        session.closed = True
        self._hub.fanout.leave(self)
        if self._hub.remove(self):
            self._tell_end(code)
            if self._hub.watcher is not None:
                ours, reason = self._ended
                self._hub.watcher.ended(self.request, self.transport, ours or code, reason)
        if session.identity is not None:
            self._hub.forget_identity(self, session.identity)
        for task in self._tasks:
            task.cancel()

    def _tell_end(self, code: int | None) -> None:
        if not access.isEnabledFor(logging.INFO):
            return
        identity, (ours, reason) = self.session.identity, self._ended
        fields = {
            "request": self.request,
            "transport": self.transport,
            "user": identity.user_id if identity else "",
            "code": ours or code or "",
            "reason": reason,
            "seconds": round(self._loop.time() - self._opened, 1),
            "address": self.address,
        }
        access.info("connection ended", extra={"fields": fields})

    # ---- from the hub

    @property
    def transport(self) -> Transport:
        return self._socket.transport

    @property
    def framing(self) -> Framing:
        return self._socket.framing

    @property
    def viewer(self) -> Viewer:
        """Whose connection it is, and what they may see now."""
        return self.session.standing.viewer

    def keep(self, frames: bytes, taken: int) -> None:
        self._socket.keep(frames, taken)

    def close(self, code: CloseCode, reason: str) -> None:
        self.session.close(code, reason)
        self._pump()

    def tell(self, body: bytes) -> None:
        if self.session.live and not self.session.closed:
            # Not as an effect: it says nothing of the log, so heartbeats are owed all the same.
            self._socket.send(body)

    def recheck(self) -> None:
        covered = self.session.coverage.channels
        channels = [name for name in covered if is_post(name) or name == ADMIN]
        if channels:
            self._start(self._recheck(channels))

    def recount(self) -> None:
        self.session.owe_unread()
        self._pump()

    def tick(self, now: float) -> float:
        if self.session.closed:
            return now + LONGEST_SECONDS
        self._keep_deadlines(now)
        return min(max(self._next_deadline(now), now + TICK_SECONDS), now + LONGEST_SECONDS)

    def _next_deadline(self, now: float) -> float:
        """When one may have come; all but the sign-in's move on while the peer is there."""
        session, deadlines = self.session, self._deadlines
        if self._progress is not None:
            return now
        silence, identity = deadlines.silence_seconds, session.identity
        return min(
            deadline(self._opened, 0 if session.connected else deadlines.first_message_seconds),
            deadline(self._heard, silence if self._asked else silence / 2),
            deadline(self._last_sent(), deadlines.heartbeat_seconds),
            math.inf if identity is None else now + self._seconds_signed_in(identity),
        )

    def _seconds_signed_in(self, identity: Identity) -> float:
        return (identity.expires_at - self._hub.clock()) / 1000

    def _keep_deadlines(self, now: float) -> None:
        session = self.session
        identity = session.identity
        if self._progress is not None:
            self._check_progress(now, self._progress)
        elif not session.connected and past(
            self._deadlines.first_message_seconds, now - self._opened
        ):
            self.close(CloseCode.UNAUTHENTICATED, "no connect in time")
        elif identity is not None and identity.expires_at <= self._hub.clock():
            self.close(CloseCode.SESSION_ENDED, "token expired")
        elif self._is_gone(now):
            self.close(CloseCode.GOING_AWAY, "no sign of life")
        elif past(self._deadlines.heartbeat_seconds, now - self._last_sent()):
            self._hub.fanout.settle(self)
            session.beat()
            self._pump()

    def _is_gone(self, now: float) -> bool:
        """Whether the peer is silent although it was asked; asks it halfway.

        It is looked at twice once the time is up: this process may have been the one that slept,
        and the answer waits to be read.
        """
        limit = self._deadlines.silence_seconds
        silent = now - self._heard
        if self._asked:
            self._asked += past(limit, silent)
        elif limit and silent > limit / 2:
            self._asked = 1
            self._socket.ping()
        return self._asked > 2

    def _last_sent(self) -> float:
        return max(self._sent, self.lane.served if self.lane else 0.0)

    def _check_progress(self, now: float, since: float) -> None:
        backlog = self._socket.backlog()
        if backlog < self._backlog:
            self._progress, self._backlog = now, backlog
        elif past(self._deadlines.stall_seconds, now - since):
            self.close(CloseCode.TOO_SLOW, "too slow")

    # ---- effects

    def _pump(self) -> None:
        if self._pumping:  # a full socket pauses the session in the middle of a send
            return
        self._pumping = True
        try:
            for effect in self.session.effects():
                self._perform(effect)
        finally:
            self._pumping = False

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(body=body):
                self._sent = self._loop.time()
                self._socket.send(body)
            case Join():
                self._join()
            case Replay(bodies=bodies):
                self._hub.fanout.settle(self)  # what is live and older comes before it
                self._sent = self._loop.time()
                self._socket.send_many(bodies)
            case ReadLog(after=after, topics=topics):
                self._be_served(after)
                if topics is None or not self._send_stretch(after, topics):
                    self._read(after)
            case CheckChannels(channels=channels):
                self._start(self._check_channels(channels))
            case VerifyToken(token=token):
                self._start(self._authenticate(self._verify(token), must=True))
            case TellUnread():
                self._start(self._tell_unread())
            case Close(code=code, reason=reason):
                self._ended = (code, reason)
                self._trail.closed(self._reached(), code, reason)
                self._hub.fanout.leave(self)
                self._socket.close(code, reason)

    def _join(self) -> None:
        """Takes a seat on the topics that the session covers now."""
        session, fanout = self.session, self._hub.fanout
        fanout.settle(self)
        if session.live:  # or else settling has filled the socket, and it comes back later
            position = self._hub.position
            fanout.place(self, session.coverage.channels, position)
            self._be_served(position)
            if session.resynced is not None:
                resynced, session.resynced = session.resynced, None
                self._trail.resynced(position, *resynced)
            self._trail.seated(position, session.coverage.since)

    def _be_served(self, start: int) -> None:
        """From here on it is open, and written down what becomes of it."""
        if self._is_served:
            return
        self._is_served = True
        trails, watcher, session = self._hub.trails, self._hub.watcher, self.session
        if watcher is not None:
            watcher.opened(self.request)
        if trails is not None and session.identity is not None:
            transport = self._socket.transport
            self._trail = trails.begin(session.id, session.identity.user_id, transport)
            self._trail.began(start, session.coverage.arrived, session.coverage.since)

    def _note_applied(self, applied: Cursor | None) -> None:
        known = 0 if self._applied is None else self._applied.seq
        self._applied = applied
        if applied is None or applied.epoch != self._hub.epoch:
            return
        self._trail.applied(min(applied.seq, self._hub.position))
        observer, arrived = self._hub.observer, self.session.coverage.arrived
        # What was replayed is as late as its reader, which says nothing about delivery.
        if observer is not None and applied.seq > max(known, arrived):
            observer.applied(applied.seq)

    def _reached(self) -> int:
        """The place up to which the peer was sent everything."""
        if self.session.live:
            return self._hub.fanout.reached(self, self._hub.position)
        return self.session.position

    def _start(self, work: Coroutine[None, None, None]) -> None:
        context = copy_context()
        context.run(request_id.begin, self.request)  # the hub may have asked for it
        task = self._loop.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        failure = task.exception()
        if failure is not None:
            fields = {"request": self.request}
            logger.error("a connection failed", exc_info=failure, extra={"fields": fields})
            self.close(CloseCode.INTERNAL_ERROR, "internal error")
        else:
            self._pump()

    async def _authenticate(self, identity: Awaitable[Identity], *, must: bool) -> None:
        try:
            known = await identity
        except Unauthenticated:
            if must:
                self.session.unidentified()
            else:
                self.session.anonymous()
        except Unavailable:
            self.session.close(CloseCode.RESTART, "the database is not available")
        else:
            self.identify(known)

    async def _check_channels(self, channels: tuple[str, ...]) -> None:
        # A sign-out that was dispatched before the hub knew this member is seen here.
        found = await self._admission(channels)
        if found.signed_in:
            self.session.channels_checked(found.refusals, found.span)
        else:
            self.session.close(CloseCode.SESSION_ENDED, "signed out")

    async def _tell_unread(self) -> None:
        """Tells what is unread, but never what is older than an event that was sent."""
        read = partial(unread, user_id=self.viewer.id or "")
        while True:
            found = await self._patiently(lambda: self._store.read(read))
            await self._hub.reach(found.head)  # or else what is in the list already comes after it
            if self._is_unread_since(found.head):
                self._hub.fanout.settle(self)  # what is owed from before must not come after
                self.session.tell_unread(found.notifications, found.count)
                self._pump()  # at once: the next event may come in this turn of the loop
                return

    def _is_unread_since(self, head: int) -> bool:
        """Whether nothing was dispatched since a place that changes what is unread."""
        if head == self._hub.position:
            return True
        since, session = self._hub.recent(head), self.session
        if not since or since[-1].seq < self._hub.position:
            return False  # it is not all in memory any more
        channel = session.notifications_channel
        return not any(session.coverage.brings(channel, event) for event in since)

    async def _recheck(self, channels: Sequence[str]) -> None:
        found = await self._admission(channels)
        self.session.channels_lost(found.refusals)

    async def _admission(self, channels: Sequence[str]) -> Admission:
        identity = self.session.identity
        if identity is None:
            raise Unauthenticated
        return await self._patiently(lambda: self._hub.admit(identity, channels))

    def _send_stretch(self, after: int, topics: frozenset[str]) -> bool:
        """Sends what others are sent as well who come back to this place, if that is the same."""
        if self.viewer.apart:
            return False
        own = own_topic(self.viewer.id or "")
        stretch = self._hub.stretch(after, topics - {own}, self._socket.framing)
        if stretch is None or own in stretch.concerned:
            return False
        self._sent = self._loop.time()
        self.session.sent_up_to(stretch.end)
        if stretch.frames:
            self._socket.write(stretch.frames)
        return True

    def _read(self, after: int) -> None:
        """Reads on from the hub's memory, or else from the log."""
        recent = self._hub.recent(after)
        if recent is None:
            self._start(self._read_log(after))
        else:
            end = recent[-1].seq if recent else after
            self.session.log_read(recent, end, floor=0)

    async def _read_log(self, after: int) -> None:
        await self._hub.reach(after)
        page = await self._patiently(lambda: self._hub.past(after))
        events = [EncodedEvent(entry.seq, entry.event) for entry in page.entries]
        self.session.log_read(events, page.end, page.bounds.floor)

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        """A read that waits for a failing database: the socket outlives an outage."""
        while True:
            try:
                return await read()
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)

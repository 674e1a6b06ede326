"""The hub: takes the log's entries in order and hands each to whoever should have it."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import UnsetType

from feedline.errors import CloseCode, Unavailable
from feedline.feed.channels import post_channel
from feedline.feed.cursor import Cursor
from feedline.feed.events import (
    AnyEvent,
    FeedUpdate,
    PolicyChanged,
    PostCreated,
    PostRetracted,
    PostUpdated,
    SessionRevoked,
)
from feedline.feed.experiments import Transport
from feedline.feed.instants import Millis
from feedline.feed.people import Identity
from feedline.feed.policy import LivePolicy
from feedline.hub.admission import Admission, admission
from feedline.hub.arrivals import Arrivals
from feedline.hub.deadlines import TICK_SECONDS
from feedline.hub.fanout import Fanout
from feedline.hub.flights import FlightObserver
from feedline.hub.lanes import Framing, Seat
from feedline.hub.ring import Ring
from feedline.hub.roster import MOMENT, Roster
from feedline.hub.standings import Standings
from feedline.hub.stretches import Stretch, Stretches
from feedline.hub.trails import Trails
from feedline.hub.watcher import Watcher
from feedline.store.base import LogBounds, LogEntry, LogPage, Snapshot, Store
from feedline.wire.encoded import EncodedEvent

PAGE = 500  # entries of the log read at a time
SLICE_SECONDS = 0.001  # of fan-out before everything else gets its turn
REFUSED_AT_ONCE = 50  # connections that end in one turn of the loop
LOOKED_AT_ONCE = 50  # of those whose deadlines have come

logger = logging.getLogger("feedline.hub")


class Member(Seat, Protocol):
    """A connection as the hub knows it."""

    address: str

    @property
    def transport(self) -> Transport: ...

    def close(self, code: CloseCode, reason: str) -> None: ...

    def recount(self) -> None:
        """This person hears of somebody's posts no more: fewer notifications are theirs."""

    def tick(self, now: float) -> float:
        """Keeps the deadlines that have come; when the next one may have, at the latest.

        Times are the loop's.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLimits:
    """Times and bounds of a hub; 0 turns one off. Seconds, pieces and bytes."""

    poll_seconds: float = 1
    join_seconds: float = 0.05
    connections: int = 0
    connections_per_address: int = 0
    connections_per_user: int = 0
    connects_per_user: int = 0
    connects_per_address: int = 0
    ring_events: int = 10_000
    ring_bytes: int = 64 << 20


class Hub:
    """Fan-out for one process.

    ``position`` is the place in the log up to which events have been dispatched; it only ever
    moves on by one entry at a time. What comes over the bus is a hint: the next entry is
    dispatched at once, anything else makes the hub read the log.
    """

    def __init__(
        self,
        store: Store,
        bounds: LogBounds,
        *,
        limits: HubLimits,
        clock: Callable[[], Millis],
        observer: FlightObserver | None = None,
        trails: Callable[[Callable[[], int]], Trails] | None = None,
    ) -> None:
        """``trails``: makes what writes down what connections go through; None: nothing does."""
        self.epoch = bounds.epoch
        self.position = self._heard = bounds.head
        self.standings = Standings()
        self.fanout = Fanout(
            joins=limits.join_seconds > 0,
            feeds=self.standings.feeds,
            hearing=self.standings.hearing,
            observer=observer,
        )
        self.clock = clock
        self.observer = observer
        self.policy = LivePolicy()
        self.arrivals = Arrivals(limits.connects_per_user, limits.connects_per_address)
        self.watcher: Watcher | None = None
        self.trails = None if trails is None else trails(self.level)
        self._store = store
        self._limits = limits
        self._ring = Ring(limits.ring_events, limits.ring_bytes)
        self._stretches = Stretches(self._ring)
        self._loop = asyncio.get_running_loop()
        self._serving = False
        self._window: asyncio.TimerHandle | None = None
        self._gap = asyncio.Event()
        self._moved: asyncio.Future[None] | None = None
        self._members: Roster[Member] = Roster(self._loop.time)
        self._slow: set[Member] = set()
        self._by_address: Counter[str] = Counter()
        self._by_transport: Counter[str] = Counter()
        self._by_user: dict[str, set[Member]] = {}
        self._by_session: dict[str, set[Member]] = {}

    # ---- members

    def add(self, member: Member) -> bool:
        """A socket opened; it may not be authenticated yet. False if there are too many."""
        self._members.add(member)
        self._by_address[member.address] += 1
        self._by_transport[member.transport] += 1
        limits = self._limits
        return not (
            _over(len(self._members), limits.connections)
            or _over(self._by_address[member.address], limits.connections_per_address)
        )

    def identify(self, member: Member, identity: Identity) -> bool:
        """A member's person and sign-in are known now. False if the person has too many."""
        self._by_user.setdefault(identity.user_id, set()).add(member)
        self._by_session.setdefault(identity.session_id, set()).add(member)
        self._members.look_at(member, self._loop.time())  # its end may be near
        return not _over(len(self._by_user[identity.user_id]), self._limits.connections_per_user)

    def forget_identity(self, member: Member, identity: Identity) -> None:
        """A member is somebody else from now on, or nobody."""
        _discard(self._by_user, identity.user_id, member)
        if identity.user_id not in self._by_user:
            self.standings.forget(identity.user_id)
        _discard(self._by_session, identity.session_id, member)

    def remove(self, member: Member) -> bool:
        """A socket is gone; saying so again changes nothing, and is told by False."""
        if member not in self._members:
            return False
        self._members.remove(member)
        self._slow.discard(member)
        self._by_transport[member.transport] -= 1
        self._by_address[member.address] -= 1
        if not self._by_address[member.address]:
            del self._by_address[member.address]
        return True

    def close_all(self, code: CloseCode, reason: str) -> None:
        for member in tuple(self._members):
            member.close(code, reason)

    def stalled(self, member: Member) -> None:
        """A member's socket is full: nothing is sent to it until it has recovered."""
        self._slow.add(member)
        self._members.look_at(member, self._loop.time())

    def recovered(self, member: Member) -> None:
        self._slow.discard(member)

    @property
    def connections(self) -> int:
        return len(self._members)

    @property
    def connections_by_transport(self) -> Mapping[str, int]:
        return self._by_transport

    @property
    def slow_readers(self) -> int:
        """How many members do not read what waits for them."""
        return len(self._slow)

    def is_connected(self, user_id: str) -> bool:
        """Whether a person is there, on this node."""
        return user_id in self._by_user

    def level(self) -> int:
        """The position, as sessions ask for it."""
        return self.position

    def known(self) -> Cursor:
        """The newest place in the log of which this node has heard."""
        return Cursor(self.epoch, max(self.position, self._heard))

    async def admit(self, identity: Identity, channels: Iterable[str]) -> Admission:
        """Whether somebody may have channels; from then on their standing is known.

        Raises Unavailable.
        """
        with_rights = not self.standings.is_loaded(identity.user_id)

        def read(snapshot: Snapshot) -> Admission:
            return admission(snapshot, identity, channels, self.clock(), with_rights=with_rights)

        found = await self._store.read(read)
        if found.rights is not None:
            self.standings.load(identity.user_id, found.rights, found.span.head)
        return found

    # ---- the log

    def announce(self, entries: Sequence[LogEntry]) -> None:
        """New entries were committed somewhere; in order, perhaps with some missing."""
        self._dispatch_all(entries)
        self.look(entries[-1].seq)

    def look(self, position: int | None = None) -> None:
        """The log may hold more, up to a position at the least if that is known."""
        self._heard = max(self._heard, position or 0)
        if position is None or position > self.position:
            self._gap.set()

    async def reach(self, position: int) -> None:
        """Waits until events up to a position have been dispatched."""
        while self.position < position:
            self._gap.set()  # whoever knows the position may be ahead of a lost announcement
            self._moved = self._moved or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._moved)

    def recent(self, after: int) -> list[EncodedEvent] | None:
        """The next events after a position, if they are held here and were dispatched."""
        return self._ring.after(after, PAGE) if after <= self.position else None

    def stretch(self, after: int, topics: frozenset[str], framing: Framing) -> Stretch | None:
        """What topics brought next, framed for everybody alike, if it is held here."""
        return self._stretches.after(after, topics, framing) if after < self.position else None

    async def read_page(self, after: int) -> LogPage:
        """A page of the log. Raises Unavailable."""
        return await self._store.read(lambda snapshot: snapshot.log_page(after, PAGE))

    async def past(self, after: int) -> LogPage:
        """The same for a replay, once all of it has been dispatched. Raises Unavailable.

        What is ahead of the hub would be judged by rights that are older than it is.
        """
        known = self.known()
        seen = Cursor(known.epoch, max(known.seq, after))
        page = await self._store.read(lambda snapshot: snapshot.log_page(after, PAGE), seen)
        await self.reach(page.end)
        return page

    async def warm_up(self) -> None:
        """Reads who has live delivery, and fills the ring with the newest events.

        So a restart does not send everybody to the log.
        """
        self.policy = await self._store.read(lambda snapshot: snapshot.policy())
        position = max(0, self.position - self._limits.ring_events)
        while position < self.position:
            page = await self.read_page(position)
            for entry in page.entries:
                if entry.seq <= self.position:
                    self._ring.add(EncodedEvent(entry.seq, entry.event))
            position = page.end

    async def follow(self) -> None:
        """Keeps up with the log for what no announcement brought, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.poll_seconds or None):
                    await self._gap.wait()
            self._gap.clear()
            try:
                await self._read_on()
            except Unavailable as failure:
                logger.warning("cannot follow the log: %s", failure)

    async def sweep(self) -> None:
        """Keeps every connection's deadlines, until cancelled; those of a few at a time."""
        while True:
            await asyncio.sleep(MOMENT)
            for number, member in enumerate(self._members.due(), start=1):
                self._look_at(member)
                if number % LOOKED_AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _look_at(self, member: Member) -> None:
        now = self._loop.time()
        again = now + TICK_SECONDS
        try:
            again = member.tick(now)
        except Exception:  # one broken connection must not cost the others their deadlines
            fields = {"request": member.request}
            logger.exception("deadlines could not be kept", extra={"fields": fields})
        self._members.look_at(member, again)

    async def _read_on(self) -> None:
        while True:
            page = await self.read_page(self.position)
            if page.bounds.floor > self.position:
                self._pass_over(page.bounds.floor)
                self._obey(await self._store.read(lambda snapshot: snapshot.policy()))
            self._dispatch_all(page.entries)
            if self.position >= page.bounds.head:
                return

    def _pass_over(self, floor: int) -> None:
        """Entries were trimmed before this node saw them: nobody here can be told of them.

        Whoever is connected comes back with a cursor that is too old, and is told to load anew.
        """
        logger.warning("the log was trimmed up to %d, this node was at %d", floor, self.position)
        self.close_all(CloseCode.RESTART, "missed what was trimmed")
        self.position = floor  # after that: nobody was sent what is passed over

    def _dispatch_all(self, entries: Iterable[LogEntry]) -> None:
        for entry in entries:
            if entry.seq == self.position + 1:
                self._dispatch(EncodedEvent(entry.seq, entry.event))
        if not self._serving:
            self._serve()
        if self._moved is not None:
            self._moved.set_result(None)
            self._moved = None

    def _dispatch(self, event: EncodedEvent) -> None:
        self.position = event.seq
        if self._ring.add(event):
            self._stretches.forget()
        if isinstance(event.event, SessionRevoked):
            self._end_sessions(event.event)
            return
        if isinstance(event.event, PolicyChanged):
            self._obey(event.event.policy)
            return
        own = self._by_user.get(event.actor or "", set())
        self.standings.apply(event.event, event.actor, event.seq)
        self._note(event)  # it may land in the next line
        self.fanout.offer(event, own)
        if _parts_or_joins(event.event):
            for member in tuple(own):
                self.fanout.move(member, self.position)
        if _takes_notices(event.event):
            for member in tuple(own):
                member.recount()
        if isinstance(event.event, PostRetracted):
            self._recheck(own)
        elif isinstance(event.event, PostUpdated) and event.is_gated:
            self._recheck(self.fanout.seats(post_channel(event.event.post.id)))

    def _note(self, event: EncodedEvent) -> None:
        if self.trails is not None and isinstance(event.event, PostCreated):
            self.trails.dispatched(event.seq)

    def _serve(self) -> None:
        """One slice of fan-out, and another one after whatever else is ready."""
        self._serving = self.fanout.serve(SLICE_SECONDS)
        if self._serving:
            self._loop.call_soon(self._serve)
        if self._window is None and self._limits.join_seconds:
            self._window = self._loop.call_later(self._limits.join_seconds, self._end_window)

    def _end_window(self) -> None:
        self._window = None
        if self.fanout.end_window() and not self._serving:
            self._serve()

    def _recheck(self, seats: Iterable[Seat]) -> None:
        for seat in tuple(seats):
            seat.recheck()

    def _obey(self, policy: LivePolicy) -> None:
        """From now on nobody else is let in, and who is here and may not be is sent away."""
        self.policy = policy
        present = [(p, member) for p, members in self._by_user.items() for member in members]
        self._send_away([pair for pair in present if refusal_of(policy, *pair)])

    def _send_away(self, refused: list[tuple[str, Member]]) -> None:
        """Ends some, and the others after whatever else is ready."""
        for person, member in refused[:REFUSED_AT_ONCE]:
            refusal = refusal_of(self.policy, person, member)
            if refusal is not None:  # it may have been turned again meanwhile
                member.close(*refusal)
        if len(refused) > REFUSED_AT_ONCE:
            self._loop.call_soon(self._send_away, refused[REFUSED_AT_ONCE:])

    def _end_sessions(self, event: SessionRevoked) -> None:
        ended = set(self._by_session.get(event.session_id, ()))
        if not isinstance(event.user_id, UnsetType):
            ended |= self._by_user.get(event.user_id, set())
        for member in ended:
            member.close(CloseCode.SESSION_ENDED, "signed out")


def _parts_or_joins(event: AnyEvent) -> bool:
    """Whether somebody is apart from another person from now on, or no more."""
    match event:
        case PostRetracted(reason="blocked") | FeedUpdate(reason="unblock"):
            return True
    return False


class _ByTransport(Protocol):
    @property
    def transport(self) -> Transport: ...


def refusal_of(
    policy: LivePolicy, user_id: str, member: _ByTransport
) -> tuple[CloseCode, str] | None:
    """Why a person may not have this connection; None if they may."""
    if not policy.allows(user_id):
        return CloseCode.REALTIME_OFF, "live delivery is off"
    if not policy.carries(user_id, member.transport):
        return CloseCode.OTHER_TRANSPORT, "use the next transport"
    return None


def _takes_notices(event: AnyEvent) -> bool:
    """Whether what somebody was notified of is not theirs any more."""
    if isinstance(event, PostRetracted):
        return event.reason == "blocked"
    return isinstance(event, FeedUpdate) and (
        event.reason == "unfollow" or event.notify_posts is False
    )


def _over(count: int, limit: int) -> bool:
    return 0 < limit < count


def _discard(index: dict[str, set[Member]], key: str, member: Member) -> None:
    members = index.get(key)
    if members is not None:
        members.discard(member)
        if not members:
            del index[key]

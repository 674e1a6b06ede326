"""Writes down what connections go through, for whoever asks later why somebody did not see a post.

Everything here is bounded: marks of one connection by merging them, which makes them less exact
and never wrong, and connections by what the hub admits.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec

from feedline.feed.channels import PUBLIC, is_creator, is_feed
from feedline.feed.experiments import Transport
from feedline.feed.instants import IdSource, Millis
from feedline.feed.trails import (
    Answered,
    AnyMark,
    Applied,
    Began,
    Chapter,
    Dispatch,
    Lagged,
    NodeRun,
    Resynced,
    Subscribed,
    Trail,
    TrailBatch,
    WentLive,
)

MARKS = 16  # of one connection between two takings; past it spells of lagging are merged
CHANNELS = 50  # of one connection that are written down
BURST = 30  # receipts of one connection that are written down as they come, and then
REFILL_MILLIS = 10_000  # one more in this time; of those in between only the last
RENEW_MILLIS = 6 * 3_600_000  # after which a connection says anew what it has: older marks may go
IDLE_MILLIS = 60_000  # without a poll after which somebody polls no more
DISPATCHES = 1_000  # posts between two takings
CLOSED = 20_000  # ended connections that wait to be written down
MANY = 500  # of which it is soon told: what waits for 5,000 that come at once takes 2 MB
CHANGED = 2 * CLOSED  # connections that have marks to be written down, open or ended

Told = TypeVar("Told", bound=AnyMark)


class Landed(Protocol):
    """An event that all sockets were handed (``hub/flights.py``). Seconds of the same clock."""

    @property
    def seq(self) -> int: ...

    @property
    def dispatched(self) -> float: ...

    @property
    def first(self) -> float | None: ...

    @property
    def last(self) -> float: ...

    @property
    def sockets(self) -> int: ...


class OpenTrail:
    """What one connection goes through, as long as it lasts."""

    __slots__ = (
        "_arrived",
        "_credit",
        "_credited",
        "_late",
        "_marks",
        "_number",
        "_since",
        "_trails",
        "is_live",
        "trail",
    )

    def __init__(self, trails: "Trails", trail: Trail) -> None:
        self.trail = trail
        self.is_live = False
        self._trails = trails
        self._marks: tuple[AnyMark, ...] = ()  # mostly empty, which a list would cost 72 bytes for
        self._number = 0
        self._since: tuple[tuple[str, int], ...] = ()
        self._arrived = 0
        self._late: Applied | Answered | None = None  # a receipt that is not written down yet
        self._credit = BURST
        self._credited = trail.opened_at

    # ---- what happens

    def began(self, position: int, arrived: int, channels: Mapping[str, int]) -> None:
        """It is served these channels from a place in the log on; it stood at another by then."""
        self._arrived = arrived
        self._add(Began(self._now(), position, arrived))
        self._has(channels, position)

    def seated(self, position: int, channels: Mapping[str, int]) -> None:
        """It is live on these channels, each from a place in the log on."""
        if not self.is_live:
            self.is_live = True
            self._add(WentLive(self._now(), position))
        self._has(channels, position)

    def lagged(self, position: int) -> None:
        if not self.is_live:
            return
        self.is_live = False
        marks = self._marks
        if len(marks) >= MARKS and [*map(type, marks[-2:])] == [Lagged, WentLive]:
            self._marks = marks[:-1]  # one long spell in place of two
            return
        self._add(Lagged(self._now(), position))

    def resynced(self, position: int, reason: str, after: int) -> None:
        if self.is_live:  # only a single channel was given up
            return
        before = self._merge(Resynced)
        if before is not None:  # all of that is in what is loaded now
            after = min(after, before.after)
        self._add(Resynced(self._now(), position, reason, after))

    def applied(self, position: int) -> None:
        self._receive(Applied(self._now(), position))

    def closed(self, position: int, code: int | None, reason: str) -> None:
        """It has ended; saying so again changes nothing."""
        if self.trail.closed_at is not None:
            return
        if self._late is not None:
            self._add(self._late)
        self.trail = msgspec.structs.replace(
            self.trail,
            closed_at=self._now(),
            close_code=code,
            close_reason=reason[:100],
            reached=position,
        )
        self._trails.ended(self)

    # ---- on the way to the database

    def chapter(self, now: Millis) -> Chapter:
        """The marks since the last one."""
        marks, self._marks = self._marks, ()
        self._number += 1
        return Chapter(self.trail.id, self._number, now, [*marks])

    @property
    def has_marks(self) -> bool:
        return bool(self._marks)

    def tell_late(self) -> bool:
        """Writes a receipt down that had to wait; whether that is so now."""
        if self._late is None or not self._may_tell():
            return self._late is None
        late, self._late = self._late, None
        self._add(late)
        return True

    def renew(self, position: int) -> None:
        """Says anew what is so, as the first marks will be forgotten."""
        if self.is_live:
            self._add(Began(self._now(), position, self._arrived, renewed=True))
            self._add(WentLive(self._now(), position))
            self._subscribed(position)

    def _has(self, channels: Mapping[str, int], position: int) -> None:
        since = tuple((name, start) for name, start in channels.items() if _brings_posts(name))
        if since != self._since:
            self._since = since
            self._subscribed(position)

    def _receive(self, mark: Applied | Answered) -> None:
        if self._may_tell():
            self._late = None
            self._add(mark)
        else:
            self._late = mark
            self._trails.is_late(self)

    def _may_tell(self) -> bool:
        now = self._now()
        due, rest = divmod(now - self._credited, REFILL_MILLIS)
        if due > 0:
            self._credit = min(BURST, self._credit + due)
            self._credited = now - rest
        if not self._credit:
            return False
        self._credit -= 1
        return True

    def _subscribed(self, position: int) -> None:
        self._merge(Subscribed)
        told = dict(self._since[:CHANNELS])
        omitted = len(self._since) - len(told)
        self._add(Subscribed(self._now(), position, told, omitted))

    def _merge(self, kind: type[Told]) -> Told | None:
        """Takes back the last mark of a kind, if nothing but what a client asks for came since.

        At will a client can only change its channels and be told to load anew.
        """
        marks = self._marks
        for place in range(len(marks) - 1, -1, -1):
            mark = marks[place]
            if isinstance(mark, kind):
                self._marks = marks[:place] + marks[place + 1 :]
                return mark
            if len(marks) < MARKS or not isinstance(mark, Subscribed | Resynced):
                return None
        return None

    def _add(self, mark: AnyMark) -> None:
        self._marks += (mark,)
        self._trails.changed(self)

    def _now(self) -> Millis:
        return self._trails.clock()


class PollTrail(OpenTrail):
    """The polls of one person in a row."""

    __slots__ = ("asked_at", "waiting")

    def __init__(self, trails: "Trails", trail: Trail) -> None:
        super().__init__(trails, trail)
        self.waiting = 0
        self.asked_at = trail.opened_at

    def brings(self, after: int, position: int, resync: str | None, *, count: int) -> None:
        """What a poll was answered: so many events between two places, or to load anew."""
        if resync is not None:
            self.resynced(position, resync, after)
        elif count:
            late = self._late
            if isinstance(late, Answered):
                after = min(after, late.after)
            self._receive(Answered(self._now(), position, after))

    def asks(self, position: int, channels: Iterable[str], resync: str | None) -> None:
        """A poll has begun, or was told to load anew instead."""
        self.waiting += 1
        if resync is not None:
            self.resynced(position, resync, 0)
        self._has(dict.fromkeys(sorted(channels), 0), position)

    def left(self) -> None:
        """A poll is over."""
        self.waiting -= 1
        self.asked_at = self._now()


class NoTrail(OpenTrail):
    """Of a connection of which nothing is written down."""

    __slots__ = ()

    def __init__(self) -> None:
        """Has nothing to keep."""

    def seated(self, position: int, channels: Mapping[str, int]) -> None: ...
    def lagged(self, position: int) -> None: ...
    def resynced(self, position: int, reason: str, after: int) -> None: ...
    def applied(self, position: int) -> None: ...
    def closed(self, position: int, code: int | None, reason: str) -> None: ...


NO_TRAIL = NoTrail()


@dataclass(slots=True)
class _Waiting:
    """What is not in the database yet."""

    opened: list[OpenTrail] = field(default_factory=list)
    changed: dict[OpenTrail, None] = field(default_factory=dict)
    closed: list[OpenTrail] = field(default_factory=list)
    missed: int = 0
    dispatches: dict[int, Dispatch] = field(default_factory=dict)


class Trails:
    """The trails of one node. ``level`` tells how far it has dispatched the log."""

    def __init__(
        self, node: NodeRun, clock: Callable[[], Millis], level: Callable[[], int]
    ) -> None:
        self.node = node
        self.clock = clock
        self.level = level
        self._ids = IdSource()
        self._waiting = _Waiting()
        self.many = asyncio.Event()
        """Set while so many wait to be written down that it should be done soon."""
        self._late: dict[OpenTrail, None] = {}
        self._renewed: dict[OpenTrail, Millis] = {}
        """The open ones, and when each has last said what is so; the oldest first."""
        self._aloft: dict[int, Dispatch] = {}
        """Posts of which sockets are handed some still, by their places in the log."""
        self._polls: dict[str, PollTrail] = {}

    def begin(self, trail_id: str, user_id: str, transport: Transport) -> OpenTrail:
        """Somebody's connection is about to be served."""
        return self._opened(OpenTrail(self, self._new(trail_id, user_id, transport)))

    def polls(self, user_id: str) -> PollTrail:
        """The polls of a person, who has begun one."""
        poll = self._polls.get(user_id)
        if poll is None:
            trail = self._new(self._ids.next(self.clock()), user_id, "poll")
            poll = self._polls[user_id] = PollTrail(self, trail)
            self._opened(poll)
        return poll

    def dispatched(self, seq: int) -> None:
        """A new post is about to be offered to those who are live."""
        if len(self._aloft) >= DISPATCHES:
            del self._aloft[next(iter(self._aloft))]
        dispatch = Dispatch(seq=seq, node_id=self.node.id, at=self.clock())
        self._aloft[seq] = dispatch
        self._dispatch(dispatch)

    def landed(self, flight: Landed) -> None:
        """Everybody whom an event concerned was handed it by now; nothing, if it is no post."""
        dispatch = self._aloft.pop(flight.seq, None)
        if dispatch is None:
            return
        at, begin = dispatch.at, flight.dispatched
        first = None if flight.first is None else at + _millis(flight.first - begin)
        last = at + _millis(flight.last - begin)
        sockets = flight.sockets
        self._dispatch(
            msgspec.structs.replace(dispatch, sockets=sockets, first_at=first, last_at=last)
        )

    def _dispatch(self, dispatch: Dispatch) -> None:
        waiting = self._waiting.dispatches
        if dispatch.seq in waiting or len(waiting) < DISPATCHES:
            waiting[dispatch.seq] = dispatch

    def take(self) -> TrailBatch:
        """What is to be written down now; here it is forgotten."""
        now = self.clock()
        self._end_polls(now)
        self._renew(now)
        self._late = {trail: None for trail in self._late if not trail.tell_late()}
        waiting, self._waiting = self._waiting, _Waiting()
        self.many.clear()
        return TrailBatch(
            node=self._node_at(now, waiting.missed),
            opened=[one.trail for one in waiting.opened],
            chapters=[one.chapter(now) for one in waiting.changed if one.has_marks],
            closed=[one.trail for one in waiting.closed],
            dispatches=[*waiting.dispatches.values()],
        )

    # ---- from trails

    def changed(self, trail: OpenTrail) -> None:
        changed = self._waiting.changed
        if trail in changed or len(changed) < CHANGED:
            changed[trail] = None

    def is_late(self, trail: OpenTrail) -> None:
        self._late[trail] = None

    def ended(self, trail: OpenTrail) -> None:
        self._late.pop(trail, None)
        self._renewed.pop(trail, None)
        if len(self._waiting.closed) < CLOSED:
            self._waiting.closed.append(trail)
        else:
            self._waiting.missed += 1

    # ---- from time to time

    def _new(self, trail_id: str, user_id: str, transport: Transport) -> Trail:
        return Trail(
            id=trail_id,
            user_id=user_id,
            node_id=self.node.id,
            transport=transport,
            opened_at=self.clock(),
        )

    def _opened(self, trail: OpenTrail) -> OpenTrail:
        self._renewed[trail] = trail.trail.opened_at
        if len(self._waiting.opened) < CLOSED:
            self._waiting.opened.append(trail)
            if len(self._waiting.opened) >= MANY:
                self.many.set()
        else:
            self._waiting.missed += 1
        return trail

    def _node_at(self, now: Millis, missed: int) -> NodeRun:
        self.node = msgspec.structs.replace(
            self.node, seen_at=now, missed=self.node.missed + missed
        )
        return self.node

    def _end_polls(self, now: Millis) -> None:
        over = [
            user_id
            for user_id, poll in self._polls.items()
            if not poll.waiting and now - poll.asked_at > IDLE_MILLIS
        ]
        for user_id in over:
            self._polls.pop(user_id).closed(self.level(), None, "no more polls")

    def _renew(self, now: Millis) -> None:
        while self._renewed:
            trail, at = next(iter(self._renewed.items()))
            if now - at < RENEW_MILLIS:
                return
            del self._renewed[trail]
            self._renewed[trail] = now
            trail.renew(self.level())


def _millis(seconds: float) -> int:
    return round(seconds * 1000)


def _brings_posts(channel: str) -> bool:
    return is_feed(channel) or is_creator(channel) or channel == PUBLIC

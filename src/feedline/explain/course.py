"""What the marks of a connection come to: stretches of the log, and how each was served.

A trail writes down places and not posts. Here those places become spans, so that for any post one
can say which span its place is in.
"""

from dataclasses import dataclass, field
from typing import Literal

from feedline.feed.instants import Millis
from feedline.feed.trails import (
    Answered,
    AnyMark,
    Applied,
    Began,
    Lagged,
    Resynced,
    Subscribed,
    Trail,
    WentLive,
)

How = Literal["live", "replay", "catch_up", "poll", "resync", "cut_short"]
"""``replay``: after the connection began; ``catch_up``: after it had lagged; ``cut_short``: it was
closed before it had caught up."""


@dataclass(frozen=True, slots=True)
class Span:
    """The places after ``after`` and up to ``until`` (None: there is no end yet).

    ``began`` and ``ended``: when these were being served; what was not live was served at some
    moment between the two.
    """

    how: How
    after: int
    until: int | None
    began: Millis
    ended: Millis | None
    reason: str = ""

    def has(self, seq: int) -> bool:
        return self.after < seq and (self.until is None or seq <= self.until)


@dataclass(frozen=True, slots=True)
class Hold:
    """A channel that a connection had: what is after ``since`` and up to ``until``.

    ``caught_up``: the place at which it was live, and when; what is before came as a replay.
    """

    channel: str
    since: int
    until: int | None
    caught_up: int
    at: Millis

    def has(self, seq: int) -> bool:
        return self.since < seq and (self.until is None or seq <= self.until)


@dataclass(slots=True)
class Course:
    """What became of a connection. ``arrived``: where the log stood when it came."""

    spans: list[Span] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    receipts: list[Applied] = field(default_factory=list)
    arrived: int = 0
    began: int | None = None
    """The first place from which it was served."""
    is_cut: bool = False
    """Whether its first marks are forgotten by now: nothing is known of what is before."""
    lags: bool = False
    """Whether its socket was full at last, and it was not caught up since."""
    omitted: bool = False
    """Whether it had more channels than were written down."""

    def span_of(self, seq: int) -> Span | None:
        return next((span for span in self.spans if span.has(seq)), None)

    def receipt_of(self, seq: int) -> Applied | None:
        """The first that says that the post is on the screen."""
        return next((receipt for receipt in self.receipts if receipt.position >= seq), None)


def course_of(trail: Trail) -> Course:
    """What the marks of a trail come to."""
    walk = _Walk()
    for mark in trail.marks:
        walk.take(mark)
    walk.end(trail)
    walk.course.receipts.sort(key=lambda receipt: receipt.at)
    return walk.course


class _Walk:
    """Goes from mark to mark."""

    def __init__(self) -> None:
        self.course = Course()
        self._is_live = False
        self._lags = False
        self._place: int | None = None  # up to which it is accounted for
        self._at: Millis = 0  # since when it is served like this
        self._open: dict[str, Hold] = {}

    def take(self, mark: AnyMark) -> None:
        match mark:
            case Began() if self._place is None:  # else it says anew what is so
                self._place, self._at = mark.position, mark.at
                self.course.began, self.course.arrived = mark.position, mark.arrived
                self.course.is_cut = mark.renewed
            case WentLive() if not self._is_live:
                self._serve(self._way_back, mark.position, mark.at)
                self._is_live, self._at = True, mark.at
            case Lagged():
                self._serve("live", mark.position, mark.at)
                self._is_live, self._lags, self._at = False, True, mark.at
            case Resynced() if not self._is_live:  # else a single channel was given up
                self._resync(mark)
            case Subscribed():
                self._hold(mark)
            case Applied():
                self.course.receipts.append(mark)
            case Answered():
                self._add(Span("poll", mark.after, mark.position, mark.at, mark.at))

    def end(self, trail: Trail) -> None:
        self.course.lags = self._lags and not self._is_live
        if self._place is not None:
            how: How = "live" if self._is_live else "cut_short"
            until = trail.reached if trail.closed_at is not None else None
            if until is None or until > self._place:
                self._add(Span(how, self._place, until, self._at, trail.closed_at))
        self.course.holds += self._open.values()

    @property
    def _way_back(self) -> How:
        return "catch_up" if self._lags else "replay"

    def _serve(self, how: How, position: int, at: Millis) -> None:
        if self._place is None:
            self._place = self.course.began = position
        if position > self._place:
            self._add(Span(how, self._place, position, self._at, at))
            self._place = position

    def _resync(self, mark: Resynced) -> None:
        if self._place is not None:
            self._serve(self._way_back, mark.after, mark.at)
        after = mark.after and max(mark.after, self._place or 0)
        self._add(Span("resync", after, mark.position, self._at, mark.at, mark.reason))
        if self._place is not None:
            self._place = mark.position

    def _hold(self, mark: Subscribed) -> None:
        self.course.omitted |= bool(mark.omitted)
        for name in [name for name in self._open if name not in mark.since]:
            held = self._open.pop(name)
            self.course.holds.append(Hold(name, held.since, mark.position, held.caught_up, held.at))
        for name, since in mark.since.items():
            if name not in self._open or since < self._open[name].since:
                self._open[name] = Hold(name, since, None, mark.position, mark.at)

    def _add(self, span: Span) -> None:
        self.course.spans.append(span)

"""Reads what a node has counted, and makes a sample of what came since the last time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

from feedline.dashboard.samples import Facts, Health, Mishap, Sample, trimmed
from feedline.feed.instants import Millis
from feedline.telemetry.histograms import Distribution
from feedline.telemetry.troubles import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where figures come from. Each is asked once for a sample, and answers at once.

    Counts are those since the process began.
    """

    posts: Callable[[], int]
    to_socket: Callable[[], Distribution]
    to_paint: Callable[[], Distribution]
    seen: Callable[[], Mapping[str, int]]
    connections: Callable[[], Mapping[str, int]]
    slow_readers: Callable[[], int]
    position: Callable[[], int]
    """The place in the log up to which events were dispatched."""
    writes_waiting: Callable[[], int]
    bus: Callable[[], Health]
    bus_ms: Callable[[], float | None]
    troubles: Callable[[], list[Trouble]]


class Probe(NamedTuple):
    """How the database answered a small read."""

    health: Health
    milliseconds: float | None
    head: int | None
    """Where the log stands."""


@dataclass(frozen=True, slots=True)
class _Counted:
    at: float
    posts: int
    to_socket: Distribution
    to_paint: Distribution
    seen: Mapping[str, int]


class Sampler:
    """Makes the samples of one node."""

    def __init__(
        self,
        facts: Facts,
        sources: Sources,
        clock: Callable[[], Millis],
        passed: Callable[[], float] = monotonic,
    ) -> None:
        self.facts = facts
        self._sources = sources
        self._clock = clock
        self._passed = passed
        self._before = self._count()

    def sample(self, probe: Probe, loop_lag: float, *, is_stopped: bool = False) -> Sample:
        """What came since the last sample. ``loop_lag``: how late it is, in milliseconds."""
        sources, before, now = self._sources, self._before, self._count()
        self._before = now
        seconds = now.at - before.at
        lag = 0 if probe.head is None else max(0, probe.head - sources.position())
        return Sample(
            facts=self.facts,
            at=self._clock(),
            seconds=round(seconds, 3),
            posts=now.posts - before.posts,
            to_socket=trimmed(now.to_socket.since(before.to_socket).counts),
            to_paint=trimmed(now.to_paint.since(before.to_paint).counts),
            seen=_grown(now.seen, before.seen),
            connection_seconds={
                name: round(count * seconds, 3)
                for name, count in sources.connections().items()
                if count
            },
            slow_readers=sources.slow_readers(),
            lag=lag,
            writes_waiting=sources.writes_waiting(),
            loop_lag=round(loop_lag, 1),
            bus=sources.bus(),
            bus_ms=sources.bus_ms(),
            database=probe.health,
            database_ms=probe.milliseconds,
            mishaps=[_mishap(trouble) for trouble in sources.troubles()],
            is_stopped=is_stopped,
        )

    def _count(self) -> _Counted:
        sources = self._sources
        return _Counted(
            at=self._passed(),
            posts=sources.posts(),
            to_socket=sources.to_socket(),
            to_paint=sources.to_paint(),
            seen=dict(sources.seen()),
        )


def _grown(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, float]:
    grown: dict[str, float] = {way: count - before.get(way, 0) for way, count in now.items()}
    return {way: count for way, count in grown.items() if count}


def _mishap(trouble: Trouble) -> Mishap:
    return Mishap(
        at=int(trouble.at * 1000),
        level=trouble.level,
        logger=trouble.logger,
        message=trouble.message,
        count=trouble.count,
    )

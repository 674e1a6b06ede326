"""What happened in a run, and the figures that follow from it. No I/O."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from feedline.benchmark.run import Spread
from feedline.verify.ledger import Reading, Sent, Verdict


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which somebody was not served: an author, or a reader of some transport."""

    who: str
    since: float
    until: float

    @property
    def seconds(self) -> float:
        return self.until - self.since


@dataclass(slots=True)
class Record:
    """A run while it goes on; ``start`` is the clock's time at its beginning."""

    start: float
    sent: dict[str, Sent] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    newest: int = 0
    """The last place in the log that was acknowledged."""
    failures: int = 0
    """Requests without an answer, or with one that says to try again."""
    connections: int = 0
    """Streams and sockets opened, and polls after trouble."""

    @property
    def acknowledged(self) -> int:
        return sum(post.acknowledged is not None for post in self.sent.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportFigures:
    transport: str
    readers: int
    deliveries: int
    latency: Spread | None
    """Milliseconds from the first attempt to send a post to its coming."""
    longest_outage: float
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of the time: posts acknowledged in it, and the slowest delivery by transport."""

    posts: int
    slowest: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that a report says."""

    verdict: Verdict
    seconds: float
    repeated: int
    failures: int
    connections: int
    resyncs: int
    writing_outage: float
    transports: tuple[TransportFigures, ...]
    slices: tuple[Slice, ...]
    outages: tuple[Outage, ...]
    """With times from the start of the run."""


SLICES = 60


def conclude(record: Record, verdict: Verdict, end: float) -> Outcome:
    seconds = end - record.start
    by_transport: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in record.readings:
        by_transport[reading.transport].append(reading)
    return Outcome(
        verdict=verdict,
        seconds=seconds,
        repeated=sum(post.repeated for post in record.sent.values()),
        failures=record.failures,
        connections=record.connections,
        resyncs=sum(reading.resyncs for reading in record.readings),
        writing_outage=_longest(record.outages, "author"),
        transports=tuple(_figures(record, *found) for found in by_transport.items()),
        slices=_slices(record, seconds),
        outages=tuple(
            Outage(outage.who, outage.since - record.start, outage.until - record.start)
            for outage in record.outages
        ),
    )


def _longest(outages: Sequence[Outage], who: str) -> float:
    return max((outage.seconds for outage in outages if outage.who == who), default=0.0)


def _figures(record: Record, transport: str, readings: Sequence[Reading]) -> TransportFigures:
    latencies = [latency for reading in readings for _, latency in _deliveries(record, reading)]
    return TransportFigures(
        transport=transport,
        readers=len(readings),
        deliveries=len(latencies),
        latency=Spread.of(latencies) if latencies else None,
        longest_outage=_longest(record.outages, transport),
    )


def _deliveries(record: Record, reading: Reading) -> list[tuple[float, float]]:
    """When each post came, and how many milliseconds after it was first sent."""
    return [
        (at, (at - record.sent[key].begun) * 1000)
        for key, at in zip(reading.keys, reading.times, strict=True)
        if key in record.sent
    ]


def _slices(record: Record, seconds: float) -> tuple[Slice, ...]:
    posts = [0] * SLICES
    slowest: list[dict[str, float]] = [{} for _ in range(SLICES)]

    def number(at: float) -> int:
        return min(SLICES - 1, max(0, int((at - record.start) / seconds * SLICES)))

    for post in record.sent.values():
        if post.acknowledged is not None:
            posts[number(post.acknowledged)] += 1
    for reading in record.readings:
        for at, latency in _deliveries(record, reading):
            part = slowest[number(at)]
            part[reading.transport] = max(latency, part.get(reading.transport, 0.0))
    return tuple(Slice(posts=n, slowest=s) for n, s in zip(posts, slowest, strict=True))

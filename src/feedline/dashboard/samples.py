"""What one node counted within a span of time, in a form that adds up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Literal

import msgspec

from feedline.feed.instants import Millis

Health = Literal["ok", "degraded", "down"]
Counts = list[int]
"""Of the buckets of :data:`feedline.telemetry.histograms.SECONDS`; what is left out is 0."""

MOST_TROUBLES = 10  # of one sample
_LARGEST = 4_000  # bytes of a note: PostgreSQL carries 8,000, and base64 takes a third more


class Mishap(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A warning or an error that a node has logged, ``count`` times in a row."""

    at: Millis
    level: str
    logger: str
    message: str
    count: int = 1


class Facts(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """What a node is, from its start to its end."""

    id: str
    """Another one after each start."""
    name: str
    pid: int
    role: str
    version: str
    started_at: Millis


class Sample(msgspec.Struct, rename="camel", frozen=True, kw_only=True, omit_defaults=True):
    """What a node counted in the ``seconds`` before ``at``.

    Counts add up, over time and over nodes. Of what stands at a moment (how far behind, how many
    wait) the worst of the span is kept; of connections, how long how many were open.
    """

    facts: Facts
    at: Millis
    seconds: float
    posts: int = 0
    to_socket: Counts = []
    """Deliveries, by the time from the commit to the socket."""
    to_paint: Counts = []
    """Posts that came onto screens, by the time since they were published."""
    seen: dict[str, float] = {}
    """The same, by the way on which they came."""
    connection_seconds: dict[str, float] = {}
    """By transport: one connection that is open for two seconds is 2."""
    slow_readers: int = 0
    lag: int = 0
    """Entries of the log that were committed and not yet dispatched."""
    writes_waiting: int = 0
    loop_lag: float = 0
    """Milliseconds by which what was due began late."""
    bus: Health = "ok"
    bus_ms: float | None = None
    """For a message to come back over the bus."""
    database: Health = "ok"
    database_ms: float | None = None
    """For the answer to a read."""
    mishaps: list[Mishap] = []
    is_stopped: bool = False
    """The node has ended as it should."""

    @property
    def deliveries(self) -> int:
        return sum(self.to_socket)


_WORST: Mapping[Health, int] = {"ok": 0, "degraded": 1, "down": 2}
_decoder = msgspec.json.Decoder(Sample)


def encode(sample: Sample) -> bytes:
    """As it is kept, and told to other nodes: what is too long goes without its mishaps."""
    body = msgspec.json.encode(sample)
    if len(body) <= _LARGEST:
        return body
    return msgspec.json.encode(msgspec.structs.replace(sample, mishaps=[]))


def decode(body: bytes) -> Sample | None:
    """None if it is no sample, or none that this version understands."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        return None


def followed(earlier: Sample, later: Sample) -> Sample:
    """Two spans of one node as one."""
    return Sample(
        facts=later.facts,
        at=later.at,
        seconds=earlier.seconds + later.seconds,
        posts=earlier.posts + later.posts,
        to_socket=added(earlier.to_socket, later.to_socket),
        to_paint=added(earlier.to_paint, later.to_paint),
        seen=summed([earlier.seen, later.seen]),
        connection_seconds=summed([earlier.connection_seconds, later.connection_seconds]),
        slow_readers=max(earlier.slow_readers, later.slow_readers),
        lag=max(earlier.lag, later.lag),
        writes_waiting=max(earlier.writes_waiting, later.writes_waiting),
        loop_lag=max(earlier.loop_lag, later.loop_lag),
        bus=worst([earlier.bus, later.bus]),
        bus_ms=later.bus_ms,
        database=worst([earlier.database, later.database]),
        database_ms=later.database_ms,
        mishaps=[*earlier.mishaps, *later.mishaps][-MOST_TROUBLES:],
        is_stopped=later.is_stopped,
    )


def added(one: Counts, two: Counts) -> Counts:
    return [a + b for a, b in zip_longest(one, two, fillvalue=0)]


def summed(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def worst(states: Iterable[Health]) -> Health:
    return max(states, key=_WORST.__getitem__, default="ok")


def trimmed(counts: Iterable[int]) -> Counts:
    """Without the zeros at the end."""
    found = list(counts)
    while found and not found[-1]:
        found.pop()
    return found

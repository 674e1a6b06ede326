"""What is shown: samples of nodes put together, at a moment and over time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import reduce

import msgspec

from feedline.dashboard.samples import Counts, Health, Sample, added, followed, summed, worst
from feedline.feed.experiments import TRANSPORTS
from feedline.feed.instants import Millis, rfc3339
from feedline.telemetry.histograms import SECONDS, Distribution
from feedline.telemetry.sightings import FALLBACK, REALTIME, WAYS
from feedline.wire.messages import Outgoing

SILENT_AFTER = 12_000  # milliseconds: a node that can't use the bus is heard of every ten seconds


class Shown(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """Base of what the page gets. Times that were taken are milliseconds."""


class Quantiles(Shown, frozen=True, kw_only=True):
    """How long it took: a half, 95 and 99 of a hundred took no longer."""

    p50: float
    p95: float
    p99: float
    count: int


class Point(Shown, frozen=True, kw_only=True):
    """The whole installation in the ``seconds`` before ``at``."""

    at: str
    seconds: float
    connections: dict[str, float]
    posts_per_second: float
    deliveries_per_second: float
    commit_to_socket: Quantiles | None
    publish_to_paint: Quantiles | None
    seen: dict[str, int]
    """Posts that came onto screens, by the way on which they came."""
    realtime_share: float | None
    """Of these, how many came live; None if there were none."""
    fallback_share: float | None
    slow_readers: int
    lag: int
    writes_waiting: int
    bus: Health
    database: Health


class NodeView(Shown, frozen=True, kw_only=True):
    """One node as it was heard of last."""

    id: str
    name: str
    pid: int
    role: str
    version: str
    started_at: str
    seen_at: str
    state: str
    """``up``, ``silent`` if nothing is heard of it, ``stopped`` if it ended as it should."""
    connections: float
    posts_per_second: float
    deliveries_per_second: float
    commit_to_socket: Quantiles | None
    slow_readers: int
    lag: int
    writes_waiting: int
    loop_lag: float
    bus: Health
    bus_ms: float | None
    database: Health
    database_ms: float | None


class MishapView(Shown, frozen=True, kw_only=True):
    """A warning or an error of a node."""

    at: str
    node: str
    level: str
    logger: str
    message: str
    count: int


class Past(Shown, frozen=True, kw_only=True):
    """Points over a span, oldest first, and the newest mishaps in it."""

    points: list[Point]
    mishaps: list[MishapView]


class Figures(Outgoing, tag="figures", frozen=True, kw_only=True):
    """Said on the channel ``admin`` every two seconds; of mishaps only what is new.

    ``open_reports``: how many wait for an answer, up to a thousand; ``newest_report``: its id.
    """

    channel: str
    timestamp: str
    point: Point
    nodes: list[NodeView]
    mishaps: list[MishapView]
    open_reports: int
    newest_report: str | None


class FiguresAnswer(Shown, frozen=True, kw_only=True):
    """Figures over a span, oldest first, each of ``step`` seconds."""

    span: str
    step: float
    points: list[Point]
    nodes: list[NodeView]
    mishaps: list[MishapView]
    cursor: str


def point(at: Millis, samples: Sequence[Sample], seconds: float) -> Point:
    """Samples of different nodes, one of each, as one point that stands for so many seconds."""
    seen = {way: int(count) for way, count in summed(s.seen for s in samples).items()}
    open_for = summed(_connections(sample) for sample in samples)
    return Point(
        at=rfc3339(at),
        seconds=seconds,
        connections={name: round(open_for.get(name, 0), 1) for name in TRANSPORTS},
        posts_per_second=_rate(samples, _posts),
        deliveries_per_second=_rate(samples, _deliveries),
        commit_to_socket=quantiles(reduce(added, (s.to_socket for s in samples), [])),
        publish_to_paint=quantiles(reduce(added, (s.to_paint for s in samples), [])),
        seen={way: seen.get(way, 0) for way in WAYS},
        realtime_share=_share(seen, REALTIME),
        fallback_share=_share(seen, FALLBACK),
        slow_readers=sum(sample.slow_readers for sample in samples),
        lag=max((sample.lag for sample in samples), default=0),
        writes_waiting=sum(sample.writes_waiting for sample in samples),
        bus=worst(sample.bus for sample in samples),
        database=worst(sample.database for sample in samples),
    )


def history(samples: Iterable[Sample], step: Millis) -> list[Point]:
    """Samples of any nodes and times, as points at the ends of steps, oldest first."""
    steps: defaultdict[Millis, dict[str, Sample]] = defaultdict(dict)
    for sample in samples:
        nodes = steps[-(-sample.at // step) * step]
        known = nodes.get(sample.facts.id)
        nodes[sample.facts.id] = sample if known is None else followed(known, sample)
    return [_together(end, list(nodes.values())) for end, nodes in sorted(steps.items())]


def past_of(samples: Sequence[Sample], step: Millis, most_mishaps: int) -> Past:
    mishaps = [view for sample in samples for view in mishap_views(sample)]
    mishaps.sort(key=lambda view: view.at)
    return Past(points=history(samples, step), mishaps=mishaps[-most_mishaps:])


def _together(end: Millis, samples: list[Sample]) -> Point:
    """Nodes that were there for a part of a step only count as much as that."""
    longest = max(sample.seconds for sample in samples)
    return point(
        min(end, max(sample.at for sample in samples)),
        [msgspec.structs.replace(sample, seconds=longest) for sample in samples],
        longest,
    )


def node_view(sample: Sample, now: Millis) -> NodeView:
    facts = sample.facts
    is_silent = now - sample.at > SILENT_AFTER
    return NodeView(
        id=facts.id,
        name=facts.name,
        pid=facts.pid,
        role=facts.role,
        version=facts.version,
        started_at=rfc3339(facts.started_at),
        seen_at=rfc3339(sample.at),
        state="stopped" if sample.is_stopped else "silent" if is_silent else "up",
        connections=round(sum(_connections(sample).values()), 1),
        posts_per_second=_rate([sample], _posts),
        deliveries_per_second=_rate([sample], _deliveries),
        commit_to_socket=quantiles(sample.to_socket),
        slow_readers=sample.slow_readers,
        lag=sample.lag,
        writes_waiting=sample.writes_waiting,
        loop_lag=round(sample.loop_lag, 1),
        bus=sample.bus,
        bus_ms=_rounded(sample.bus_ms),
        database=sample.database,
        database_ms=_rounded(sample.database_ms),
    )


def mishap_views(sample: Sample) -> list[MishapView]:
    return [
        MishapView(
            at=rfc3339(mishap.at),
            node=sample.facts.name,
            level=mishap.level.lower(),
            logger=mishap.logger,
            message=mishap.message,
            count=mishap.count,
        )
        for mishap in sample.mishaps
    ]


def quantiles(counts: Counts) -> Quantiles | None:
    whole = [*counts, *[0] * (len(SECONDS) + 1 - len(counts))]
    found = Distribution(SECONDS, tuple(whole), 0)
    p50, p95, p99 = (found.quantile(share) for share in (0.5, 0.95, 0.99))
    if p50 is None or p95 is None or p99 is None:
        return None
    return Quantiles(
        p50=_milliseconds(p50), p95=_milliseconds(p95), p99=_milliseconds(p99), count=found.count
    )


def _connections(sample: Sample) -> dict[str, float]:
    """How many were open on the average, by transport."""
    seconds = sample.seconds or 1
    return {name: open_for / seconds for name, open_for in sample.connection_seconds.items()}


def _posts(sample: Sample) -> int:
    return sample.posts


def _deliveries(sample: Sample) -> int:
    return sample.deliveries


def _rate(samples: Iterable[Sample], counted: Callable[[Sample], int]) -> float:
    return round(sum(counted(sample) / (sample.seconds or 1) for sample in samples), 2)


def _share(seen: dict[str, int], way: str) -> float | None:
    total = sum(seen.get(one, 0) for one in WAYS)
    return seen.get(way, 0) / total if total else None


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)

"""Metrics of one process, on a registry of its own, in the form that Prometheus reads."""

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from feedline.telemetry.histograms import Distribution
from feedline.telemetry.sightings import Sightings
from feedline.telemetry.stages import Stages

# From a cached read to the longest wait for a full write queue.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_STATUS_CLASSES = (2, 4, 5)  # hundreds; operations answer with no other


class Gauge(NamedTuple):
    """A value as it is at the moment of a scrape."""

    name: str
    help: str
    value: float


class Total(NamedTuple):
    """How often something has happened, as it is counted elsewhere."""

    name: str
    help: str
    value: float


class OperationMetrics:
    """What is counted of one operation; its label children are looked up once."""

    def __init__(self, name: str, requests: Counter, seconds: Histogram) -> None:
        self._requests = {kind: requests.labels(name, f"{kind}xx") for kind in _STATUS_CLASSES}
        self._seconds = seconds.labels(name)

    def answered(self, status: int, seconds: float) -> None:
        self._requests[status // 100].inc()
        self._seconds.observe(seconds)


class Metrics:
    """Everything that a process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "feedline_http_requests",
            "Requests answered, by operation and class of status.",
            ["operation", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "feedline_http_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ["operation"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.posts_published = self._counter("posts_published", "Posts published.")
        self.people_registered = self._counter("people_registered", "People who signed up.")
        self.logins_failed = self._counter("logins_failed", "Logins with a wrong password.")
        self.logins_throttled = self._counter("logins_throttled", "Logins refused for a while.")
        self._visible = Histogram(
            "feedline_post_visible_seconds",
            "Time from publishing a post to its being on a screen, as browsers saw it.",
            ["role", "path"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._browser_connections = Counter(
            "feedline_browser_connections",
            "What happened to live connections, as browsers saw it.",
            ["transport", "event"],
            registry=self.registry,
        )
        self._author_notices = Counter(
            "feedline_author_notices",
            "Posts that another program told an author of, by whether the author was connected.",
            ["delivery"],
            registry=self.registry,
        )
        self.sightings = Sightings()
        self.stages = Stages()
        self.registry.register(_Staged(self.stages))
        self._live = _LiveGauges()
        self.registry.register(self._live)
        ProcessCollector(registry=self.registry)

    def operation(self, name: str) -> OperationMetrics:
        return OperationMetrics(name, self._requests, self._seconds)

    @property
    def posts(self) -> int:
        """How many posts were published."""
        [family] = self.posts_published.collect()
        return int(family.samples[0].value)

    def post_visible(self, role: str, path: str, seconds: float) -> None:
        self._visible.labels(role, path).observe(seconds)
        self.sightings.count(path, seconds)

    def browser_connection(self, transport: str, event: str) -> None:
        self._browser_connections.labels(transport, event).inc()

    def author_notified(self, delivery: str) -> None:
        self._author_notices.labels(delivery).inc()

    def observe_gauges(self, callback: Callable[[], Iterable[Gauge | Total]]) -> None:
        """Has ``callback`` asked at each scrape. It must be quick and must not wait."""
        self._live.callbacks.append(callback)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"feedline_{name}", text, registry=self.registry)


class _LiveGauges(Collector):
    def __init__(self) -> None:
        self.callbacks: list[Callable[[], Iterable[Gauge | Total]]] = []

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known only when the callbacks are asked."""
        return ()

    def collect(self) -> Iterable[Metric]:
        for callback in self.callbacks:
            for sample in callback():
                family = CounterMetricFamily if isinstance(sample, Total) else GaugeMetricFamily
                yield family(sample.name, sample.help, value=sample.value)


class _Staged(Collector):
    """The stages of what is published, as Prometheus reads them."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    def describe(self) -> Iterable[Metric]:
        return self.collect()

    def collect(self) -> Iterable[Metric]:
        stages = self._stages
        yield CounterMetricFamily(
            "feedline_events_dispatched",
            "Entries of the log that were offered to those who are live.",
            value=stages.events,
        )
        parts = HistogramMetricFamily(
            "feedline_stage_seconds", "Time that each stage of a change took.", labels=["stage"]
        )
        for name, histogram in stages.by_name().items():
            _add(parts, name, histogram.distribution())
        yield parts
        deliveries = HistogramMetricFamily(
            "feedline_delivery_seconds",
            "Time from a commit to handing its event to a socket, for each socket.",
            labels=["transport"],
        )
        for transport, histogram in stages.delivery.items():
            _add(deliveries, transport, histogram.distribution())
        yield deliveries


def _add(family: HistogramMetricFamily, label: str, found: Distribution) -> None:
    bounds = [*map(str, found.bounds), "+Inf"]
    buckets = list(zip(bounds, accumulate(found.counts), strict=True))
    family.add_metric([label], buckets, sum_value=found.total)

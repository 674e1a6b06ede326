"""Metrics of one process, on a registry of its own, in the form that Prometheus reads."""

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from feedline.telemetry.catalog import listed
from feedline.telemetry.histograms import Distribution
from feedline.telemetry.histograms import Histogram as Distributed
from feedline.telemetry.sightings import Sightings
from feedline.telemetry.stages import Stages

# When a count began tells no more than the start of the process, in as many samples again.
disable_created_metrics()  # type: ignore[no-untyped-call]

# From a cached read to the longest wait for a full write queue.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_STATUS_CLASSES = (2, 3, 4, 5)  # hundreds; operations answer with no other


class Gauge(NamedTuple):
    """A value as it is at the moment of a scrape, under a name of the catalog."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


class Total(NamedTuple):
    """How often something has happened, as it is counted elsewhere."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


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
        self._requests = self._counter("feedline_http_requests_total")
        self._seconds = self._histogram("feedline_http_request_seconds")
        self.posts_published = self._counter("feedline_posts_published_total")
        self.people_registered = self._counter("feedline_people_registered_total")
        self.logins_failed = self._counter("feedline_logins_failed_total")
        self.logins_throttled = self._counter("feedline_logins_throttled_total")
        self.slow_events = self._counter("feedline_slow_events_total")
        self._visible = self._histogram("feedline_post_visible_seconds")
        self._browser_connections = self._counter("feedline_browser_connections_total")
        self._author_notices = self._counter("feedline_author_notices_total")
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

    def _counter(self, name: str) -> Counter:
        known = listed(name)
        return Counter(name, known.meaning, tuple(known.labels), registry=self.registry)

    def _histogram(self, name: str) -> Histogram:
        known = listed(name)
        labels = tuple(known.labels)
        return Histogram(name, known.meaning, labels, buckets=_SECONDS, registry=self.registry)


class _LiveGauges(Collector):
    def __init__(self) -> None:
        self.callbacks: list[Callable[[], Iterable[Gauge | Total]]] = []

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known only when the callbacks are asked."""
        return ()

    def collect(self) -> Iterable[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for sample in (sample for callback in self.callbacks for sample in callback()):
            family = families.setdefault(sample.name, _family(sample))
            family.add_metric(tuple(sample.labels.values()), sample.value)
        return families.values()


def _family(sample: Gauge | Total) -> CounterMetricFamily | GaugeMetricFamily:
    known = listed(sample.name)
    make = CounterMetricFamily if isinstance(sample, Total) else GaugeMetricFamily
    return make(sample.name, known.meaning, labels=tuple(known.labels))


class _Staged(Collector):
    """The stages of what is published, as Prometheus reads them."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    def describe(self) -> Iterable[Metric]:
        """Names alone: adding up what there is takes longer than all else that is registered."""
        yield CounterMetricFamily("feedline_events_dispatched_total", "")
        for stages in ("feedline_stage", "feedline_delivery", "feedline_applied"):
            yield HistogramMetricFamily(f"{stages}_seconds", "")

    def collect(self) -> Iterable[Metric]:
        stages = self._stages
        yield CounterMetricFamily(
            "feedline_events_dispatched_total",
            listed("feedline_events_dispatched_total").meaning,
            value=stages.events,
        )
        yield _histograms("feedline_stage_seconds", stages.by_name())
        yield _histograms("feedline_delivery_seconds", stages.delivery)
        yield _histograms("feedline_applied_seconds", {"ws": stages.applied_seconds})


def _histograms(name: str, found: Mapping[str, Distributed]) -> HistogramMetricFamily:
    known = listed(name)
    family = HistogramMetricFamily(name, known.meaning, labels=tuple(known.labels))
    for label, histogram in found.items():
        _add(family, label, histogram.distribution())
    return family


def _add(family: HistogramMetricFamily, label: str, found: Distribution) -> None:
    bounds = [*map(str, found.bounds), "+Inf"]
    buckets = list(zip(bounds, accumulate(found.counts), strict=True))
    family.add_metric([label], buckets, sum_value=found.total)

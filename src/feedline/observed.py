"""The dashboard of a node: its figures come from the hub, the bus, the store and the metrics."""

import os
from functools import reduce
from typing import NamedTuple

from feedline import __version__
from feedline.bus.base import Bus
from feedline.bus.echoing import EchoingBus
from feedline.config import Settings
from feedline.dashboard.dashboard import Dashboard
from feedline.dashboard.sampler import Sampler, Sources
from feedline.dashboard.samples import Facts
from feedline.feed.channels import ADMIN
from feedline.feed.instants import IdSource
from feedline.hub.hub import Hub
from feedline.siblings import Siblings
from feedline.store.base import LogEntry, Store
from feedline.store.database import now_millis
from feedline.telemetry.histograms import Distribution
from feedline.telemetry.metrics import Metrics
from feedline.telemetry.troubles import Troubles


class Observed(NamedTuple):
    """What tells operators how a node fares."""

    metrics: Metrics
    dashboard: Dashboard
    siblings: Siblings | None = None
    """The workers that share the port, if there are several."""


def new_dashboard(
    settings: Settings,
    name: str,
    store: Store,
    hub: Hub,
    bus: Bus[list[LogEntry]],
    metrics: Metrics,
    troubles: Troubles,
) -> Dashboard:
    """``name``: what operators know this node by."""
    now = now_millis()
    facts = Facts(
        id=IdSource().next(now),
        pid=os.getpid(),
        name=name,
        role=settings.role,
        version=__version__,
        started_at=now,
    )
    return Dashboard(
        Sampler(facts, _sources(store, hub, bus, metrics, troubles), now_millis),
        store,
        watchers=lambda: hub.fanout.seats(ADMIN),
        tell=bus.tell,
        clock=now_millis,
    )


def _sources(
    store: Store, hub: Hub, bus: Bus[list[LogEntry]], metrics: Metrics, troubles: Troubles
) -> Sources:
    def to_socket() -> Distribution:
        histograms = metrics.stages.delivery.values()
        return reduce(Distribution.plus, (found.distribution() for found in histograms))

    def bus_ms() -> float | None:
        if isinstance(bus, EchoingBus) and bus.state == "ok":
            return bus.echo_seconds * 1000
        return None

    return Sources(
        posts=lambda: metrics.posts,
        to_socket=to_socket,
        to_paint=metrics.sightings.paint.distribution,
        seen=lambda: metrics.sightings.ways,
        connections=lambda: hub.connections_by_transport,
        slow_readers=lambda: hub.slow_readers,
        position=hub.level,
        writes_waiting=lambda: store.waiting_writes,
        bus=lambda: bus.state,
        bus_ms=bus_ms,
        troubles=troubles.take,
    )

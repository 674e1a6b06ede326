"""How a node fares: what operators see of it comes from the hub, the bus, the store and the log."""

import contextlib
import logging
import os
import socket
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import NamedTuple

from feedline import __version__
from feedline.bus.base import Bus
from feedline.bus.echoing import EchoingBus
from feedline.config import Role, Settings
from feedline.dashboard.dashboard import Dashboard
from feedline.dashboard.sampler import Sampler, Sources
from feedline.dashboard.samples import Facts
from feedline.feed.channels import ADMIN
from feedline.feed.instants import IdSource
from feedline.feed.trails import NodeRun
from feedline.hub.hub import Hub
from feedline.siblings import Siblings
from feedline.store.base import LogEntry, Store
from feedline.store.database import now_millis
from feedline.telemetry.histograms import Distribution
from feedline.telemetry.metrics import Gauge, Metrics, Total
from feedline.telemetry.troubles import Troubles


class Observed(NamedTuple):
    """What tells operators how a node fares."""

    metrics: Metrics
    dashboard: Dashboard
    siblings: Siblings | None = None
    """The workers that share the port, if there are several."""


def node_run(settings: Settings) -> NodeRun:
    """This process, as operators know it from now on."""
    host, now = socket.gethostname(), now_millis()
    return NodeRun(
        id=IdSource().next(now),
        name=f"{host}:{settings.port}" if settings.port else host,
        pid=os.getpid(),
        started_at=now,
        seen_at=now,
    )


@contextlib.contextmanager
def troubles_heard() -> Iterator[Troubles]:
    """Hears of what is logged, for the time of a block."""
    troubles = Troubles()
    logging.getLogger().addHandler(troubles)
    try:
        yield troubles
    finally:
        logging.getLogger().removeHandler(troubles)


def new_dashboard(
    role: Role,
    node: NodeRun,
    store: Store,
    hub: Hub,
    bus: Bus[list[LogEntry]],
    metrics: Metrics,
    troubles: Troubles,
) -> Dashboard:
    facts = Facts(
        id=node.id,
        pid=node.pid,
        name=node.name,
        role=role,
        version=__version__,
        started_at=node.started_at,
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


def gauges(store: Store, hub: Hub, bus: Bus[list[LogEntry]]) -> Iterable[Gauge | Total]:
    """What `/metrics` has of this moment."""
    traffic = bus.traffic
    yield Gauge("feedline_connections", hub.connections)
    for transport, connections in hub.connections_by_transport.items():
        labels = {"transport": transport}
        yield Gauge("feedline_transport_connections", connections, labels)
    yield Gauge("feedline_slow_readers", hub.slow_readers)
    yield Gauge("feedline_realtime_on", float(hub.policy.is_on))
    yield Gauge("feedline_log_position", hub.position)
    yield Gauge("feedline_writes_waiting", store.waiting_writes)
    for replica in store.replicas:
        labels = {"replica": replica.name}
        yield Gauge("feedline_replica_up", float(replica.state == "ok"), labels)
        yield Gauge("feedline_replica_position", replica.position, labels)
        outcomes = (
            ("answered", replica.answered),
            ("behind", replica.behind),
            ("failed", replica.failed),
        )
        for outcome, reads in outcomes:
            labelled = {**labels, "outcome": outcome}
            yield Total("feedline_replica_reads_total", reads, labelled)
    yield Gauge("feedline_bus_up", float(bus.state == "ok"))
    yield Total("feedline_bus_sent_total", traffic.sent)
    yield Total("feedline_bus_received_total", traffic.received)
    yield Total("feedline_bus_dropped_total", traffic.dropped)
    yield Total("feedline_bus_refused_total", traffic.refused)
    yield Total("feedline_bus_reconnects_total", traffic.reconnects)

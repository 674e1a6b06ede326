"""The composition root: the only place that picks a database, a bus and a transport."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jwt.algorithms import has_crypto
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from feedline.api.access import Access
from feedline.api.application import ROUTE, Application, build_api, build_health
from feedline.api.external import ExternalIdentity
from feedline.api.health import Health
from feedline.api.identity import Authenticator, Passes
from feedline.api.keys import KeySet
from feedline.api.passwords import Hasher
from feedline.api.services import Services
from feedline.api.throttle import (
    LoginThrottle,
    Shared,
    export_throttle,
    reach_throttle,
    upload_throttle,
)
from feedline.api.tokens import Tokens, load_shared_secret
from feedline.bus.base import Bus
from feedline.bus.echoing import Broker, EchoingBus
from feedline.bus.letters import Letters
from feedline.bus.local import LocalBus
from feedline.config import Settings
from feedline.dashboard.dashboard import Dashboard
from feedline.errors import CloseCode, ExtraMissing, IdentityUnclear, Unavailable
from feedline.feed.instants import IdSource
from feedline.feed.people import Identity
from feedline.feed.trails import NodeRun
from feedline.gateway.elsewhere import Elsewhere, NoSockets
from feedline.gateway.entrance import Entrance
from feedline.gateway.longpoll import LongPolls
from feedline.gateway.sse import EventStreams
from feedline.gateway.websocket import WebSocketGateway
from feedline.hub.connection import Connection
from feedline.hub.hub import Hub, HubLimits
from feedline.hub.poll import Poll
from feedline.hub.socket import Socket
from feedline.hub.trail_writer import TrailWriter
from feedline.hub.trails import Trails
from feedline.hub.whereabouts import Whereabouts
from feedline.leaving import Leavers
from feedline.likes import LikeTeller
from feedline.media.files import Files
from feedline.media.pictures import Pictures
from feedline.media.places import files_at
from feedline.media.upkeep import keep_clean
from feedline.observed import Observed, gauges, new_dashboard, node_run, troubles_heard
from feedline.siblings import Siblings
from feedline.storage import Storage
from feedline.store.base import Announce, LogEntry, Store
from feedline.store.carried import CarriedEntries
from feedline.store.database import now_millis
from feedline.store.retention import Retention, keep_trimmed
from feedline.telemetry.metrics import Metrics
from feedline.telemetry.slow import slow_events
from feedline.telemetry.traces import tracing_of
from feedline.trial.gatherer import Gatherer
from feedline.trial.report import report_of
from feedline.wire.intake import SessionLimits
from feedline.wire.session import Session

_CANCEL_SECONDS = 0.5


@dataclass(slots=True)
class Feedline:
    """A running installation, but for the port it listens on."""

    settings: Settings
    store: Store
    hub: Hub
    bus: Bus[list[LogEntry]]
    files: Files
    pictures: Pictures
    hasher: Hasher
    api: ASGIApp
    gateway: WebSocketGateway | NoSockets
    like_teller: LikeTeller
    leavers: Leavers
    gatherer: Gatherer
    trail_writer: TrailWriter | None
    dashboard: Dashboard
    health: Health
    leaving: bool = False
    """Others are to be sent what comes; what comes here all the same is served."""
    draining: bool = False

    def drain(self) -> None:
        """Ends all that is live, so that the server can stop; ordinary requests go on."""
        self.leaving = self.draining = True
        self.hub.close_all(CloseCode.RESTART, "restart")


@asynccontextmanager
async def running(settings: Settings, siblings: Siblings | None = None) -> AsyncIterator[Feedline]:
    """Opens everything that an installation needs, and closes it again.

    ``siblings``: the workers that share the port with this one.

    Raises StartupError if it can't be opened.
    """
    async with contextlib.AsyncExitStack() as stack:
        storage = Storage(settings.data, settings.database, settings.database_replicas)
        stack.enter_context(storage.held())
        store = storage.new_store(queue_limit=settings.write_queue)
        stack.push_async_callback(store.stop)
        announce: Announce = lambda entries: bus.publish(entries)  # noqa: E731, PLW0108 - comes later
        node, metrics = node_run(settings), Metrics()
        troubles = stack.enter_context(troubles_heard())
        tracing = tracing_of(os.environ)
        if tracing is not None:
            stack.push_async_callback(asyncio.to_thread, tracing.end)
        stages = metrics.stages if tracing is None else tracing.stages(metrics.stages)
        observer = stages if settings.telemetry else None
        if settings.slow_event_seconds:
            heed = slow_events(settings.slow_event_seconds, metrics.slow_events.inc)
            metrics.stages.on_landed.append(heed)
        bounds = await store.start(announce, observer)  # the bus is made for the log's epoch
        secret = await storage.secret(store)
        bus = _bus(settings, bounds.epoch, secret)
        hub = Hub(
            store,
            bounds,
            limits=_hub_limits(settings),
            clock=now_millis,
            observer=observer,
            trails=_trails(settings, node),
        )
        if hub.trails is not None:
            metrics.stages.on_landed.append(hub.trails.landed)
        hub.watcher = None if tracing is None else tracing.openings
        await hub.warm_up()
        await bus.start(hub)
        stack.push_async_callback(bus.stop)
        pictures = Pictures(
            settings.parallel_pictures, settings.waiting_pictures, settings.picture_pixels
        )
        stack.callback(pictures.close)
        storage.clear_arriving()
        metrics.observe_gauges(lambda: gauges(store, hub, bus))
        dashboard = new_dashboard(settings.role, node, store, hub, bus, metrics, troubles)
        bus.heed(dashboard.hear)
        await dashboard.remember()
        files = files_at(settings.data, settings.media_bucket, settings.media_endpoint)
        observed = Observed(metrics, dashboard, siblings)
        feedline = _assemble(settings, store, hub, bus, Tokens(secret), files, pictures, observed)
        if tracing is not None:
            feedline.api = tracing.requests(feedline.api, ROUTE)
        if siblings is not None:
            await stack.enter_async_context(siblings.answering(feedline.health.answers()))
        stack.callback(feedline.hasher.close)
        stack.push_async_callback(feedline.gatherer.flush)
        await stack.enter_async_context(_background(feedline))
        yield feedline


def _bus(settings: Settings, epoch: str, secret: bytes) -> Bus[list[LogEntry]]:
    """What tells other nodes of new entries. Raises BusUnusable or ExtraMissing."""
    if not settings.bus and not settings.database:
        return LocalBus()
    broker = _broker(settings, f"feedline:{epoch}")
    return EchoingBus(broker, Letters(secret), CarriedEntries(epoch))


def _broker(settings: Settings, channel: str) -> Broker:
    """Redis where it is named, else the database that nodes share."""
    if settings.bus:
        try:
            from feedline.bus.redis import redis_broker
        except ModuleNotFoundError:
            raise ExtraMissing("redis", "--bus") from None
        return redis_broker(settings.bus, channel)
    from feedline.bus.postgres import postgres_broker  # its store is installed, so this is too

    return postgres_broker(settings.database, channel)


def _assemble(
    settings: Settings,
    store: Store,
    hub: Hub,
    bus: Bus[list[LogEntry]],
    tokens: Tokens,
    files: Files,
    pictures: Pictures,
    observed: Observed,
) -> Feedline:
    metrics, dashboard, siblings = observed
    like_teller, leavers = LikeTeller(store), Leavers(store)
    gatherer = Gatherer(store, lambda: hub.policy)
    trails = None if hub.trails is None else TrailWriter(hub.trails, store)
    hasher = Hasher(settings.parallel_hashes, settings.waiting_hashes)
    passes = Passes(tokens, _external(settings, store))
    shared = Shared(bus.tell, now_millis)
    bus.heed(shared.hear)
    services = Services(
        settings=settings,
        store=store,
        tokens=tokens,
        passes=passes,
        hasher=hasher,
        throttle=LoginThrottle(
            settings.login_failures_per_account, settings.login_failures_per_address, shared
        ),
        clock=now_millis,
        known=hub.known,
        draining=lambda: feedline.leaving,
        is_connected=Whereabouts(bus, hub.is_connected).is_connected,
        policy=lambda: hub.policy,
        figures=dashboard.answer,
        bus_state=lambda: bus.state,
        replicas=lambda: store.replicas,
        uploads=upload_throttle(settings.media_uploads, shared),
        exports=export_throttle(shared),
        reaches=reach_throttle(shared),
        files=files,
        pictures=pictures,
        metrics=metrics,
        likes_owed=like_teller.likes_owed,
        somebody_leaves=leavers.somebody_leaves,
        gathering=gatherer.gathering,
        report=report_of,
        page=Path(str(resources.files("feedline") / "page")),
        workers=siblings,
    )
    authenticator = Authenticator(passes, store, now_millis)
    connect = _connector(settings, store, hub, authenticator)
    entrance = Entrance(
        authenticator=authenticator,
        allowed_origins=settings.allowed_origins,
        channel_limit=settings.channel_limit,
        draining=lambda: feedline.draining,
    )
    live = _live_endpoints(settings, store, hub, entrance, connect)
    sockets = WebSocketGateway(
        connect=connect,
        authenticator=authenticator,
        allowed_origins=settings.allowed_origins,
        message_limit=settings.message_limit,
        backlog_limit=settings.backlog_limit,
        watcher=hub.watcher,
        trusts=lambda address: address in front.trusted_hosts,
    )
    served, gateway = _served(services, live, sockets)
    front = ProxyHeadersMiddleware(served, list(settings.trusted_proxies))  # type: ignore[arg-type]
    inside: ASGIApp = front if settings.trusted_proxies else served  # type: ignore[assignment]
    api = Access(inside, sockets.trusts)
    feedline = Feedline(
        settings,
        store,
        hub,
        bus,
        files,
        pictures,
        hasher,
        api,
        gateway,
        like_teller,
        leavers,
        gatherer,
        trails,
        dashboard,
        Health(services),
    )
    return feedline


def _served(
    services: Services, live: dict[str, ASGIApp], sockets: WebSocketGateway
) -> tuple[Application, WebSocketGateway | NoSockets]:
    """What a node of its role answers, by HTTP and by WebSocket."""
    match services.settings.role:
        case "gateway":
            return build_health(services, live, Elsewhere("api")), sockets
        case "api":
            nothing = dict.fromkeys((*live, "/ws"), Elsewhere("gateway"))
            return build_api(services, nothing), NoSockets()
        case _:
            return build_api(services, live), sockets


def _external(settings: Settings, store: Store) -> ExternalIdentity | None:
    """The other issuer, if the settings name one. Raises IdentityUnclear."""
    if not settings.identity_issuer:
        return None
    file, url = settings.identity_secret_file, settings.identity_jwks_url
    if not settings.identity_audience or not (file or url):
        raise IdentityUnclear
    if url and not has_crypto:
        raise ExtraMissing("keys", "--identity-jwks-url")
    secret = load_shared_secret(Path(file)) if file else None
    keys = KeySet(url) if url else None
    issuer, audience = settings.identity_issuer, settings.identity_audience
    return ExternalIdentity(issuer, audience, secret, keys, store)


def _hub_limits(settings: Settings) -> HubLimits:
    return HubLimits(
        poll_seconds=settings.poll_seconds,
        join_seconds=settings.join_seconds,
        connections=settings.connections,
        connections_per_address=settings.connections_per_address,
        connections_per_user=settings.connections_per_user,
        connects_per_user=settings.connects_per_user,
        connects_per_address=settings.connects_per_address,
        ring_events=0 if settings.role == "api" else settings.ring_events,  # nobody comes back
        ring_bytes=settings.ring_bytes,
    )


def _trails(settings: Settings, node: NodeRun) -> Callable[[Callable[[], int]], Trails] | None:
    """What writes down what connections go through, if that is wanted."""
    if not settings.trail_hours:
        return None
    return lambda level: Trails(node, now_millis, level)


def _connector(
    settings: Settings, store: Store, hub: Hub, authenticator: Authenticator
) -> Callable[[Socket], Connection]:
    """Makes the connection of a socket, whatever its transport."""
    ids = IdSource()
    limits = SessionLimits(
        message_rate=settings.message_rate,
        channels=settings.channel_limit,
        heartbeat=settings.heartbeat_seconds,
    )

    def connect(socket: Socket) -> Connection:
        now = asyncio.get_running_loop().time()
        session = Session(ids.next(now_millis()), hub.epoch, hub.level, limits, now)
        return Connection(
            session,
            socket,
            hub=hub,
            store=store,
            verify=authenticator.authenticate_token,
            deadlines=settings,
        )

    return connect


def _live_endpoints(
    settings: Settings,
    store: Store,
    hub: Hub,
    entrance: Entrance,
    connect: Callable[[Socket], Connection],
) -> dict[str, ASGIApp]:
    """What the API describes and the gateway serves."""
    streams = EventStreams(
        entrance,
        connect,
        backlog_limit=settings.backlog_limit,
        comment_seconds=settings.comment_seconds,
        silence_seconds=settings.silence_seconds,
    )

    def poll(identity: Identity, address: str) -> Poll:
        return Poll(identity, address, hub=hub, store=store)

    return {"/api/stream": streams, "/api/events": LongPolls(entrance, poll)}


@asynccontextmanager
async def _background(feedline: Feedline) -> AsyncIterator[None]:
    """Runs what goes on beside the requests."""
    settings = feedline.settings
    retention = Retention(
        log_days=settings.log_days,
        log_events=settings.log_events,
        answer_hours=settings.idempotency_hours,
        notification_days=settings.notification_days,
        notifications=settings.notifications,
        audit_days=settings.audit_days,
        trail_hours=settings.trail_hours,
        trail_rows=settings.trail_rows,
    )
    trails = feedline.trail_writer
    tasks = [
        asyncio.create_task(feedline.hub.follow(), name="follow the log"),
        asyncio.create_task(feedline.hub.sweep(), name="keep deadlines"),
        asyncio.create_task(feedline.dashboard.run(), name="count figures"),
    ]
    if trails is not None:
        tasks.append(asyncio.create_task(trails.run(), name="write trails"))
    if settings.role != "gateway":  # the others write, and look after what is written
        tasks += _upkeep(feedline, retention)
    try:
        yield
    finally:
        await _end(tasks)
        await feedline.dashboard.stop()
        if trails is not None:
            with contextlib.suppress(Unavailable):
                await trails.end()


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancels them until they have ended.

    Before Python 3.12 ``wait_for`` loses a cancellation that comes together with what it waits for.
    """
    running: Collection[asyncio.Task[None]] = tasks
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


def _upkeep(feedline: Feedline, retention: Retention) -> list[asyncio.Task[None]]:
    settings = feedline.settings
    return [
        asyncio.create_task(feedline.like_teller.run(), name="tell of likes"),
        asyncio.create_task(feedline.leavers.run(), name="delete who leaves"),
        asyncio.create_task(feedline.gatherer.run(), name="store outcomes"),
        asyncio.create_task(
            keep_clean(feedline.store, feedline.files, settings.media_orphan_hours, now_millis),
            name="remove files",
        ),
        asyncio.create_task(keep_trimmed(feedline.store, retention, now_millis), name="trim"),
    ]

"""A real store in a temporary folder, and the API on it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST

from feedline.api.application import build_api
from feedline.api.external import ExternalIdentity
from feedline.api.identity import Passes
from feedline.api.passwords import Hasher
from feedline.api.services import Services
from feedline.api.throttle import (
    LoginThrottle,
    Shared,
    export_throttle,
    reach_throttle,
    upload_throttle,
)
from feedline.api.tokens import Tokens
from feedline.config import Settings
from feedline.feed.cursor import Cursor
from feedline.feed.policy import LivePolicy
from feedline.media.files import FolderFiles
from feedline.media.pictures import Pictures
from feedline.store.base import Store
from feedline.trial.report import report_of
from tests.api.world import Clock, LateMetrics, World
from tests.dashboard.figuring import Clock as FiguresClock
from tests.dashboard.figuring import Node
from tests.store.opening import PreparedStore, prepared


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults; a test that needs others overrides this."""
    return Settings(data=tmp_path)


External = Callable[[Store], ExternalIdentity | None]


@pytest.fixture
def external() -> External:
    """No other issuer; a test that needs one overrides this."""
    return lambda _store: None


@pytest.fixture
async def world(settings: Settings, external: External) -> AsyncIterator[World]:
    clock = Clock()
    store = PreparedStore(prepared(settings.data / "feed.db"), clock=clock)
    await store.start(lambda _entries: None)
    hasher = Hasher(settings.parallel_hashes, settings.waiting_hashes, CHEAPEST)
    tokens = Tokens(bytes(range(32)))
    connected: set[str] = set()

    async def is_connected(user_id: str) -> bool:
        return user_id in connected

    (settings.data / "arriving").mkdir()
    pictures = Pictures(1, settings.waiting_pictures, settings.picture_pixels)
    owed: list[None] = []
    shared = Shared(lambda _note: None, clock)
    services = Services(
        settings=settings,
        store=store,
        tokens=tokens,
        passes=Passes(tokens, external(store)),
        hasher=hasher,
        throttle=LoginThrottle(
            settings.login_failures_per_account, settings.login_failures_per_address, shared
        ),
        clock=clock,
        known=lambda: Cursor("log", 0),
        draining=lambda: False,
        is_connected=is_connected,
        policy=LivePolicy,
        gathering=lambda: None,
        report=report_of,
        figures=Node(store, FiguresClock(clock())).dashboard.answer,
        bus_state=lambda: "ok",
        replicas=lambda: store.replicas,
        uploads=upload_throttle(settings.media_uploads, shared),
        exports=export_throttle(shared),
        reaches=reach_throttle(shared),
        files=FolderFiles(settings.data / "media"),
        pictures=pictures,
        metrics=LateMetrics(),
        likes_owed=lambda: owed.append(None),
        somebody_leaves=lambda: None,
        page=settings.data / "page",
    )
    world = World(services, build_api(services), store, clock, connected, owed)
    yield world
    for client in world.clients:
        await client.aclose()
    hasher.close()
    pictures.close()
    await store.stop()

"""Real stores: what one has to do, each has to, so their tests run on all of them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from feedline.store.base import Store
from feedline.store.sqlite import SqliteStore
from tests.postgres import databases
from tests.store.opening import DATABASES, Announced, Clock, Location, opened, prepared


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """For what is of SQLite alone."""
    return tmp_path / "feed.db"


@pytest.fixture
def url() -> Iterator[str]:
    """For what is of PostgreSQL alone."""
    url = databases().fresh()
    yield url
    databases().drop(url)


@pytest.fixture(params=DATABASES)
def location(request: pytest.FixtureRequest) -> Location:
    location: Location = request.getfixturevalue("path" if request.param == "sqlite" else "url")
    return location


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def announced() -> Announced:
    return Announced()


@pytest.fixture
async def store(location: Location, clock: Clock, announced: Announced) -> AsyncIterator[Store]:
    if isinstance(location, Path):
        prepared(location)
    async with opened(location, announced, clock=clock) as store:
        yield store


@pytest.fixture
async def sqlite(path: Path, clock: Clock, announced: Announced) -> AsyncIterator[SqliteStore]:
    async with opened(prepared(path), announced, clock=clock) as store:
        assert isinstance(store, SqliteStore)
        yield store

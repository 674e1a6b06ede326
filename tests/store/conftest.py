"""A real store on a disk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from feedline.store.sqlite import SqliteStore
from tests.store.opening import Announced, Clock, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def announced() -> Announced:
    return Announced()


@pytest.fixture
async def store(path: Path, clock: Clock, announced: Announced) -> AsyncIterator[SqliteStore]:
    async with opened(path, announced, clock=clock) as store:
        yield store

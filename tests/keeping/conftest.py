"""Installations with something in them, on each database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedline.storage import Storage
from tests.postgres import databases

PlaceOf = Callable[[str, str], Storage]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[PlaceOf]:
    """A place of a name for an installation that is not there yet, on a database of a kind."""
    urls = []

    def make(name: str, database: str) -> Storage:
        if database == "sqlite":
            return Storage(tmp_path / name)
        urls.append(databases().fresh())
        return Storage(tmp_path / name, urls[-1])

    yield make
    for url in urls:
        databases().drop(url)

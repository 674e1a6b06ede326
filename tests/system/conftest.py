"""Fixtures for tests of real processes."""

import os
from collections.abc import Callable

import pytest


@pytest.fixture
def seed() -> int:
    """The same in each run, so that what fails is what was changed; any other for a search."""
    return int(os.environ.get("FEEDLINE_TEST_SEED") or 1)


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes what a fault did, for the table at the end of the run."""
    return lambda row: record_property("fault", row)

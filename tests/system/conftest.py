"""Fixtures for tests of real processes."""

import os
import random
from collections.abc import Callable

import pytest


@pytest.fixture
def seed() -> int:
    """Another one in each run; it is said where a test fails."""
    seed = int(os.environ.get("FEEDLINE_TEST_SEED") or random.randrange(1_000_000))
    print(f"To run it again: FEEDLINE_TEST_SEED={seed}")  # noqa: T201 - shown with a failure
    return seed


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes what a fault did, for the table at the end of the run."""
    return lambda row: record_property("fault", row)

"""Fixtures for all rooms."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.processes import ServerProcess, serving

settings.register_profile("quick", max_examples=15)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A real server with default settings, fresh for each test."""
    async with serving(tmp_path / "data") as process:
        yield process

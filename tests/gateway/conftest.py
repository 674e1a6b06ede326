"""One server, and people on it, for all tests of a module."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.gateway.live import Crowd, crowd
from tests.processes import Person, ServerProcess, serving


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Settings of the module's server; a module may have its own."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> AsyncIterator[ServerProcess]:
    data = tmp_path_factory.mktemp("installation") / "data"
    async with serving(data, environment=environment) as process:
        yield process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def join(shared: ServerProcess) -> AsyncIterator[Crowd]:
    async with crowd(shared) as register:
        yield register


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ann(join: Crowd) -> Person:
    return await join("ann")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(join: Crowd) -> Person:
    return await join("bob")

"""One Chromium for the session, one server for a module, and people with a browser of their own."""

import re
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser import sightings
from tests.browser.chromium import FLAGS, PATIENCE_MS, find_chromium
from tests.browser.visitor import Visit, Visitors
from tests.processes import ServerProcess, serving

expect.set_options(timeout=PATIENCE_MS)

EVIDENCE = Path(__file__).parents[2] / "results/failures"
FAILED = pytest.StashKey[bool]()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Settings of the module's server; a module may have its own."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> AsyncIterator[ServerProcess]:
    data: Path = tmp_path_factory.mktemp("installation") / "data"
    async with serving(data, environment=environment) as process:
        yield process


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = report.failed
    return report


@pytest_asyncio.fixture(loop_scope="session")
async def visit(
    browser: Browser, server: ServerProcess, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """Opens a browser for somebody; at the end, nobody's console may hold a complaint."""
    visitors = Visitors(browser, server)
    yield visitors.arrive
    if request.node.stash[FAILED] or visitors.complaints():
        name = re.sub(r"\W+", "-", request.node.nodeid.removeprefix("tests/browser/"))
        (EVIDENCE / name).mkdir(parents=True, exist_ok=True)
        await visitors.leave_behind(EVIDENCE / name)
    await visitors.leave()
    request.node.user_properties.extend(sightings.properties(visitors.telemetry()))
    assert visitors.complaints() == []

"""A laptop that sleeps: on waking, all that was missed is there, once."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser import screen
from tests.browser.line import Line, line_to
from tests.browser.visitor import Visit, Visitor
from tests.processes import ServerProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

CUT_OFF = r"ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|Connection closed before"


@pytest_asyncio.fixture(loop_scope="session")
async def line(server: ServerProcess) -> AsyncIterator[Line]:
    async with line_to(server.port) as relay:
        yield relay


async def renderers(browser: Browser) -> list[int]:
    """The processes that the pages of this browser run in."""
    session = await browser.new_browser_cdp_session()
    found = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    await session.detach()
    return [process["id"] for process in found if process["type"] == "renderer"]


@contextmanager
def stopped(processes: list[int]) -> Iterator[None]:
    """None of them gets any time: no timer runs, no socket is read."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@asynccontextmanager
async def asleep(browser: Browser, line: Line) -> AsyncIterator[None]:
    """The pages sleep through the block; their connections are lost meanwhile."""
    with stopped(await renderers(browser)):
        await line.cut()
        await line.mend()
        yield


async def missed(author: Visitor, count: int) -> list[str]:
    return [(await author.person.publish(f"missed {n}"))["post"]["id"] for n in range(count)]


async def has_exactly(page: Page, ids: list[str]) -> None:
    await expect(screen.posts(page)).to_have_count(len(ids))
    assert await screen.shown(page) == sorted(ids, reverse=True)


async def test_after_a_sleep_everything_is_there_once(
    visit: Visit, browser: Browser, line: Line
) -> None:
    ann, bob = await visit("ann", url=line.url), await visit("bob")
    ann.expect_complaint(CUT_OFF)
    ids = [(await bob.person.publish("before the night"))["post"]["id"]]
    page = await screen.live_page(ann, f"/u/{bob.username}")
    async with asleep(browser, line):
        ids += await missed(bob, 5)
    await has_exactly(page, ids)
    await screen.live(page)
    ids.append((await bob.person.publish("good morning"))["post"]["id"])
    await has_exactly(page, ids)


async def test_what_was_being_sent_when_the_lid_closed_is_sent_once(
    visit: Visit, browser: Browser, line: Line
) -> None:
    ann, bob = await visit("ann", url=line.url), await visit("bob")
    ann.expect_complaint(CUT_OFF)
    page = await screen.live_page(ann)
    reading = await screen.live_page(bob, f"/u/{ann.username}")
    await line.cut()
    await screen.publish(page, "just before the lid closed")
    async with asleep(browser, line):
        pass
    post_id = await screen.confirmed(page, "just before the lid closed")
    await has_exactly(reading, [post_id])
    await has_exactly(page, [post_id])

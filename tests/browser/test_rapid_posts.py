"""Three hundred posts in ten seconds to an open feed: the page keeps up, and does not grow."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import CDPSession, expect

from tests.browser import screen
from tests.browser.tasks import longest_task
from tests.browser.visitor import Visit
from tests.conftest import Figures
from tests.processes import Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="session"),
]

POSTS = 300
SECONDS = 10
LONG_MS = 100
LOAD = (Path(__file__).parent / "load.js").read_text()


async def publish_steadily(person: Person) -> None:
    """Begins each post at its moment, whatever became of the one before."""
    loop = asyncio.get_running_loop()
    begun = loop.time()

    async def one(number: int) -> None:
        await asyncio.sleep(begun + number * SECONDS / POSTS - loop.time())
        await person.publish(f"rapid {number}")

    await asyncio.gather(*map(one, range(POSTS)))


async def heap(session: CDPSession) -> float:
    """What is in use after a clean-up, in megabytes."""
    await session.send("HeapProfiler.collectGarbage")
    used: float = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    return used / 1e6


async def test_a_feed_keeps_up_with_rapid_posts(visit: Visit, figures: Figures) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await bob.person.publish("the first")
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await expect(screen.posts(page)).to_have_count(1)
    session = await ann.context.new_cdp_session(page)
    before = await heap(session)
    watch = await page.evaluate_handle(LOAD)
    async with longest_task(page) as longest:
        await publish_steadily(bob.person)
        first = screen.posts(page).first
        await expect(first).to_have_attribute("aria-setsize", str(POSTS + 1))
    seen: dict[str, int] = await watch.evaluate("watch => watch.stop()")
    grown = await heap(session) - before
    figures(
        f"{POSTS} posts in {SECONDS} s: {seen['batches']} batches, longest task "
        f"{longest.ms:.0f} ms, at most {seen['articles']} posts on the page, "
        f"{grown:.1f} MB more heap"
    )
    ids = await screen.walked(page)
    assert len(ids) == POSTS + 1
    assert ids == sorted(set(ids), reverse=True)
    assert seen["batches"] < POSTS / 2
    assert seen["articles"] < 100
    assert longest.ms < LONG_MS
    assert grown < 10

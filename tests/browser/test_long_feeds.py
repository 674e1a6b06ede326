"""A feed of ten thousand posts: as smooth as a short one, and nobody loses their place in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from feedline.feed import actions
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.people import Registration
from feedline.store.base import Transaction
from tests.browser import screen
from tests.browser.tasks import longest_task
from tests.browser.visitor import Visit, Visitor
from tests.conftest import Figures
from tests.processes import ServerProcess, serving
from tests.store.opening import opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

POSTS = 10_000
LONG_MS = 100
TO_THE_END = (Path(__file__).parent / "to_the_end.js").read_text()
WRITER = "/u/writer"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> AsyncIterator[ServerProcess]:
    data = tmp_path_factory.mktemp("installation") / "data"
    data.mkdir()
    async with opened(data / "feedline.db") as store:
        await store.write(write_all)
    async with serving(data, environment=environment) as process:
        yield process


def write_all(tx: Transaction) -> None:
    """One person's posts, some of them longer than others."""
    writer = actions.register(tx, Registration(username="writer", password="correct horse"), "")
    tx.now -= POSTS * 1_000
    for number in range(POSTS):
        tx.now += 1_000
        draft = Draft(text=f"number {number}" + "\nand a line" * (number % 4))
        actions.publish_post(tx, writer, draft, DraftLimits(), None)


async def in_large_pages(visitor: Visitor) -> None:
    """The server gives five times as many posts as the page asks for, to be at the end sooner."""

    async def enlarge(route: Route) -> None:
        await route.continue_(url=route.request.url.replace("limit=20", "limit=100"))

    await visitor.context.route("**/api/posts?*", enlarge)


async def focused(page: Page) -> int:
    """The place in the feed of the post that has the focus."""
    place: int = await page.evaluate("Number(document.activeElement.ariaPosInSet)")
    return place


@pytest.mark.alone
async def test_ten_thousand_posts_are_scrolled_smoothly(visit: Visit, figures: Figures) -> None:
    ann = await visit("ann")
    await in_large_pages(ann)
    page = await screen.live_page(ann, WRITER)
    await expect(screen.posts(page).first).to_be_visible()
    async with longest_task(page) as longest:
        articles: int = await page.evaluate(TO_THE_END)
    figures(
        f"{POSTS} posts scrolled: longest task {longest.ms:.0f} ms, "
        f"at most {articles} posts on the page"
    )
    last = screen.post(page, "number 0").last
    await expect(last).to_have_attribute("aria-posinset", str(POSTS))
    await expect(last).to_have_attribute("aria-setsize", str(POSTS))
    assert articles < 100
    assert longest.ms < LONG_MS

    await page.keyboard.press("j")
    place = await focused(page)
    await page.keyboard.press("j")
    assert await focused(page) == place + 1
    await page.keyboard.press("Home")
    await expect(screen.posts(page).first).to_be_in_viewport()
    assert await focused(page) == place + 1
    await page.keyboard.press("k")
    assert await focused(page) == place
    await expect(page.locator(":focus")).to_be_in_viewport()


async def test_the_way_back_leads_deep_into_a_long_feed(visit: Visit) -> None:
    ann = await visit("ann")
    await in_large_pages(ann)
    page = await screen.live_page(ann, WRITER)
    reading = screen.post(page, "number 9850")
    while not await reading.count():
        await page.evaluate("scrollBy(0, innerHeight)")
    await screen.scroll_to(reading)
    place = await reading.bounding_box()
    await reading.locator(".byline-time").click()
    await expect(screen.posts(page)).to_have_count(1)
    await page.go_back()
    await expect(reading).to_be_in_viewport()
    await screen.is_at(reading, place)
    await page.go_forward()
    await expect(screen.posts(page)).to_have_count(1)


async def test_older_posts_load_for_as_long_as_there_is_room(visit: Visit) -> None:
    ann = await visit("ann", viewport={"width": 1280, "height": 12_000})
    page = await screen.live_page(ann, WRITER)
    await expect(screen.posts(page).nth(70)).to_be_attached()
    assert await page.evaluate("scrollY") == 0

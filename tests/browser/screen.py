"""What a person sees and does on a page, in a few words."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import FloatRect, Locator, Page, Route, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.browser.visitor import Visitor
from tests.gateway.live import eventually

END = "That’s all, back to the very first post."
WALK = (Path(__file__).parent / "walk.js").read_text()


async def live_page(visitor: Visitor, path: str = "/") -> Page:
    """A new tab that is up to date, and has loaded its posts."""
    page = await visitor.open(path)
    await live(page)
    await expect(page.locator(".skeletons")).to_have_count(0)
    return page


async def go(page: Page, path: str) -> None:
    """Another place, in the same tab."""
    address = urlsplit(page.url)
    await page.goto(f"{address.scheme}://{address.netloc}{path}")
    await expect(page.locator("article, form, .notice").first).to_be_visible()


async def live(page: Page) -> None:
    await connection(page, "live")


async def connection(page: Page, status: str) -> None:
    await expect(page.locator(f'[data-connection="{status}"]')).to_be_visible()


async def lose_network(page: Page) -> None:
    """The browser is offline, and the page knows it.

    It asks its socket for a sign of life when the browser says so. That may get through in the
    last moment: it is told once more, and without that it takes up to half a minute of silence.
    """
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.locator('[data-connection="offline"]')).to_be_visible(timeout=60_000)


async def transport(page: Page, name: str) -> None:
    """The page is live, by this transport."""
    await expect(page.locator(f'[data-connection="live"][data-transport="{name}"]')).to_be_visible()


def posts(page: Page) -> Locator:
    return page.locator("article")


def post(page: Page, text: str) -> Locator:
    return posts(page).filter(has_text=text)


def composer(page: Page) -> Locator:
    return page.get_by_role("dialog", name="New post")


async def write(page: Page, text: str) -> None:
    """Opens the composer and writes."""
    await page.get_by_role("button", name="New post").first.click()
    await page.get_by_label("Text").fill(text)


async def publish(page: Page, text: str) -> None:
    await write(page, text)
    await page.get_by_role("button", name="Publish").click()


async def confirmed(page: Page, text: str) -> str:
    """Waits until the server has the post; its id."""
    sent = post(page, text).and_(page.locator('[data-delivery="sent"]'))
    await expect(sent).to_have_count(1)
    post_id = await sent.get_attribute("data-post-id")
    assert post_id is not None
    return post_id


async def shown(page: Page) -> list[str]:
    """The ids of the posts on the page, from the top."""
    ids: list[str] = await posts(page).evaluate_all("all => all.map(one => one.dataset.postId)")
    return ids


async def walked(page: Page) -> list[str]:
    """The ids of all posts of a feed; those far from the window are on the page only on the way."""
    ids: list[str] = await page.evaluate(WALK)
    return ids


@asynccontextmanager
async def held_up(page: Page, pattern: str) -> AsyncIterator[None]:
    """The next request waits for the time of the block."""
    go_on = asyncio.Event()

    async def wait(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await page.route(pattern, wait, times=1)
    try:
        yield
    finally:
        go_on.set()


async def scroll_to(article: Locator) -> None:
    """Brings a post to the middle of the window; the page knows of it when this returns."""
    await article.evaluate(
        """article => {
          article.scrollIntoView({ block: "center" });
          return new Promise((resolve) => requestAnimationFrame(() => resolve(null)));
        }"""
    )
    await expect(article).to_be_in_viewport()


async def is_at(article: Locator, place: FloatRect | None) -> None:
    """Waits until something is at a place, and not on its way there."""

    async def there() -> bool:
        return await article.bounding_box() == place

    await eventually(there)


async def go_down(page: Page) -> None:
    """To the bottom of what there is, at once: the way of the End key goes on for a while."""
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")


async def go_to_end(page: Page, end: Locator) -> None:
    """Goes down until the end of the list is there; what loads in the meantime moves it down."""
    for _ in range(60):
        await go_down(page)
        with contextlib.suppress(PlaywrightTimeout):
            await end.wait_for(timeout=500)
            return
    await expect(end).to_be_visible()


async def let_time_pass_until(page: Page, there: Locator) -> None:
    """Moves the page's clock on, a second for every look."""
    for _ in range(120):
        if await there.count():
            return
        await page.clock.run_for(1_000)
    await expect(there).to_be_visible()

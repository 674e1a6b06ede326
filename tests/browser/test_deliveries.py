"""Posts reach every open page by themselves, while nothing is wrong: how many, and how soon."""

import asyncio
import statistics
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import JSHandle, Page, Request, expect

from tests.browser import screen
from tests.browser.visitor import Visit
from tests.conftest import Figures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="session"),
]

ARRIVALS = (Path(__file__).parent / "arrivals.js").read_text()
POSTS = 250
BETWEEN = 0.02  # seconds, about as fast as a busy place
IN_REAL_TIME_MS = 3_000  # after this a page would begin to look for it elsewhere
RATE = 0.999


def loads(page: Page) -> list[str]:
    """Grows with each list that the page loads: what comes so did not come by itself."""
    urls: list[str] = []

    def note(request: Request) -> None:
        path = urlsplit(request.url).path
        if request.method == "GET" and path in ("/api/feed", "/api/posts"):
            urls.append(request.url)

    page.on("request", note)
    return urls


async def delays(arrivals: JSHandle, published: dict[str, float]) -> list[float]:
    """Of the posts that came, from the beginning of publishing to being on the page, in ms."""
    arrived: dict[str, float] = await arrivals.json_value()
    return [arrived[post] - begun for post, begun in published.items() if post in arrived]


async def test_posts_come_in_real_time(visit: Visit, figures: Figures) -> None:
    ann, bob, vera = await visit("ann"), await visit("bob"), await visit("vera")
    pages = [
        await screen.live_page(ann),
        await screen.live_page(bob, "/everyone"),
        await screen.live_page(bob, f"/u/{ann.username}"),
        await screen.live_page(vera, f"/u/{ann.username}"),
    ]
    arrivals = [await page.evaluate_handle(ARRIVALS) for page in pages]
    loaded = [loads(page) for page in pages]
    published: dict[str, float] = {}
    for number in range(POSTS):
        now: float = await pages[0].evaluate("Date.now()")
        published[(await ann.person.publish(f"post {number}"))["post"]["id"]] = now
        await asyncio.sleep(BETWEEN)
    for page in pages:
        await expect(screen.posts(page).first).to_have_attribute("aria-setsize", str(POSTS))
    took = [ms for handle in arrivals for ms in await delays(handle, published)]
    timely = sum(ms <= IN_REAL_TIME_MS for ms in took)
    rate = timely / (POSTS * len(pages))
    p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    figures(
        f"{POSTS} posts to {len(pages)} pages: {timely} of {POSTS * len(pages)} in real time "
        f"({rate:.2%}); p50 {p50:.0f} ms, p95 {p95:.0f} ms from request to page"
    )
    assert loaded == [[] for _ in pages]
    assert rate >= RATE

"""A page that does not show an own post after three seconds loads its lists again."""

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser import screen
from tests.browser.visitor import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

LIST = "/api/feed?"
# As if the feed did not render the post, whatever the reason.
NO_ELEMENT = """
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (name !== "data-post-id") set.call(this, name, value);
  };
"""


def lists_loaded(page: Page) -> list[str]:
    """Grows with each list of posts that the page asks for."""
    loaded: list[str] = []

    def note(request: Request) -> None:
        if request.method == "GET" and LIST in request.url:
            loaded.append(request.url)

    page.on("request", note)
    return loaded


async def published_on_a_stopped_clock(visit: Visit, script: str) -> tuple[Page, list[str]]:
    ann = await visit("ann")
    await ann.context.add_init_script(script)
    page = await screen.live_page(ann)
    await page.clock.install()
    loaded = lists_loaded(page)
    await screen.publish(page, "Look at the clock")
    await expect(screen.post(page, "Look at the clock")).to_have_attribute("data-delivery", "sent")
    return page, loaded


async def test_a_post_without_an_element_makes_the_page_refresh(visit: Visit) -> None:
    page, loaded = await published_on_a_stopped_clock(visit, NO_ELEMENT)
    await page.clock.run_for(2_500)
    assert loaded == []
    async with page.expect_request(lambda request: LIST in request.url):
        await page.clock.run_for(1_000)
    await expect(screen.post(page, "Look at the clock")).to_have_count(1)


async def test_a_post_that_is_shown_costs_no_refresh(visit: Visit) -> None:
    page, loaded = await published_on_a_stopped_clock(visit, "")
    await page.clock.run_for(5_000)
    await page.evaluate("fetch('/healthz')")  # whatever was asked for before it, was asked for
    assert loaded == []

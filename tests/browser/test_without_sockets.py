"""No WebSocket gets through: the page stays live by the next way that does, and comes back up."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

Block = Callable[[BrowserContext], Awaitable[None]]


async def refused_by_the_network(context: BrowserContext) -> None:
    await context.route_web_socket("**/ws", lambda socket: socket.close())


async def missing_in_the_browser(context: BrowserContext) -> None:
    await context.add_init_script("delete window.WebSocket")


async def forbidden_in_the_browser(context: BrowserContext) -> None:
    await context.add_init_script(
        "window.WebSocket = function () { throw new DOMException('no', 'SecurityError') }"
    )


async def stays_live(visitor: Visitor, page: Page, author: Visitor) -> None:
    """Own posts and those of others arrive by themselves, each once."""
    await screen.publish(page, f"Mine {visitor.username}")
    ids = [await screen.confirmed(page, f"Mine {visitor.username}")]
    for number in range(3):
        published = await author.person.publish(f"Theirs {author.username} {number}")
        ids.append(published["post"]["id"])
        await expect(screen.post(page, f"Theirs {author.username} {number}")).to_have_count(1)
    assert (await screen.shown(page))[: len(ids)] == ids[::-1]


@pytest.mark.parametrize(
    "block", [refused_by_the_network, missing_in_the_browser, forbidden_in_the_browser]
)
async def test_without_sockets_posts_come_as_a_stream(visit: Visit, block: Block) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await block(ann.context)
    page = await ann.open("/everyone")
    await screen.transport(page, "sse")
    await stays_live(ann, page, bob)


async def test_without_sockets_and_streams_posts_come_by_long_poll(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await missing_in_the_browser(ann.context)
    await ann.context.route("**/api/stream*", lambda route: route.abort())
    ann.expect_complaint("ERR_FAILED .*/api/stream")
    page = await ann.open("/everyone")
    await screen.transport(page, "poll")
    await stays_live(ann, page, bob)


async def test_with_nothing_live_posts_come_by_loading_again(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await missing_in_the_browser(ann.context)
    for path in ("stream", "events"):
        await ann.context.route(f"**/api/{path}*", lambda route: route.abort())
        ann.expect_complaint(f"ERR_FAILED .*/api/{path}")
    page = await ann.context.new_page()
    await page.clock.install()
    await page.goto(f"{ann.url}/everyone")
    polling = page.locator('[data-connection="polling"]')
    await screen.let_time_pass_until(page, polling)
    await expect(page.get_by_text("Not live: refreshed every few seconds")).to_be_visible()
    await screen.publish(page, f"Mine {ann.username}")
    await screen.confirmed(page, f"Mine {ann.username}")
    await bob.person.publish(f"Theirs {bob.username}")
    await screen.let_time_pass_until(page, screen.post(page, f"Theirs {bob.username}"))
    await expect(screen.post(page, f"Theirs {bob.username}")).to_have_count(1)
    await expect(screen.post(page, f"Mine {ann.username}")).to_have_count(1)


async def test_a_channel_opened_on_the_way_is_live_too(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await missing_in_the_browser(ann.context)
    page = await ann.open("/")
    await screen.transport(page, "sse")
    await page.get_by_role("link", name="Everyone").click()
    await screen.live(page)
    await stays_live(ann, page, bob)


async def test_comes_back_up_when_sockets_work_again(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await ann.context.add_init_script(
        """window.WebSocket = class extends WebSocket {
          constructor(url) {
            if (!window.unblocked) throw new DOMException("no", "SecurityError");
            super(url);
          }
        };"""
    )
    page = await ann.open("/everyone")
    await screen.transport(page, "sse")
    await page.evaluate("window.unblocked = true; window.dispatchEvent(new Event('online'))")
    await screen.transport(page, "ws")
    await stays_live(ann, page, bob)

"""No WebSocket gets through: everything still works by plain requests."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser import screen
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Block = Callable[[BrowserContext], Awaitable[None]]


async def refused_by_the_network(context: BrowserContext) -> None:
    await context.route_web_socket("**/ws", lambda socket: socket.close())


async def missing_in_the_browser(context: BrowserContext) -> None:
    await context.add_init_script("delete window.WebSocket")


async def forbidden_in_the_browser(context: BrowserContext) -> None:
    await context.add_init_script(
        "window.WebSocket = function () { throw new DOMException('no', 'SecurityError') }"
    )


@pytest.mark.parametrize(
    "block", [refused_by_the_network, missing_in_the_browser, forbidden_in_the_browser]
)
async def test_publish_and_refresh_work(visit: Visit, block: Block) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await block(ann.context)
    page = await ann.open()
    await screen.connection(page, "offline")
    await screen.publish(page, "By request alone")
    await screen.confirmed(page, "By request alone")
    await page.get_by_role("link", name="Everyone").click()
    await expect(screen.post(page, "By request alone").first).to_be_visible()
    await bob.person.publish(f"Fetched by hand {ann.username}")
    await page.get_by_role("button", name="Refresh").click()
    await expect(screen.post(page, f"Fetched by hand {ann.username}")).to_have_count(1)
    ids = await screen.shown(page)
    assert ids == sorted(set(ids), reverse=True)

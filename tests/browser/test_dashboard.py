"""The dashboard of admins: it moves when something happens, remembers, and is for nobody else."""

import asyncio

import pytest
from playwright.async_api import Locator, Page, expect

from feedline.administration import add_admin, remove_admin
from feedline.storage import Storage
from tests.browser import screen
from tests.browser.test_accessibility import findings
from tests.browser.test_screenshots import take
from tests.browser.visitor import Visit
from tests.processes import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


# What the chart of posts tells those who do not see it while there were none.
NO_POSTS = "[role=img][aria-label^='Posts per second'][aria-label$='most 0']"


def value(page: Page, name: str) -> Locator:
    """What a tile shows."""
    tile = page.locator(".admin-tile", has=page.get_by_text(name, exact=True))
    return tile.locator(".admin-tile-value")


async def test_figures_move_live_and_survive_a_restart(visit: Visit, server: ServerProcess) -> None:
    ann, boss = await visit("ann"), await visit("boss")
    for pattern in ("ERR_CONNECTION", "WebSocket connection", "Failed to load resource"):
        boss.expect_complaint(pattern)
        ann.expect_complaint(pattern)
    await asyncio.to_thread(add_admin, Storage(server.data), boss.username)
    await screen.live_page(ann, "/everyone")
    page = await boss.open("/admin")
    await expect(page.get_by_text("Live, every 2 seconds")).to_be_visible()
    await expect(page.locator(NO_POSTS)).to_have_count(1)
    for number in range(3):
        await ann.person.publish(f"counted {number}")
    await expect(page.locator(NO_POSTS)).to_have_count(0)
    await expect(value(page, "Connections")).to_have_text("2")
    await expect(page.locator(".admin-nodes tbody tr")).to_have_count(1)
    assert await findings(page) == []
    for width in (320, 768, 1360):
        await page.set_viewport_size({"width": width, "height": 900})
        await take(page, "dashboard")

    await server.stop()
    await expect(page.get_by_text("Nothing heard since")).to_be_visible(timeout=20_000)
    await server.start()
    await expect(page.get_by_text("Live, every 2 seconds")).to_be_visible(timeout=30_000)
    await page.get_by_role("button", name="Last hour").click()
    await expect(page.locator(NO_POSTS)).to_have_count(0)
    await expect(page.get_by_text("stopped")).to_be_visible()

    await asyncio.to_thread(remove_admin, Storage(server.data), boss.username)
    boss.expect_complaint("403 ")
    await expect(page.get_by_text("You are no admin any more")).to_be_visible(timeout=20_000)


async def test_nobody_else_sees_it(visit: Visit) -> None:
    ann = await visit("ann")
    page = await ann.open("/admin")
    await expect(page.get_by_text("There is no such page")).to_be_visible()

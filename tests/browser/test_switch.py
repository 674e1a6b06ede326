"""Live delivery is switched off under an open page, and on again: how long, and nothing lost."""

import asyncio
import time

import pytest
from playwright.async_api import Page, expect

from feedline.administration import add_admin
from feedline.storage import Storage
from tests.browser import screen
from tests.browser.visitor import Visit
from tests.conftest import Figures
from tests.processes import ServerProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

TURN_MS = 20_000  # for what the page does once in ten seconds or so


async def turn_off(desk: Page) -> float:
    """Turns the switch as an admin does; the moment before."""
    await desk.get_by_role("button", name="Switch off").click()
    before = time.monotonic()
    await desk.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    return before


async def turn_on(desk: Page) -> float:
    before = time.monotonic()
    await desk.get_by_role("button", name="Switch on").click()
    return before


async def test_a_page_goes_on_by_loading_again_and_comes_back_by_itself(
    visit: Visit, server: ServerProcess, figures: Figures
) -> None:
    ann, bob, boss = await visit("ann"), await visit("bob"), await visit("boss")
    await asyncio.to_thread(add_admin, Storage(server.data), boss.username)
    desk = await boss.open("/admin/delivery")
    page = await screen.live_page(ann, "/everyone")
    ids = [(await bob.person.publish("While live"))["post"]["id"]]
    await expect(screen.post(page, "While live")).to_have_count(1)

    switched = await turn_off(desk)
    await screen.connection(page, "polling")
    rollback = time.monotonic() - switched
    await expect(page.get_by_text("Live is switched off: refreshed every few")).to_be_visible()
    begun = time.monotonic()
    ids.append((await bob.person.publish("Theirs meanwhile"))["post"]["id"])
    await screen.publish(page, "My own")
    ids.append(await screen.confirmed(page, "My own"))
    await expect(screen.post(page, "Theirs meanwhile").first).to_be_visible(timeout=TURN_MS)
    seen = time.monotonic() - begun
    ids.append((await bob.person.publish("Missed"))["post"]["id"])

    switched = await turn_on(desk)
    await expect(page.locator('[data-connection="live"]')).to_be_visible(timeout=TURN_MS)
    restoration = time.monotonic() - switched
    ids.append((await bob.person.publish("Live again"))["post"]["id"])
    await expect(screen.post(page, "Live again")).to_have_count(1)
    assert (await screen.shown(page))[: len(ids)] == ids[::-1]
    figures(
        f"live delivery switched off: a page was polling after {rollback:.2f} s and showed a new "
        f"post after {seen:.1f} s; on: it was live again after {restoration:.1f} s"
    )

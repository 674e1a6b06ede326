"""Blocking somebody on the page: gone for both, at once, and back again."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from feedline import administration
from feedline.storage import Storage
from tests.browser import screen
from tests.browser.test_accessibility import findings
from tests.browser.visitor import Visit
from tests.processes import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_who_is_blocked_is_gone_for_both_at_once_and_back(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    post = (await ann.person.publish("by the one"))["post"]
    await bob.person.publish("by the other")
    said = {"text": "said by the other"}
    await bob.person.http.post(f"/api/posts/{post['id']}/comments", json=said)
    mine = await screen.live_page(ann, "/everyone")
    theirs = await screen.live_page(bob, "/everyone")
    await expect(screen.post(theirs, "by the one")).to_be_visible()
    await open_menu(mine, f"More about the post by {bob.username}")
    assert await findings(mine) == []
    for key in ("Tab", "Tab", "Enter"):  # past the report
        await mine.keyboard.press(key)
    dialog = mine.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    assert await findings(mine) == []
    await dialog.get_by_role("button", name="Block").click()
    await expect(screen.post(mine, "by the other")).to_have_count(0)
    await expect(screen.post(theirs, "by the one")).to_have_count(0)
    await mine.get_by_role("button", name="Undo").click()
    await expect(screen.post(mine, "by the other")).to_be_visible()
    await expect(screen.post(theirs, "by the one")).to_be_visible()


async def test_a_block_is_seen_and_ended_in_the_settings(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await ann.person.http.put(f"/api/users/{bob.person.id}/block")
    page = await ann.open(f"/u/{bob.username}")
    await expect(page.get_by_text(f"You have blocked @{bob.username}")).to_be_visible()
    assert await findings(page) == []
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("link", name="Settings").click()
    await expect(page.get_by_role("link", name=bob.username)).to_be_visible()
    assert await findings(page) == []
    await page.get_by_role("button", name=f"Unblock {bob.username}").click()
    await expect(page.get_by_text("You have blocked nobody.")).to_be_visible()
    bob.expect_complaint("404 ")
    answer = await bob.person.http.get(f"/api/users/{ann.person.id}")
    assert answer.status_code == 200


async def test_what_is_reported_comes_to_an_admin_who_deletes_it(
    visit: Visit, server: ServerProcess
) -> None:
    ann, bob, root = await visit("ann"), await visit("bob"), await visit("root")
    await asyncio.to_thread(administration.add_admin, Storage(server.data), root.username)
    await bob.person.publish("worth a report")
    page = await screen.live_page(ann, "/everyone")
    await open_menu(page, f"More about the post by {bob.username}")
    await page.get_by_role("button", name="Report…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    assert await findings(page) == []
    await dialog.get_by_label("What is wrong with it?").select_option("abuse")
    await dialog.get_by_label("Tell them more").fill("look at it")
    await dialog.get_by_role("button", name="Report").click()
    await expect(page.get_by_text("Thank you: the admins have it")).to_be_visible()
    queue = await root.open("/admin/reports")
    row = queue.get_by_role("listitem").filter(has_text="worth a report")
    await expect(row).to_contain_text("look at it")
    assert await findings(queue) == []
    await row.get_by_role("button", name="Delete it").click()
    await queue.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    await expect(row).to_have_count(0)
    await expect(screen.post(page, "worth a report")).to_have_count(0)


async def open_menu(page: Page, label: str) -> None:
    button = page.get_by_role("button", name=label)
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(button).to_have_attribute("aria-expanded", "true")

"""The notification centre: live, the same on every device, and leading to what it tells of."""

from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REFUSAL = '{"code": "unavailable", "detail": "Not now."}'
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 800}}


def bell(page: Page, unread: int) -> Locator:
    name = f"Notifications, {unread} unread" if unread else "Notifications"
    return page.locator(".bell").and_(page.get_by_label(name, exact=True))


def rows(page: Page) -> Locator:
    return page.locator(".notification")


async def post_of(author: Visitor, text: str) -> str:
    post_id: str = (await author.person.publish(text))["post"]["id"]
    return post_id


async def like(person: Visitor, post_id: str) -> None:
    await person.person.http.put(f"/api/posts/{post_id}/like")


async def test_they_come_live_and_are_read_on_all_devices(visit: Visit) -> None:
    ann, bob, vera = await visit("ann"), await visit("bob"), await visit("vera")
    post_id = await post_of(ann, "worth a like")
    page, other = await screen.live_page(ann), await screen.live_page(ann, "/everyone")
    await expect(bell(page, 0)).to_be_visible()
    await like(bob, post_id)
    for one in (page, other):
        await expect(bell(one, 1)).to_be_visible()
    await expect(page).to_have_title("(1) Feedline")
    await like(vera, post_id)
    await bell(page, 1).click()
    text = f"{vera.username} and 1 other liked your post"
    await expect(page.locator(".notification-text")).to_contain_text([text])
    await rows(page).click()
    await expect(page).to_have_url(f"{ann.url}/p/{post_id}")
    for one in (page, other):
        await expect(bell(one, 0)).to_be_visible()
    await expect(rows(page)).to_have_count(0)


async def test_each_leads_to_what_it_tells_of(visit: Visit) -> None:
    ann, bob = await visit("ann", **PHONE), await visit("bob")
    post_id = await post_of(ann, "worth a word")
    await bob.person.http.post(f"/api/posts/{post_id}/comments", json={"text": "a word"})
    await bob.person.http.put(f"/api/users/{ann.person.user['id']}/follow")
    page = await screen.live_page(ann)
    for kind, place in (("comment", f"/p/{post_id}#comments"), ("follow", f"/u/{bob.username}")):
        await page.locator(".bell").click()
        await expect(page.get_by_role("heading", name="Notifications")).to_be_visible()
        await page.locator(f'.notification[data-kind="{kind}"]').click()
        await expect(page).to_have_url(ann.url + place)
    await expect(bell(page, 0)).to_be_visible()


async def test_new_posts_of_whom_one_follows_are_told_until_one_says_otherwise(
    visit: Visit,
) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await page.get_by_role("button", name=f"Follow {bob.username}", exact=True).click()
    tell_me = page.get_by_label("Tell me of every new post")
    await expect(tell_me).to_have_attribute("aria-pressed", "true")
    post_id = await post_of(bob, "the first")
    await bell(page, 1).click()
    text = page.locator('.notification[data-kind="post"]').get_by_text("published a post")
    await expect(text).to_contain_text(f"{bob.username} published a post")
    await text.click()
    await expect(page).to_have_url(f"{ann.url}/p/{post_id}")
    await expect(bell(page, 0)).to_be_visible()
    await page.go_back()
    await post_of(bob, "the second")
    await expect(bell(page, 1)).to_be_visible()
    await tell_me.click()
    await expect(tell_me).to_have_attribute("aria-pressed", "false")
    await expect(bell(page, 0)).to_be_visible()
    await post_of(bob, "the third")
    await bob.person.http.put(f"/api/users/{ann.person.user['id']}/follow")
    await expect(bell(page, 1)).to_be_visible()  # of the follow, which came after the third post
    await bell(page, 1).click()
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page)).to_have_attribute("data-kind", "follow")


async def test_all_are_read_or_cleared_at_once(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    for number in range(3):
        await like(bob, await post_of(ann, f"number {number}"))
    page = await screen.live_page(ann)
    phone = await screen.live_page(ann, "/everyone")
    await phone.goto(f"{ann.url}/notifications")
    await expect(rows(phone)).to_have_count(3)
    await bell(page, 3).click()
    await page.get_by_role("button", name="Mark all as read").click()
    for one in (page, phone):
        await expect(bell(one, 0)).to_be_visible()
        await expect(one.locator(".notification[data-unread]")).to_have_count(0)
        await expect(rows(one)).to_have_count(3)
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_role("dialog", name="Clear all").get_by_role("button", name="Clear").click()
    for one in (page, phone):
        await expect(rows(one)).to_have_count(0)
        await expect(one.get_by_text("Nothing new")).to_be_visible()


async def test_what_came_while_away_is_there_on_return(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    ann.expect_complaint("ERR_INTERNET_DISCONNECTED")
    post_id = await post_of(ann, "while I was away")
    page = await screen.live_page(ann)
    await screen.lose_network(page)
    await like(bob, post_id)
    await ann.context.set_offline(False)
    await screen.live(page)
    await expect(bell(page, 1)).to_be_visible()


async def test_a_list_that_does_not_load_is_tried_again(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("503 ")
    page = await ann.context.new_page()
    await page.add_init_script("addEventListener('click', () => { window.asked = true }, true)")

    async def refuse_at_first(route: Route) -> None:
        """The page tries by itself too, when its connection is there."""
        if await page.evaluate("window.asked"):
            await route.continue_()
        else:
            await route.fulfill(status=503, body=REFUSAL, content_type="application/problem+json")

    await page.route("**/api/notifications?*", refuse_at_first)
    await page.goto(f"{ann.url}/notifications")
    await expect(page.get_by_text("The notifications didn’t load")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Nothing new")).to_be_visible()


async def test_they_are_told_in_the_readers_language(visit: Visit) -> None:
    ann, bob, vera = await visit("ann", locale="ru-RU"), await visit("bob"), await visit("vera")
    post_id = await post_of(ann, "по-русски")
    for person in (bob, vera):
        await like(person, post_id)
    page = await ann.open("/notifications")
    await expect(rows(page)).to_contain_text(
        f"Вашу запись оценили: {vera.username} и ещё 1 человек"
    )

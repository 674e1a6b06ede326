"""Comments: there at once, live for all who look at the post, never lost and never doubled."""

import asyncio

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def post_of(author: Visitor, text: str = "to talk about") -> str:
    post_id: str = (await author.person.publish(text))["post"]["id"]
    return post_id


def comments(page: Page) -> Locator:
    return page.locator(".comment")


def comment(page: Page, text: str) -> Locator:
    return comments(page).filter(has_text=text)


async def write(page: Page, text: str) -> None:
    await page.get_by_label("Comment", exact=True).fill(text)
    await page.keyboard.press("Control+Enter")


async def sent(page: Page, text: str) -> None:
    await expect(comment(page, text).and_(page.locator('[data-delivery="sent"]'))).to_have_count(1)


async def test_a_comment_is_on_every_screen(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    post_id = await post_of(bob)
    feed = await screen.live_page(bob, "/everyone")
    page = await screen.live_page(ann, f"/p/{post_id}")
    other = await screen.live_page(bob, f"/p/{post_id}")
    await expect(page.get_by_text("No comments yet")).to_be_visible()
    async with screen.held_up(page, "**/comments"):
        await write(page, "well said")
        await expect(comment(page, "well said")).to_have_attribute("data-delivery", "sending")
    for one in (page, other):
        await sent(one, "well said")
        await expect(one.locator(".comments-count")).to_have_text("1")
    count = screen.post(feed, "to talk about").get_by_role("link", name="1 comment")
    await expect(count).to_be_visible()
    await count.click()
    await sent(feed, "well said")


async def test_a_comment_is_deleted_by_who_wrote_it_and_by_the_posts_author(visit: Visit) -> None:
    bob, ann, vera = await visit("bob"), await visit("ann"), await visit("vera")
    post_id = await post_of(bob)
    path = f"/api/posts/{post_id}/comments"
    for text in ("first thought", "second thought"):
        await ann.person.http.post(path, json={"text": text})
    mine = await screen.live_page(ann, f"/p/{post_id}")
    authors = await screen.live_page(bob, f"/p/{post_id}")
    others = await screen.live_page(vera, f"/p/{post_id}")
    await expect(comments(others)).to_have_count(2)
    await expect(others.locator(".comments").get_by_role("button", name="Delete")).to_have_count(0)
    for page, text in ((mine, "first thought"), (authors, "second thought")):
        await comment(page, text).get_by_role("button", name="Delete").click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        for one in (mine, authors, others):
            await expect(comment(one, text)).to_have_count(0)
    await expect(others.get_by_text("No comments yet")).to_be_visible()


async def test_what_is_written_offline_is_sent_when_the_network_is_back(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    ann.expect_complaint("ERR_INTERNET_DISCONNECTED")
    post_id = await post_of(bob)
    page = await screen.live_page(ann, f"/p/{post_id}")
    await screen.lose_network(page)
    await write(page, "written in a tunnel")
    await expect(comment(page, "written in a tunnel")).to_have_attribute("data-delivery", "queued")
    await ann.context.set_offline(False)
    await sent(page, "written in a tunnel")
    answer = await bob.person.http.get(f"/api/posts/{post_id}/comments")
    assert [one["text"] for one in answer.json()["comments"]] == ["written in a tunnel"]


async def test_what_was_not_sent_survives_a_reload(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    ann.expect_complaint("ERR_FAILED")
    post_id = await post_of(bob)
    page = await screen.live_page(ann, f"/p/{post_id}")
    await page.route("**/comments", lambda route: route.abort())
    await write(page, "hard to say")
    await expect(comment(page, "hard to say")).to_have_attribute("data-delivery", "queued")
    await page.get_by_label("Comment", exact=True).fill("only begun")
    await page.unroute("**/comments")
    await page.reload()
    await sent(page, "hard to say")
    await expect(page.get_by_label("Comment", exact=True)).to_have_value("only begun")


async def test_a_refused_comment_gives_its_text_back(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    ann.expect_complaint("422 ")
    post_id = await post_of(bob)
    page = await screen.live_page(ann, f"/p/{post_id}")
    await page.route(
        "**/comments",
        lambda route: route.fulfill(
            status=422,
            body='{"code": "validation_failed", "detail": "Say it kindly."}',
            content_type="application/problem+json",
        ),
        times=1,
    )
    await write(page, "rude words")
    failed = comment(page, "rude words")
    await expect(failed.get_by_role("alert")).to_contain_text("Say it kindly.")
    await failed.get_by_role("button", name="Edit").click()
    await expect(comments(page)).to_have_count(0)
    await expect(page.get_by_label("Comment", exact=True)).to_have_value("rude words")
    await write(page, "kind words")
    await sent(page, "kind words")


async def test_older_comments_are_loaded_page_by_page(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    post_id = await post_of(bob)
    path = f"/api/posts/{post_id}/comments"
    for number in range(25):
        await ann.person.http.post(path, json={"text": f"thought {number:02}"})
    page = await screen.live_page(bob, f"/p/{post_id}")
    await expect(comments(page)).to_have_count(20)
    await page.get_by_role("button", name="Show older comments").click()
    await expect(comments(page)).to_have_count(25)
    texts = await page.locator(".comment .post-text").all_inner_texts()
    assert texts == [f"thought {number:02}" for number in reversed(range(25))]


async def test_c_leads_to_the_comments(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    post_id = await post_of(bob, "press c")
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await screen.post(page, "press c").focus()
    await page.keyboard.press("c")
    await expect(page).to_have_url(f"{ann.url}/p/{post_id}#comments")
    await expect(page.get_by_text("No comments yet")).to_be_visible()
    await page.keyboard.press("c")
    await expect(page.get_by_label("Comment", exact=True)).to_be_focused()


async def test_many_comment_at_once_and_all_count(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    post_id = await post_of(bob)
    page = await screen.live_page(ann, f"/p/{post_id}")
    await expect(page.get_by_text("No comments yet")).to_be_visible()
    path = f"/api/posts/{post_id}/comments"
    await asyncio.gather(
        *(bob.person.http.post(path, json={"text": f"me too {number}"}) for number in range(15))
    )
    await write(page, "and I")
    await sent(page, "and I")
    await expect(comments(page)).to_have_count(16)
    await expect(page.locator(".comments-count")).to_have_text("16")

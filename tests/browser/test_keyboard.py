"""Everything by keyboard: one sees where one is, and comes back to where one was."""

import pytest
from playwright.async_api import Page, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OUTLINED = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""

NAME_IN_FOCUS = """() => {
  const element = document.activeElement;
  return element.getAttribute("aria-label") ?? element.textContent.trim();
}"""


# What is asked for by a label that looks like a button is seen by that.
COVERED = """() => {
  const focused = document.activeElement;
  const seen = getComputedStyle(focused).clipPath === "none" ? focused : focused.nextElementSibling;
  const { x, y, width, height } = seen.getBoundingClientRect();
  return !seen.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""


async def page_with_posts(ann: Visitor, count: int = 3) -> Page:
    for number in range(count):
        await ann.person.publish(f"post number {number}")
    page = await screen.live_page(ann)
    await expect(screen.posts(page)).to_have_count(count)
    return page


async def has_focus(page: Page, post_id: str) -> None:
    await expect(page.locator(f'article[data-post-id="{post_id}"]')).to_be_focused()


async def press_until(page: Page, key: str, name: str) -> None:
    """Goes on with a key until the focus is on what has that name."""
    for _ in range(30):
        await page.keyboard.press(key)
        if await page.evaluate(NAME_IN_FOCUS) == name:
            return
    raise AssertionError(f"{key} never came to {name}")


async def test_older_posts_that_were_asked_for_get_the_focus(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("503 ")
    for number in range(22):
        await ann.person.publish(f"post number {number}")
    page = await ann.context.new_page()
    await page.route("**/api/feed?*page=*", lambda route: route.fulfill(status=503), times=1)
    await page.goto(ann.url)
    again = page.get_by_role("button", name="Try again")
    await screen.go_to_end(page, again)
    await again.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(screen.END)).to_be_visible()
    await expect(page.locator('[aria-posinset="21"]')).to_be_focused()


async def test_a_post_is_written_and_sent_without_a_mouse(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await page.keyboard.press("n")
    await expect(page.get_by_label("Text")).to_be_focused()
    await page.keyboard.type("jkn? are letters here.")
    await expect(page.get_by_label("Text")).to_have_value("jkn? are letters here.")
    await page.keyboard.press("Control+Enter")
    await screen.confirmed(page, "jkn? are letters here.")
    await expect(screen.composer(page)).to_have_count(0)
    await page.keyboard.press("n")
    await expect(page.get_by_label("Text")).to_have_value("")


async def test_an_empty_post_is_not_sent(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await page.keyboard.press("n")
    await page.keyboard.press("Control+Enter")
    text = page.get_by_label("Text")
    await expect(text).to_have_accessible_description("Write a title or a text, or add a file.")
    await expect(text).to_be_focused()
    await page.keyboard.type("words")
    await expect(text).not_to_have_attribute("aria-invalid", "true")


async def test_j_and_k_go_from_post_to_post(visit: Visit) -> None:
    page = await page_with_posts(await visit("ann"))
    ids = await screen.shown(page)
    for key, at in [("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1), ("k", 0), ("k", 0)]:
        await page.keyboard.press(key)
        await has_focus(page, ids[at])
        assert await page.evaluate(OUTLINED)
        await expect(page.locator(":focus")).to_be_in_viewport(ratio=1)


async def test_a_dialog_gives_the_focus_back(visit: Visit) -> None:
    page = await page_with_posts(await visit("ann"))
    ids = await screen.shown(page)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    for key, name in [("n", "New post"), ("?", "Keyboard shortcuts")]:
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog", name=name)).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await has_focus(page, ids[1])
    await press_until(page, "Tab", "Edit")
    assert await page.evaluate(OUTLINED)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Edit post")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(screen.posts(page).nth(1).get_by_role("button", name="Edit")).to_be_focused()


async def test_no_stop_of_the_composer_is_under_its_foot(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann", viewport={"width": 800, "height": 500}))
    await page.keyboard.press("n")
    for name in ("Add a picture", "Tags", "Category", "Who can read it", "Publish"):
        await page.keyboard.press("Tab")
        stop = screen.composer(page).get_by_label(name)
        await expect(stop.or_(page.get_by_role("button", name=name)).first).to_be_focused()
        assert not await page.evaluate(COVERED), name


async def test_who_follows_a_link_goes_on_in_the_next_page(visit: Visit) -> None:
    page = await page_with_posts(await visit("ann"), count=1)
    await screen.posts(page).locator(".byline-time").press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Refresh")).to_be_focused()


async def test_a_draft_outlives_its_dialog_and_its_page(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await page.keyboard.press("n")
    await page.keyboard.type("half a thought")
    await expect(page.get_by_text("Draft kept")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await expect(page.get_by_label("Text")).to_have_value("half a thought")
    await page.reload()
    await screen.live(page)
    await page.keyboard.press("n")
    await expect(page.get_by_label("Text")).to_have_value("half a thought")
    await page.get_by_label("Text").fill("")
    await expect(page.get_by_text("Draft kept")).to_have_count(0)


async def test_deleting_leaves_the_focus_in_the_feed(visit: Visit) -> None:
    page = await page_with_posts(await visit("ann"))
    ids = await screen.shown(page)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await press_until(page, "Tab", "Delete")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete this post?")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(screen.posts(page)).to_have_count(2)
    await has_focus(page, ids[2])


async def test_the_first_tab_skips_to_the_posts(visit: Visit) -> None:
    page = await page_with_posts(await visit("ann"))
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the posts")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()


async def test_the_account_menu_opens_closes_and_gives_the_focus_back(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await press_until(page, "Tab", "Account")
    assert await page.evaluate(OUTLINED)
    await page.keyboard.press("Enter")
    await press_until(page, "Tab", "My profile")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name="My profile")).to_have_count(0)
    await expect(page.get_by_role("button", name="Account")).to_be_focused()


async def test_every_stop_of_tab_can_be_seen(visit: Visit) -> None:
    page = await page_with_posts(await visit("ann"), count=2)
    stops = 0
    await page.keyboard.press("Tab")
    while await page.evaluate("document.activeElement !== document.body"):
        assert await page.evaluate(OUTLINED), await page.evaluate(
            "document.activeElement.outerHTML"
        )
        stops += 1
        await page.keyboard.press("Tab")
    assert stops > 10

"""Every state of the page, in both themes and three widths, as pictures for people to look at."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor
from tests.processes import Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOLDER = Path(__file__).parents[2] / "results/screenshots"
PICTURE = Path(__file__).parents[2] / "web/app/public/icon-512.png"
HEIGHT = 800
REFUSAL = '{"code": "validation_failed", "errors": [{"path": "text", "message": "Say it kindly."}]}'


async def take(page: Page, name: str) -> None:
    """Keeps a picture of the window in each theme."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    assert await page.evaluate("document.documentElement.scrollWidth") == width, name
    schemes: list[Literal["light", "dark"]] = ["light", "dark"]
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=FOLDER / f"{name}-{width}-{scheme}.png")


async def fill(person: Person) -> str:
    """Posts of all kinds; the id of the richest one."""
    for text in ("Rain since morning. The herons do not mind.", "line\n" * 20):
        await person.publish(text)
    await person.http.post("/api/posts", json={"title": "For the few", "text": "…", "tier": "vip"})
    picture = PICTURE.read_bytes()
    upload = await person.http.post("/api/media", files={"file": ("loaf.png", picture)})
    await person.http.post(
        "/api/posts", json={"title": "The loaf", "mediaId": upload.json()["mediaId"]}
    )
    rich = {"title": "Sourdough, third attempt", "tags": ["bread", "patience"], "category": "food"}
    text = "Longer proof, hotter stone.\n\nNotes: https://example.org/notes/sourdough"
    post = await person.http.post("/api/posts", json={**rich, "text": text})
    post_id: str = post.json()["post"]["id"]
    return post_id


async def of_strangers(stranger: Visitor) -> None:
    stranger.expect_complaint("404 ")
    page = await stranger.open()
    await expect(screen.posts(page).first).to_be_visible()
    await take(page, "welcome")
    await screen.go(page, "/sign-up")
    await page.locator("button[type=submit]").click()
    await expect(page.locator(".field-error").first).to_be_visible()
    await take(page, "sign-up-refused")
    await screen.go(page, "/no/such/page")
    await take(page, "no-such-page")


async def of_reading(page: Page, author: Person, post_id: str) -> None:
    async with screen.held_up(page, "**/api/posts?*"):
        await page.get_by_role("link", name="Everyone").click()
        await expect(page.get_by_label("Loading…")).to_be_visible()
        await take(page, "loading")
    await expect(screen.posts(page).first).to_be_visible()
    await take(page, "feed")
    await screen.scroll_to(screen.posts(page).nth(4))
    await author.publish("Just now")
    await expect(page.locator(".pill")).to_be_visible()
    await take(page, "pill")
    await screen.go(page, f"/u/{author.user['username']}")
    await expect(screen.posts(page).first).to_be_visible()
    await take(page, "profile")
    await screen.go(page, f"/p/{post_id}")
    await take(page, "post")
    await page.keyboard.press("?")
    await take(page, "keys")


async def of_writing(page: Page) -> None:
    await screen.go(page, "/")
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()
    await screen.live(page)
    await take(page, "empty")
    # Well before the request: what Chromium begins right after it was told may pass by.
    await page.route(
        "**/api/posts",
        lambda route: route.fulfill(
            status=422, body=REFUSAL, content_type="application/problem+json"
        ),
        times=1,
    )
    await page.keyboard.press("n")
    await page.get_by_label("Title").fill("A title that is far too long. " * 8)
    await page.get_by_label("Text").fill("First of all: good morning.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".field-error")).to_be_visible()
    await take(page, "composer")
    await page.get_by_label("Title").fill("Good morning")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await take(page, "refused")


async def of_people(page: Page, visitor: Visitor, author: Person, post_id: str) -> None:
    """What others do, and what a creator does about it."""
    me, other = visitor.person, author
    own = (await me.publish("Herons again. Nobody believes me."))["post"]
    path = f"/api/posts/{own['id']}"
    await other.http.put(f"{path}/like")
    await other.http.post(f"{path}/comments", json={"text": "How many?"})
    await other.http.put(f"/api/users/{me.user['id']}/follow")
    tier = f"/api/users/{me.user['id']}/subscribers/{other.user['id']}"
    await me.http.put(tier, json={"tier": "premium"})
    await page.goto(f"{visitor.url}/notifications")
    await expect(page.locator(".notification")).to_have_count(4)
    await take(page, "notifications")
    await screen.go(page, "/subscribers")
    await expect(page.locator(".person")).to_have_count(1)
    await take(page, "subscribers")
    await screen.go(page, path.removeprefix("/api").replace("/posts/", "/p/"))
    await expect(page.locator(".comment")).to_have_count(1)
    await page.get_by_label("Comment", exact=True).fill("Seven. I counted twice.")
    await take(page, "comments")
    await screen.go(page, f"/p/{post_id}")
    await page.keyboard.press("n")
    await page.get_by_label("Add a picture").set_input_files(PICTURE)
    await expect(page.get_by_alt_text("The file of this post")).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    await take(page, "composer-with-a-file")
    await page.get_by_role("button", name="Remove the file").click()
    await page.keyboard.press("Escape")


async def of_trouble(visitor: Visitor, page: Page) -> None:
    await screen.lose_network(page)
    await screen.publish(page, "Written in a tunnel")
    await page.get_by_role("link", name="Everyone").click()
    await expect(page.get_by_text("The posts didn’t load")).to_be_visible()
    await take(page, "failed")
    await page.get_by_role("link", name="Home").click()
    await expect(page.locator('[data-delivery="queued"]')).to_be_visible()
    await take(page, "queued")


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_pictures(visit: Visit, width: int) -> None:
    window: dict[str, Any] = {"viewport": {"width": width, "height": HEIGHT}}
    ann, bob, stranger = await visit("ann", **window), await visit("bob"), await visit(**window)
    ann.expect_complaint(r"422 |ERR_INTERNET_DISCONNECTED")
    for _ in range(3):
        post_id = await fill(bob.person)
    await of_strangers(stranger)
    page = await screen.live_page(ann)
    await of_reading(page, bob.person, post_id)
    await of_writing(page)
    await of_people(page, ann, bob.person, post_id)
    await of_trouble(ann, page)

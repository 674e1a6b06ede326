"""axe finds nothing that matters on any page, in light and in dark."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from feedline.administration import add_admin
from feedline.storage import Storage
from tests.browser import screen
from tests.browser.visitor import Visit
from tests.processes import ServerProcess
from tests.trial import demonstration

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PICTURE = Path(__file__).parents[2] / "web/app/public/icon-192.png"
AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


async def findings(page: Page) -> list[str]:
    """What axe finds, in light and, as far as colours go, in dark."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    await page.emulate_media(color_scheme="light")
    found = await violations(page)
    await page.emulate_media(color_scheme="dark")
    return found + await violations(page, runOnly=["color-contrast"])


async def violations(page: Page, **options: Any) -> list[str]:
    """Each by how bad it is, the rule, and where."""
    result: dict[str, Any] = await page.evaluate(
        "options => axe.run({ resultTypes: ['violations'], ...options })", options
    )
    return [
        f"{found['impact']} {found['id']}: {node['html'][:200]}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


async def test_pages_of_strangers(visit: Visit) -> None:
    ann, stranger = await visit("ann"), await visit()
    stranger.expect_complaint("404 ")
    await ann.person.publish("for all to read")
    page = await stranger.open()
    for path in ("/", "/everyone", f"/u/{ann.username}", "/no/such/page", "/sign-in", "/sign-up"):
        await screen.go(page, path)
        assert await findings(page) == [], path
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.locator(".field-error").first).to_be_visible()
    assert await findings(page) == []


async def test_pages_of_people(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    page = await screen.live_page(ann)
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()
    assert await findings(page) == []
    link = {"text": "See https://example.org", "tags": ["a"], "category": "b"}
    post = await ann.person.http.post("/api/posts", json={"title": "A title", **link})
    await bob.person.http.post("/api/posts", json={"title": "Locked", "tier": "vip"})
    for path in ("/everyone", f"/u/{ann.username}", f"/p/{post.json()['post']['id']}"):
        await screen.go(page, path)
        await screen.live(page)
        assert await findings(page) == [], path


async def test_comments_and_notifications(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    post = (await ann.person.publish("to talk about"))["post"]
    await bob.person.http.put(f"/api/posts/{post['id']}/like")
    await bob.person.http.post(f"/api/posts/{post['id']}/comments", json={"text": "a word"})
    page = await screen.live_page(ann, f"/p/{post['id']}")
    await expect(page.locator(".comment")).to_have_count(1)
    await page.get_by_label("Comment", exact=True).fill("x" * 2001)
    assert await findings(page) == []
    await page.get_by_role("button", name="Notifications, 2 unread").click()
    await expect(page.locator(".notification")).to_have_count(2)
    assert await findings(page) == []
    await page.goto(f"{ann.url}/notifications")
    await expect(page.locator(".notification")).to_have_count(2)
    assert await findings(page) == []
    await page.get_by_role("button", name="Clear").click()
    assert await findings(page) == []


async def test_people_and_their_subscribers(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await bob.person.publish("worth following")
    page = await screen.live_page(ann)
    people = page.get_by_role("region", name="People to follow")
    await people.get_by_role("button", name=f"Follow {bob.username}").click()
    await expect(screen.posts(page)).to_have_count(1)
    assert await findings(page) == []
    await screen.go(page, f"/u/{bob.username}")
    assert await findings(page) == []
    tier = f"/api/users/{ann.person.user['id']}/subscribers/{bob.person.user['id']}"
    await ann.person.http.put(tier, json={"tier": "basic"})
    await screen.go(page, "/subscribers")
    await expect(page.locator(".person")).to_have_count(1)
    assert await findings(page) == []


async def test_a_file_in_the_composer(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await page.keyboard.press("n")
    await page.get_by_label("Add a picture").set_input_files(PICTURE)
    await expect(page.get_by_alt_text("The file of this post")).to_be_visible()
    assert await findings(page) == []
    note: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
    await page.get_by_label("Add a picture").set_input_files(note)
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await findings(page) == []


async def test_what_opens_on_a_page(visit: Visit) -> None:
    ann = await visit("ann")
    await ann.person.publish("something to read")
    page = await screen.live_page(ann)
    await page.keyboard.press("n")
    assert await findings(page) == []
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".field-error")).to_be_visible()
    assert await findings(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    assert await findings(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Account").click()
    assert await findings(page) == []
    await page.keyboard.press("Escape")
    await screen.posts(page).get_by_role("button", name="Delete").click()
    assert await findings(page) == []


async def test_a_feed_while_it_loads_and_when_new_posts_wait(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    for number in range(15):
        await bob.person.publish(f"to read {number}")
    page = await ann.context.new_page()
    async with screen.held_up(page, "**/api/posts?*"):
        await page.goto(f"{ann.url}/u/{bob.username}")
        await screen.live(page)
        await expect(page.get_by_label("Loading…")).to_be_visible()
        assert await findings(page) == []
    await screen.scroll_to(screen.posts(page).nth(12))
    await bob.person.publish("newer")
    await expect(page.locator(".pill")).to_be_visible()
    assert await findings(page) == []


async def test_when_nothing_answers(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("ERR_INTERNET_DISCONNECTED")
    page = await screen.live_page(ann)
    await screen.lose_network(page)
    await screen.publish(page, "not to be sent")
    await expect(page.get_by_text("Will be sent when")).to_be_visible()
    assert await findings(page) == []
    await page.get_by_role("link", name="Everyone").click()
    await expect(page.get_by_text("The posts didn’t load")).to_be_visible()
    assert await findings(page) == []


async def test_new_posts_are_announced_and_own_ones_are_not(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    page = await screen.live_page(ann, "/everyone")
    announcement = page.locator("[aria-live=polite].visually-hidden")
    await screen.publish(page, "nobody needs to tell me")
    await screen.confirmed(page, "nobody needs to tell me")
    await expect(announcement).to_have_text("")
    await bob.person.publish("heard by all")
    await expect(announcement).to_have_text(f"Post by {bob.username}")


async def test_what_came_of_an_experiment(visit: Visit, server: ServerProcess) -> None:
    root, place = await visit("root"), Storage(server.data)
    await asyncio.to_thread(add_admin, place, root.username)
    await demonstration.store(place, demonstration.told(1))
    page = await root.open("/admin/delivery")
    await expect(page.get_by_text("How long readers waited")).to_be_visible()
    await expect(page.get_by_role("row", name="Time to visible 1").last).to_contain_text("Hedges")
    assert await findings(page) == []


async def test_settings_and_what_keeps_an_installation(visit: Visit, server: ServerProcess) -> None:
    root = await visit("root")
    await asyncio.to_thread(add_admin, Storage(server.data), root.username)
    page = await root.open("/settings")
    await page.get_by_role("button", name="Delete my account").click()
    await expect(page.get_by_label("Your password")).to_be_focused()
    assert await findings(page) == []
    await page.keyboard.press("Escape")
    await page.goto(f"{root.url}/admin/tokens")
    await page.get_by_label("What to call the program").fill("shop")
    await page.get_by_role("button", name="Make a token").click()
    await expect(page.get_by_label("The token")).to_be_visible()
    assert await findings(page) == [], "tokens"
    for path, words in (("people", root.username), ("audit", "service.create")):
        await page.goto(f"{root.url}/admin/{path}")
        await expect(page.get_by_role("table").get_by_text(words).first).to_be_visible()
        assert await findings(page) == [], path

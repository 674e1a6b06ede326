"""Following people, liking their posts, and what their subscribers may read."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


PICTURE = Path(__file__).parents[2] / "web/app/public/icon-192.png"


def like(page: Page, text: str) -> Locator:
    return screen.post(page, text).get_by_role("button", name="Like")


def follow(page: Page, person: Visitor) -> Locator:
    return page.locator(".profile").get_by_role("button", name=f"Follow {person.username}")


def following(page: Page, person: Visitor) -> Locator:
    return page.locator(".profile").get_by_role("button", name=f"Following {person.username}")


async def test_a_newcomer_follows_somebody_and_has_a_feed(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    await bob.person.publish("worth following")
    page = await screen.live_page(ann)
    people = page.get_by_role("region", name="People to follow")
    await people.get_by_role("button", name=f"Follow {bob.username}").click()
    await expect(screen.post(page, "worth following")).to_have_count(1)
    await expect(people.get_by_role("button", name=f"Following {bob.username}")).to_be_visible()
    await bob.person.publish("and more of it")
    await expect(screen.post(page, "and more of it")).to_have_count(1)


async def test_who_is_followed_no_more_leaves_the_home_feed_of_every_tab(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    await bob.person.publish("for a while")
    home = await screen.live_page(ann)
    await expect(page_notice(home)).to_be_visible()
    profile = await screen.live_page(ann, f"/u/{bob.username}")
    await follow(profile, bob).click()
    await expect(profile.locator(".profile-counts")).to_contain_text("1 follower")
    await expect(screen.post(home, "for a while")).to_have_count(1)
    await following(profile, bob).click()
    await expect(profile.locator(".profile-counts")).to_contain_text("0 followers")
    await expect(screen.post(home, "for a while")).to_have_count(0)


def page_notice(page: Page) -> Locator:
    return page.get_by_text("Nothing here yet")


async def test_somebody_sees_at_once_that_they_are_followed(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    own = await screen.live_page(bob, f"/u/{bob.username}")
    await expect(own.locator(".profile-counts")).to_contain_text("0 followers")
    theirs = await screen.live_page(ann, f"/u/{bob.username}")
    await follow(theirs, bob).click()
    await expect(own.locator(".profile-counts")).to_contain_text("1 follower")


async def test_a_like_is_there_at_once_and_on_other_screens_soon(visit: Visit) -> None:
    bob, ann, vera = await visit("bob"), await visit("ann"), await visit("vera")
    await bob.person.publish("to be liked")
    page = await screen.live_page(ann, "/everyone")
    other = await screen.live_page(vera, "/everyone")
    async with screen.held_up(page, "**/like"):
        await like(page, "to be liked").click()
        await expect(like(page, "to be liked")).to_have_attribute("aria-pressed", "true")
        await expect(like(page, "to be liked")).to_have_accessible_name("Like, 1 like")
    await expect(like(other, "to be liked")).to_have_accessible_name("Like, 1 like")
    await expect(like(other, "to be liked")).to_have_attribute("aria-pressed", "false")
    await screen.post(other, "to be liked").focus()
    await other.keyboard.press("l")
    for one in (page, other):
        await expect(like(one, "to be liked")).to_have_accessible_name("Like, 2 likes")
    await like(page, "to be liked").click()
    for one in (page, other):
        await expect(like(one, "to be liked")).to_have_accessible_name("Like, 1 like")


async def test_a_stranger_is_led_to_sign_in(visit: Visit) -> None:
    bob, stranger = await visit("bob"), await visit()
    await bob.person.publish("for all")
    page = await stranger.open("/everyone")
    await like(page, "for all").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_creator_opens_a_post_for_a_subscriber_and_closes_it(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    draft = {"title": "For the few", "text": "how it is done", "tier": "premium"}
    post = (await bob.person.http.post("/api/posts", json=draft)).json()["post"]
    reader = await screen.live_page(ann, f"/p/{post['id']}")
    await expect(reader.get_by_text("For premium subscribers")).to_be_visible()
    await expect(reader.get_by_text("The comments are for subscribers too")).to_be_visible()
    creator = await screen.live_page(bob)
    await creator.get_by_role("button", name="Account").click()
    await creator.get_by_role("link", name="Subscribers").click()
    await expect(creator.get_by_text("Nobody has a tier yet")).to_be_visible()
    await creator.get_by_label("Username").fill(ann.username)
    await creator.get_by_label("Tier", exact=True).select_option("vip")
    await creator.get_by_role("button", name="Grant").click()
    await expect(creator.get_by_role("listitem")).to_contain_text(ann.username)
    await expect(reader.get_by_text("how it is done")).to_be_visible()
    await reader.get_by_label("Comment", exact=True).fill("thank you")
    await creator.get_by_label(f"Tier of {ann.username}", exact=True).select_option("basic")
    await expect(reader.get_by_text("For premium subscribers")).to_be_visible()
    assert "how it is done" not in await reader.content()
    await creator.get_by_role("button", name=f"End the tier of {ann.username}").click()
    await creator.get_by_role("dialog").get_by_role("button", name="End").click()
    await expect(creator.get_by_text("Nobody has a tier yet")).to_be_visible()


async def test_a_picture_of_oneself_is_on_all_posts(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    await bob.person.publish("this is me")
    reader = await screen.live_page(ann, f"/u/{bob.username}")
    page = await screen.live_page(bob, f"/u/{bob.username}")
    await page.get_by_role("button", name="Edit profile").click()
    await page.get_by_label("Choose a picture").set_input_files(PICTURE)
    await expect(page.get_by_role("dialog").locator("img.avatar")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    for one in (page, reader):
        picture = screen.post(one, "this is me").locator("img.avatar")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0


async def test_nobody_of_a_name_gets_a_tier(visit: Visit) -> None:
    bob = await visit("bob")
    bob.expect_complaint("404 ")
    page = await screen.live_page(bob)
    await screen.go(page, "/subscribers")
    await page.get_by_label("Username").fill("nobody-at-all")
    await page.get_by_role("button", name="Grant").click()
    username = page.get_by_label("Username")
    await expect(username).to_have_accessible_description("Nobody here is called @nobody-at-all.")
    await expect(username).to_be_focused()


async def test_a_post_is_published_for_a_tier(visit: Visit) -> None:
    bob, ann = await visit("bob"), await visit("ann")
    page = await screen.live_page(bob)
    reader = await screen.live_page(ann, "/everyone")
    await screen.write(page, "only for some")
    await page.get_by_label("Title").fill("A tiered one")
    await page.get_by_label("Who can read it").select_option("premium")
    await page.get_by_role("button", name="Publish").click()
    await screen.confirmed(page, "only for some")
    await expect(screen.post(reader, "A tiered one")).to_contain_text("For premium subscribers")
    assert "only for some" not in await reader.content()

"""Reading a feed: it goes on to its end, and what comes in above never moves the reader."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import screen
from tests.browser.tasks import longest_task
from tests.browser.visitor import Visit
from tests.conftest import Figures
from tests.gateway.live import eventually
from tests.processes import Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MOTION = (Path(__file__).parent / "motion.js").read_text()
LONG_MS = 100


async def fill(person: Person, count: int, text: str = "older") -> None:
    for number in range(count):
        await person.publish(f"{text} {number}")


async def burst(person: Person, count: int) -> None:
    """Publishes as fast as it goes, ten at a time."""
    slots = asyncio.Semaphore(10)

    async def one(number: int) -> None:
        async with slots:
            await person.publish(f"rapid {number}")

    await asyncio.gather(*map(one, range(count)))


def pill(page: Page) -> Locator:
    return page.locator(".pill")


async def unique_and_sorted(page: Page, count: int) -> None:
    """The feed holds that many posts, each at its place; a longer one is walked through for it."""
    first = screen.posts(page).first
    await expect(first).to_have_attribute("aria-setsize", str(count))
    ids = await screen.walked(page)
    assert len(ids) == count
    assert ids == sorted(set(ids), reverse=True)


@pytest.mark.alone
async def test_a_hundred_rapid_posts_wait_and_move_nothing(visit: Visit, figures: Figures) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await fill(bob.person, 40)
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await screen.scroll_to(screen.posts(page).nth(12))
    await expect(screen.posts(page)).to_have_count(40)
    reading = screen.post(page, "older 27")
    watch = await reading.evaluate_handle(MOTION)
    scrolled = await page.evaluate("scrollY")
    async with longest_task(page) as longest:
        await burst(bob.person, 100)
        await expect(pill(page)).to_have_text("100 new posts")
    figures(f"100 rapid posts: longest task of the reading page {longest.ms:.0f} ms")
    assert len(await watch.evaluate("watch => watch.stop()")) == 1
    assert await page.evaluate("scrollY") == scrolled
    assert longest.ms < LONG_MS
    await expect(screen.posts(page)).to_have_count(40)

    await pill(page).click()
    await expect(pill(page)).to_have_count(0)
    assert await page.evaluate("scrollY") == 0
    await unique_and_sorted(page, 140)


async def test_a_reader_is_told_of_a_post_and_goes_to_it_when_they_like(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await fill(bob.person, 30)
    writing, reading = await screen.live_page(bob), await screen.live_page(ann, "/everyone")
    await screen.scroll_to(screen.posts(reading).nth(12))
    scrolled = await reading.evaluate("scrollY")
    await screen.publish(writing, "Fresh bread")
    post_id = await screen.confirmed(writing, "Fresh bread")
    await expect(pill(reading)).to_have_text("1 new post")
    assert await reading.evaluate("scrollY") == scrolled
    await pill(reading).click()
    await expect(screen.post(reading, "Fresh bread")).to_be_in_viewport()
    assert (await screen.shown(reading)).count(post_id) == 1


async def test_at_the_top_posts_come_in_by_themselves(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await fill(bob.person, 3)
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await burst(bob.person, 100)
    await unique_and_sorted(page, 103)
    await expect(pill(page)).to_have_count(0)


async def test_the_pill_counts_on_and_its_key_shows_the_posts(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await fill(bob.person, 20)
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await screen.scroll_to(screen.posts(page).nth(12))
    await bob.person.publish("one more")
    await expect(pill(page)).to_have_text("1 new post")
    gone = await bob.person.publish("one that is taken back")
    await expect(pill(page)).to_have_text("2 new posts")
    await bob.person.http.delete(f"/api/posts/{gone['post']['id']}")
    await expect(pill(page)).to_have_text("1 new post")
    await page.keyboard.press(".")
    await expect(screen.posts(page).first).to_contain_text("one more")
    await unique_and_sorted(page, 21)


async def test_an_own_post_is_shown_at_once_wherever_the_author_reads(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await fill(bob.person, 20)
    page = await screen.live_page(ann, "/everyone")
    await screen.scroll_to(screen.posts(page).nth(12))
    await page.keyboard.press("n")
    await page.get_by_label("Text").fill("From deep down")
    await page.keyboard.press("Control+Enter")
    await expect(screen.post(page, "From deep down")).to_be_in_viewport()
    await screen.confirmed(page, "From deep down")


@pytest.mark.parametrize("browser_keeps_place", [True, False])
async def test_an_own_post_from_another_device_does_not_move_the_reader(
    visit: Visit, browser_keeps_place: bool
) -> None:
    ann = await visit("ann")
    if not browser_keeps_place:
        await ann.context.add_init_script("CSS.supports = () => false")
    await fill(ann.person, 60)
    page = await screen.live_page(ann)
    if not browser_keeps_place:
        await page.evaluate("document.documentElement.style.overflowAnchor = 'none'")
    await screen.go_to_end(page, page.get_by_text(screen.END))
    reading = screen.post(page, "older 12")
    await screen.scroll_to(reading)
    watch = await reading.evaluate_handle(MOTION)
    await fill(ann.person, 3, "from the phone")
    await expect(reading).to_have_attribute("aria-posinset", "51")
    places: list[float] = await watch.evaluate("watch => watch.stop()")
    # A browser scrolls by whole pixels only.
    assert max(places) - min(places) <= 1
    await page.keyboard.press("Home")
    await expect(screen.posts(page).first).to_contain_text("from the phone 2")


async def test_scrolling_goes_to_the_very_first_post(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await fill(bob.person, 65)
    page = await screen.live_page(ann, f"/u/{bob.username}")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await expect(screen.posts(page)).to_have_count(20)
    await screen.go_to_end(page, page.get_by_text(screen.END))
    await unique_and_sorted(page, 65)
    older = [url for url in loaded if "&page=" in url]
    assert len(older) == len(set(older)) == 3
    await screen.go_down(page)
    last = screen.post(page, "older 0")
    await expect(last).to_have_attribute("aria-posinset", "65")
    await expect(last).to_have_attribute("aria-setsize", "65")


@pytest.mark.parametrize("where", ["/", "/everyone", "/u/{username}"])
async def test_the_way_back_from_a_post_leads_to_the_old_place(visit: Visit, where: str) -> None:
    ann = await visit("ann")
    await fill(ann.person, 30)
    page = await screen.live_page(ann, where.format(username=ann.username))
    await expect(screen.posts(page)).to_have_count(20)
    await screen.go_down(page)
    await expect(screen.posts(page).nth(29)).to_be_attached()
    reading = screen.posts(page).nth(17)
    await screen.scroll_to(reading)
    place = await reading.bounding_box()
    await reading.locator(".byline-time").click()
    await expect(screen.posts(page)).to_have_count(1)
    assert await page.evaluate("scrollY") == 0
    await page.go_back()
    await expect(reading).to_be_in_viewport()
    await screen.is_at(reading, place)


async def test_posts_that_did_not_load_come_by_themselves(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("503 ")
    await ann.person.publish("worth waiting for")
    page = await ann.context.new_page()
    # Once more than connecting alone would make up for.
    await page.route("**/api/feed?*", lambda route: route.fulfill(status=503), times=3)
    await page.goto(ann.url)
    await expect(screen.posts(page)).to_have_count(1)


async def test_older_posts_that_did_not_load_can_be_asked_for_again(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    ann.expect_complaint("ERR_FAILED")
    await fill(bob.person, 25)
    page = await ann.context.new_page()
    await page.route("**/api/posts?*page=*", lambda route: route.abort(), times=1)
    await page.goto(f"{ann.url}/u/{bob.username}")
    await expect(screen.posts(page)).to_have_count(20)
    await screen.go_down(page)
    await expect(page.get_by_text("Older posts didn’t load.")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await unique_and_sorted(page, 25)


async def test_a_long_text_is_folded_until_it_is_asked_for(visit: Visit) -> None:
    ann = await visit("ann")
    await ann.person.publish("\n".join(f"line {number}" for number in range(40)) + " the last")
    page = await screen.live_page(ann)
    text = screen.posts(page).first.locator(".post-text")
    await expect(page.get_by_role("button", name="Show more")).to_be_visible()
    folded = await height(text)

    async def is_folded() -> bool:
        return await height(text) == folded

    async def is_unfolded() -> bool:
        return await height(text) > 2 * folded

    await page.get_by_role("button", name="Show more").click()
    await eventually(is_unfolded)
    await page.get_by_role("link", name="Everyone").click()
    await page.get_by_role("link", name="Home").click()
    await eventually(is_unfolded)
    await page.get_by_role("button", name="Show less").click()
    await eventually(is_folded)


async def height(element: Locator) -> float:
    box = await element.bounding_box()
    assert box is not None
    return box["height"]

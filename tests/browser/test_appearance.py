"""Narrow screens, long words, other languages, and people who don't like motion."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser import screen
from tests.browser.visitor import Visit
from tests.processes import Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NARROW = {"width": 320, "height": 640}
# A narrow screen with letters of twice the size: all measures are multiples of theirs.
LARGE_LETTERS = {"width": 160, "height": 320}
# Whatever ends right of the window, but for what only screen readers find.
STICKING_OUT = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  .filter((element) => getComputedStyle(element).clipPath === "none")
  .map((element) => element.outerHTML.slice(0, 200))"""
OUT_OF_POST = """() => [...document.querySelectorAll(".post-body")].flatMap((body) => {
  const { right } = body.getBoundingClientRect();
  const out = [...body.children].filter((part) => part.getBoundingClientRect().right > right + 0.5);
  return out.map((part) => part.outerHTML.slice(0, 200));
})"""
# Of what can be pressed in posts, whatever lies under something else, all the way down.
COVERED = """() => {
  const covered = new Set();
  const bottom = document.querySelector("header").getBoundingClientRect().bottom;
  for (let top = 0; top < document.documentElement.scrollHeight; top += 40) {
    scrollTo({ top, behavior: "instant" });
    for (const part of document.querySelectorAll("article :is(a, button)")) {
      const { x, y, width, height } = part.getBoundingClientRect();
      if (y < bottom || y + height > innerHeight) continue;
      const seen = document.elementFromPoint(x + width / 2, y + height / 2);
      if (!part.contains(seen)) covered.add(part.outerHTML);
    }
  }
  return [...covered];
}"""
ANIMATIONS = "document.getAnimations().length"


async def expect_no_overflow(page: Page) -> None:
    assert await page.evaluate(STICKING_OUT) == [], page.url
    assert await page.evaluate(OUT_OF_POST) == [], page.url
    assert await page.evaluate("document.documentElement.scrollWidth === innerWidth"), page.url


async def test_large_letters_leave_room_for_words(visit: Visit) -> None:
    ann = await visit("ann", viewport=LARGE_LETTERS)
    post_id = await publish_long_words(ann.person)
    page = await screen.live_page(ann)
    for path in ("/", f"/u/{ann.username}", f"/p/{post_id}", "/subscribers"):
        await screen.go(page, path)
        await expect_no_overflow(page)
    await screen.go(page, "/")
    byline = await page.locator(".byline").first.bounding_box()
    assert byline is not None
    assert byline["width"] > LARGE_LETTERS["width"] / 2


@pytest.mark.parametrize("locale", ["en-US", "ru-RU"])
async def test_nothing_sticks_out_of_a_narrow_screen(visit: Visit, locale: str) -> None:
    ann = await visit("w" * 36, viewport=NARROW, locale=locale)
    stranger = await visit(viewport=NARROW, locale=locale)
    stranger.expect_complaint("404 ")
    places = ["/everyone", f"/u/{ann.username}", f"/p/{await publish_long_words(ann.person)}"]
    page = await stranger.open()
    for path in ["/", "/sign-in", "/sign-up", "/no/such/page", *places]:
        await screen.go(page, path)
        await expect_no_overflow(page)
    page = await screen.live_page(ann)
    for path in places:
        await screen.go(page, path)
        await expect_no_overflow(page)
    for key in ("n", "?"):
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog")).to_be_visible()
        await expect_no_overflow(page)
        await page.keyboard.press("Escape")
    await page.locator(".avatar-button").click()
    await expect_no_overflow(page)


async def publish_long_words(person: Person) -> str:
    """Posts that no line can hold; the id of the first."""
    await person.http.patch("/api/me", json={"name": "W" * 50})
    long = {"title": "t" * 200, "text": "https://example.org/" + "x" * 300, "category": "c" * 40}
    post = await person.http.post("/api/posts", json={**long, "tags": ["g" * 40]})
    await person.http.post("/api/posts", json={"text": "y" * 300, "tier": "premium"})
    wide = BytesIO()
    Image.new("RGB", (900, 300)).save(wide, "PNG")
    files = {"file": ("wide.png", wide.getvalue())}
    media = (await person.http.post("/api/media", files=files)).json()["mediaId"]
    await person.http.post("/api/posts", json={"mediaId": media, "tier": "premium"})
    post_id: str = post.json()["post"]["id"]
    return post_id


async def test_a_phone_has_the_composer_at_hand_and_full_screen(visit: Visit) -> None:
    ann = await visit("ann", viewport=NARROW)
    for number in range(6):
        await ann.person.publish(f"line {number}\n" * (number + 1))
    page = await screen.live_page(ann)
    await expect(screen.posts(page)).to_have_count(6)
    assert await page.evaluate(COVERED) == []
    await page.get_by_role("button", name="New post").first.click()
    assert await screen.composer(page).bounding_box() == {"x": 0, "y": 0, **NARROW}
    await page.get_by_label("Text").fill("From the tram")
    await page.get_by_role("button", name="Publish").click()
    await screen.confirmed(page, "From the tram")


async def test_whoever_reads_russian_gets_russian(visit: Visit) -> None:
    ann = await visit("ann", locale="ru-RU")
    page = await screen.live_page(ann)
    await expect(page.locator("html")).to_have_attribute("lang", "ru")
    await expect(page.get_by_text("Пока пусто")).to_be_visible()
    await page.keyboard.press("n")
    await page.get_by_label("Текст").fill("Привет, лента")
    await page.get_by_role("button", name="Опубликовать").click()
    await screen.confirmed(page, "Привет, лента")


async def test_new_posts_are_counted_in_good_russian(visit: Visit) -> None:
    ann, bob = await visit("ann", locale="ru-RU"), await visit("bob")
    for number in range(20):
        await bob.person.publish(f"older {number}")
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await expect(screen.posts(page)).to_have_count(20)
    await screen.scroll_to(screen.posts(page).last)
    for said in ("1 новая запись", "2 новые записи"):
        await bob.person.publish("newer")
        await expect(page.locator(".pill")).to_have_text(said)
    for _ in range(3):
        await bob.person.publish("newer")
    await expect(page.locator(".pill")).to_have_text("5 новых записей")


async def test_the_chosen_language_stays(visit: Visit) -> None:
    ann = await visit("ann")
    page = await screen.live_page(ann)
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("button", name="Русский").click()
    await expect(page.get_by_text("Пока пусто")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Пока пусто")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "ru")


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
async def test_things_move_only_for_those_who_like_it(visit: Visit, wish: str) -> None:
    page = await screen.live_page(await visit("ann", reduced_motion=wish))
    await page.keyboard.press("n")
    dialog = await page.evaluate(ANIMATIONS)
    await page.keyboard.type("quietly")
    await page.keyboard.press("Control+Enter")
    await screen.confirmed(page, "quietly")
    post = await page.evaluate(ANIMATIONS)
    if wish == "reduce":
        assert (dialog, post) == (0, 0)
    else:
        assert min(dialog, post) > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_follows_the_wish_for_light_or_dark(visit: Visit, scheme: str) -> None:
    page = await screen.live_page(await visit("ann", color_scheme=scheme))
    paper = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    red, green, blue = (int(part) for part in paper.removeprefix("rgb(").rstrip(")").split(","))
    assert (red + green + blue > 3 * 128) == (scheme == "light")

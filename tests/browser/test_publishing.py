"""From the press of the button to every screen that shows the post."""

import asyncio
import statistics
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser import screen
from tests.browser.visitor import Visit
from tests.conftest import Figures

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STOPWATCH = (Path(__file__).parent / "stopwatch.js").read_text()
RUNS = 100
TIMES = Path(__file__).parents[2] / "results/publish-times.txt"


class Traffic:
    """The requests of a page, but for what it tells of itself; a reload would be one of them."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        path = request.url.split("/", 3)[3]
        if path != "api/telemetry":
            self.requests.append(f"{request.method} /{path}")


async def test_a_post_takes_one_request_and_no_reload(visit: Visit) -> None:
    ann = await visit("ann")
    page = await screen.live_page(ann)
    traffic = Traffic(page)
    await screen.publish(page, "Fresh bread")
    post_id = await screen.confirmed(page, "Fresh bread")
    assert await screen.shown(page) == [post_id]
    assert traffic.requests == ["POST /api/posts"]
    answer = await ann.person.http.get(f"/api/posts/{post_id}")
    assert answer.json()["post"]["content"]["text"] == "Fresh bread"


async def test_a_newcomer_signs_up_and_publishes(visit: Visit) -> None:
    stranger = await visit()
    page = await stranger.open()
    await page.get_by_role("link", name="Sign up").first.click()
    await page.get_by_label("Username").fill("newcomer")
    await page.get_by_label("Display name").fill("New Comer")
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Sign up").click()
    await screen.live(page)
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()
    await screen.publish(page, "My first words here")
    await screen.confirmed(page, "My first words here")
    await expect(screen.post(page, "My first words here")).to_contain_text("New Comer")


async def test_others_and_the_authors_other_tab_see_it_once(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    writing, other_tab = await screen.live_page(ann), await screen.live_page(ann)
    reading = await screen.live_page(bob, "/everyone")
    await screen.publish(writing, "Seen by all")
    post_id = await screen.confirmed(writing, "Seen by all")
    for page in (writing, other_tab, reading):
        await expect(screen.post(page, "Seen by all")).to_have_count(1)
        assert (await screen.shown(page))[0] == post_id


async def test_a_post_with_everything_reads_the_same_after_a_reload(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await screen.write(page, "One <b>line</b>\nand another: https://example.org/a?b=c.")
    await page.get_by_label("Title").fill("Заголовок & 🎈")
    await page.get_by_label("Tags").fill("one, #two, one")
    await page.get_by_label("Category").fill("notes")
    await page.get_by_role("button", name="Publish").click()
    post_id = await screen.confirmed(page, "Заголовок & 🎈")
    before = await screen.post(page, "Заголовок").locator(".post-body").inner_text()
    await page.reload()
    after = screen.posts(page).and_(page.locator(f'[data-post-id="{post_id}"]'))
    assert await after.locator(".post-body").inner_text() == before
    assert "One <b>line</b>\nand another" in before
    await expect(after.get_by_role("link", name="example.org/a?b=c")).to_have_attribute(
        "href", "https://example.org/a?b=c"
    )


async def test_a_double_click_on_publish_makes_one_post(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    traffic = Traffic(page)
    await screen.write(page, "Only once")
    await page.get_by_role("button", name="Publish").dblclick()
    await screen.confirmed(page, "Only once")
    await screen.publish(page, "And a second one")
    await screen.confirmed(page, "And a second one")
    assert len(await screen.shown(page)) == 2
    assert traffic.requests == ["POST /api/posts"] * 2


async def test_three_posts_within_a_moment_stay_in_order(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    page, reading = await screen.live_page(ann), await screen.live_page(bob, f"/u/{ann.username}")
    words = ["first of three", "second of three", "third of three"]
    for text in words:
        await screen.publish(page, text)
    ids = [await screen.confirmed(page, text) for text in words]
    assert await screen.shown(page) == ids[::-1]
    await expect(screen.posts(reading)).to_have_count(3)
    assert await screen.shown(reading) == ids[::-1]


async def test_a_refused_post_stays_and_can_be_changed(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint(r"status of 422 .*/api/posts$")
    page = await screen.live_page(ann)
    too_much = '{"code": "validation_failed", "errors": [{"path": "text", "message": "Not this."}]}'
    await page.route(
        "**/api/posts",
        lambda route: route.fulfill(
            status=422, body=too_much, content_type="application/problem+json"
        ),
        times=1,
    )
    await screen.publish(page, "Refused at first")
    refused = screen.post(page, "Refused at first")
    await expect(refused).to_contain_text("Text: Not this.")
    await refused.get_by_role("button", name="Edit").click()
    await expect(page.get_by_label("Text")).to_have_value("Refused at first")
    await page.get_by_label("Text").fill("Taken at last")
    await page.get_by_role("button", name="Publish").click()
    await screen.confirmed(page, "Taken at last")
    assert len(await screen.shown(page)) == 1


@pytest.mark.alone
async def test_how_long_it_takes(visit: Visit, figures: Figures) -> None:
    page = await screen.live_page(await visit("ann"))
    times = [await timed(page, f"Measured {number}") for number in range(RUNS)]
    table = [f"{'click to painted, ms':24}{'p50':>8}{'p95':>8}{'longest':>9}"]
    for name, values in zip(("optimistic", "confirmed"), zip(*times, strict=True), strict=True):
        p50, p95 = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        table.append(f"{name:24}{p50:8.1f}{p95:8.1f}{max(values):9.1f}")
        assert p50 < 500
    for line in table:
        figures(line)
    TIMES.parent.mkdir(exist_ok=True)
    TIMES.write_text("\n".join([*table, f"{RUNS} posts", ""]))
    ids = await screen.walked(page)
    assert len(set(ids)) == len(ids) == RUNS


async def timed(page: Page, text: str) -> tuple[float, float]:
    await page.keyboard.press("n")
    await page.get_by_label("Text").fill(text)
    stopwatch = await page.evaluate_handle(STOPWATCH)
    await page.get_by_role("button", name="Publish").click()
    optimistic, confirmed = await stopwatch.evaluate("({ measured }) => measured")
    return optimistic, confirmed


async def test_posts_of_many_people_at_once_are_all_there(visit: Visit) -> None:
    people = [await visit(name) for name in ("ann", "bob", "vera")]
    pages = [await screen.live_page(person, "/everyone") for person in people]
    texts = [f"together by {person.username}" for person in people]
    await asyncio.gather(*map(screen.publish, pages, texts))
    for page in pages:
        await expect(screen.post(page, "together by")).to_have_count(3)
        ids = await screen.shown(page)
        assert ids == sorted(set(ids), reverse=True)

"""Every place has an address that can be sent to somebody, and a wrong one says so."""

import pytest
from playwright.async_api import expect

from tests.browser import screen
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_post_and_a_person_open_by_their_address(visit: Visit) -> None:
    ann, bob, stranger = await visit("ann"), await visit("bob"), await visit()
    post = (await ann.person.publish("worth a link"))["post"]
    for visitor in (bob, stranger):
        page = await visitor.open(f"/p/{post['id']}")
        await expect(screen.post(page, "worth a link")).to_have_attribute(
            "data-post-id", post["id"]
        )
        await expect(page).to_have_title(f"Post by {ann.username} · Feedline")
        await page.get_by_role("link", name=ann.username, exact=True).click()
        await expect(page).to_have_url(f"{visitor.url}/u/{ann.username}")
        await expect(page.get_by_role("heading", name=ann.username)).to_be_visible()
        await expect(screen.post(page, "worth a link")).to_have_count(1)
        await page.go_back()
        await expect(page).to_have_url(f"{visitor.url}/p/{post['id']}")


async def test_a_name_with_a_dot_and_capitals_is_an_address(visit: Visit) -> None:
    ann = await visit("Ann.B_c-")
    page = await screen.live_page(ann, f"/u/{ann.username.lower()}")
    await expect(page.get_by_role("heading", name=ann.username)).to_be_visible()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/p/nothing", "This post isn’t here"),
        ("/p/0194a000-0000-7000-8000-000000000000", "This post isn’t here"),
        ("/u/nobody-at-all", "There is nobody of this name"),
        ("/u/%D0%BD%D0%B8%D0%BA%D1%82%D0%BE", "There is nobody of this name"),
        ("/no/such/page", "There is no such page"),
    ],
)
async def test_a_wrong_address_leads_back_to_the_start(visit: Visit, path: str, said: str) -> None:
    for visitor in (await visit("ann"), await visit()):
        visitor.expect_complaint(r"404 .*/api/(posts|users)/")
        page = await visitor.open(path)
        await expect(page.get_by_text(said)).to_be_visible()
        await page.get_by_role("link", name="Go to the start").click()
        await expect(page).to_have_url(visitor.url + "/")
        await expect(page.locator("[data-connection]")).to_be_visible()


async def test_someone_signed_in_has_no_use_for_signing_in(visit: Visit) -> None:
    ann = await visit("ann")
    page = await screen.live_page(ann, "/sign-in")
    await expect(page).to_have_url(ann.url + "/")

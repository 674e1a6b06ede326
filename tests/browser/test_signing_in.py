"""Who is signed in: what goes wrong is said where it went wrong, and every tab knows."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import screen
from tests.browser.visitor import PASSWORD, Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=name)


async def sign_in(page: Page, username: str, password: str) -> None:
    await field(page, "Username").fill(username)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def sign_out(page: Page) -> None:
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


async def test_in_and_out_and_in_again(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint(r"401 .*/api/me$")
    page = await screen.live_page(ann)
    await sign_out(page)
    await expect(page.get_by_role("heading", name="Said now, seen now.")).to_be_visible()
    await page.get_by_role("link", name="Sign in").first.click()
    await sign_in(page, ann.username, PASSWORD)
    await screen.live(page)
    await page.reload()
    await screen.live(page)
    cookies = {cookie["name"]: cookie for cookie in await ann.context.cookies()}
    session = cookies["feedline_session"]
    assert (session["httpOnly"], session["sameSite"]) == (True, "Lax")


async def test_signing_out_reaches_the_other_tab_and_nothing_of_it_stays(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint(r"401 .*/api/me$")
    # Until it has heard, the other tab goes on with the connection of this one.
    ann.expect_complaint("closed before the connection is established")
    await ann.person.publish("Mine alone to see at home")
    here, there = await screen.live_page(ann), await screen.live_page(ann)
    await expect(screen.post(there, "Mine alone")).to_have_count(1)
    await sign_out(here)
    for page in (here, there):
        await expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
        await expect(page.get_by_role("button", name="Account")).to_have_count(0)
    answer = await ann.person.http.get("/api/me")
    assert answer.status_code == 401


async def test_signing_in_reaches_the_other_tab(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint(r"401 .*/api/me$")
    await ann.context.clear_cookies()
    here, there = await ann.open("/sign-in"), await ann.open()
    await expect(there.get_by_role("link", name="Sign in").first).to_be_visible()
    await sign_in(here, ann.username, PASSWORD)
    for page in (here, there):
        await screen.live(page)


async def test_another_person_in_the_same_browser_finds_a_clean_page(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    ann.expect_complaint(r"401 .*/api/me$")
    page = await screen.live_page(ann)
    await screen.publish(page, "Written by the one before")
    await screen.confirmed(page, "Written by the one before")
    await screen.write(page, "Half a thought")
    await page.keyboard.press("Escape")
    await sign_out(page)
    await page.goto(ann.url + "/sign-in")
    await sign_in(page, bob.username, PASSWORD)
    await screen.live(page)
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()
    await page.keyboard.press("n")
    await expect(page.get_by_label("Text")).to_have_value("")


async def test_a_wrong_password_is_said_and_the_name_is_kept(visit: Visit) -> None:
    stranger, ann = await visit(), await visit("ann")
    stranger.expect_complaint(r"401 .*/api/auth/login$")
    page = await stranger.open("/sign-in")
    await sign_in(page, ann.username, "not the password")
    await expect(page.get_by_role("alert")).to_have_text(
        "The username or the password is not right."
    )
    await expect(field(page, "Username")).to_have_value(ann.username)
    await sign_in(page, ann.username, PASSWORD)
    await screen.live(page)


async def test_a_taken_name_is_said_at_its_field(visit: Visit) -> None:
    stranger, ann = await visit(), await visit("ann")
    stranger.expect_complaint(r"409 .*/api/auth/register$")
    page = await stranger.open("/sign-up")
    await field(page, "Username").fill(ann.username.upper())
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign up").click()
    username = field(page, "Username")
    await expect(username).to_have_accessible_description("This username is taken.")
    await expect(username).to_have_attribute("aria-invalid", "true")
    await expect(username).to_be_focused()


async def test_what_cannot_be_a_name_or_a_password_is_not_even_sent(visit: Visit) -> None:
    stranger = await visit()
    page = await stranger.open("/sign-up")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    await field(page, "Username").fill("with space")
    await page.get_by_label("Password").fill("short")
    await page.get_by_role("button", name="Sign up").click()
    await expect(field(page, "Username")).to_have_accessible_description(
        "Use letters, digits, dots, dashes and underscores; begin with a letter or digit."
    )
    await expect(page.get_by_label("Password")).to_have_accessible_description(
        "At least 8 characters."
    )
    await expect(field(page, "Username")).to_be_focused()
    assert [url for url in sent if "/api/auth" in url] == []


async def test_a_session_that_was_ended_elsewhere_asks_to_sign_in(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint(r"401 .*/api/me$")
    page = await screen.live_page(ann)
    await ann.person.http.post("/api/auth/logout")
    await expect(page.get_by_role("heading", name="Said now, seen now.")).to_be_visible()
    await page.get_by_role("link", name="Sign in").first.click()
    await expect(page.get_by_text("You have been signed out. Sign in to go on.")).to_be_visible()

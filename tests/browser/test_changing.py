"""Authors change and delete what is theirs; everyone who watches sees it, and nobody else can."""

import zipfile

import pytest
from playwright.async_api import Page, expect

from tests.browser import screen
from tests.browser.visitor import PASSWORD, Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def edit(page: Page, old: str, new: str) -> None:
    await screen.post(page, old).get_by_role("button", name="Edit").click()
    await page.get_by_label("Text").fill(new)
    await page.get_by_role("button", name="Save").click()


async def delete(page: Page, text: str) -> None:
    await screen.post(page, text).get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this post?")
    await dialog.get_by_role("button", name="Delete").click()


async def test_a_change_is_seen_everywhere(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    post = (await ann.person.publish("as it was at first"))["post"]
    pages = [
        await screen.live_page(ann),
        await screen.live_page(ann, "/everyone"),
        await screen.live_page(bob, "/everyone"),
        await screen.live_page(bob, f"/u/{ann.username}"),
        await screen.live_page(bob, f"/p/{post['id']}"),
    ]
    await edit(pages[0], "as it was at first", "as it is now")
    for page in pages:
        await expect(screen.post(page, "as it is now")).to_have_count(1)
        await expect(screen.post(page, "as it is now")).to_contain_text("edited")
        await expect(screen.post(page, "as it was at first")).to_have_count(0)
    await expect(pages[0].get_by_text("Changes saved")).to_be_visible()


async def test_a_deleted_post_is_gone_everywhere(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    post = (await ann.person.publish("here today"))["post"]
    home = await screen.live_page(ann)
    feed = await screen.live_page(bob, "/everyone")
    single = await screen.live_page(bob, f"/p/{post['id']}")
    await expect(screen.post(feed, "here today")).to_have_count(1)
    await delete(home, "here today")
    await expect(single.get_by_text("This post isn’t here")).to_be_visible()
    for page in (home, feed, single):
        await expect(screen.post(page, "here today")).to_have_count(0)
    await expect(home.get_by_text("Nothing here yet")).to_be_visible()


async def test_a_deletion_can_be_thought_over(visit: Visit) -> None:
    ann = await visit("ann")
    await ann.person.publish("still wanted")
    page = await screen.live_page(ann)
    await screen.post(page, "still wanted").get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(screen.post(page, "still wanted")).to_have_count(1)


async def test_only_the_author_is_offered_changes(visit: Visit) -> None:
    ann, bob, stranger = await visit("ann"), await visit("bob"), await visit()
    post = (await ann.person.publish("hands off"))["post"]
    for page in [
        await screen.live_page(bob, "/everyone"),
        await screen.live_page(bob, f"/p/{post['id']}"),
        await stranger.open("/everyone"),
        await stranger.open(f"/p/{post['id']}"),
    ]:
        await expect(screen.post(page, "hands off")).to_have_count(1)
        for name in ("Edit", "Delete"):
            button = screen.post(page, "hands off").get_by_role("button", name=name)
            await expect(button).to_have_count(0)


async def test_a_refused_change_stays_in_the_form(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("ERR_FAILED")
    await ann.person.publish("the first version")
    page = await screen.live_page(ann)
    await page.route("**/api/posts/*", lambda route: route.abort(), times=1)
    await edit(page, "the first version", "the second version")
    await expect(page.get_by_role("alert")).to_have_text("The server can’t be reached.")
    await expect(page.get_by_label("Text")).to_have_value("the second version")
    await page.get_by_role("button", name="Save").click()
    await expect(screen.post(page, "the second version")).to_have_count(1)


async def test_a_new_name_is_on_all_posts(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    await ann.person.publish("signed")
    mine = await screen.live_page(ann, f"/u/{ann.username}")
    other_tab = await screen.live_page(ann)
    watching = await screen.live_page(bob, f"/u/{ann.username}")
    await mine.get_by_role("button", name="Edit profile").click()
    await mine.get_by_label("Display name").fill("Ann Rivers")
    await mine.get_by_role("button", name="Save").click()
    await expect(mine.get_by_role("heading", name="Ann Rivers")).to_be_visible()
    for page in (mine, watching):
        await expect(screen.post(page, "signed")).to_contain_text("Ann Rivers")
    await other_tab.reload()
    await expect(screen.post(other_tab, "signed")).to_contain_text("Ann Rivers")


async def test_a_name_that_will_not_do_is_said_at_its_field(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("422 .*/api/me")
    page = await screen.live_page(ann, f"/u/{ann.username}")
    await page.get_by_role("button", name="Edit profile").click()
    await page.get_by_label("Display name").fill("x" * 500)
    await page.get_by_role("button", name="Save").click()
    name = page.get_by_label("Display name")
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(name).to_be_focused()


async def test_who_leaves_takes_everything_along_and_is_gone_from_every_page(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    ann.expect_complaint(r"40[13] .*/api/me$")
    theirs = (await bob.person.publish("theirs"))["post"]
    for n in range(3):
        await ann.person.publish(f"hers {n}")
    answer = await ann.person.http.post(
        f"/api/posts/{theirs['id']}/comments", json={"text": "her comment"}
    )
    assert answer.status_code == 201
    await ann.person.http.put(f"/api/posts/{theirs['id']}/like")
    feed = await screen.live_page(bob, "/everyone")
    single = await screen.live_page(bob, f"/p/{theirs['id']}")
    await expect(screen.post(feed, "hers")).to_have_count(3)
    await expect(single.get_by_text("her comment")).to_be_visible()
    page = await screen.live_page(ann)
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("link", name="Settings").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download").click()
    with zipfile.ZipFile(await (await downloading.value).path()) as archive:
        assert b"hers 2" in archive.read("posts.json")
    await page.get_by_role("button", name="Delete my account").click()
    dialog = page.get_by_role("dialog", name="Delete the account")
    await dialog.get_by_label("Your password").fill("not the password")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(dialog.get_by_text("The password is not right.")).to_be_visible()
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("button", name="Account")).to_have_count(0)
    await expect(screen.post(feed, "hers")).to_have_count(0)
    await expect(single.get_by_text("her comment")).to_have_count(0)
    await expect(screen.post(feed, "theirs").get_by_role("button", name="Like")).to_be_visible()

"""A file in the composer: chosen, dropped or pasted; shown, sent, refused, given up."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser import screen
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PICTURE = Path(__file__).parents[2] / "web/app/public/icon-192.png"
HAND_OVER = """(form, { bytes, type }) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], "picture.png", { type: "image/png" }));
  const event = type === "paste"
    ? new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true })
    : new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true });
  form.dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {"FEEDLINE_MEDIA_LIMIT": "40000"}


def field(page: Page) -> Locator:
    return page.get_by_label("Add a picture, film or sound")


def preview(page: Page) -> Locator:
    return page.get_by_alt_text("The file of this post")


async def hand_over(page: Page, kind: str) -> None:
    argument = {"bytes": list(PICTURE.read_bytes()), "type": kind}
    await page.locator("form.post-form").evaluate(HAND_OVER, argument)


async def ready(page: Page) -> None:
    """The server has the file."""
    await expect(preview(page)).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_count(0)


async def test_a_picture_is_published_and_moves_nothing(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    page, other = await screen.live_page(ann), await screen.live_page(bob, "/everyone")
    await screen.write(page, "look at this")
    await field(page).set_input_files(PICTURE)
    await ready(page)
    await page.get_by_role("button", name="Publish").click()
    await screen.confirmed(page, "look at this")
    for one in (page, other):
        picture = screen.post(one, "look at this").locator("img.post-media")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
        ratio = "one => one.clientWidth / one.clientHeight"
        assert abs(await picture.evaluate(ratio) - 1) < 0.2


@pytest.mark.parametrize("kind", ["drop", "paste"])
async def test_a_file_is_taken_from_elsewhere(visit: Visit, kind: str) -> None:
    page = await screen.live_page(await visit("ann"))
    await screen.write(page, f"by {kind}")
    if kind == "drop":
        await hand_over(page, "dragover")
        await expect(page.locator("form[data-drop]")).to_be_visible()
    await hand_over(page, kind)
    await ready(page)
    await expect(page.locator("form[data-drop]")).to_have_count(0)
    await page.get_by_role("button", name="Publish").click()
    await screen.confirmed(page, f"by {kind}")
    await expect(screen.post(page, f"by {kind}").locator("img.post-media")).to_be_visible()


async def test_a_file_alone_is_a_post(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await page.keyboard.press("n")
    await field(page).set_input_files(PICTURE)
    await ready(page)
    await page.get_by_role("button", name="Publish").click()
    sent = page.locator('article[data-delivery="sent"] img.post-media')
    await expect(sent).to_be_visible()


async def test_a_file_is_chosen_and_taken_out_by_keyboard(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await page.keyboard.press("n")
    await page.keyboard.press("Tab")
    await expect(field(page)).to_be_focused()
    await field(page).dispatch_event("cancel", {"bubbles": True})  # nothing was chosen after all
    await page.keyboard.type("still open")
    await expect(screen.composer(page)).to_be_visible()
    await field(page).set_input_files(PICTURE)
    await ready(page)
    await page.get_by_label("Text").focus()
    remove = page.get_by_role("button", name="Remove the file")
    for stop in (remove, page.get_by_label("Tags")):
        await page.keyboard.press("Tab")
        await expect(stop).to_be_focused()
    await remove.press("Enter")
    await expect(field(page)).to_be_focused()


async def test_it_waits_for_the_file_and_can_be_given_up(visit: Visit) -> None:
    ann = await visit("ann")
    page = await screen.live_page(ann)
    await screen.write(page, "without it then")
    async with screen.held_up(page, "**/api/media"):
        await field(page).set_input_files(PICTURE)
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await page.get_by_role("button", name="Publish").click()
        await expect(page.get_by_text("Wait until the file has been sent")).to_be_visible()
        await page.get_by_role("button", name="Remove the file").click()
        await expect(preview(page)).to_have_count(0)
        await page.get_by_role("button", name="Publish").click()
    await screen.confirmed(page, "without it then")
    await expect(screen.post(page, "without it then").locator("img.post-media")).to_have_count(0)


async def test_what_the_server_does_not_take_is_said(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("4(13|15|22) .*/api/media")
    page = await screen.live_page(ann)
    await screen.write(page, "kept all the same")
    note: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
    await field(page).set_input_files(note)
    await expect(page.get_by_role("alert")).to_contain_text("Use JPEG, PNG")
    fake: FilePayload = {
        "name": "fake.png",
        "mimeType": "image/png",
        "buffer": b"no picture at all",
    }
    await field(page).set_input_files(fake)
    await expect(page.get_by_role("alert")).to_contain_text("Use JPEG, PNG")
    large: FilePayload = {"name": "large.png", "mimeType": "image/png", "buffer": bytes(200_000)}
    await field(page).set_input_files(large)
    await expect(page.get_by_role("alert")).to_contain_text("The file is larger than")
    await expect(page.get_by_label("Text")).to_have_value("kept all the same")
    await field(page).set_input_files(PICTURE)
    await ready(page)
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_file_that_did_not_get_through_is_sent_again(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("ERR_FAILED")
    page = await screen.live_page(ann)
    # Well before the request: what Chromium begins right after it was told may pass by.
    await page.route("**/api/media", lambda route: route.abort(), times=1)
    await screen.write(page, "second try")
    await field(page).set_input_files(PICTURE)
    await expect(page.get_by_role("alert")).to_contain_text("The file was not sent.")
    await page.get_by_role("button", name="Try again").click()
    await ready(page)
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_file_is_kept_with_the_draft_and_taken_out_of_a_post(visit: Visit) -> None:
    page = await screen.live_page(await visit("ann"))
    await screen.write(page, "to be finished")
    await field(page).set_input_files(PICTURE)
    await ready(page)
    await page.reload()
    await screen.live(page)
    await page.keyboard.press("n")
    await ready(page)
    await page.get_by_role("button", name="Publish").click()
    await screen.confirmed(page, "to be finished")
    post = screen.post(page, "to be finished")
    await post.get_by_role("button", name="Edit").click()
    await page.get_by_role("button", name="Remove the file").click()
    await page.get_by_role("button", name="Save").click()
    await expect(post.locator("img.post-media")).to_have_count(0)
    await expect(post).to_contain_text("edited")

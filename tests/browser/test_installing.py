"""The page can be installed beside the other programs of a machine."""

import json

import pytest

from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SIZE = """async (src) => {
  const picture = new Image();
  picture.src = src;
  await picture.decode();
  return `${picture.naturalWidth}x${picture.naturalHeight}`;
}"""


async def test_the_browser_would_install_it(visit: Visit) -> None:
    stranger = await visit()
    page = await stranger.open()
    session = await stranger.context.new_cdp_session(page)
    answer = await session.send("Page.getInstallabilityErrors")
    # Browsers of tests are as private as their windows; there is nothing else in the way.
    assert [error["errorId"] for error in answer["installabilityErrors"]] == ["in-incognito"]

    manifest = await session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    icons = json.loads(manifest["data"])["icons"]
    pictures = [icon for icon in icons if icon["type"] == "image/png"]
    assert [icon["sizes"] for icon in pictures] == [
        await page.evaluate(SIZE, icon["src"]) for icon in pictures
    ]
    assert {icon.get("purpose") for icon in icons} == {None, "maskable"}
    touch = page.locator("link[rel=apple-touch-icon]")
    assert await page.evaluate(SIZE, await touch.get_attribute("href")) == "180x180"

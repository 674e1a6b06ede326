"""Feedline in somebody else's React page: the example, built and served beside a real server."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from hatch_build import node_wheel, npm
from tests.browser import screen
from tests.browser.visitor import PASSWORD, Visit
from tests.processes import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/react-page"
START_SECONDS = 30
PICTURES = ROOT / "results/screenshots"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gazette(
    server: ServerProcess, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The address of the example, with its types checked."""
    built = str(tmp_path_factory.mktemp("gazette"))
    await asyncio.to_thread(npm, EXAMPLE, "run", "build", "--", "--outDir", built)
    process = await asyncio.create_subprocess_exec(
        *(node_wheel() / "bin/node", "node_modules/vite/bin/vite.js", "preview"),
        *("--outDir", built, "--host", "127.0.0.1"),
        cwd=EXAMPLE,
        env={**os.environ, "FEEDLINE_URL": server.url, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            while not (
                found := re.search(rb"http://127.0.0.1:\d+", await process.stdout.readline())
            ):
                assert not process.stdout.at_eof(), "the example does not start"
        yield found[0].decode()
    finally:
        process.kill()
        await process.wait()


def stories(page: Page) -> Locator:
    return page.locator(".story")


def edition(page: Page) -> Locator:
    return page.get_by_text("Live edition")


async def write(page: Page, text: str) -> None:
    await page.get_by_label("What happened").fill(text)
    await page.get_by_role("button", name="Print it").click()


async def test_what_others_publish_is_counted_and_shown_when_asked_for(
    visit: Visit, gazette: str
) -> None:
    ann, bob = await visit("ann", url=gazette), await visit("bob")
    for text in ("The herons are back", "Ferry late again"):
        await bob.person.publish(text)
    page = await ann.open()
    await expect(edition(page)).to_be_visible()
    await expect(stories(page)).to_have_count(2)
    await bob.person.publish("Whale seen off the pier")
    late = page.get_by_role("button", name="Late edition: 1 new")
    await expect(late).to_be_visible()
    await expect(stories(page)).to_have_count(2)
    await late.click()
    await expect(stories(page)).to_have_count(3)
    await expect(stories(page).first).to_contain_text("Whale seen off the pier")
    await expect(late).to_have_count(0)
    themes: list[Literal["light", "dark"]] = ["light", "dark"]
    for theme in themes:
        await page.emulate_media(color_scheme=theme)
        await page.screenshot(path=PICTURES / f"react-page-{theme}.png")


async def test_what_one_writes_is_there_at_once_and_once(visit: Visit, gazette: str) -> None:
    ann, bob = await visit("ann", url=gazette), await visit("bob")
    page, reading = await ann.open(), await screen.live_page(bob, "/everyone")
    await expect(edition(page)).to_be_visible()
    async with screen.held_up(page, "**/api/posts"):
        await write(page, "Bread rises at the mill")
        await expect(stories(page).first).to_contain_text("Bread rises at the mill")
    await expect(screen.post(reading, "Bread rises at the mill")).to_have_count(1)
    await page.reload()
    await expect(stories(page).filter(has_text="Bread rises at the mill")).to_have_count(1)


async def test_people_sign_in_with_their_own_account(visit: Visit, gazette: str) -> None:
    stranger, bob = await visit(url=gazette), await visit("bob")
    page = await stranger.open()
    await page.get_by_label("Username").fill(bob.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(edition(page)).to_be_visible()
    await write(page, "Signed, a new reader")
    await expect(stories(page).filter(has_text="Signed, a new reader")).to_have_count(1)

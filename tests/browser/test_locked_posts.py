"""A post for a tier: its text never reaches the browser of somebody without it."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Request, WebSocket, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SECRET = "seven herons under the pier"
CHANGED = "eight herons under the pier"


class Wiretap:
    """Everything that comes to a browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.frames: list[str] = []
        self._bodies: list[asyncio.Task[str]] = []
        context.on("requestfinished", self._note)
        context.on("page", lambda page: page.on("websocket", self._tap))

    async def heard(self) -> str:
        return "\n".join([*await asyncio.gather(*self._bodies), *self.frames])

    def _note(self, request: Request) -> None:
        if "/api/" in request.url:  # at once: a browser does not keep what it was sent
            self._bodies.append(asyncio.create_task(self._body(request)))

    async def _body(self, request: Request) -> str:
        response = await request.response()
        # Of an answer without a body, such as to telemetry, the browser has none to show.
        return "" if response is None or response.status == 204 else await response.text()

    def _tap(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))


async def publish_locked(author: Visitor) -> dict[str, Any]:
    body = {"title": "For the few", "text": SECRET, "tier": "premium"}
    answer = await author.person.http.post("/api/posts", json=body)
    assert answer.status_code == 201
    post: dict[str, Any] = answer.json()["post"]
    return post


async def expect_locked(page: Page) -> None:
    post = screen.post(page, "For the few")
    await expect(post).to_contain_text("For premium subscribers")
    assert "herons" not in await page.content()


async def test_it_is_locked_for_others_in_every_path(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    tap = Wiretap(bob.context)
    page = await screen.live_page(bob, "/everyone")
    post = await publish_locked(ann)
    await expect_locked(page)
    await ann.person.http.patch(f"/api/posts/{post['id']}", json={"text": CHANGED})
    await expect(screen.post(page, "For the few")).to_contain_text("edited")
    await expect_locked(page)
    await page.get_by_role("button", name="Refresh").click()
    await expect_locked(page)
    for path in (f"/u/{ann.username}", f"/p/{post['id']}"):
        await expect_locked(await bob.open(path))
    heard = await tap.heard()
    assert "For the few" in heard
    assert any("post_created" in frame for frame in tap.frames)
    assert any("post_updated" in frame for frame in tap.frames)
    assert "herons" not in heard


async def test_it_is_locked_for_strangers(visit: Visit) -> None:
    ann, stranger = await visit("ann"), await visit()
    post = await publish_locked(ann)
    tap = Wiretap(stranger.context)
    for path in ("/everyone", f"/u/{ann.username}", f"/p/{post['id']}"):
        page = await stranger.open(path)
        await expect(screen.post(page, "For the few").first).to_be_visible()
        assert "herons" not in await page.content()
    assert "herons" not in await tap.heard()


async def test_its_author_reads_it(visit: Visit) -> None:
    ann = await visit("ann")
    page = await screen.live_page(ann)
    await publish_locked(ann)
    await expect(screen.post(page, SECRET)).to_have_count(1)
    await expect(screen.post(page, "For premium subscribers")).to_have_count(0)

"""The tabs of one browser share one connection, and whoever is left goes on with it."""

import pytest
from playwright.async_api import Page, WebSocket, expect

from tests.browser import screen
from tests.browser.visitor import Visit, Visitor
from tests.gateway.live import eventually

# As in a browser that keeps nothing for any page.
DENIED = """
  const denied = () => new DOMException("denied", "SecurityError");
  Object.defineProperty(window, "localStorage", { get() { throw denied(); } });
  if (navigator.locks) navigator.locks.request = () => Promise.reject(denied());
  window.BroadcastChannel = function () { throw denied(); };
"""

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Sockets:
    """The WebSockets of one browser."""

    def __init__(self, visitor: Visitor) -> None:
        self._all: list[tuple[Page, WebSocket]] = []
        visitor.context.on("page", self._watch)

    async def are(self, count: int) -> None:
        """So many are open, once those have gone that are closing."""

        async def found() -> bool:
            return self._open == count

        await eventually(found)

    @property
    def _open(self) -> int:
        """How many are open now. Those of a closed page don't say so themselves."""
        return sum(not page.is_closed() and not socket.is_closed() for page, socket in self._all)

    def _watch(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._all.append((page, socket)))


async def test_tabs_have_one_socket_and_see_everything_once(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    sockets = Sockets(ann)
    home, everyone = await screen.live_page(ann), await screen.live_page(ann, "/everyone")
    third = await screen.live_page(ann, f"/u/{bob.username}")
    await sockets.are(1)
    for number in range(3):
        published = await bob.person.publish(f"For every tab {number}")
        for page in (everyone, third):
            await expect(screen.post(page, f"For every tab {number}")).to_have_count(1)
            assert (await screen.shown(page))[0] == published["post"]["id"]
    await screen.publish(third, "Not on this page")
    await expect(screen.post(home, "Not on this page")).to_have_count(1)
    await expect(screen.post(everyone, "Not on this page")).to_have_count(1)
    await sockets.are(1)


async def test_when_the_connected_tab_is_closed_another_goes_on(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    sockets = Sockets(ann)
    first = await screen.live_page(ann, "/everyone")
    second = await screen.live_page(ann, "/everyone")
    await bob.person.publish("While there are two")
    await expect(screen.post(second, "While there are two")).to_have_count(1)
    await first.close()
    await bob.person.publish("While there is one")
    await expect(screen.post(second, "While there is one")).to_have_count(1)
    await screen.live(second)
    third = await screen.live_page(ann, "/everyone")
    await bob.person.publish("While there are two again")
    for page in (second, third):
        await expect(screen.post(page, "While there are two again")).to_have_count(1)
        ids = await screen.shown(page)
        assert len(set(ids)) == len(ids)
    await sockets.are(1)


async def test_where_storage_is_denied_each_tab_has_a_socket(visit: Visit) -> None:
    ann = await visit("ann")
    sockets = Sockets(ann)
    await ann.context.add_init_script(DENIED)
    first, second = await screen.live_page(ann), await screen.live_page(ann)
    await sockets.are(2)
    await screen.publish(first, "Kept nowhere")
    await screen.confirmed(first, "Kept nowhere")
    await expect(screen.post(second, "Kept nowhere")).to_have_count(1)


async def test_home_beside_everyone_asks_once_for_each_author(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    asked: list[str] = []
    ann.context.on("request", lambda request: asked.append(request.url))
    home, everyone = await screen.live_page(ann), await screen.live_page(ann, "/everyone")
    asked.clear()
    for number in range(5):
        await bob.person.publish(f"Not for home {number}")
    await expect(screen.post(everyone, "Not for home 4")).to_have_count(1)
    await screen.publish(home, "For both")
    await screen.confirmed(home, "For both")
    await expect(screen.posts(home)).to_have_count(1)
    questions = [url for url in asked if url.endswith(f"/api/users/{bob.person.id}")]
    assert len(questions) == 1
    assert [url for url in asked if "/api/feed" in url] == []

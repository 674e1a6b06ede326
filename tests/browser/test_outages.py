"""The server dies, restarts or can't be reached: the page says so, and then has everything once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from feedline.keeping.backup import take_backup
from feedline.keeping.restore import restore
from feedline.storage import Storage
from tests.browser import screen
from tests.browser.line import Line, line_to
from tests.browser.visitor import Visit, Visitor
from tests.processes import Person, ServerProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

REFUSED = (
    r"ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED"
    r"|ERR_CONTENT_LENGTH_MISMATCH|ERR_INCOMPLETE_CHUNKED_ENCODING"  # killed in mid-answer
    r"|Connection closed before receiving a handshake response"
)


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    # A silent line is found by missing heartbeats; nobody wants to wait for two of the usual ones.
    return {"FEEDLINE_HEARTBEAT_SECONDS": "2"}


@pytest_asyncio.fixture(loop_scope="session")
async def line(server: ServerProcess) -> AsyncIterator[Line]:
    async with line_to(server.port) as relay:
        yield relay


@asynccontextmanager
async def outage(server: ServerProcess, *, graceful: bool = False) -> AsyncIterator[None]:
    """The server is away for the time of the block."""
    await (server.stop() if graceful else server.kill())
    try:
        yield
    finally:
        await server.start()


def expect_outage(*visitors: Visitor) -> None:
    for visitor in visitors:
        visitor.expect_complaint(REFUSED)


async def publish_all(person: Person, texts: list[str]) -> list[str]:
    return [(await person.publish(text))["post"]["id"] for text in texts]


async def expect_posts(page: Page, ids: list[str]) -> None:
    """The feed has exactly these, newest first; those far from the window are drawn on the way."""
    first = screen.posts(page).first
    # Whoever has gone down is offered what comes later, and not moved.
    await expect(page.locator(f'[data-post-id="{max(ids)}"]')).to_be_visible()
    await screen.go_to_end(page, page.get_by_text(screen.END))
    await expect(first).to_have_attribute("aria-setsize", str(len(ids)))
    assert await screen.walked(page) == sorted(ids, reverse=True)


async def test_a_killed_server_is_missed_and_found_again(
    visit: Visit, server: ServerProcess
) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    expect_outage(ann)
    before = await publish_all(bob.person, ["before the fall"])
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await expect_posts(page, before)
    async with outage(server):
        await screen.connection(page, "offline")
        await expect(page.get_by_text("Offline since")).to_be_visible()
        await expect(page.get_by_role("button", name="Refresh")).to_be_enabled()
        await expect(screen.post(page, "before the fall")).to_be_visible()
    after = await publish_all(bob.person, [f"after the fall {number}" for number in range(5)])
    await screen.live(page)
    await expect_posts(page, before + after)


async def test_writers_go_on_through_a_kill(visit: Visit, server: ServerProcess) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    expect_outage(ann)
    page = await screen.live_page(ann, f"/u/{bob.username}")
    acknowledged: list[str] = []
    writing = asyncio.create_task(write_until(bob.person, acknowledged, 30))
    await expect(screen.posts(page).first).to_be_visible()
    async with outage(server):
        await screen.connection(page, "offline")
    await writing
    await screen.live(page)
    await expect_posts(page, acknowledged)


async def write_until(person: Person, acknowledged: list[str], count: int) -> None:
    """Publishes that many posts, each tried with its key until it is acknowledged."""
    while len(acknowledged) < count:
        number = len(acknowledged)
        try:
            post = await person.publish(f"steady {number}", key=f"steady-{number}")
        except httpx.TransportError:
            await asyncio.sleep(0.02)
        else:
            acknowledged.append(post["post"]["id"])


@pytest.mark.parametrize("graceful", [False, True])
async def test_what_is_published_during_an_outage_is_there_once(
    visit: Visit, server: ServerProcess, graceful: bool
) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    expect_outage(ann, bob)
    page, reading = await screen.live_page(ann), await screen.live_page(bob, f"/u/{ann.username}")
    async with outage(server, graceful=graceful):
        await screen.connection(page, "offline")
        await screen.publish(page, "written in the dark")
        await expect(screen.post(page, "written in the dark")).to_contain_text("Sending")
    post_id = await screen.confirmed(page, "written in the dark")
    await screen.live(page)
    await expect_posts(page, [post_id])
    await expect_posts(reading, [post_id])


async def test_a_restart_of_the_server_takes_nothing_away(
    visit: Visit, server: ServerProcess
) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    expect_outage(ann)
    before = await publish_all(bob.person, ["before the restart"])
    page = await screen.live_page(ann, f"/u/{bob.username}")
    assert await server.stop() == 0
    await screen.connection(page, "offline")
    await server.start()
    after = await publish_all(bob.person, ["after the restart"])
    await screen.live(page)
    await expect_posts(page, before + after)


async def test_a_feed_opened_while_nothing_answers_fills_later(
    visit: Visit, server: ServerProcess, line: Line
) -> None:
    ann = await visit("ann", url=line.url)
    expect_outage(ann)
    page = await screen.live_page(ann)
    await line.cut()
    await screen.connection(page, "offline")
    await page.get_by_role("link", name="Everyone").click()
    await expect(page.get_by_text("The posts didn’t load")).to_be_visible()
    await ann.person.publish("there in the end")
    await line.mend()
    await screen.live(page)
    await expect(screen.post(page, "there in the end")).to_have_count(1)


async def test_posts_made_while_the_reader_is_cut_off_come_in_order(
    visit: Visit, line: Line
) -> None:
    ann, bob = await visit("ann", url=line.url), await visit("bob")
    expect_outage(ann)
    ids = await publish_all(bob.person, ["seen before", "deleted meanwhile"])
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await expect_posts(page, ids)
    await line.cut()
    await screen.connection(page, "offline")
    ids += await publish_all(bob.person, [f"meanwhile {number}" for number in range(25)])
    await bob.person.http.delete(f"/api/posts/{ids.pop(1)}")
    await bob.person.http.patch(f"/api/posts/{ids[0]}", json={"text": "changed meanwhile"})
    await line.mend()
    await screen.live(page)
    await expect_posts(page, ids)
    await expect(screen.post(page, "changed meanwhile")).to_have_count(1)


async def test_a_silent_line_is_noticed_without_waiting_for_tcp(visit: Visit, line: Line) -> None:
    ann, bob = await visit("ann", url=line.url), await visit("bob")
    expect_outage(ann)
    page = await screen.live_page(ann, f"/u/{bob.username}")
    line.go_silent()
    ids = await publish_all(bob.person, ["said into the silence"])
    await screen.connection(page, "offline")
    await line.cut()
    await line.mend()
    await screen.live(page)
    await expect_posts(page, ids)


async def test_a_manual_refresh_is_honest_while_nothing_answers(visit: Visit, line: Line) -> None:
    ann = await visit("ann", url=line.url)
    expect_outage(ann)
    page = await screen.live_page(ann)
    await line.cut()
    await screen.connection(page, "offline")
    await page.get_by_role("button", name="Refresh").click()
    await expect(page.get_by_text("What you see may be out of date.")).to_be_visible()
    await line.mend()
    await page.get_by_role("button", name="Refresh").click()
    await screen.live(page)


async def test_a_post_that_could_not_be_sent_is_sent_when_the_server_is_back(
    visit: Visit, line: Line
) -> None:
    ann = await visit("ann", url=line.url)
    expect_outage(ann)
    page = await screen.live_page(ann)
    await page.clock.install()
    await line.cut()
    await screen.publish(page, "patience")
    post = screen.post(page, "patience")
    await screen.let_time_pass_until(page, post.and_(page.locator('[data-delivery="queued"]')))
    await line.mend()
    await screen.let_time_pass_until(page, post.and_(page.locator('[data-delivery="sent"]')))
    await expect(screen.posts(page)).to_have_count(1)


async def test_a_server_that_dies_before_it_answers_has_the_post_once(
    visit: Visit, server: ServerProcess
) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    expect_outage(ann, bob)
    page, reading = await screen.live_page(ann), await screen.live_page(bob, f"/u/{ann.username}")

    async def answer_never(route: Route) -> None:
        assert (await route.fetch()).status == 201
        await server.kill()
        await route.abort("connectionreset")
        await server.start()

    await page.route("**/api/posts", answer_never, times=1)
    await screen.publish(page, "on disk, and nobody was told")
    post_id = await screen.confirmed(page, "on disk, and nobody was told")
    for one in (page, reading):
        await screen.live(one)
        await expect_posts(one, [post_id])


async def test_posts_written_offline_are_sent_in_order_when_online_again(visit: Visit) -> None:
    ann, bob = await visit("ann"), await visit("bob")
    ann.expect_complaint("ERR_INTERNET_DISCONNECTED")
    page, reading = await screen.live_page(ann), await screen.live_page(bob, f"/u/{ann.username}")
    words = [f"{number} in the tunnel" for number in ("first", "second", "third")]
    await screen.lose_network(page)
    for text in words:
        await screen.publish(page, text)
    await expect(page.locator('[data-delivery="queued"]')).to_have_count(3)
    await expect(screen.posts(reading)).to_have_count(0)
    await ann.context.set_offline(offline=False)
    ids = [await screen.confirmed(page, text) for text in words]
    assert ids == sorted(ids)
    for one in (page, reading):
        await screen.live(one)
        await expect_posts(one, ids)


async def test_a_post_written_offline_outlives_its_tab(visit: Visit) -> None:
    ann = await visit("ann")
    ann.expect_complaint("ERR_INTERNET_DISCONNECTED")
    page = await screen.live_page(ann)
    await ann.context.set_offline(offline=True)
    await screen.publish(page, "kept for later")
    await expect(screen.post(page, "kept for later")).to_have_attribute("data-delivery", "queued")
    await page.close()
    await ann.context.set_offline(offline=False)
    later = await screen.live_page(ann)
    await expect_posts(later, [await screen.confirmed(later, "kept for later")])


async def test_after_a_restore_the_page_has_what_was_restored(
    visit: Visit, server: ServerProcess, tmp_path: Path
) -> None:
    """It knows a post that the restored server doesn't, and its cursor is of another epoch."""
    ann, bob = await visit("ann"), await visit("bob")
    expect_outage(ann)
    ids = await publish_all(bob.person, ["one", "two"])
    await asyncio.to_thread(take_backup, Storage(server.data), tmp_path / "b.tar", "", print)
    late = await publish_all(bob.person, ["after the backup"])
    page = await screen.live_page(ann, f"/u/{bob.username}")
    await expect_posts(page, ids + late)
    async with outage(server, graceful=True):
        restoring = partial(restore, tmp_path / "b.tar", Storage(server.data), print, replace=True)
        await asyncio.to_thread(restoring)
    await screen.connection(page, "live")
    await expect_posts(page, ids)
    again = await publish_all(bob.person, ["life goes on"])
    await expect(screen.posts(page)).to_have_count(3)
    await expect_posts(page, ids + again)

"""The client for other programs, against a real server that goes away and comes back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from feedline import administration
from feedline.client import Client, Page, Resync, live
from feedline.errors import Refused, Unreachable
from feedline.feed.events import PostCreated, SentEvent
from feedline.storage import Storage
from tests.ports import Port
from tests.processes import Person, ServerProcess, serving

pytestmark = pytest.mark.system


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    async with serving(tmp_path / "data") as server:
        yield server


async def program(server: ServerProcess) -> Client:
    storage = Storage(server.data)
    token = await asyncio.to_thread(administration.create_service_token, storage, "shop")
    return Client(server.url, token)


def texts(page: Page) -> list[str]:
    return [post.content.text for post in page.posts]


def created(event: SentEvent | Resync) -> str:
    assert isinstance(event, PostCreated)
    return event.post.content.text


async def test_a_post_is_published_once_for_each_key(server: ServerProcess) -> None:
    ann = await Person.register(server, "ann")
    async with Client(server.url, ann.token) as client:
        first = await client.publish({"text": "one"}, key="k")
        again = await client.publish({"text": "one"}, key="k")
        await client.publish({"text": "two", "tags": ["b"]})
        assert first == again
        assert texts(await client.feed()) == texts(await client.posts()) == ["two", "one"]
        assert texts(await client.posts(tag="b", limit=1)) == ["two"]
        page = await client.posts(limit=1)
        assert texts(await client.posts(limit=1, page=page.next or "")) == ["one"]


async def test_a_refusal_is_raised_with_its_code_and_not_repeated(server: ServerProcess) -> None:
    ann = await Person.register(server, "ann")
    async with Client(server.url, ann.token) as client:
        with pytest.raises(Refused) as caught:
            await client.publish({"text": ""})
        assert (caught.value.status, caught.value.code) == (422, "validation_failed")
    async with Client(server.url, "nonsense") as client:
        with pytest.raises(Refused) as caught:
            await client.feed()
        assert caught.value.code == "unauthenticated"


async def test_a_call_waits_for_a_server_that_comes_back(server: ServerProcess) -> None:
    ann = await Person.register(server, "ann")
    async with Client(server.url, ann.token, attempts=20) as client:
        await server.kill()
        publishing = asyncio.create_task(client.publish({"text": "patient"}))
        await server.start()
        assert (await publishing).content.text == "patient"


async def test_a_server_that_stays_away_is_unreachable() -> None:
    nobody = Port()
    async with Client(f"http://127.0.0.1:{nobody.number}", "x", attempts=2) as client:
        with pytest.raises(Unreachable):
            await client.posts()
        assert await client.notify_post_author({"id": 1, "text": "a"}, 7) is False


async def test_rows_are_told_as_a_database_gives_them(server: ServerProcess) -> None:
    row = {
        "id": uuid4(),
        "content": "From a row",
        "created_at": datetime(2026, 1, 22, 10, tzinfo=UTC),
        "mediaUrl": "https://pictures.test/a.png",
        "aspectRatio": Decimal("1.50"),
        "creator": {"id": 7, "nickname": "zoe"},
    }
    async with await program(server) as client:
        assert await client.notify_post_author(row, 7) is True
        assert await client.notify_new_post(row, [1, 2]) is True
        assert await client.update_post_likes(row["id"], 3, 1) is True  # type: ignore[arg-type]
        [post] = (await client.posts(creator="7")).posts
    assert post.engagement.likes_count == 3
    assert (post.id, post.created_at) == (str(row["id"]), "2026-01-22T10:00:00.000Z")


async def test_telling_never_raises_and_says_why_in_the_log(
    server: ServerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await Person.register(server, "ann")
    async with Client(server.url, ann.token) as client:
        assert await client.notify_post_author({"id": 1, "text": "a"}, 7) is False
    async with await program(server) as client:
        assert await client.notify_post_author({"id": 1}, 7) is False
        assert await client.notify_post_author({"id": object()}, 7) is False
        assert await client.update_post_likes("none", 7) is False
    said = [record.getMessage().removeprefix("not told: ") for record in caplog.records]
    assert said == [
        "post-author. The server refused with 403 forbidden. This takes a service token.",
        said[1],
        "post-author. TypeError",
        "post-likes. The server refused with 404 not_found. There is no such post.",
    ]
    assert said[1].endswith("post: A post needs a title, a text or a file.")


async def test_telling_takes_no_longer_than_its_patience() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await reader.read()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with Client(url, "x", patience=0.1) as client:
            assert await client.notify_post_author({"id": 1, "text": "a"}, 7) is False


async def test_events_come_in_order_each_once_whatever_happens_to_the_server(
    server: ServerProcess,
) -> None:
    ann = await Person.register(server, "ann")
    async with Client(server.url, ann.token, attempts=20) as client:
        start = (await client.posts()).cursor
        await client.publish({"text": "0"})
        async with contextlib.aclosing(client.events("public", cursor=start)) as events:
            assert created(await anext(events)) == "0"
            await client.publish({"text": "1"})
            assert created(await anext(events)) == "1"
            await server.kill()
            await server.start()
            await client.publish({"text": "2"})
            assert created(await anext(events)) == "2"


async def test_a_client_that_knows_nothing_of_the_switch_comes_back_and_misses_nothing(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This one treats its close code like every other that asks for a pause."""
    monkeypatch.setattr(live, "_CROWDED", 0.1)
    ann, storage = await Person.register(server, "ann"), Storage(server.data)
    async with Client(server.url, ann.token) as client:
        start = (await client.posts()).cursor
        await client.publish({"text": "0"})
        async with contextlib.aclosing(client.events("public", cursor=start)) as events:
            assert created(await anext(events)) == "0"
            await asyncio.to_thread(administration.turn_realtime, storage, is_on=False)
            waiting = asyncio.ensure_future(anext(events))
            async with asyncio.timeout(30):
                while await client.publish({"text": "1"}) and not await is_off(ann):
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(administration.turn_realtime, storage, is_on=True)
            await client.publish({"text": "2"})
            told = [created(await waiting)]
            while told[-1] != "2":
                told.append(created(await anext(events)))
            listed = texts(await client.posts(limit=len(told)))
            assert told == listed[::-1]


async def is_off(person: Person) -> bool:
    return bool((await person.http.get("/api/realtime")).json() == {"realtime": "off"})


async def test_what_cannot_be_told_any_more_is_said(server: ServerProcess) -> None:
    ann = await Person.register(server, "ann")
    async with (
        Client(server.url, ann.token) as client,
        contextlib.aclosing(client.events("public", cursor="other-7")) as events,
    ):
        told = await anext(events)
        assert isinstance(told, Resync)
        assert told.reason == "unknown_epoch"
        await client.publish({"text": "after"})
        assert created(await anext(events)) == "after"


@pytest.mark.parametrize("channel", ["feed:somebody", "post:none"])
async def test_a_channel_that_is_refused_is_told_at_once(
    server: ServerProcess, channel: str
) -> None:
    ann = await Person.register(server, "ann")
    async with Client(server.url, ann.token) as client:
        with pytest.raises(Refused):
            await anext(client.events(channel))


async def test_events_need_a_token_that_is_good(server: ServerProcess) -> None:
    async with Client(server.url, "nonsense") as client:
        with pytest.raises(Refused, match="unauthenticated"):
            await anext(client.events("public"))

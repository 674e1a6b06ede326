"""Cursors: replay after a drop, the seam to live events, and positions that cannot be served."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
import websockets

from tests.gateway.live import PATIENCE, Crowd, Live, Message, crowd, eventually, head, live
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


LONG = 650  # more events than the server reads from its log at a time


def text_of(message: Message) -> str:
    text: str = message["post"]["content"]["text"]
    return text


def place(cursor: str) -> int:
    return int(cursor.rpartition("-")[2])


def moved(cursor: str, by: int) -> str:
    epoch, _, seq = cursor.rpartition("-")
    return f"{epoch}-{int(seq) + by}"


# ---- replay for connect


async def test_what_was_missed_comes_and_then_what_is_new(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    for number in range(3):
        await bob.publish(f"missed {number}")
    async with ann.socket() as socket:
        connection = Live(socket)
        connected = await connection.connect("public", cursor=cursor)
        assert connected["cursor"] == cursor
        assert await connection.hear_posts(3) == ["missed 0", "missed 1", "missed 2"]
        caught_up = await connection.expect("caught_up")
        assert "id" not in caught_up
        assert caught_up["cursor"] == await head(ann)
        await bob.publish("new")
        assert await connection.hear_posts(1) == ["new"]


async def test_every_event_is_a_place_to_resume_from(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    posts = [await bob.publish(f"number {number}") for number in range(4)]
    for number, post in enumerate(posts):
        async with ann.socket() as socket:
            connection = Live(socket)
            await connection.connect("public", cursor=post["cursor"])
            rest = [f"number {later}" for later in range(number + 1, 4)]
            assert await connection.hear_posts(len(rest)) == rest
            await connection.expect("caught_up")
    assert place(posts[0]["cursor"]) == place(cursor) + 1


async def test_replay_brings_the_channels_of_this_connection_only(
    ann: Person, bob: Person, join: Crowd
) -> None:
    cara = await join("cara")
    cursor = await head(ann)
    await cara.publish("from cara")
    await bob.publish("from bob")
    await ann.publish("from ann")
    async with ann.socket() as socket:
        connection = Live(socket)
        await connection.connect(f"creator:{bob.id}", cursor=cursor)
        assert await connection.hear_posts(2) == ["from bob", "from ann"]  # hers: on every one
        await connection.expect("caught_up")


async def test_a_long_replay_is_whole(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    for start in range(0, LONG, 50):
        await asyncio.gather(*(bob.publish(f"{n}") for n in range(start, start + 50)))
    async with ann.socket() as socket:
        connection = Live(socket)
        await connection.connect("public", cursor=cursor)
        events = [await connection.expect("post_created") for _ in range(LONG)]
        await connection.expect("caught_up")
    assert sorted(int(text_of(event)) for event in events) == list(range(LONG))
    first = place(cursor) + 1
    assert [place(event["cursor"]) for event in events] == list(range(first, first + LONG))


async def test_a_deleted_post_is_replayed_empty_and_then_deleted(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    answer = await bob.http.post(
        "/api/posts", json={"title": "gone title", "text": "gone text", "tags": ["gone-tag"]}
    )
    post_id = answer.json()["post"]["id"]
    await bob.http.patch(f"/api/posts/{post_id}", json={"text": "gone edit"})
    await bob.http.delete(f"/api/posts/{post_id}")
    async with ann.socket() as socket:
        connection = Live(socket)
        await connection.connect("public", cursor=cursor)
        created = await connection.expect("post_created")
        updated = await connection.expect("post_updated")
        deleted = await connection.expect("post_deleted")
        assert created["post"]["id"] == updated["post"]["id"] == deleted["postId"] == post_id
        assert "gone" not in str((created, updated, deleted))
        assert text_of(created) == text_of(updated) == ""
        await connection.expect("caught_up")


# ---- replay for subscribe


async def test_subscribing_with_an_older_cursor_replays_beside_the_live_events(
    ann: Person, bob: Person, join: Crowd
) -> None:
    cara = await join("cara2")
    async with live(ann, f"creator:{cara.id}") as connection:
        cursor = await head(ann)
        await bob.publish("missed")
        await cara.publish("had already")
        assert await connection.hear_posts(1) == ["had already"]
        await connection.say("subscribe", id="s", channel="public", cursor=cursor)
        subscribed = await connection.expect("subscribed")
        assert (subscribed["id"], subscribed["cursor"]) == ("s", cursor)
        missed = await connection.expect("post_created")
        assert (missed["replay"], text_of(missed)) == ("s", "missed")
        caught_up = await connection.expect("caught_up")
        assert caught_up["id"] == "s"
        assert place(caught_up["cursor"]) >= place(missed["cursor"])
        await bob.publish("new")
        new = await connection.expect("post_created")
        assert "replay" not in new


async def test_subscribing_without_a_cursor_begins_now(ann: Person, bob: Person) -> None:
    async with live(ann) as connection:
        await bob.publish("before")
        await connection.say("subscribe", id=1, channel="public")
        subscribed = await connection.expect("subscribed")
        assert subscribed["cursor"] == await head(ann)
        assert (await connection.expect("caught_up"))["cursor"] == subscribed["cursor"]
        await bob.publish("after")
        assert await connection.hear_posts(1) == ["after"]


async def test_unsubscribing_ends_a_replay(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    await bob.publish("missed")
    async with live(ann) as connection:
        await connection.say("subscribe", id=1, channel="public", cursor=cursor)
        await connection.say("unsubscribe", id=2, channel="public")
        while (await connection.hear())["type"] != "unsubscribed":
            pass
        await bob.publish("not heard")
        await ann.publish("own")
        assert await connection.hear_posts(1) == ["own"]


# ---- positions that cannot be served


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        ("nonsense", "unknown_epoch"),
        ("", "unknown_epoch"),
        ("-", "unknown_epoch"),
        ("x" * 10_000, "unknown_epoch"),
        ("0-0", "unknown_epoch"),
        ("ahead", "cursor_ahead"),
        ("far ahead", "cursor_ahead"),
        ("negative", "unknown_epoch"),
        ("too large", "unknown_epoch"),
    ],
)
async def test_a_position_that_is_none_of_this_log(
    ann: Person, bob: Person, cursor: str, reason: str
) -> None:
    now = await head(ann)
    epoch = now.rpartition("-")[0]
    spelled = {
        "ahead": moved(now, 1),
        "far ahead": f"{epoch}-{2**63 - 1}",
        "negative": f"{epoch}--1",
        "too large": f"{epoch}-{2**63}",
    }.get(cursor, cursor)
    async with ann.socket() as socket:
        connection = Live(socket)
        connected = await connection.connect("public", cursor=spelled)
        resync = await connection.expect("resync")
        assert resync == {"type": "resync", "reason": reason, "cursor": now}
        assert connected["cursor"] == now
        await bob.publish("live all the same")
        assert await connection.hear_posts(1) == ["live all the same"]
        here = await head(ann)
        await connection.say("subscribe", id=1, channel=f"creator:{bob.id}", cursor=spelled)
        await connection.expect("subscribed")
        if cursor == "ahead":  # by now it is a position like any other
            await connection.expect("caught_up")
        else:
            resync = await connection.expect("resync")
            assert resync == {"type": "resync", "id": 1, "reason": reason, "cursor": here}


@pytest_asyncio.fixture(loop_scope="module")
async def forgetful(tmp_path: Path) -> AsyncIterator[tuple[ServerProcess, Person, str]]:
    """A server whose log keeps five events, somebody on it, and a cursor from before."""
    environment = {"FEEDLINE_LOG_DAYS": "0", "FEEDLINE_LOG_EVENTS": "5"}
    async with serving(tmp_path / "data", environment=environment) as server, crowd(server) as join:
        person = await join("ann")
        cursor = await head(person)
        for number in range(12):
            await person.publish(f"number {number}")
        await server.stop()
        await server.start()  # the log is trimmed right after a start

        async def trimmed() -> bool:
            async with person.socket() as socket:
                connection = Live(socket)
                await connection.connect(cursor=cursor)
                answer = await connection.hear()
                return answer.get("reason") == "cursor_expired"

        await eventually(trimmed)
        yield server, person, cursor


async def test_a_position_that_the_log_no_longer_has(
    forgetful: tuple[ServerProcess, Person, str],
) -> None:
    _, person, begin = forgetful
    now = await head(person)
    assert place(now) == place(begin) + 12  # trimming moves nothing
    for missing in (begin, moved(now, -6)):
        async with person.socket() as socket:
            connection = Live(socket)
            await connection.connect("public", cursor=missing)
            resync = await connection.expect("resync")
            assert resync == {"type": "resync", "reason": "cursor_expired", "cursor": now}
            await connection.say("subscribe", id=1, channel="public", cursor=missing)
            await connection.expect("subscribed")
            assert (await connection.expect("resync"))["reason"] == "cursor_expired"
    async with person.socket() as socket:
        connection = Live(socket)
        await connection.connect("public", cursor=moved(now, -5))
        kept = [f"number {number}" for number in range(7, 12)]
        assert await connection.hear_posts(5) == kept
        await connection.expect("caught_up")


# ---- exactness


async def follow_with_drops(
    person: Person, cursor: str, end: asyncio.Future[str], rng: random.Random, *channels: str
) -> tuple[list[Message], int]:
    """Follows the log as protocol.md tells clients to, dropping the socket again and again.

    Returns the events up to the cursor in ``end``, and how often the socket was dropped.
    """
    events: list[Message] = []
    drops = 0
    while not (end.done() and place(cursor) >= place(end.result())):
        # Without a bound on its queue the client always reads, and so sees the end of a goodbye.
        async with person.socket(max_queue=None) as socket:
            connection = Live(socket)
            await connection.connect(*channels, cursor=cursor)
            patience = rng.choice([0, 1, 3, 10, 40, 200])
            with suppress(TimeoutError):
                for _ in range(patience):
                    message = await asyncio.wait_for(connection.hear(), 1)
                    assert message["type"] in ("post_created", "caught_up"), message
                    if message["type"] == "post_created":
                        events.append(message)
                    cursor = message["cursor"]
                    if end.done() and place(cursor) >= place(end.result()):
                        break
            if rng.random() < 0.5:
                socket.transport.abort()
            drops += 1
    return events, drops


async def test_nothing_is_lost_or_repeated_while_posts_are_published(
    ann: Person, bob: Person, join: Crowd
) -> None:
    rng = random.Random(7)
    begin = await head(ann)
    end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    writers = [await join(f"writer{number}") for number in range(4)]

    async def write(person: Person) -> None:
        for number in range(75):
            await person.publish(f"{person.user['username']} {number}")

    async with asyncio.TaskGroup() as tasks:
        followers = [
            tasks.create_task(
                follow_with_drops(reader, begin, end, random.Random(rng.random()), *channels)
            )
            for reader, channels in (
                (ann, ["public"]),
                (bob, ["public", f"creator:{writers[0].id}"]),
                (ann, [f"creator:{writer.id}" for writer in writers]),
                (writers[0], []),
                (writers[0], [f"feed:{writers[0].id}"]),
            )
        ]
        await asyncio.gather(*(write(person) for person in writers))
        end.set_result(await head(ann))

    results = [task.result() for task in followers]
    for events, drops in results[:3]:
        assert drops >= 3
        places = [place(event["cursor"]) for event in events]
        assert places == list(range(place(begin) + 1, place(end.result()) + 1))
        assert len({text_of(event) for event in events}) == 300
    for events, _ in results[3:]:
        expected = [f"writer0 {number}" for number in range(75)]
        assert [text_of(event) for event in events] == expected


async def test_connecting_with_the_cursor_of_a_list_leaves_no_gap(ann: Person, bob: Person) -> None:
    """Load, then subscribe: what the list has and what the socket brings are all there is."""
    await bob.publish("counted 0")
    writing = asyncio.create_task(count_until_cancelled(bob))
    try:
        for _ in range(20):
            answer = (await ann.http.get("/api/posts", params={"limit": 3})).json()
            async with ann.socket(max_queue=None) as socket:
                connection = Live(socket)
                await connection.connect("public", cursor=answer["cursor"])
                following = [m async for m in some_posts(connection, 2)]
            newest = int(text_of({"post": answer["posts"][0]}).split()[-1])
            assert [int(text_of(m).split()[-1]) for m in following] == [newest + 1, newest + 2]
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def count_until_cancelled(person: Person) -> None:
    for number in itertools.count(1):
        await person.publish(f"counted {number}")


async def some_posts(connection: Live, count: int) -> AsyncIterator[Message]:
    while count:
        message = await connection.hear()
        if message["type"] == "post_created":
            count -= 1
            yield message


async def test_a_cut_socket_is_not_waited_for(ann: Person, bob: Person) -> None:
    """A socket that vanishes in the middle of a replay takes nobody with it."""
    cursor = await head(ann)
    await asyncio.gather(*(bob.publish("x" * 5_000) for _ in range(100)))
    async with live(ann, "public") as neighbour:
        for _ in range(10):
            socket = await ann.socket()
            await Live(socket).connect("public", cursor=cursor)
            socket.transport.abort()
            with suppress(websockets.ConnectionClosed):
                await asyncio.wait_for(socket.wait_closed(), PATIENCE)
        await bob.publish("all is well")
        assert await neighbour.hear_posts(1) == ["all is well"]

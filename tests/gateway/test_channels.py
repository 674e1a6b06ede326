"""Channels: who may have one, what comes on it, in which form, and who is served first."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.gateway.live import Crowd, Live, Message, live
from tests.processes import Person

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

SECRET = "for paying eyes"


async def create(author: Person, key: str | None = None, **draft: Any) -> Message:
    """Publishes; the answer."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = await author.http.post("/api/posts", json=draft, headers=headers)
    assert answer.status_code == 201, answer.text
    made: Message = answer.json()
    return made


async def change_and_delete(author: Person) -> str:
    """A post's whole life; its id."""
    post_id: str = (await create(author, text="new"))["post"]["id"]
    await author.http.patch(f"/api/posts/{post_id}", json={"text": "changed"})
    await author.http.delete(f"/api/posts/{post_id}")
    return post_id


async def hear_all_before(connection: Live, marker: Person) -> list[Message]:
    """What comes before a post that this connection certainly gets."""
    last = await marker.publish("marker")
    messages = []
    while (message := await connection.hear()).get("cursor") != last["cursor"]:
        messages.append(message)
    return messages


def kinds(messages: list[Message]) -> list[str]:
    return [message["type"] for message in messages]


# ---- who may


async def test_channels_are_granted_or_refused_one_by_one(ann: Person, bob: Person) -> None:
    bobs = (await create(bob, text="open"))["post"]["id"]
    locked = (await create(bob, text=SECRET, tier="vip"))["post"]["id"]
    own_locked = (await create(ann, text=SECRET, tier="vip"))["post"]["id"]
    verdicts = {
        f"feed:{ann.id}": None,
        f"feed:{bob.id}": "forbidden",
        f"notifications:{ann.id}": None,
        f"notifications:{bob.id}": "forbidden",
        f"creator:{ann.id}": None,
        f"creator:{bob.id}": None,
        "creator:nobody": "not_found",
        f"post:{bobs}": None,
        f"post:{locked}": "forbidden",
        f"post:{own_locked}": None,
        "post:nothing": "not_found",
        "public": None,
        "public:": "not_found",
        "": "not_found",
        "feed:": "not_found",
        "nowhere": "not_found",
        f"author:{bob.id}": "not_found",
        f"home:{bob.id}": "not_found",
        "session:x": "not_found",
    }
    async with ann.socket() as socket:
        connected = await Live(socket).connect(*verdicts)
        assert [v["channel"] for v in connected["channels"]] == list(verdicts)
        assert {v["channel"]: v.get("code") for v in connected["channels"]} == verdicts
        assert all(v["ok"] == (v.get("code") is None) for v in connected["channels"])
    async with live(ann) as connection:
        for channel, code in verdicts.items():
            await connection.say("subscribe", id=channel, channel=channel)
            if code is None:
                assert (await connection.expect("subscribed"))["channel"] == channel
                await connection.expect("caught_up")
                if channel == f"notifications:{ann.id}":
                    await connection.expect("unread_notifications")
            else:
                error = await connection.expect("error")
                assert (error["id"], error["code"]) == (channel, code)


async def test_a_refused_channel_brings_nothing(ann: Person, bob: Person) -> None:
    async with live(ann, f"feed:{bob.id}") as connection:
        await connection.say("subscribe", id=1, channel=f"home:{bob.id}")
        await connection.expect("error")
        await change_and_delete(bob)
        assert await hear_all_before(connection, ann) == []


async def test_a_deleted_post_has_no_channel(ann: Person) -> None:
    post_id = await change_and_delete(ann)
    async with live(ann) as connection:
        await connection.say("subscribe", id=1, channel=f"post:{post_id}")
        assert (await connection.expect("error"))["code"] == "not_found"


# ---- what comes


async def test_the_feed_brings_ones_own_posts(ann: Person, bob: Person) -> None:
    async with live(ann, f"feed:{ann.id}") as connection:
        await change_and_delete(bob)
        post_id = await change_and_delete(ann)
        messages = await hear_all_before(connection, ann)
    assert kinds(messages) == ["post_created", "post_updated", "post_deleted"]
    created, updated, deleted = messages
    assert created["post"]["content"]["text"] == "new"
    assert updated["post"]["content"]["text"] == "changed"
    assert deleted["postId"] == post_id
    for message in messages:
        assert message["userId"] == ann.id
        assert message["channel"] == f"creator:{ann.id}"
        assert message["timestamp"].endswith("Z")
    cursors = [int(message["cursor"].rpartition("-")[2]) for message in messages]
    assert cursors == list(range(cursors[0], cursors[0] + 3))


async def test_creator_and_public_bring_the_posts_of_others(ann: Person, bob: Person) -> None:
    async with live(ann, f"creator:{bob.id}") as one, live(ann, "public") as all_:
        await change_and_delete(bob)
        last = await ann.publish("marker")
        for connection in (one, all_):
            messages = [await connection.hear() for _ in range(4)]
            assert kinds(messages[:3]) == ["post_created", "post_updated", "post_deleted"]
            assert messages[3]["cursor"] == last["cursor"]


async def test_public_brings_everybody_and_creator_only_that_one(
    ann: Person, bob: Person, join: Crowd
) -> None:
    dan = await join("dan")
    async with live(dan, "public") as all_, live(dan, f"creator:{bob.id}") as one:
        await ann.publish("from ann")
        await bob.publish("from bob")
        assert await all_.hear_posts(2) == ["from ann", "from bob"]
        assert await one.hear_posts(1) == ["from bob"]


async def test_changes_of_a_profile_come_wherever_its_posts_are(ann: Person, bob: Person) -> None:
    async with (
        live(ann, f"creator:{bob.id}") as one,
        live(ann, "public") as all_,
        live(ann, f"creator:{ann.id}") as without,
    ):
        await bob.http.patch("/api/me", json={"name": "Robert"})
        for connection in (one, all_):
            updated = await connection.expect("creator_updated")
            assert updated["creator"]["name"] == "Robert"
            assert updated["creator"]["id"] == bob.id
        assert await hear_all_before(without, ann) == []


async def test_post_brings_changes_of_that_post(ann: Person, bob: Person) -> None:
    one = (await create(bob, text="one"))["post"]["id"]
    other = (await create(bob, text="other"))["post"]["id"]
    async with live(ann, f"post:{one}") as connection:
        await bob.http.patch(f"/api/posts/{other}", json={"text": "elsewhere"})
        await bob.http.patch(f"/api/posts/{one}", json={"text": "here"})
        await bob.http.delete(f"/api/posts/{one}")
        messages = await hear_all_before(connection, ann)
    assert kinds(messages) == ["post_updated", "post_deleted"]
    assert messages[0]["post"]["content"]["text"] == "here"


async def test_posts_bring_nothing_to_notifications(ann: Person, bob: Person) -> None:
    async with live(ann, f"notifications:{ann.id}") as connection:
        await connection.expect("unread_notifications")
        await change_and_delete(bob)
        assert await hear_all_before(connection, ann) == []


async def test_an_event_comes_once_however_many_channels_bring_it(ann: Person, bob: Person) -> None:
    channels = ["public", f"creator:{ann.id}", f"creator:{bob.id}", f"feed:{ann.id}", "public"]
    async with live(ann, *channels) as connection:
        await change_and_delete(ann)
        await change_and_delete(bob)
        messages = await hear_all_before(connection, ann)
    assert kinds(messages) == ["post_created", "post_updated", "post_deleted"] * 2


async def test_unsubscribing_stops_what_no_other_channel_brings(ann: Person, bob: Person) -> None:
    async with live(ann, "public", f"creator:{bob.id}") as connection:
        await connection.say("unsubscribe", id=1, channel="public")
        assert await connection.expect("unsubscribed") == {
            "type": "unsubscribed",
            "id": 1,
            "channel": "public",
        }
        await bob.publish("by the other channel")
        assert await connection.hear_posts(1) == ["by the other channel"]
        await connection.say("unsubscribe", id=2, channel=f"creator:{bob.id}")
        await connection.expect("unsubscribed")
        await change_and_delete(bob)
        assert await hear_all_before(connection, ann) == []


async def test_unsubscribing_from_what_one_never_had_is_fine(ann: Person) -> None:
    async with live(ann) as connection:
        await connection.say("unsubscribe", id=1, channel="public")
        await connection.expect("unsubscribed")
        assert await hear_all_before(connection, ann) == []


async def test_subscribing_again_changes_nothing(ann: Person, bob: Person) -> None:
    async with live(ann, "public") as connection:
        await connection.say("subscribe", id=1, channel="public")
        await connection.expect("subscribed")
        await connection.expect("caught_up")
        await bob.publish("once")
        messages = await hear_all_before(connection, ann)
        assert [m["post"]["content"]["text"] for m in messages] == ["once"]


# ---- the author


async def test_the_author_gets_a_new_post_on_every_connection(ann: Person, bob: Person) -> None:
    posts = (await create(bob, text="a post"))["post"]["id"]
    async with (
        live(ann) as bare,
        live(ann, f"creator:{bob.id}") as elsewhere,
        live(ann, f"post:{posts}") as reading,
        live(ann, "public") as public,
    ):
        await ann.publish("mine")
        for connection in (bare, elsewhere, reading, public):
            assert await connection.hear_posts(1) == ["mine"]


async def test_the_author_without_channels_gets_new_posts_only(ann: Person) -> None:
    async with live(ann) as connection:
        await change_and_delete(ann)
        assert kinds(await hear_all_before(connection, ann)) == ["post_created"]


async def test_the_author_is_served_first(ann: Person, bob: Person) -> None:
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(live(bob, "public")) for _ in range(60)]
        author = await stack.enter_async_context(live(ann, "public"))
        readers += [await stack.enter_async_context(live(bob, "public")) for _ in range(60)]
        for number in range(5):
            arrived: list[Live] = []

            async def hear(connection: Live, arrived: list[Live] = arrived) -> None:
                await connection.hear_posts(1)
                arrived.append(connection)

            async with asyncio.TaskGroup() as tasks:
                for reader in (*readers[:60], author, *readers[60:]):
                    tasks.create_task(hear(reader))
                await ann.publish(f"number {number}")
            assert arrived[0] is author
            assert len(arrived) == 121


async def test_only_the_author_sees_the_key_of_the_post(ann: Person, bob: Person) -> None:
    async with live(ann, "public") as author, live(bob, "public") as reader:
        begin = (await create(ann, text="before"))["cursor"]
        await create(ann, key="key-of-ann", text="with a key")
        assert [(await author.hear())["post"]["clientId"] for _ in range(2)] == [None, "key-of-ann"]
        assert [(await reader.hear())["post"]["clientId"] for _ in range(2)] == [None, None]
    async with bob.socket() as socket:
        await Live(socket).connect("public", cursor=begin)
        replayed = await asyncio.wait_for(socket.recv(), 30)
        assert "with a key" in str(replayed)
        assert "key-of-ann" not in str(replayed)


# ---- what others may not see


async def test_a_post_for_a_tier_reaches_others_locked_only(ann: Person, bob: Person) -> None:
    begin = (await create(ann, text="before"))["cursor"]
    async with (
        live(bob, "public", f"creator:{ann.id}") as reader,
        live(ann) as author,
    ):
        post = (await create(ann, title="A title", text=SECRET, tier="premium"))["post"]
        await ann.http.patch(f"/api/posts/{post['id']}", json={"text": SECRET + "!"})
        assert (await author.hear())["post"]["content"]["text"] == SECRET
        live_events = [await reader.hear() for _ in range(2)]
    async with bob.socket() as socket:
        replay = Live(socket)
        await replay.connect("public", cursor=begin)
        replayed = [await replay.hear() for _ in range(2)]
    for event in (*live_events, *replayed):
        assert SECRET not in json.dumps(event)
        assert event["post"]["access"] == {"tier": "premium", "isLocked": True}
        assert event["post"]["content"]["title"] == "A title"
        assert event["post"]["creator"]["id"] == ann.id
    assert [{**event, "replay": None} for event in replayed] == [
        {**event, "replay": None} for event in live_events
    ]


async def test_the_event_is_the_post_of_the_api(ann: Person, bob: Person) -> None:
    async with live(ann) as author, live(bob, "public") as reader:
        answer = await create(ann, key="k-1", title="T", text="t", tags=["x"], category="c")
        created = await author.expect("post_created")
        seen = await reader.expect("post_created")
        assert created["cursor"] == answer["cursor"]

        def without_liked(post: Message) -> Message:
            engagement = {k: v for k, v in post["engagement"].items() if k != "isLiked"}
            return {**post, "engagement": engagement}

        assert created["post"] == without_liked(answer["post"])
        of_bob = (await bob.http.get(f"/api/posts/{answer['post']['id']}")).json()["post"]
        assert seen["post"] == without_liked(of_bob)

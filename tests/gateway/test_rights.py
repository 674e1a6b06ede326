"""Follows and tiers on open connections: what they bring at once, and what never leaves."""

import json
from typing import Any

import pytest

from tests.gateway.events import live_stream, poll
from tests.gateway.live import Crowd, head, live
from tests.processes import Person

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

TIERS = ("basic", "premium", "vip")
HELD = (None, *TIERS)


async def follow(person: Person, creator: Person) -> None:
    answer = await person.http.put(f"/api/users/{creator.id}/follow")
    assert answer.status_code == 200, answer.text


async def hold(person: Person, creator: Person, tier: str | None) -> None:
    path = f"/api/users/{creator.id}/subscribers/{person.id}"
    if tier is None:
        assert (await creator.http.delete(path)).status_code == 204
    else:
        assert (await creator.http.put(path, json={"tier": tier})).status_code == 200


async def publish_for(creator: Person, tier: str | None, text: str) -> dict[str, Any]:
    answer = await creator.http.post("/api/posts", json={"text": text, "tier": tier})
    assert answer.status_code == 201, answer.text
    post: dict[str, Any] = answer.json()["post"]
    return post


async def test_a_feed_follows_at_once_and_stops_at_once(ann: Person, join: Crowd) -> None:
    reader = await join("follower")
    async with live(reader, f"feed:{reader.id}") as phone, live(reader) as laptop:
        await ann.publish("before")
        await follow(reader, ann)
        update = await phone.expect("feed_update")
        assert (update["reason"], update["creatorId"]) == ("follow", ann.id)
        await ann.publish("while")
        assert await phone.hear_posts(1) == ["while"]
        await reader.http.delete(f"/api/users/{ann.id}/follow")
        assert (await phone.expect("feed_update"))["reason"] == "unfollow"
        for device in (phone, laptop):
            retracted = await device.expect("post_retracted")
            assert (retracted["creatorId"], retracted["reason"]) == (ann.id, "unfollowed")
        await ann.publish("after")
        await reader.publish("own")
        assert await phone.hear_posts(1) == ["own"]


async def test_a_replay_uses_the_follows_of_now(ann: Person, join: Crowd) -> None:
    reader = await join("returning")
    cursor = await head(reader)
    await ann.publish("missed")
    await follow(reader, ann)
    async with reader.socket() as socket:
        await socket.send(
            json.dumps({"type": "connect", "channels": [f"feed:{reader.id}"], "cursor": cursor})
        )
        heard = [json.loads(await socket.recv()) for _ in range(4)]
    assert [message["type"] for message in heard] == [
        "connected",
        "post_created",
        "feed_update",
        "caught_up",
    ]
    assert heard[1]["post"]["content"]["text"] == "missed"


async def publish_each(creator: Person, moment: str) -> list[dict[str, Any]]:
    """A post for each tier, with a comment."""
    posts = [await publish_for(creator, tier, f"secret {moment} {tier}") for tier in TIERS]
    for tier, post in zip(TIERS, posts, strict=True):
        comment = {"text": f"secret comment {moment} {tier}"}
        await creator.http.post(f"/api/posts/{post['id']}/comments", json=comment)
    return posts


async def everything(reader: Person, creator: Person, cursor: str) -> str:
    """All that a replay, lists, single posts and comments show of a creator's posts."""
    channels = (f"feed:{reader.id}", f"creator:{creator.id}", "public")
    found = await poll(reader.http, *channels, cursor=cursor, wait=0)
    listed = await creator.http.get(f"/api/posts?creator={creator.id}&limit=100")
    paths = ["/api/feed", "/api/posts", f"/api/posts?creator={creator.id}"]
    for post in listed.json()["posts"]:
        paths += [f"/api/posts/{post['id']}", f"/api/posts/{post['id']}/comments"]
    return json.dumps(found) + "".join([(await reader.http.get(path)).text for path in paths])


def shown(text: str, moment: str) -> list[bool]:
    """For each tier, whether post and comment of a moment can be read; never only one."""
    for tier in TIERS:
        one, other = f"secret {moment} {tier}", f"secret comment {moment} {tier}"
        assert (one in text) == (other in text)
    return [f"secret {moment} {tier}" in text for tier in TIERS]


@pytest.mark.parametrize("held", HELD)
async def test_a_locked_text_reaches_nobody_without_its_tier(join: Crowd, held: str | None) -> None:
    """Every tier of a post, on every path, before, while and after somebody holds a tier."""
    creator, reader = await join(f"creator-{held}"), await join(f"reader-{held}")
    await follow(reader, creator)
    start = await head(reader)
    channels = [f"feed:{reader.id}", f"creator:{creator.id}", "public"]
    visible = [index < HELD.index(held) for index in range(len(TIERS))]
    async with live(reader, *channels) as socket, live_stream(reader, *channels) as stream:
        await publish_each(creator, "before")
        heard = [await socket.expect("post_created") for _ in TIERS]
        heard += [await stream.expect("post_created") for _ in TIERS]
        assert "secret" not in json.dumps(heard)
        assert "secret" not in await everything(reader, creator, start)

        await hold(reader, creator, "vip")
        await hold(reader, creator, held)
        kinds = ["feed_update"] + ([] if held == "vip" else ["feed_update", "post_retracted"])
        for listener in (socket, stream):
            assert [(await listener.hear())["type"] for _ in kinds] == kinds
        await publish_each(creator, "while")
        for listener in (socket, stream):
            heard = [await listener.expect("post_created") for _ in TIERS]
            assert [not event["post"]["access"]["isLocked"] for event in heard] == visible
            assert [f"secret while {tier}" in json.dumps(heard) for tier in TIERS] == visible
        seen = await everything(reader, creator, start)
        assert shown(seen, "before") == shown(seen, "while") == visible

        await hold(reader, creator, None)
        if held is not None:
            for listener in (socket, stream):
                for kind in ("feed_update", "post_retracted"):
                    await listener.expect(kind)
        await publish_each(creator, "after")
        heard = [await socket.expect("post_created") for _ in TIERS]
        heard += [await stream.expect("post_created") for _ in TIERS]
        assert "secret" not in json.dumps(heard)
        assert "secret" not in await everything(reader, creator, start)


async def test_a_post_channel_ends_with_the_tier(join: Crowd) -> None:
    creator, reader = await join("closing"), await join("closed-out")
    await hold(reader, creator, "basic")
    post = await publish_for(creator, "basic", "secret")
    path = f"/api/posts/{post['id']}/comments"
    async with live(reader, f"post:{post['id']}") as socket:
        await creator.http.post(path, json={"text": "hello"})
        assert (await socket.expect("comment_added"))["comment"]["text"] == "hello"
        await hold(reader, creator, None)
        await socket.expect("post_retracted")
        ended = await socket.expect("unsubscribed")
        assert ended == {"type": "unsubscribed", "channel": f"post:{post['id']}"}
        await creator.http.post(path, json={"text": "among us"})
        await socket.say("subscribe", id=1, channel=f"post:{post['id']}")
        assert (await socket.expect("error"))["code"] == "forbidden"


async def test_an_edit_that_closes_a_post_closes_its_past_and_its_channel(join: Crowd) -> None:
    creator, reader = await join("editor"), await join("watcher")
    start = await head(reader)
    post = await publish_for(creator, None, "secret")
    async with live(reader, f"post:{post['id']}") as socket:
        await creator.http.patch(f"/api/posts/{post['id']}", json={"tier": "vip"})
        assert (await socket.expect("post_updated"))["post"]["access"]["isLocked"]
        await socket.expect("unsubscribed")
    found = await poll(reader.http, "public", cursor=start, wait=0)
    assert [event["type"] for event in found["events"]] == ["post_created", "post_updated"]
    assert "secret" not in json.dumps(found)


async def test_likes_are_live_and_the_liker_s_devices_know_at_once(join: Crowd) -> None:
    creator, reader = await join("liked"), await join("liker")
    post = await publish_for(creator, None, "like me")
    async with live(creator, f"post:{post['id']}") as watching, live(reader) as device:
        for index in range(4):
            call = reader.http.put if index % 2 == 0 else reader.http.delete
            await call(f"/api/posts/{post['id']}/like")
        kinds = ["post_liked", "post_unliked"] * 2
        assert [(await device.hear())["type"] for _ in kinds] == kinds
        while (await watching.hear())["type"] != "post_unliked":
            continue

"""Blocks on open connections: told at once on each, and nothing of the other comes after."""

import json
from typing import Any

import pytest

from tests.gateway.events import live_stream, poll
from tests.gateway.live import Crowd, Live, head, live
from tests.processes import Person

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


async def change(person: Person, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer = await person.http.request(method, path, **body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def block(person: Person, other: Person, method: str = "PUT") -> str:
    return str((await change(person, method, f"/api/users/{other.id}/block"))["cursor"])


async def do_everything(person: Person, post_id: str) -> None:
    """All that others could be told of."""
    await person.publish("hidden")
    await change(person, "PUT", f"/api/posts/{post_id}/like")
    await change(person, "POST", f"/api/posts/{post_id}/comments", json={"text": "hidden"})
    await change(person, "PATCH", "/api/me", json={"name": "Hidden"})


def channels(person: Person, other: Person) -> list[str]:
    return ["public", f"creator:{other.id}", f"feed:{person.id}", f"notifications:{person.id}"]


async def but_for_likes(device: Any) -> dict[str, Any]:
    """The next event that is no count of likes: these are merged, and come a little later."""
    while (told := await event(device))["type"] == "post_liked":
        pass
    return told


async def test_both_are_told_on_each_connection_and_hear_nothing_more(join: Crowd) -> None:
    one, other, third = await join("one"), await join("other"), await join("third")
    post_id = (await third.publish("of a third"))["post"]["id"]
    for person, of in ((one, other), (other, one)):
        await change(person, "PUT", f"/api/users/{of.id}/follow")
    hidden = (await other.publish("before"))["post"]["id"]
    for person, of in ((one, other), (other, one)):
        names = [*channels(person, of), f"post:{post_id}"]
        watched = f"post:{hidden}"
        async with (
            live(person, *names) as phone,
            live(person, watched) as laptop,
            live_stream(person, *names) as stream,
        ):
            cursor = await head(person)
            blocked = await block(one, other)
            for device in (phone, stream):
                assert (await event(device))["reason"] == "unfollow"
            for device in (phone, laptop, stream):
                assert (await event(device))["reason"] == "unfollowed"
                told = await event(device)
                assert (told["reason"], told["creatorId"]) == ("blocked", of.id)
            await do_everything(of, post_id)
            await third.publish("shown")
            for device in (phone, stream):
                heard = await until_shown(device)
                assert of.id not in json.dumps(heard)
                assert "hidden" not in json.dumps(heard).lower()
                counts = {told["type"] for told in heard if told["channel"][:5] == "post:"}
                assert "comment_deleted" in counts <= {"post_liked", "comment_deleted"}
            if person is one:
                assert (await laptop.expect("unsubscribed"))["channel"] == watched
            found = await poll(person.http, "public", f"feed:{person.id}", cursor=cursor)
            assert {"blocked", "unfollowed"} <= {one.get("reason") for one in found["events"]}
            later = await poll(person.http, "public", cursor=blocked)
            assert [told["type"] for told in later["events"]] == ["post_created"]
            await block(one, other, "DELETE")
            for device in (phone, laptop, stream):
                told = await but_for_likes(device)
                assert (told["reason"], told["creatorId"]) == ("unblock", of.id)
            await of.publish("again")
            assert (await but_for_likes(phone))["post"]["content"]["text"] == "again"
        for follower, creator in ((one, other), (other, one)):
            await change(follower, "PUT", f"/api/users/{creator.id}/follow")


async def event(device: Any) -> dict[str, Any]:
    """The next one; channels that end, and what is unread, are told in between."""
    while True:
        message: dict[str, Any] = await device.hear()
        if "timestamp" in message:
            return message


async def until_shown(device: Any) -> list[dict[str, Any]]:
    """What is heard up to the post that everybody sees."""
    heard: list[dict[str, Any]] = []
    while True:
        told = await event(device)
        if told["type"] == "post_created" and told["post"]["content"]["text"] == "shown":
            return heard
        heard.append(told)


async def test_channels_of_who_is_apart_are_not_there(join: Crowd) -> None:
    one, other = await join("here"), await join("there")
    post_id = (await other.publish("before"))["post"]["id"]
    names = [f"creator:{other.id}", f"post:{post_id}"]
    await block(other, one)
    async with one.socket() as socket:
        connection = Live(socket)
        connected = await connection.connect(*names)
    assert [verdict.get("code") for verdict in connected["channels"]] == ["not_found"] * 2
    for name in names:
        answer = await one.http.get("/api/events", params={"channels": name})
        assert answer.status_code == 404
    assert (await one.http.get("/api/stream", params={"channels": names[0]})).status_code == 404


async def test_a_replay_tells_of_the_block_and_of_nothing_that_is_hidden(join: Crowd) -> None:
    one, other = await join("away"), await join("busy")
    cursor = await head(one)
    await other.publish("hidden")
    await block(one, other)
    await other.publish("hidden as well")
    async with one.socket() as socket:
        connection = Live(socket)
        await connection.connect("public", cursor=cursor)
        heard = [await connection.hear() for _ in range(2)]
    assert [message["type"] for message in heard] == ["post_retracted", "caught_up"]
    await block(one, other, "DELETE")
    found = await poll(one.http, "public", cursor=cursor)
    assert [told["type"] for told in found["events"]] == [
        "post_created",
        "post_retracted",
        "post_created",
        "feed_update",
    ]

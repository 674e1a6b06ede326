"""Notifications on open connections: what is unread at first, then each change, on each device."""

import json
from typing import Any

import pytest

from tests.gateway.events import live_stream, poll
from tests.gateway.live import Crowd, Live, Message, head, live
from tests.processes import Person

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


async def test_devices_agree_on_what_is_unread(ann: Person, join: Crowd) -> None:
    fan = await join("fan")
    channel = f"notifications:{ann.id}"
    async with live(ann, channel) as phone:
        assert (await phone.expect("unread_notifications"))["notifications"] == []
        await fan.http.put(f"/api/users/{ann.id}/follow")
        told = await phone.expect("notification")
        assert told["channel"] == channel
        async with live(ann, channel) as laptop:
            unread = await laptop.expect("unread_notifications")
            assert (unread["notifications"], unread["count"]) == ([told["notification"]], 1)
            await ann.http.post("/api/notifications/read")
            for device in (phone, laptop):
                assert (await device.expect("notification_read"))["unreadCount"] == 0
            await ann.http.delete("/api/notifications")
            for device in (phone, laptop):
                assert (await device.expect("notifications_cleared"))["unreadCount"] == 0


async def test_a_later_subscription_tells_what_is_unread_too(ann: Person, join: Crowd) -> None:
    fan = await join("commenter")
    post = (await ann.publish("hello"))["post"]
    await fan.http.post(f"/api/posts/{post['id']}/comments", json={"text": "hi"})
    async with live(ann) as phone:
        await phone.say("subscribe", id=1, channel=f"notifications:{ann.id}")
        await phone.expect("subscribed")
        await phone.expect("caught_up")
        unread = await phone.expect("unread_notifications")
        assert [one["kind"] for one in unread["notifications"]] == ["comment"]


SECRET = "for some only"


async def follow(person: Person, creator: Person, **setting: bool) -> None:
    answer = await person.http.put(f"/api/users/{creator.id}/follow", json=setting)
    assert answer.status_code == 200, answer.text


async def publish_secret(creator: Person) -> dict[str, Any]:
    draft = {"title": "News", "text": SECRET, "tier": "vip"}
    answer = await creator.http.post("/api/posts", json=draft)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_new_post_is_told_on_every_device_of_every_follower(
    ann: Person, join: Crowd
) -> None:
    """After the post itself, in one event for all; and reading it shows on each device."""
    fan = await join("reader")
    feed, inbox = f"feed:{fan.id}", f"notifications:{fan.id}"
    await follow(fan, ann)
    begin = await head(fan)
    async with (
        live(fan, feed, inbox) as phone,
        live(fan, inbox) as laptop,
        live_stream(fan, inbox) as tablet,
        live(ann, f"notifications:{ann.id}") as author,
    ):
        for device in (phone, laptop, tablet, author):
            await device.expect("unread_notifications")
        published = await publish_secret(ann)
        await phone.expect("post_created")
        told = [await device.expect("notification") for device in (phone, laptop, tablet)]
        assert told[0] == told[1] == told[2]
        assert SECRET not in json.dumps(told)
        notification = told[0]["notification"]
        assert told[0]["channel"] == f"creator:{ann.id}"
        assert (notification["kind"], notification["postId"], notification["actor"]["id"]) == (
            "post",
            published["post"]["id"],
            ann.id,
        )
        answer = await poll(fan.http, inbox, cursor=begin)
        assert answer["events"] == told[:1]
        await fan.http.post("/api/notifications/read", json={"ids": [notification["id"]]})
        for device in (phone, laptop, tablet):
            read = await device.expect("notification_read")
            assert (read["ids"], read["unreadCount"]) == ([notification["id"]], 0)
        assert (await author.expect("post_created"))["cursor"] == published["cursor"]
        await ann.http.delete(f"/api/posts/{published['post']['id']}")
        for device in (phone, laptop, tablet, author):
            deleted = await device.expect("post_deleted")
            assert deleted["postId"] == published["post"]["id"]


@pytest.mark.parametrize("end", ["mute", "unfollow"])
async def test_who_does_not_want_to_hear_of_posts_is_spared_at_once(
    ann: Person, join: Crowd, end: str
) -> None:
    fan = await join(f"tired-{end}")
    inbox = f"notifications:{fan.id}"
    async with live(fan, f"feed:{fan.id}", inbox) as phone, live(fan, inbox) as laptop:

        async def both(kind: str) -> list[Message]:
            return [await device.expect(kind) for device in (phone, laptop)]

        await both("unread_notifications")
        await follow(fan, ann)
        assert [update["notifyPosts"] for update in await both("feed_update")] == [True] * 2
        await ann.publish("hello")
        await phone.expect("post_created")
        await both("notification")
        if end == "mute":
            await follow(fan, ann, notifyPosts=False)
            assert [update["notifyPosts"] for update in await both("feed_update")] == [False] * 2
        else:
            await fan.http.delete(f"/api/users/{ann.id}/follow")
            assert [update["reason"] for update in await both("feed_update")] == ["unfollow"] * 2
            await both("post_retracted")
        assert [told["count"] for told in await both("unread_notifications")] == [0, 0]
        await ann.publish("not told")
        await follow(fan, ann, notifyPosts=True)
        last = await ann.publish("told")
        if end == "mute":
            await phone.expect("post_created")
        assert [update["notifyPosts"] for update in await both("feed_update")] == [True] * 2
        await phone.expect("post_created")
        for told in await both("notification"):
            assert told["notification"]["postId"] == last["post"]["id"]


async def test_notifications_of_posts_are_replayed_to_who_hears_of_them_now(
    ann: Person, bob: Person, join: Crowd
) -> None:
    fan = await join("away")
    inbox = f"notifications:{fan.id}"
    for creator in (ann, bob):
        await follow(fan, creator)
    cursor = await head(fan)
    gone, kept, unheard = [
        (await creator.publish("hello"))["post"]["id"] for creator in (ann, ann, bob)
    ]
    await ann.http.delete(f"/api/posts/{gone}")
    await follow(fan, bob, notifyPosts=False)
    async with fan.socket() as socket:
        phone = Live(socket)
        await phone.connect(inbox, cursor=cursor)
        told = [await phone.expect("notification") for _ in range(2)]
        assert [event["notification"]["postId"] for event in told] == [gone, kept]
        assert (await phone.expect("post_deleted"))["postId"] == gone
        assert (await phone.expect("feed_update"))["creatorId"] == bob.id
        await phone.expect("caught_up")
        unread = await phone.expect("unread_notifications")
        assert [one["postId"] for one in unread["notifications"]] == [kept]
        assert unread["count"] == 1
        listed = (await fan.http.get("/api/notifications")).json()
        assert listed["notifications"] == unread["notifications"]
    assert unheard not in str(told)


async def test_what_is_unread_is_told_after_a_resync_too(ann: Person, join: Crowd) -> None:
    fan = await join("lost")
    inbox = f"notifications:{fan.id}"
    await follow(fan, ann)
    await ann.publish("hello")
    async with fan.socket() as socket:
        phone = Live(socket)
        await phone.connect(inbox, cursor="nonsense")
        await phone.expect("resync")
        assert (await phone.expect("unread_notifications"))["count"] == 1
    async with live(fan) as laptop:
        await laptop.say("subscribe", id=1, channel=inbox, cursor="nonsense")
        await laptop.expect("subscribed")
        assert (await laptop.expect("resync"))["id"] == 1
        assert (await laptop.expect("unread_notifications"))["count"] == 1


async def test_a_burst_opens_again_after_it_was_read_on_another_device(
    ann: Person, join: Crowd
) -> None:
    fans = [await join(f"burst{number}") for number in range(3)]
    post = (await ann.publish("hello"))["post"]["id"]
    await ann.http.delete("/api/notifications")

    async def like(fan: Person, device: Live) -> dict[str, Any]:
        await fan.http.put(f"/api/posts/{post}/like")
        told: dict[str, Any] = (await device.expect("notification"))["notification"]
        return told

    inbox = f"notifications:{ann.id}"
    async with live(ann, inbox) as phone, live(ann, inbox) as laptop:
        for device in (phone, laptop):
            await device.expect("unread_notifications")
        first, second = await like(fans[0], phone), await like(fans[1], phone)
        assert first["id"] == second["id"]
        assert second["text"] == f"{second['actor']['name']} and 1 other liked your post"
        assert (first["othersCount"], second["othersCount"]) == (0, 1)
        await ann.http.post("/api/notifications/read", json={"ids": [first["id"]]})
        assert (await phone.expect("notification_read"))["unreadCount"] == 0
        third = await like(fans[2], phone)
        assert third["id"] != first["id"]
        assert third["text"] == f"{third['actor']['name']} liked your post"
        assert [await laptop.hear() for _ in range(4)][-1]["notification"] == third
    listed = (await ann.http.get("/api/notifications")).json()
    assert [one["isRead"] for one in listed["notifications"]] == [False, True]
    assert listed["unreadCount"] == 1

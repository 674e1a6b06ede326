"""Notifications on open connections: what is unread at first, then each change, on each device."""

import pytest

from tests.gateway.live import Crowd, live
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

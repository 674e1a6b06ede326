"""Notifications: who is notified of what, in groups, and what reading and clearing change."""

from typing import Any

from tests.api.test_reactions import comment
from tests.api.world import Person, World, problem

SECRET = "only for some"


async def listed(person: Person) -> dict[str, Any]:
    answer = await person.client.get("/api/notifications")
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    body: dict[str, Any] = answer.json()
    return body


async def kinds(person: Person) -> list[tuple[str, str]]:
    return [(one["kind"], one["text"]) for one in (await listed(person))["notifications"]]


async def test_each_kind_is_told_once_and_never_of_oneself(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post = await ann.publish(text=SECRET)
    for person in (ann, ben):
        await person.client.put(f"/api/posts/{post['id']}/like")
        await comment(person, post, SECRET)
    for _ in range(2):
        await ben.client.put(f"/api/users/{ann.id}/follow")
        await ben.client.put(f"/api/posts/{post['id']}/like")
    path = f"/api/users/{ann.id}/subscribers/{ben.id}"
    await ann.client.put(path, json={"tier": "basic"})
    assert await kinds(ann) == [
        ("subscription", "ben subscribed to you"),
        ("follow", "ben followed you"),
        ("comment", "ben commented on your post"),
        ("like", "ben liked your post"),
    ]
    assert (await listed(ann))["unreadCount"] == 4
    assert await kinds(ben) == []


async def test_a_burst_is_one_notification_until_it_is_read(world: World) -> None:
    ann = await world.person("ann")
    fans = [await world.person(f"fan{number}") for number in range(4)]
    post = await ann.publish()
    path = f"/api/posts/{post['id']}/like"
    for fan in fans[:3]:
        await fan.client.put(path)
        await fan.client.delete(path)
        await fan.client.put(path)
    assert await kinds(ann) == [("like", "fan2 and 2 others liked your post")]
    await ann.client.post("/api/notifications/read", json={})
    await fans[3].client.put(path)
    assert await kinds(ann) == [
        ("like", "fan3 liked your post"),
        ("like", "fan2 and 2 others liked your post"),
    ]
    assert (await listed(ann))["unreadCount"] == 1


async def test_notifications_are_read_by_id_or_all_and_cleared(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    await ben.client.put(f"/api/users/{ann.id}/follow")
    await comment(ben, await ann.publish(), "hello")
    ids = [one["id"] for one in (await listed(ann))["notifications"]]
    stolen = await ben.client.post("/api/notifications/read", json={"ids": ids})
    assert stolen.json()["unreadCount"] == 0
    assert (await listed(ann))["unreadCount"] == 2, "somebody else's stay as they are"
    answer = await ann.client.post("/api/notifications/read", json={"ids": ids[:1]})
    assert answer.json()["unreadCount"] == 1
    head = await world.head()
    await ann.client.post("/api/notifications/read", json={"ids": [*ids[:1], "nonsense"]})
    assert await world.head() == head, "nothing changed"
    assert (await ann.client.post("/api/notifications/read")).json()["unreadCount"] == 0
    assert (await ann.client.delete("/api/notifications")).status_code == 204
    assert (await listed(ann))["notifications"] == []


async def test_notifications_are_one_s_own(world: World) -> None:
    problem(await world.client().get("/api/notifications"), 401, "unauthenticated")
    problem(await world.client().delete("/api/notifications"), 401, "unauthenticated")

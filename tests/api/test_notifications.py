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
    post = await ann.publish()
    await ben.client.put(f"/api/users/{ann.id}/follow")
    await comment(ben, post, "hello")
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


async def follow(person: Person, creator: Person, **setting: Any) -> dict[str, Any]:
    answer = await person.client.put(f"/api/users/{creator.id}/follow", json=setting)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def told_posts(person: Person) -> list[str]:
    return [one["postId"] for one in (await listed(person))["notifications"]]


async def test_followers_are_notified_of_posts_since_they_follow(world: World) -> None:
    ann, ben, cat = [await world.person(name) for name in ("ann", "ben", "cat")]
    await ann.publish(text="before")
    await follow(ben, ann)
    post = await ann.publish(text="hello")
    told = await listed(ben)
    [one] = told["notifications"]
    assert (one["kind"], one["postId"], one["text"]) == (
        "post",
        post["id"],
        "ann published a post",
    )
    assert (one["actor"]["id"], one["isRead"], told["unreadCount"]) == (ann.id, False, 1)
    assert one["id"] != post["id"]
    await follow(cat, ann)
    assert await told_posts(cat) == []
    assert await kinds(ann) == [("follow", "cat and 1 other followed you")]
    await ben.client.delete(f"/api/users/{ann.id}/follow")
    assert (await listed(ben))["unreadCount"] == len(await told_posts(ben)) == 0


async def test_a_notification_of_a_post_is_the_same_for_all_and_read_by_each(world: World) -> None:
    ann, ben, cat = [await world.person(name) for name in ("ann", "ben", "cat")]
    for fan in (ben, cat):
        await follow(fan, ann)
    for _ in range(3):
        await ann.publish()
    ids = [one["id"] for one in (await listed(ben))["notifications"]]
    assert ids == [one["id"] for one in (await listed(cat))["notifications"]]
    answer = await ben.client.post("/api/notifications/read", json={"ids": ids[1:2]})
    assert answer.json()["unreadCount"] == 2
    read = [one["isRead"] for one in (await listed(ben))["notifications"]]
    assert read == [False, True, False]
    head = await world.head()
    await ben.client.post("/api/notifications/read", json={"ids": ids[1:2]})
    assert await world.head() == head, "nothing changed"
    assert (await ben.client.post("/api/notifications/read")).json()["unreadCount"] == 0
    await ben.client.delete("/api/notifications")
    assert await told_posts(ben) == []
    assert (await listed(cat))["unreadCount"] == 3
    stranger = await world.person("dan")
    answer = await stranger.client.post("/api/notifications/read", json={"ids": ids})
    assert await world.head() == head + 2, "what was read and cleared; a stranger reads nothing"


async def test_who_follows_may_be_spared_of_posts(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    assert (await follow(ben, ann))["notifyPosts"] is True
    await ann.publish()
    for setting, now in (
        ({"notifyPosts": False}, False),
        ({}, False),
        ({"notifyPosts": True}, True),
    ):
        assert (await follow(ben, ann, **setting))["notifyPosts"] is now
        profile = (await ben.client.get(f"/api/users/{ann.id}")).json()["user"]
        assert (profile["isFollowed"], profile["notifyPosts"]) == (True, now)
        head = await world.head()
        assert (await follow(ben, ann, **setting))["notifyPosts"] is now
        assert await world.head() == head, "a repeat changes nothing"
        assert await told_posts(ben) == [], "not even those of before"
    post = await ann.publish()
    assert await told_posts(ben) == [post["id"]]
    answer = await ben.client.delete(f"/api/users/{ann.id}/follow")
    assert answer.json()["notifyPosts"] is False
    assert (await follow(ben, ann, notifyPosts=False))["notifyPosts"] is False
    assert (await follow(ben, ann))["notifyPosts"] is False
    profile = (await world.client().get("/api/users/ann")).json()["user"]
    assert profile["notifyPosts"] is False
    wrong = await ben.client.put(f"/api/users/{ann.id}/follow", json={"notify": False})
    problem(wrong, 422, "validation_failed")


async def test_a_notification_says_nothing_of_a_post_and_goes_with_it(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    await follow(ben, ann)
    post = await ann.publish(title=SECRET, text=SECRET, tier="vip")
    await ann.client.patch(f"/api/posts/{post['id']}", json={"text": f"{SECRET}!"})
    assert await kinds(ben) == [("post", "ann published a post")]
    await ben.client.put(f"/api/posts/{post['id']}/like")
    assert [kind for kind, _ in await kinds(ann)] == ["like", "follow"]
    assert (await ann.client.delete(f"/api/posts/{post['id']}")).status_code == 204
    assert await kinds(ben) == []
    assert (await listed(ben))["unreadCount"] == 0
    assert [kind for kind, _ in await kinds(ann)] == ["follow"], "what was about it is gone too"
    log = await world.store.read(lambda reads: reads.log_page(0, 100))
    assert SECRET not in repr(log.entries)


async def test_lists_of_both_kinds_are_paged(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    await follow(ben, ann)
    own = await ben.publish()
    for number in range(4):
        await ann.publish()
        world.clock.forward(seconds=number % 2)
        await comment(ann, own, "hello")
        await ben.client.post("/api/notifications/read")
    found: list[str] = []
    page = ""
    while page is not None:
        answer = await ben.client.get("/api/notifications", params={"limit": 3, "page": page})
        body = answer.json()
        found += [one["kind"] for one in body["notifications"]]
        page = body["next"]
    assert found == ["comment", "post"] * 4


async def test_posts_of_other_programs_are_told_by_new_post_once(world: World) -> None:
    program, ben, cat = await world.program(), await world.person("ben"), await world.person("cat")
    row = {"id": 42, "content": SECRET, "minSubscriptionTier": "vip", "creator": {"id": "u1"}}
    told = {"post": row, "authorId": "u1"}
    assert (await program.post("/api/notify/post-author", json=told)).status_code == 202
    await ben.client.put("/api/users/u1/follow")
    told = {"post": {**row, "content": f"{SECRET}!"}, "authorId": "u1"}
    assert (await program.post("/api/notify/post-author", json=told)).status_code == 202
    assert await told_posts(ben) == []
    for _ in range(2):
        answer = await program.post(
            "/api/notify/new-post", json={"post": row, "subscriberIds": [cat.id]}
        )
        assert answer.json()["receivers"] == 1
    for person in (ben, cat):
        assert [one["text"] for one in (await listed(person))["notifications"]] == [
            "u1 published a post"
        ]
        assert await told_posts(person) == ["42"]

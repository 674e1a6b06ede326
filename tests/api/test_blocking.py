"""Blocking: neither of two people is there for the other, on every path of REST."""

from pathlib import Path
from typing import Any

import pytest

from feedline.config import Settings
from tests.api.test_following import follow, grant, profile, texts
from tests.api.world import Person, World, problem
from tests.feed.strategies import new_id


async def block(person: Person, other: Person) -> dict[str, Any]:
    answer = await person.client.put(f"/api/users/{other.id}/block")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def unblock(person: Person, other: Person) -> dict[str, Any]:
    answer = await person.client.delete(f"/api/users/{other.id}/block")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def publish(person: Person, text: str, **fields: Any) -> str:
    answer = await person.client.post("/api/posts", json={"text": text, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["post"]["id"])


async def comment(person: Person, post_id: str, text: str) -> str:
    answer = await person.client.post(f"/api/posts/{post_id}/comments", json={"text": text})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["comment"]["id"])


async def notified(person: Person) -> list[tuple[str, str, int]]:
    body = (await person.client.get("/api/notifications")).json()
    assert body["unreadCount"] == len(body["notifications"])
    return [(one["kind"], one["actor"]["id"], one["othersCount"]) for one in body["notifications"]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, blocks_limit=3)


@pytest.fixture
async def both(world: World) -> tuple[Person, Person]:
    """Two who follow each other; one has blocked the other."""
    ann, ben = await world.person("ann"), await world.person("ben")
    await follow(ann, ben)
    await follow(ben, ann)
    await publish(ann, "of ann", tags=["t"], category="c")
    await publish(ben, "of ben", tags=["t"], category="c")
    assert (await block(ann, ben))["isBlocked"]
    return ann, ben


async def test_each_is_gone_from_the_lists_of_the_other(both: tuple[Person, Person]) -> None:
    for person, other, own in (*[(*both, "of ann")], (both[1], both[0], "of ben")):
        for path in ("/api/feed", "/api/posts", "/api/posts?tag=t", "/api/posts?category=c"):
            assert await texts(person, path) == [own], path
        for path in (f"?creator={other.id}", f"?creator={other.id}&tag=t"):
            assert await texts(person, f"/api/posts{path}") == []
        assert (await person.client.get("/api/users")).json()["users"] == []
        assert (await profile(person, person))["followersCount"] == 0
        assert (await profile(person, person))["followingCount"] == 0


async def test_a_stranger_still_sees_both(both: tuple[Person, Person], world: World) -> None:
    assert len((await world.client().get("/api/posts")).json()["posts"]) == len(both)


async def test_the_posts_of_each_are_not_there_for_the_other(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post_id = await publish(ann, "of ann")
    await comment(ben, post_id, "seen")
    await block(ben, ann)
    url = f"/api/posts/{post_id}"
    for method, path in (
        *(("GET", url), ("PATCH", url), ("DELETE", url), ("PUT", f"{url}/like")),
        *(("DELETE", f"{url}/like"), ("GET", f"{url}/comments"), ("POST", f"{url}/comments")),
    ):
        body = {"text": "x"} if method in ("PATCH", "POST") else None
        problem(await ben.client.request(method, path, json=body), 404, "not_found")


async def test_an_admin_deletes_what_is_hidden_from_them(world: World) -> None:
    ann, root = await world.person("ann"), await world.admin()
    post_id = await publish(ann, "of ann")
    await block(ann, root)
    problem(await root.client.get(f"/api/posts/{post_id}"), 404, "not_found")
    assert (await root.client.delete(f"/api/posts/{post_id}")).status_code == 204


async def test_comments_of_each_are_hidden_from_the_other_and_counted(world: World) -> None:
    ann, ben, cat = [await world.person(name) for name in ("ann", "ben", "cat")]
    post_id = await publish(cat, "of cat")
    ids = {person.id: await comment(person, post_id, "hello") for person in (ann, ben, cat)}
    await block(ann, ben)
    for person, hidden in ((ann, {ben.id}), (ben, {ann.id}), (cat, set[str]())):
        body = (await person.client.get(f"/api/posts/{post_id}/comments")).json()
        assert {one["author"]["id"] for one in body["comments"]} == ids.keys() - hidden
        post = (await person.client.get(f"/api/posts/{post_id}")).json()["post"]
        assert post["engagement"]["commentsCount"] == 3
    problem(await ann.client.delete(f"/api/comments/{ids[ben.id]}"), 404, "not_found")


async def test_notifications_of_each_other_go_and_none_comes(world: World) -> None:
    ann, ben, cat = [await world.person(name) for name in ("ann", "ben", "cat")]
    shared, alone = await publish(ann, "of ann"), await publish(ann, "another")
    await follow(ben, ann)
    for person, post_id in ((cat, shared), (ben, shared), (ben, alone)):
        await person.client.put(f"/api/posts/{post_id}/like")
    assert await notified(ann) == [
        ("like", ben.id, 0),
        ("like", ben.id, 1),
        ("follow", ben.id, 0),
    ]
    await block(ann, ben)
    assert await notified(ann) == [("like", cat.id, 0)], "what others did as well stays theirs"
    program = await world.program()
    path = f"/api/users/{ann.id}/subscribers/{ben.id}"
    assert (await program.put(path, json={"tier": "vip"})).status_code == 200
    assert await notified(ann) == [("like", cat.id, 0)]


async def test_who_has_blocked_sees_the_profile_and_who_is_blocked_nobody(
    both: tuple[Person, Person],
) -> None:
    ann, ben = both
    assert (await profile(ann, ben))["isBlocked"]
    assert not (await profile(ann, ann))["isBlocked"]
    for name in (ann.id, "ann"):
        problem(await ben.client.get(f"/api/users/{name}"), 404, "not_found")


async def test_nobody_follows_who_is_apart_from_them(
    both: tuple[Person, Person], world: World
) -> None:
    ann, ben = both
    problem(await ann.client.put(f"/api/users/{ben.id}/follow"), 403, "forbidden")
    problem(await ben.client.put(f"/api/users/{ann.id}/follow"), 404, "not_found")
    program = await world.program()
    body = {"post": {"id": "9", "content": "x"}, "subscriberIds": [ben.id]}
    body["post"]["creatorId"] = ann.id  # type: ignore[index]
    answer = await program.post("/api/notify/new-post", json=body)
    assert answer.status_code == 202, answer.text
    assert (await profile(ann, ann))["followersCount"] == 0


async def test_a_tier_stays_and_opens_nothing_meanwhile(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    await grant(ann, ann, ben, "vip")
    post_id = await publish(ann, "for some", tier="vip")
    await block(ann, ben)
    problem(await ben.client.get(f"/api/posts/{post_id}"), 404, "not_found")
    await unblock(ann, ben)
    post = (await ben.client.get(f"/api/posts/{post_id}")).json()["post"]
    assert post["content"]["text"] == "for some"


async def test_blocking_twice_and_unblocking_twice_change_nothing(
    both: tuple[Person, Person], world: World
) -> None:
    ann, ben = both
    head = await world.head()
    assert (await block(ann, ben))["userId"] == ben.id
    assert await world.head() == head
    for moved in (True, False):
        head = await world.head()
        assert not (await unblock(ann, ben))["isBlocked"]
        assert (await world.head() > head) is moved
    assert await texts(ann, "/api/posts") == ["of ben", "of ann"]
    assert await texts(ann) == ["of ann"], "nobody follows anybody again"


async def test_only_who_has_blocked_can_end_it(both: tuple[Person, Person], world: World) -> None:
    ann, ben = both
    assert not (await unblock(ben, ann))["isBlocked"]
    assert await texts(ben, "/api/posts") == ["of ben"]
    head = await world.head()
    await block(ben, ann)
    await unblock(ann, ben)
    assert await world.head() == head, "they are as far apart as before"
    assert await texts(ann, "/api/posts") == ["of ann"]
    await unblock(ben, ann)
    assert len(await texts(ann, "/api/posts")) == 2


async def test_whom_one_has_blocked_comes_in_pages(world: World) -> None:
    ann = await world.person("ann")
    names = ["ben", "cat", "dan"]
    for name in names:
        await block(ann, await world.person(name))
        world.clock.forward(seconds=1)
    page, found = "", list[str]()
    while page is not None:
        body = (await ann.client.get(f"/api/me/blocks?limit=2&page={page}")).json()
        found += [entry["user"]["username"] for entry in body["blocks"]]
        page = body["next"]
    assert found == names[::-1]
    problem(await world.client().get("/api/me/blocks"), 401, "unauthenticated")


async def test_nobody_blocks_themselves_or_somebody_who_is_not_there(world: World) -> None:
    ann = await world.person("ann")
    for method in ("PUT", "DELETE"):
        call = ann.client.request
        problem(await call(method, f"/api/users/{ann.id}/block"), 422, "validation_failed")
        problem(await call(method, f"/api/users/{new_id()}/block"), 404, "not_found")


async def test_one_can_block_only_so_many(world: World) -> None:
    ann, last = await world.person("ann"), await world.person("last")
    for name in ("ben", "cat", "dan"):
        other = await world.person(name)
        await block(ann, other)
    problem(await ann.client.put(f"/api/users/{last.id}/block"), 422, "validation_failed")
    await block(ann, other)
    await block(last, ann)


async def test_no_tier_is_granted_across_a_block_to_see_who_has_blocked(
    both: tuple[Person, Person],
) -> None:
    ann, ben = both
    problem(await grant(ben, ben, ann, "vip"), 404, "not_found")
    problem(await grant(ann, ann, ben, "vip"), 403, "forbidden")
    for creator in (ann, ben):
        answer = await creator.client.get(f"/api/users/{creator.id}/subscribers")
        assert answer.json()["subscribers"] == []
    path = f"/api/users/{ann.id}/subscribers"
    problem(await ben.client.get(path), 404, "not_found")
    problem(await ben.client.delete(f"{path}/{ben.id}"), 404, "not_found")
    problem(await ann.client.get(f"/api/users/{ben.id}/subscribers"), 403, "forbidden")

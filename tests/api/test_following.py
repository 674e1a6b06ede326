"""Follows and tiers: who may do what, what is counted, and what repeats change."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from itertools import chain
from typing import Any

import httpx
import pytest

from feedline.feed.ports import PostQuery
from feedline.store.base import Snapshot
from tests.api.world import Person, World, problem
from tests.feed.strategies import new_id


async def follow(person: Person, creator: Person) -> dict[str, Any]:
    answer = await person.client.put(f"/api/users/{creator.id}/follow")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def grant(person: Person, creator: Person, subscriber: Person, tier: str) -> httpx.Response:
    path = f"/api/users/{creator.id}/subscribers/{subscriber.id}"
    return await person.client.put(path, json={"tier": tier})


async def profile(viewer: Person, person: Person) -> dict[str, Any]:
    user: dict[str, Any] = (await viewer.client.get(f"/api/users/{person.id}")).json()["user"]
    return user


async def texts(person: Person, path: str = "/api/feed") -> list[str]:
    posts = (await person.client.get(path)).json()["posts"]
    return [post["content"]["text"] for post in posts]


async def test_following_somebody_counts_on_both_sides(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    body = await follow(ben, ann)
    assert body == {
        "userId": ann.id,
        "isFollowed": True,
        "notifyPosts": True,
        "followersCount": 1,
        "cursor": body["cursor"],
    }
    seen = await profile(ben, ann)
    assert (seen["isFollowed"], seen["followersCount"], seen["followingCount"]) == (True, 1, 0)
    seen = await profile(ann, ben)
    assert (seen["isFollowed"], seen["followersCount"], seen["followingCount"]) == (False, 0, 1)


async def test_following_twice_and_unfollowing_twice_change_nothing(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    first = await follow(ben, ann)
    head = await world.head()
    again = await follow(ben, ann)
    assert {**again, "cursor": ""} == {**first, "cursor": ""}
    assert await world.head() == head
    for _ in range(2):
        answer = await ben.client.delete(f"/api/users/{ann.id}/follow")
        assert answer.json()["followersCount"] == 0
        assert not answer.json()["isFollowed"]
    assert (await profile(ann, ben))["followingCount"] == 0


async def test_nobody_follows_themselves_or_somebody_who_is_not_there(world: World) -> None:
    ann = await world.person("ann")
    head = await world.head()
    problem(await ann.client.put(f"/api/users/{ann.id}/follow"), 422, "validation_failed")
    for missing in (new_id(), "nonsense"):
        problem(await ann.client.put(f"/api/users/{missing}/follow"), 404, "not_found")
        problem(await ann.client.delete(f"/api/users/{missing}/follow"), 404, "not_found")
    problem(await world.client().put(f"/api/users/{ann.id}/follow"), 401, "unauthenticated")
    assert await world.head() == head


async def test_a_home_feed_is_one_s_own_posts_and_those_of_whom_one_follows(world: World) -> None:
    ann, ben, cat = [await world.person(name) for name in ("ann", "ben", "cat")]
    for person, text in ((ann, "a1"), (ben, "b1"), (cat, "c1"), (ann, "a2")):
        await person.publish(text=text)
    assert await texts(ben) == ["b1"]
    await follow(ben, ann)
    assert await texts(ben) == ["a2", "b1", "a1"]
    await ben.client.delete(f"/api/users/{ann.id}/follow")
    assert await texts(ben) == ["b1"]


async def test_a_tier_opens_what_is_for_it_and_its_end_closes_it(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    for tier in ("basic", "premium", "vip"):
        await ann.publish(text=tier, tier=tier)
    path = f"/api/posts?creator={ann.id}"
    assert await texts(ben, path) == ["", "", ""]
    answer = await grant(ann, ann, ben, "premium")
    assert answer.status_code == 200
    assert (
        answer.json().items()
        >= {
            "creatorId": ann.id,
            "subscriberId": ben.id,
            "tier": "premium",
        }.items()
    )
    assert await texts(ben, path) == ["", "premium", "basic"]
    assert (await profile(ben, ann))["tier"] == "premium"
    await grant(ann, ann, ben, "vip")
    assert await texts(ben, path) == ["vip", "premium", "basic"]
    await grant(ann, ann, ben, "basic")
    assert await texts(ben, path) == ["", "", "basic"]
    ended = await ann.client.delete(f"/api/users/{ann.id}/subscribers/{ben.id}")
    assert ended.status_code == 204
    assert await texts(ben, path) == ["", "", ""]
    assert (await profile(ben, ann))["tier"] is None


async def test_tiers_are_granted_by_the_creator_an_admin_and_a_service(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    problem(await grant(ben, ann, ben, "vip"), 403, "forbidden")
    path = f"/api/users/{ann.id}/subscribers/{ben.id}"
    problem(await ben.client.delete(path), 403, "forbidden")
    assert (await profile(ben, ann))["tier"] is None
    admin = await world.admin()
    assert (await grant(admin, ann, ben, "basic")).status_code == 200
    service = await world.program()
    assert (await service.put(path, json={"tier": "vip"})).status_code == 200
    assert (await profile(ben, ann))["tier"] == "vip"
    assert (await service.delete(path)).status_code == 204


@pytest.mark.parametrize("tier", ["gold", "", None, 1])
async def test_a_tier_that_there_is_not_is_refused(world: World, tier: object) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    path = f"/api/users/{ann.id}/subscribers/{ben.id}"
    problem(await ann.client.put(path, json={"tier": tier}), 422, "validation_failed")


async def test_repeating_a_grant_or_an_end_is_no_event(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    await grant(ann, ann, ben, "vip")
    head = await world.head()
    await grant(ann, ann, ben, "vip")
    assert await world.head() == head
    path = f"/api/users/{ann.id}/subscribers/{ben.id}"
    await ann.client.delete(path)
    head = await world.head()
    assert (await ann.client.delete(path)).status_code == 204
    assert await world.head() == head


async def test_a_tier_needs_two_people_who_are_there(world: World) -> None:
    ann = await world.person("ann")
    for creator, subscriber in ((ann.id, new_id()), (new_id(), ann.id)):
        path = f"/api/users/{creator}/subscribers/{subscriber}"
        problem(await ann.client.put(path, json={"tier": "vip"}), 404, "not_found")
    problem(await grant(ann, ann, ann, "vip"), 422, "validation_failed")


async def subscribers(client: httpx.AsyncClient, creator: Person, query: str = "") -> Any:
    answer = await client.get(f"/api/users/{creator.id}/subscribers{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_holds_a_tier_is_told_to_those_who_may_grant_it(world: World) -> None:
    ann, ben, cat = [await world.person(name) for name in ("ann", "ben", "cat")]
    assert await subscribers(ann.client, ann) == {"subscribers": [], "next": None}
    await grant(ann, ann, ben, "basic")
    world.clock.forward(seconds=1)
    await grant(ann, ann, cat, "vip")
    await grant(ann, ann, ben, "premium")  # who has been here for longer stays below
    for client in (ann.client, (await world.admin()).client, await world.program()):
        body = await subscribers(client, ann)
        assert [(row["user"]["username"], row["tier"]) for row in body["subscribers"]] == [
            ("cat", "vip"),
            ("ben", "premium"),
        ]
    assert body["subscribers"][0]["user"] == {
        "id": cat.id,
        "username": "cat",
        "name": "cat",
        "avatar": None,
        "isVerified": False,
    }
    path = f"/api/users/{ann.id}/subscribers"
    problem(await ben.client.get(path), 403, "forbidden")
    problem(await world.client().get(path), 401, "unauthenticated")
    problem(await ann.client.get(f"/api/users/{new_id()}/subscribers"), 404, "not_found")
    await ann.client.delete(f"{path}/{cat.id}")
    assert [row["user"]["id"] for row in (await subscribers(ann.client, ann))["subscribers"]] == [
        ben.id
    ]


async def test_subscribers_come_in_pages(world: World) -> None:
    ann = await world.person("ann")
    people = [await world.person(f"p{number}") for number in range(5)]
    for person in people:
        await grant(ann, ann, person, "basic")
    found, page = [], ""
    while True:
        body = await subscribers(ann.client, ann, f"?limit=2&page={page}")
        found += [row["user"]["id"] for row in body["subscribers"]]
        page = body["next"]
        if page is None:
            break
    assert found == [person.id for person in reversed(people)]


async def test_the_counts_of_profiles_are_exact_whatever_happens_at_once(world: World) -> None:
    people = [await world.person(f"p{number}") for number in range(6)]
    chance = random.Random(3)
    posts = {person.id: [(await person.publish())["id"] for _ in range(4)] for person in people}

    def something(person: Person) -> Awaitable[httpx.Response]:
        other = chance.choice([one for one in people if one is not person])
        mine = posts[person.id]
        path = f"/api/users/{other.id}/follow"
        return chance.choice(
            (
                lambda: person.client.put(path),
                lambda: person.client.delete(path),
                lambda: person.client.post("/api/posts", json={"text": "a"}),
                lambda: person.client.delete(f"/api/posts/{chance.choice(mine)}"),
            )
        )()

    for _ in range(10):
        await asyncio.gather(*(something(chance.choice(people)) for _ in range(40)))

    def check(snapshot: Snapshot) -> None:
        follows = {person.id: snapshot.following(person.id) for person in people}
        followers = Counter(chain.from_iterable(follows.values()))
        for person in people:
            row = snapshot.user(person.id)
            assert row is not None
            count = len(snapshot.posts(PostQuery(creator=person.id, limit=1_000)))
            assert (row.posts_count, row.following_count, row.followers_count) == (
                count,
                len(follows[person.id]),
                followers[person.id],
            )

    await world.store.read(check)

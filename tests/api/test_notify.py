"""Bring your own posts: what other programs tell is kept, once, and looks like any post."""

from typing import Any

import httpx
import pytest

from feedline.feed.events import PostCreated, PostLiked, PostUnliked, PostUpdated
from feedline.feed.reactions import tell_owed_likes
from feedline.store.base import LogEntry
from tests.api.world import NOW, World, paths, problem

ROW: dict[str, Any] = {
    "id": 42,
    "content": "From elsewhere",
    "title": "News",
    "created_at": "2025-12-31T23:59:59.500Z",
    "creator": {"id": "u1", "nickname": "zoe", "fullName": "Zoe Z"},
}


async def tell(program: httpx.AsyncClient, **changed: Any) -> httpx.Response:
    body = {"post": {**ROW, **changed}, "authorId": "u1"}
    return await program.post("/api/notify/post-author", json=body)


async def log(world: World) -> list[LogEntry]:
    return (await world.store.read(lambda reads: reads.log_page(0, 100))).entries


async def test_a_post_is_kept_under_its_own_id_and_reads_like_any_other(world: World) -> None:
    program = await world.program()
    answer = await tell(program)
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] is True
    found = (await world.client().get("/api/posts/42")).json()
    assert found["cursor"] == answer.json()["cursor"]
    post = found["post"]
    assert post["id"] == "42"
    assert post["content"]["text"] == "From elsewhere"
    assert post["createdAt"] == post["updatedAt"] == "2025-12-31T23:59:59.500Z"
    assert post["creator"] == {
        "id": "u1",
        "username": "zoe",
        "name": "Zoe Z",
        "avatar": None,
        "isVerified": False,
    }
    for query in ("creator=u1", "creator=zoe"):
        posts = (await world.client().get(f"/api/posts?{query}")).json()["posts"]
        assert posts == [post]


async def test_the_event_is_the_post(world: World) -> None:
    await tell(await world.program())
    [entry] = await log(world)
    assert isinstance(entry.event, PostCreated)
    assert (entry.event.channel, entry.event.user_id) == ("creator:u1", "u1")
    assert entry.event.post.content.text == "From elsewhere"


async def test_a_repeat_changes_nothing_and_a_change_is_an_event(world: World) -> None:
    program = await world.program()
    first, again = await tell(program), await tell(program)
    assert first.json() == again.json()
    await tell(program, content="Changed")
    await tell(program, content="Changed again")
    created, *updated = [entry.event for entry in await log(world)]
    assert isinstance(created, PostCreated)
    assert all(isinstance(event, PostUpdated) for event in updated)
    versions = [event.post.updated_at for event in (created, *updated)]  # type: ignore[union-attr]
    assert versions == sorted(set(versions))
    post = (await world.client().get("/api/posts/42")).json()["post"]
    assert post["content"]["text"] == "Changed again"
    assert post["createdAt"] == "2025-12-31T23:59:59.500Z"


async def test_delivery_says_whether_the_author_was_connected(world: World) -> None:
    program = await world.program()
    assert (await tell(program)).json()["delivery"] == "channel-only"
    world.connected.add("u1")
    assert (await tell(program)).json()["delivery"] == "direct"


async def test_posts_of_all_kinds_of_ids_are_listed_by_time_page_by_page(world: World) -> None:
    program = await world.program()
    ann = await world.person("ann")
    mine = (await ann.publish(text="now"))["id"]
    for number, id_ in enumerate(["zzz", "1", "Post:7", "00000000-0000-4000-8000-000000000000"]):
        answer = await tell(program, id=id_, created_at=NOW - 1000 * (4 - number))
        assert answer.status_code == 202, answer.text
    seen: list[str] = []
    page = ""
    while page is not None:
        query = {"limit": "2", "page": page}
        listed = (await world.client().get("/api/posts", params=query)).json()
        seen += [post["id"] for post in listed["posts"]]
        page = listed["next"]
    assert seen == [mine, "00000000-0000-4000-8000-000000000000", "Post:7", "1", "zzz"]


async def test_a_post_from_the_future_is_from_now(world: World) -> None:
    await tell(await world.program(), created_at="2999-01-01T00:00:00Z", updated_at=NOW * 2)
    post = (await world.client().get("/api/posts/42")).json()["post"]
    assert post["createdAt"] == post["updatedAt"] == "2026-01-22T10:00:00.000Z"


async def test_a_name_that_is_taken_gets_a_mark(world: World) -> None:
    ann = await world.person("zoe")
    await tell(await world.program())
    post = (await world.client().get("/api/posts/42")).json()["post"]
    assert post["creator"]["username"].startswith("zoe-")
    assert post["creator"]["id"] == "u1" != ann.id


@pytest.mark.parametrize("nickname", ["", "Żółć ♥", "-", "x" * 90, "0199" * 9])
async def test_an_author_of_any_name_can_be_found(world: World, nickname: str) -> None:
    await tell(await world.program(), creator={"id": "u1", "nickname": nickname})
    user = (await world.client().get("/api/users/u1")).json()["user"]
    assert (await world.client().get(f"/api/users/{user['username']}")).json()["user"] == user


async def test_nobody_signs_in_as_an_author_who_was_made(world: World) -> None:
    await tell(await world.program())
    for password in ("", "password"):
        body = {"username": "zoe", "password": password}
        problem(await world.client().post("/api/auth/login", json=body), 401, "unauthenticated")


async def test_a_person_of_this_place_may_be_the_author(world: World) -> None:
    ann, program = await world.person("ann"), await world.program()
    body = {"post": {"id": "p", "text": "for me"}, "authorId": ann.id}
    assert (await program.post("/api/notify/post-author", json=body)).status_code == 202
    posts = (await ann.client.get("/api/feed")).json()["posts"]
    assert [(post["id"], post["creator"]["username"]) for post in posts] == [("p", "ann")]
    assert (await ann.client.delete("/api/posts/p")).status_code == 204


async def test_a_post_of_somebody_else_is_a_conflict(world: World) -> None:
    ann, program = await world.person("ann"), await world.program()
    post = await ann.publish(text="mine")
    before = await world.head()
    problem(await tell(program, id=post["id"]), 409, "conflict")
    assert await world.head() == before
    assert (await ann.client.get(f"/api/posts/{post['id']}")).json()["post"] == post


async def test_new_post_takes_the_author_from_the_row_or_from_what_is_known(world: World) -> None:
    program = await world.program()
    body = {"post": ROW, "subscriberIds": ["a", 7, "a"]}
    answer = await program.post("/api/notify/new-post", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["receivers"] == 2
    known = {**ROW, "creator": {}}
    again = await program.post("/api/notify/new-post", json={"post": known})
    assert again.json()["cursor"] == answer.json()["cursor"]
    unknown = await program.post("/api/notify/new-post", json={"post": {**known, "id": "other"}})
    assert paths(problem(unknown, 422, "validation_failed")) == ["post.creator.id"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"post": {**ROW, "id": "a b"}, "authorId": "u1"}, "post.id"),
        (
            {"post": {**ROW, "minSubscriptionTier": "gold"}, "authorId": 1},
            "post.minSubscriptionTier",
        ),
        ({"post": ROW, "authorId": "a b"}, "authorId"),
        ({"post": ROW}, "authorId"),
        ({"post": {"id": 1}, "authorId": "u1"}, "post"),
        ({"post": ROW, "authorId": "u1", "extra": 1}, "extra"),
        ({"post": [], "authorId": "u1"}, "post"),
    ],
)
async def test_what_is_not_valid_changes_nothing(
    world: World, body: dict[str, Any], path: str
) -> None:
    program = await world.program()
    answer = await program.post("/api/notify/post-author", json=body)
    assert paths(problem(answer, 422, "validation_failed")) == [path]
    assert await world.head() == 0
    problem(await world.client().get("/api/users/u1"), 404, "not_found")


@pytest.mark.parametrize("call", ["post-author", "new-post", "post-likes"])
async def test_only_programs_may_tell(world: World, call: str) -> None:
    path = f"/api/notify/{call}"
    ann = await world.person()
    problem(await ann.client.post(path, json={}), 403, "forbidden")
    problem(await world.client().post(path, json={}), 401, "unauthenticated")
    browser = await world.browser("ben")
    problem(await browser.post(path, json={}), 403, "forbidden")
    program = await world.program()
    await world.store.write(lambda tx: tx.remove_service_token("shop"))
    bodies = {
        "post-author": {"post": ROW, "authorId": "u1"},
        "new-post": {"post": ROW},
        "post-likes": {"postId": 42, "likesCount": 1},
    }
    problem(await program.post(path, json=bodies[call]), 401, "unauthenticated")
    assert await world.head() == 0


# ---- subscribers


async def new_post(program: httpx.AsyncClient, *ids: Any) -> int:
    body = {"post": ROW, "subscriberIds": list(ids)} if ids else {"post": ROW}
    answer = await program.post("/api/notify/new-post", json=body)
    assert answer.status_code == 202, answer.text
    receivers: int = answer.json()["receivers"]
    return receivers


async def test_subscribers_who_are_known_follow_and_have_the_post_in_their_feed(
    world: World,
) -> None:
    ann, program = await world.person("ann"), await world.program()
    assert await new_post(program, ann.id, "stranger", "u1") == 2
    feed = (await ann.client.get("/api/feed")).json()["posts"]
    assert [post["id"] for post in feed] == ["42"]
    assert await new_post(program) == 1
    head = await world.head()
    await new_post(program, ann.id)
    assert await world.head() == head


# ---- likes


async def likes(world: World, program: httpx.AsyncClient, count: int, **more: Any) -> list[Any]:
    """What is in the log after a call about likes."""
    before = await world.head()
    body = {"postId": 42, "likesCount": count, **more}
    answer = await program.post("/api/notify/post-likes", json=body)
    assert answer.status_code == 202, answer.text
    return [entry.event for entry in await log(world) if entry.seq > before]


async def test_likes_are_taken_over_as_they_are_counted(world: World) -> None:
    ann, program = await world.person("ann"), await world.program()
    await tell(program)
    [told] = await likes(world, program, 7)
    assert (told.channel, told.likes_count, told.user_id) == ("post:42", 7, "")
    assert await likes(world, program, 7) == []
    world.clock.forward(seconds=1)
    own, told = await likes(world, program, 8, userId=ann.id)
    assert (own.channel, told.channel) == (f"feed:{ann.id}", "post:42")
    shown = (await ann.client.get("/api/posts/42")).json()["post"]["engagement"]
    assert shown == {"likesCount": 8, "commentsCount": 0, "isLiked": True}
    assert await likes(world, program, 8, userId=ann.id, isLiked=True) == []
    world.clock.forward(seconds=1)
    own, told = await likes(world, program, 7, userId=ann.id, isLiked=False)
    assert isinstance(told, PostUnliked)
    shown = (await ann.client.get("/api/posts/42")).json()["post"]["engagement"]
    assert shown == {"likesCount": 7, "commentsCount": 0, "isLiked": False}


async def test_likes_that_come_fast_are_merged(world: World) -> None:
    program = await world.program()
    await tell(program)
    assert len(await likes(world, program, 1)) == 1
    for count in range(2, 10):
        assert await likes(world, program, count, userId=f"stranger{count}") == []
    world.clock.forward(seconds=1)
    await world.store.write(tell_owed_likes)
    *_, last = [entry.event for entry in await log(world)]
    assert isinstance(last, PostLiked)
    assert (last.likes_count, last.user_id) == (9, "stranger9")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"postId": "none", "likesCount": 1}, 404),
        ({"postId": 42, "likesCount": -1}, 422),
        ({"postId": 42, "likesCount": 2**54}, 422),
        ({"postId": "a b", "likesCount": 1}, 422),
        ({"postId": 42, "likesCount": 1, "userId": ""}, 422),
        ({"postId": 42}, 422),
    ],
)
async def test_likes_that_cannot_be(world: World, body: dict[str, Any], status: int) -> None:
    program = await world.program()
    await tell(program)
    answer = await program.post("/api/notify/post-likes", json=body)
    assert answer.status_code == status
    assert await world.head() == 1


async def test_what_was_deleted_here_stays_so(world: World) -> None:
    program, admin, ben = await world.program(), await world.admin(), await world.person("ben")
    await tell(program)
    await ben.client.put("/api/users/u1/follow")
    assert (await admin.client.delete("/api/posts/42")).status_code == 204
    head = await world.head()
    cursor = (await world.client().get("/api/posts")).json()["cursor"]
    for changed in ({}, {"title": "Changed"}):
        answer = await tell(program, **changed)
        assert (answer.status_code, answer.json()["cursor"]) == (202, cursor)
        answer = await program.post("/api/notify/new-post", json={"post": {**ROW, **changed}})
        assert (answer.status_code, answer.json()["cursor"]) == (202, cursor)
    assert await world.head() == head
    problem(await world.client().get("/api/posts/42"), 404, "not_found")
    assert (await world.client().get("/api/users/u1")).json()["user"]["postsCount"] == 0

"""Likes and comments: exact counts, who may see and delete what, and how often likes are told."""

import asyncio
from typing import Any

import httpx
import pytest

from feedline.config import Settings
from feedline.feed.events import AnyEvent, PostLiked, PostUnliked
from feedline.feed.reactions import LIKES_MERGED, tell_owed_likes
from tests.api.world import Person, World, problem
from tests.feed.strategies import new_id
from tests.store.opening import log_of


async def comment(person: Person, post: dict[str, Any], text: str) -> dict[str, Any]:
    answer = await person.client.post(f"/api/posts/{post['id']}/comments", json={"text": text})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def engagement(client: httpx.AsyncClient, post: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"/api/posts/{post['id']}")
    counts: dict[str, Any] = answer.json()["post"]["engagement"]
    return counts


async def likes_told(world: World) -> list[AnyEvent]:
    """What everybody was told of likes."""
    entries = await world.store.read(lambda snapshot: log_of(snapshot, 500))
    events = [entry.event for entry in entries]
    return [
        event
        for event in events
        if isinstance(event, PostLiked | PostUnliked) and event.channel.startswith("post:")
    ]


async def test_liking_and_taking_it_back_are_counted_once(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post = await ann.publish()
    path = f"/api/posts/{post['id']}/like"
    for _ in range(2):
        body = (await ben.client.put(path)).json()
        assert (body["postId"], body["likesCount"], body["isLiked"]) == (post["id"], 1, True)
    assert await engagement(ben.client, post) == {
        "likesCount": 1,
        "commentsCount": 0,
        "isLiked": True,
    }
    assert (await engagement(ann.client, post))["isLiked"] is False
    assert (await engagement(world.client(), post))["likesCount"] == 1
    for _ in range(2):
        body = (await ben.client.delete(path)).json()
        assert (body["likesCount"], body["isLiked"]) == (0, False)


async def test_likes_of_many_at_once_are_counted_exactly(world: World) -> None:
    people = [await world.person(f"p{number}") for number in range(8)]
    post = await people[0].publish()
    path = f"/api/posts/{post['id']}/like"
    answers = await asyncio.gather(*(p.client.put(path) for p in people for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await engagement(people[0].client, post))["likesCount"] == 8
    await asyncio.gather(*(person.client.delete(path) for person in people[:5]))
    assert (await engagement(people[7].client, post))["likesCount"] == 3


async def test_likes_are_told_at_most_four_times_a_second_and_the_last_count_always(
    world: World,
) -> None:
    people = [await world.person(f"p{number}") for number in range(12)]
    post = await people[0].publish()
    for person in people:
        await person.client.put(f"/api/posts/{post['id']}/like")
        world.clock.now += 10
    assert [event.likes_count for event in await likes_told(world)] == [1]  # type: ignore[union-attr]
    due = await world.store.write(tell_owed_likes)
    assert due is not None
    assert due - world.clock.now <= LIKES_MERGED
    world.clock.now = due
    assert await world.store.write(tell_owed_likes) is None
    assert [event.likes_count for event in await likes_told(world)] == [1, 12]  # type: ignore[union-attr]
    assert await world.store.write(tell_owed_likes) is None
    assert len(await likes_told(world)) == 2


async def test_a_like_that_is_owed_is_asked_for(world: World) -> None:
    """The one who tells of likes hears of what waits, and only of that."""
    ann, ben = await world.person("ann"), await world.person("ben")
    post = await ann.publish()
    await ann.client.put(f"/api/posts/{post['id']}/like")
    assert len(world.owed) == 0
    await ben.client.put(f"/api/posts/{post['id']}/like")
    assert len(world.owed) == 1


async def test_what_is_not_there_can_not_be_liked_or_commented_on(world: World) -> None:
    ann = await world.person("ann")
    for post_id in (new_id(), "nonsense"):
        problem(await ann.client.put(f"/api/posts/{post_id}/like"), 404, "not_found")
        problem(await ann.client.delete(f"/api/posts/{post_id}/like"), 404, "not_found")
        path = f"/api/posts/{post_id}/comments"
        problem(await ann.client.post(path, json={"text": "a"}), 404, "not_found")
        problem(await world.client().get(path), 404, "not_found")
        problem(await ann.client.delete(f"/api/comments/{post_id}"), 404, "not_found")


async def test_comments_are_listed_newest_first_in_pages(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post = await ann.publish()
    for number in range(5):
        body = await comment(ben, post, str(number))
        assert body["commentsCount"] == number + 1
        assert body["comment"]["author"]["username"] == "ben"
    found: list[str] = []
    page = ""
    while page is not None:
        path = f"/api/posts/{post['id']}/comments"
        answer = await world.client().get(path, params={"limit": 2, "page": page})
        found += [entry["text"] for entry in answer.json()["comments"]]
        page = answer.json()["next"]
    assert found == ["4", "3", "2", "1", "0"]
    assert (await engagement(ann.client, post))["commentsCount"] == 5


async def test_a_comment_with_a_key_is_added_once(world: World) -> None:
    ann = await world.person("ann")
    post, other = await ann.publish(), await ann.publish()

    async def send(post: dict[str, Any], text: str) -> httpx.Response:
        return await ann.client.post(
            f"/api/posts/{post['id']}/comments",
            json={"text": text},
            headers={"idempotency-key": "key"},
        )

    first, again = await send(post, "once"), await send(post, "once")
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    problem(await send(post, "something else"), 422, "idempotency_mismatch")
    problem(await send(other, "once"), 422, "idempotency_mismatch")
    assert (await engagement(ann.client, post))["commentsCount"] == 1


async def test_a_comment_is_deleted_by_its_author_the_posts_author_or_an_admin(
    world: World,
) -> None:
    ann, ben, cat = [await world.person(name) for name in ("ann", "ben", "cat")]
    admin = await world.admin()
    post = await ann.publish()
    for person, allowed in ((cat, False), (ben, True), (ann, True), (admin, True)):
        made = await comment(ben, post, "secret words")
        answer = await person.client.delete(f"/api/comments/{made['comment']['id']}")
        if allowed:
            assert answer.status_code == 204
        else:
            problem(answer, 403, "forbidden")
            await ben.client.delete(f"/api/comments/{made['comment']['id']}")
        assert (await engagement(ann.client, post))["commentsCount"] == 0
    entries = await world.store.read(lambda snapshot: log_of(snapshot, 500))
    assert not [entry for entry in entries if "secret words" in repr(entry.event)]


async def test_a_locked_post_may_be_liked_but_its_comments_are_for_its_tier(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post = await ann.publish(text="a", tier="basic")
    made = await comment(ann, post, "among us")
    path = f"/api/posts/{post['id']}/comments"
    assert (await ben.client.put(f"/api/posts/{post['id']}/like")).status_code == 200
    for client in (ben.client, world.client()):
        problem(await client.get(path), 403, "forbidden")
    problem(await ben.client.post(path, json={"text": "b"}), 403, "forbidden")
    # What one may not see answers like what is not there.
    problem(await ben.client.delete(f"/api/comments/{made['comment']['id']}"), 404, "not_found")
    subscription = f"/api/users/{ann.id}/subscribers/{ben.id}"
    await ann.client.put(subscription, json={"tier": "basic"})
    assert (await ben.client.get(path)).json()["comments"][0]["text"] == "among us"
    await comment(ben, post, "and me")


@pytest.mark.parametrize("text", ["", " \n", "x" * 2_001, "a\0b"])
async def test_a_comment_that_is_not_valid_is_refused(world: World, text: str) -> None:
    ann = await world.person("ann")
    post = await ann.publish()
    head = await world.head()
    answer = await ann.client.post(f"/api/posts/{post['id']}/comments", json={"text": text})
    problem(answer, 422, "validation_failed")
    assert await world.head() == head


class TestWithoutALimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return Settings(data=settings.data, comment_limit=0)

    async def test_comments_may_be_long(self, world: World) -> None:
        ann = await world.person("ann")
        await comment(ann, await ann.publish(), "x" * 20_000)


async def test_deleting_a_post_takes_its_comments_and_likes_along(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post = await ann.publish()
    made = await comment(ben, post, "secret words")
    await ben.client.put(f"/api/posts/{post['id']}/like")
    await ann.client.delete(f"/api/posts/{post['id']}")
    problem(await ben.client.delete(f"/api/comments/{made['comment']['id']}"), 404, "not_found")
    entries = await world.store.read(lambda snapshot: log_of(snapshot, 500))
    assert not [entry for entry in entries if "secret words" in repr(entry.event)]

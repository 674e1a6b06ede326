"""Many people at once: what is counted is what there is, and what is told is told in time."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from feedline.feed.reactions import LIKES_MERGED
from tests.gateway.live import Crowd, Message, live
from tests.processes import Person

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

PEOPLE = 6
DEEDS = 15  # of each
SEED = 1


async def many(join: Crowd, name: str) -> list[Person]:
    return [await join(f"{name}-{number}") for number in range(PEOPLE)]


def at(event: Message) -> float:
    """When an event happened, in milliseconds."""
    return datetime.fromisoformat(event["timestamp"]).timestamp() * 1000


async def count_of(person: Person, post_id: str, what: str) -> Any:
    answer = await person.http.get(f"/api/posts/{post_id}")
    return answer.json()["post"]["engagement"][what]


async def like_at_random(person: Person, post_id: str, rng: random.Random) -> bool:
    """Likes and takes it back, also when there is nothing to do; whether it is liked in the end."""
    liked = False
    for _ in range(DEEDS):
        liked = rng.random() < 0.6
        call = person.http.put if liked else person.http.delete
        answer = await call(f"/api/posts/{post_id}/like")
        assert answer.status_code == 200
        assert answer.json()["isLiked"] == liked
    return liked


async def test_likes_are_counted_exactly_told_seldom_and_to_the_last(join: Crowd) -> None:
    author, *people = await many(join, "likers")
    post_id = (await author.publish("like me"))["post"]["id"]
    rng = random.Random(SEED)
    async with live(author, f"post:{post_id}") as socket:
        liked = await asyncio.gather(
            *(like_at_random(person, post_id, random.Random(rng.random())) for person in people)
        )
        told = [await socket.hear()]
        while True:
            if told[-1]["likesCount"] != sum(liked):
                told.append(await socket.hear())
            elif await is_quiet(socket.hear, told):
                break
    assert {event["type"] for event in told} <= {"post_liked", "post_unliked"}
    gaps = [round(at(after) - at(before)) for before, after in pairwise(told)]
    assert all(gap >= LIKES_MERGED for gap in gaps)
    for person, likes in zip(people, liked, strict=True):
        assert await count_of(person, post_id, "isLiked") == likes
    assert await count_of(author, post_id, "likesCount") == sum(liked)


async def is_quiet(hear: Callable[[], Awaitable[Message]], told: list[Message]) -> bool:
    """Whether nothing more is told in more than the time by which it had to be."""
    try:
        told.append(await asyncio.wait_for(hear(), 4 * LIKES_MERGED / 1000))
    except TimeoutError:
        return True
    return False


async def test_comments_and_follows_are_counted_exactly(join: Crowd) -> None:
    author, *people = await many(join, "talkers")
    post_id = (await author.publish("talk to me"))["post"]["id"]

    async def talk(person: Person, rng: random.Random) -> bool:
        follows, mine = False, []
        for number in range(DEEDS):
            url = f"/api/posts/{post_id}/comments"
            answer = await person.http.post(url, json={"text": f"{number}"})
            mine.append(answer.json()["comment"]["id"])
            if rng.random() < 0.5:
                gone = mine.pop(rng.randrange(len(mine)))
                answers = await asyncio.gather(
                    *(person.http.delete(f"/api/comments/{gone}") for _ in range(2))
                )
                assert sorted(answer.status_code for answer in answers) == [204, 404]
            follows = rng.random() < 0.5
            call = person.http.put if follows else person.http.delete
            await call(f"/api/users/{author.id}/follow")
        return follows

    follow = await asyncio.gather(
        *(talk(person, random.Random(f"{SEED} {person.id}")) for person in people)
    )
    found, page = 0, ""
    while page is not None:
        url = f"/api/posts/{post_id}/comments?limit=100&page={page}"
        answer = (await author.http.get(url)).json()
        found, page = found + len(answer["comments"]), answer["next"]
    assert await count_of(author, post_id, "commentsCount") == found
    profile = (await author.http.get(f"/api/users/{author.id}")).json()["user"]
    assert profile["followersCount"] == sum(follow)
    counts = [(await person.http.get("/api/me")).json()["user"] for person in people]
    assert [user["followingCount"] for user in counts] == [int(follows) for follows in follow]


async def test_a_post_is_published_once_however_many_send_it_at_once(ann: Person) -> None:
    async def send(number: int) -> httpx.Response:
        headers = {"Idempotency-Key": f"crowd-{number}"}
        draft = {"text": f"once {number}"}
        return await ann.http.post("/api/posts", json=draft, headers=headers)

    answers = await asyncio.gather(*(send(number % 5) for number in range(40)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 5
    first = [answer for answer in answers if "idempotency-replayed" not in answer.headers]
    assert len(first) == 5
    listed = (await ann.http.get(f"/api/posts?creator={ann.id}&limit=100")).json()["posts"]
    texts = [post["content"]["text"] for post in listed]
    assert sorted(texts) == [f"once {number}" for number in range(5)]

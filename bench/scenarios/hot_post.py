"""Whether a post that everybody likes at once holds up the posts of others."""

import http.client
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.errors import BenchError, expect
from bench.load import Audience, Received, Workload, Written, people_file
from bench.population import Population
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "one post is liked by many while others publish; their posts from POST to the sockets"

_SECONDS = 10
_RATE = 20  # posts of others a second
_TOLD_A_SECOND = 4  # how often everybody may be told of a post's likes


def run(rig: Rig) -> list[Row]:
    likes = rig.scale.likes
    population = Population(people=likes + 2)
    rig.step(f"hot_post: making {population.people:,} people")
    with rig.server(population) as server:
        *fans, author, other = population.users(server.data, range(population.people))
        post_id = _post(server, author)
        fans_file = people_file(rig.folder / "fans", fans)
        audience = Audience(
            connections=rig.scale.healthy,
            token=other.token,
            channels=["public", f"post:{post_id}"],
            background=True,
        )
        with rig.sockets(server, audience) as sockets:
            others = Workload(writers=4, rate=_RATE, seconds=_SECONDS)
            rig.step(f"hot_post: {_RATE} posts/s, no likes")
            with rig.writers(server, [other], others) as writers:
                quiet = writers.finish().created
            sockets.wait_for(quiet * sockets.connections)
            before = sockets.report_all(each=quiet)
            sockets.reset()
            rig.step(f"hot_post: {_RATE} posts/s, {likes:,} likes in {_SECONDS} s")
            with (
                rig.writers(server, [other], others) as writers,
                rig.writers(server, [], _liking(post_id, likes, fans_file)) as liking,
            ):
                liked, busy = liking.finish(), writers.finish().created
            sockets.wait_for(busy * sockets.connections)
            during = sockets.report_all(each=busy)
        told = _check(server, post_id, author, likes)
    return [
        Row("feedline", "no likes", _delivered(before)),
        Row("feedline", f"{likes:,} likes", {**_delivered(during), **_liked(liked, told)}),
    ]


def _liking(post_id: str, likes: int, fans: Path) -> Workload:
    return Workload(
        writers=64,
        count=likes,
        rate=likes // _SECONDS,
        method="PUT",
        path=f"/api/posts/{post_id}/like",
        body="",
        expect=http.client.OK,
        people=fans,
    )


def _post(server: Server, author: User) -> str:
    status, answer = server.call("POST", "/api/posts", {"text": "hot"}, author.token)
    if status != http.client.CREATED:
        raise BenchError(f"a post was answered with {status}: {answer}")
    post_id: str = answer["post"]["id"]
    return post_id


def _check(server: Server, post_id: str, author: User, likes: int) -> int:
    """The count is exact, everybody was told of it, and not too often; how often."""
    answer = server.call("GET", f"/api/posts/{post_id}")[1]
    expect("likes of the post", expected=likes, counted=answer["post"]["engagement"]["likesCount"])
    told = _told(server, post_id, author, likes)
    expect("likes that were told last", expected=likes, counted=told[-1])
    if len(told) > (_SECONDS + 2) * _TOLD_A_SECOND:
        raise BenchError(f"likes were told {len(told)} times in {_SECONDS} s")
    return len(told)


def _told(server: Server, post_id: str, reader: User, likes: int) -> list[int]:
    """The counts that everybody was told of, by long-poll, until the last one or a silence."""
    told: list[int] = []
    cursor, channel = server.first_cursor(), f"post:{post_id}"
    while not told or told[-1] != likes:
        path = f"/api/events?channels={channel}&cursor={cursor}&wait=2"
        status, answer = server.call("GET", path, token=reader.token)
        if status != http.client.OK:
            raise BenchError(f"a long-poll was answered with {status}: {answer}")
        if not answer["events"]:
            break
        told += [event["likesCount"] for event in answer["events"] if _is_told(event, channel)]
        cursor = answer["cursor"]
    return told


def _is_told(event: dict[str, Any], channel: str) -> bool:
    return bool(event["type"] == "post_liked" and event["channel"] == channel)


def _delivered(found: Received) -> dict[str, float]:
    return {"deliveries": found.deliveries, **asdict(found.latency)}


def _liked(liked: Written, told: int) -> dict[str, float]:
    return {
        "likes_per_s": liked.per_second,
        "PUT_p50_ms": liked.latency.p50_ms,
        "PUT_p99_ms": liked.latency.p99_ms,
        "told": told,
    }

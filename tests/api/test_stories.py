"""Who is told how far a post got, and how often."""

from feedline.api.throttle import REACHES
from tests.api.world import World, problem


async def test_who_is_blocked_does_not_learn_that_a_post_is_there(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post_id = (await ann.publish())["id"]
    problem(await ben.client.get(f"/api/posts/{post_id}/reach"), 403, "forbidden")
    await ann.client.put(f"/api/users/{ben.id}/block")
    told = problem(await ben.client.get(f"/api/posts/{post_id}/reach"), 404, "not_found")
    assert told == problem(await ben.client.get("/api/posts/none/reach"), 404, "not_found")


async def test_an_author_asks_how_far_posts_got_so_often_and_no_more(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    path = f"/api/posts/{(await ann.publish())['id']}/reach"
    for _ in range(REACHES):
        assert (await ann.client.get(path)).json()["reach"]["online"] is None
    answer = await ann.client.get(path)
    problem(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0
    other = f"/api/posts/{(await ben.publish())['id']}/reach"
    assert (await ben.client.get(other)).status_code == 200
    world.clock.forward(seconds=300)
    assert (await ann.client.get(path)).status_code == 200

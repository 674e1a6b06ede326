import httpx
import pytest

from tests.api.world import World, paths, problem


async def test_a_profile_is_found_by_id_and_by_name_in_any_case(world: World) -> None:
    ann = await world.person("Ann")
    standing = {"isFollowed": False, "notifyPosts": False, "tier": None, "isBlocked": False}
    expected = {"user": {**ann.user, **standing}}
    for key in (ann.id, ann.id.upper(), "Ann", "aNN"):
        for client in (world.client(), ann.client):
            answer = await client.get(f"/api/users/{key}")
            assert answer.status_code == 200
            assert answer.json() == expected


@pytest.mark.parametrize(
    "key", ["nobody", "019be525-8500-7000-b4a0-7b31beb7c387", "%00", "a" * 5000, "%F0%9F%98%80"]
)
async def test_nobody_is_not_found(world: World, key: str) -> None:
    problem(await world.client().get(f"/api/users/{key}"), 404, "not_found")


async def test_a_profile_never_tells_the_password(world: World) -> None:
    ann = await world.person()
    assert "argon2" not in (await ann.client.get("/api/users/ann")).text
    assert "argon2" not in (await ann.client.get("/api/me")).text


async def test_changing_the_own_profile_is_an_event(world: World) -> None:
    ann = await world.person()
    post = await ann.publish()
    change = {"name": " Ann the Great ", "avatar": "https://pictures.test/ann.png"}
    answer = await ann.client.patch("/api/me", json=change)
    assert answer.status_code == 200
    user = answer.json()["user"]
    assert user["name"] == "Ann the Great"
    assert user["avatar"] == "https://pictures.test/ann.png"
    assert user["isFollowed"] is False
    assert user["tier"] is None
    assert await world.head() == 2
    creator = (await ann.client.get(f"/api/posts/{post['id']}")).json()["post"]["creator"]
    assert (creator["name"], creator["avatar"]) == (user["name"], user["avatar"])


async def test_what_is_left_out_stays_and_null_takes_the_avatar_away(world: World) -> None:
    ann = await world.person()
    await ann.client.patch("/api/me", json={"avatar": "https://pictures.test/ann.png"})
    user = (await ann.client.patch("/api/me", json={"name": "A"})).json()["user"]
    assert user["avatar"] == "https://pictures.test/ann.png"
    user = (await ann.client.patch("/api/me", json={"avatar": None})).json()["user"]
    assert (user["name"], user["avatar"]) == ("A", None)


async def test_no_change_is_no_event(world: World) -> None:
    ann = await world.person()
    for change in ({}, {"name": "ann"}, {"avatar": None}, {"avatar": ""}):
        assert (await ann.client.patch("/api/me", json=change)).status_code == 200
    assert await world.head() == 0


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"avatar": "http://pictures.test/ann.png"}, "avatar"),
        ({"avatar": "javascript:alert(1)"}, "avatar"),
        ({"avatar": "https://"}, "avatar"),
        ({"avatar": "https://" + "a" * 2000}, "avatar"),
        ({"username": "bob"}, "username"),
        ({"role": "admin"}, "role"),
        ({"isVerified": True}, "isVerified"),
    ],
)
async def test_a_bad_change_changes_nothing(
    world: World, change: dict[str, object], path: str
) -> None:
    ann = await world.person()
    answer = await ann.client.patch("/api/me", json={"name": "New", **change})
    assert path in paths(problem(answer, 422, "validation_failed"))
    assert (await ann.client.get("/api/me")).json()["user"] == ann.user
    assert await world.head() == 0


@pytest.mark.parametrize("name", ["Анна", "👩‍👩‍👧", "O'Neill <b>", "a" * 80])
async def test_a_name_is_whatever_people_are_called(world: World, name: str) -> None:
    ann = await world.person()
    answer = await ann.client.patch("/api/me", json={"name": name})
    assert answer.json()["user"]["name"] == name


async def suggested(client: httpx.AsyncClient, query: str = "") -> list[str]:
    answer = await client.get(f"/api/users{query}")
    assert answer.status_code == 200, answer.text
    return [user["username"] for user in answer.json()["users"]]


async def test_people_to_follow_are_those_who_post_the_most_followed_first(world: World) -> None:
    names = ("ann", "ben", "cat", "dan")
    ann, ben, cat, dan = [await world.person(name) for name in names]
    assert await suggested(world.client()) == []
    for person in (ben, ann, cat):
        await person.publish()
        world.clock.forward(seconds=1)
    assert await suggested(world.client()) == ["cat", "ann", "ben"]
    await dan.client.put(f"/api/users/{ben.id}/follow")
    assert await suggested(world.client()) == ["ben", "cat", "ann"]
    assert await suggested(dan.client) == ["cat", "ann"]
    assert await suggested(ben.client, "?limit=1") == ["cat"]
    await dan.client.delete(f"/api/users/{ben.id}/follow")
    await ann.publish()
    assert await suggested(dan.client) == ["ann", "cat", "ben"]


async def test_who_has_no_post_any_more_is_not_suggested(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    first, second = await ann.publish(), await ann.publish()
    for post, left in ((second, ["ann"]), (first, [])):
        assert (await ann.client.delete(f"/api/posts/{post['id']}")).status_code == 204
        assert await suggested(ben.client) == left


async def test_people_to_follow_have_the_shape_of_a_profile(world: World) -> None:
    ann = await world.person("ann")
    await ann.publish()
    body = (await world.client().get("/api/users?limit=100")).json()
    assert body == {"users": [{**ann.user, "postsCount": 1}]}
    for limit in ("0", "101", "x"):
        answer = await world.client().get(f"/api/users?limit={limit}")
        assert paths(problem(answer, 422, "validation_failed")) == ["limit"]

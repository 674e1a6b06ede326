import pytest

from tests.api.world import World, paths, problem


async def test_a_profile_is_found_by_id_and_by_name_in_any_case(world: World) -> None:
    ann = await world.person("Ann")
    expected = {"user": {**ann.user, "isFollowed": False, "tier": None}}
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

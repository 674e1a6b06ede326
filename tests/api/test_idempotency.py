import asyncio

import httpx
import pytest

from tests.api.world import Person, World, paths, problem

DRAFT = {"title": "Once", "text": "and only once"}


async def send(person: Person, key: str = "key", **draft: object) -> httpx.Response:
    headers = {"idempotency-key": key}
    return await person.client.post("/api/posts", json=draft or DRAFT, headers=headers)


async def test_a_repeat_gets_the_stored_answer_byte_for_byte(world: World) -> None:
    ann = await world.person()
    first = await send(ann)
    assert first.status_code == 201
    assert "idempotency-replayed" not in first.headers
    assert first.json()["post"]["clientId"] == "key"
    for _ in range(3):
        world.clock.forward(seconds=3600)
        again = await send(ann)
        assert again.status_code == 201
        assert again.content == first.content
        assert again.headers["idempotency-replayed"] == "true"
    assert await world.head() == 1


async def test_the_same_draft_in_other_bytes_is_the_same(world: World) -> None:
    ann = await world.person()
    first = await send(ann)
    content = b'{ "text" : "and only\\u0020once", "title":"Once" }'
    headers = {"idempotency-key": "key", "content-type": "application/json"}
    again = await ann.client.post("/api/posts", content=content, headers=headers)
    assert again.content == first.content


async def test_another_draft_needs_another_key(world: World) -> None:
    ann = await world.person()
    await send(ann)
    for draft in ({"text": "other"}, {**DRAFT, "tags": ["a"]}, {"title": "Once"}):
        problem(await send(ann, **draft), 422, "idempotency_mismatch")
    assert await world.head() == 1
    assert (await send(ann, key="other", text="other")).status_code == 201


async def test_a_key_is_its_owners_alone(world: World) -> None:
    ann, bob = await world.person("ann"), await world.person("bob")
    first, second = await send(ann), await send(bob)
    assert first.json()["post"]["id"] != second.json()["post"]["id"]
    assert "idempotency-replayed" not in second.headers


async def test_only_its_author_sees_the_key(world: World) -> None:
    ann, bob = await world.person("ann"), await world.person("bob")
    path = f"/api/posts/{(await send(ann)).json()['post']['id']}"
    assert (await ann.client.get(path)).json()["post"]["clientId"] == "key"
    for client in (bob.client, world.client()):
        assert (await client.get(path)).json()["post"]["clientId"] is None
        assert (await client.get("/api/posts")).json()["posts"][0]["clientId"] is None


async def test_many_at_once_publish_one(world: World) -> None:
    ann = await world.person()
    answers = await asyncio.gather(*(send(ann) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer for answer in answers if "idempotency-replayed" in answer.headers]
    assert len(replayed) == 19
    assert await world.head() == 1
    metrics = (await ann.client.get("/metrics")).text
    assert "feedline_posts_published_total 1.0" in metrics


async def test_many_at_once_with_different_drafts_publish_one(world: World) -> None:
    ann = await world.person()
    answers = await asyncio.gather(*(send(ann, text=str(number)) for number in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 9
    assert await world.head() == 1


async def test_the_stored_answer_outlasts_edit_and_deletion(world: World) -> None:
    ann = await world.person()
    first = await send(ann)
    path = f"/api/posts/{first.json()['post']['id']}"
    await ann.client.patch(path, json={"text": "edited"})
    assert (await send(ann)).content == first.content
    await ann.client.delete(path)
    assert (await send(ann)).content == first.content
    problem(await ann.client.get(path), 404, "not_found")
    assert await world.head() == 3


async def test_a_refused_draft_leaves_its_key_free(world: World) -> None:
    ann = await world.person()
    problem(await send(ann, text=""), 422, "validation_failed")
    assert (await send(ann)).status_code == 201


async def test_a_repeat_needs_a_session_too(world: World) -> None:
    ann = await world.person()
    await send(ann)
    await ann.client.post("/api/auth/logout")
    problem(await send(ann), 401, "unauthenticated")


@pytest.mark.parametrize("key", ["a", "!~", "x" * 128, "0194-abc/+="])
async def test_a_key_is_any_visible_ascii(world: World, key: str) -> None:
    ann = await world.person()
    assert (await send(ann, key=key)).json()["post"]["clientId"] == key


@pytest.mark.parametrize("key", [b"", b"a b", b"x" * 129, "ключ".encode(), b"a\x7f", b"\xff"])
async def test_a_key_that_is_none_is_refused(world: World, key: bytes) -> None:
    ann = await world.person()
    headers = [(b"idempotency-key", key)]
    answer = await ann.client.post("/api/posts", json=DRAFT, headers=headers)
    assert paths(problem(answer, 422, "validation_failed")) == ["Idempotency-Key"]
    assert await world.head() == 0


async def test_without_a_key_every_request_is_a_post(world: World) -> None:
    ann = await world.person()
    first, second = await ann.publish(**DRAFT), await ann.publish(**DRAFT)
    assert first["id"] != second["id"]
    assert first["clientId"] is None

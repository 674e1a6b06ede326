"""Whatever is sent is answered as documented, and what is refused changes nothing."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.world import Person, World

text = st.text(max_size=30) | st.sampled_from(["", " ", "\0", "a" * 201, "ж" * 2_001])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text
values = st.recursive(
    scalars, lambda some: st.lists(some) | st.dictionaries(text, some), max_leaves=8
)
drafts = st.fixed_dictionaries(
    {},
    optional={
        "title": text | st.none(),
        "text": text | st.none(),
        "category": text | st.none(),
        "tags": st.lists(text, max_size=12) | st.none(),
        "tier": st.sampled_from(["basic", "premium", "vip", "gold", "", None]),
    },
)
near_drafts = st.dictionaries(
    st.sampled_from(["title", "text", "category", "tags", "mediaId", "tier", "colour"]), values
)
documents = (drafts | near_drafts | values).map(lambda value: json.dumps(value).encode())
bodies = documents | st.binary(max_size=50)
queries = st.dictionaries(
    st.sampled_from(["limit", "page", "creator", "category", "tag", "other"]),
    st.text(max_size=30) | st.integers().map(str),
)

# One world serves all examples of a test: each looks at how it changes, not at what it holds.
shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
people: dict[int, Person] = {}


async def ann_of(world: World) -> Person:
    """The one person of a world."""
    if id(world) not in people:
        people.clear()
        people[id(world)] = await world.person()
    return people[id(world)]


async def state(person: Person) -> Any:
    posts = (await person.client.get("/api/posts")).json()
    return posts, (await person.client.get("/api/me")).json()


@shared
@given(body=bodies)
async def test_any_body_is_a_post_or_a_documented_refusal(world: World, body: bytes) -> None:
    ann = await ann_of(world)
    before = await state(ann)
    headers = {"content-type": "application/json"}
    answer = await ann.client.post("/api/posts", content=body, headers=headers)
    if answer.status_code == 201:
        path = f"/api/posts/{answer.json()['post']['id']}"
        assert (await ann.client.get(path)).content == answer.content
        await ann.client.delete(path)
    else:
        assert answer.status_code in (400, 422), answer.text
        assert answer.json()["code"] in ("bad_request", "validation_failed")
        assert await state(ann) == before


@shared
@given(query=queries)
async def test_any_query_is_a_list_or_a_documented_refusal(
    world: World, query: dict[str, str]
) -> None:
    answer = await world.client().get("/api/posts", params=query)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert {error["path"] for error in answer.json()["errors"]} <= {"limit", "page"}


@shared
@given(body=documents, path=st.sampled_from(["register", "login"]))
async def test_any_account_body_is_answered(world: World, body: bytes, path: str) -> None:
    headers = {"content-type": "application/json"}
    answer = await world.client().post(f"/api/auth/{path}", content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text

from dataclasses import replace

import pytest

from feedline.config import Settings
from tests.api.world import Person, World, paths, problem

NO_POST = "019be525-8500-7000-b4a0-7b31beb7c387"


async def test_a_post_is_published_as_the_protocol_shows_it(world: World) -> None:
    ann = await world.person()
    draft = {"title": " Hello ", "text": "First post", "category": "news", "tags": ["intro", "a"]}
    answer = await ann.client.post("/api/posts", json=draft)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"post", "cursor"}
    assert body["post"] == {
        "id": body["post"]["id"],
        "clientId": None,
        "creator": {
            "id": ann.id,
            "username": "ann",
            "name": "ann",
            "avatar": None,
            "isVerified": False,
        },
        "content": {
            "title": "Hello",
            "text": "First post",
            "category": "news",
            "tags": ["intro", "a"],
        },
        "media": {"type": "text", "url": None, "thumbnail": None, "aspectRatio": None},
        "access": {"tier": None, "isLocked": False},
        "engagement": {"likesCount": 0, "commentsCount": 0, "isLiked": False},
        "createdAt": "2026-01-22T10:00:00.000Z",
        "updatedAt": "2026-01-22T10:00:00.000Z",
    }
    got = await ann.client.get(f"/api/posts/{body['post']['id']}")
    assert got.status_code == 200
    assert got.json() == body
    assert await world.head() == 1


async def test_strangers_read_posts_too(world: World) -> None:
    ann, bob = await world.person("ann"), await world.person("bob")
    post = await ann.publish(text="for all")
    for client in (world.client(), bob.client):
        assert (await client.get(f"/api/posts/{post['id']}")).json()["post"] == post
        assert (await client.get("/api/posts")).json()["posts"] == [post]


async def test_a_post_for_a_tier_is_locked_for_everyone_else(world: World) -> None:
    ann, bob = await world.person("ann"), await world.person("bob")
    post = await ann.publish(title="Look", text="secret words", tier="premium")
    assert post["access"] == {"tier": "premium", "isLocked": False}
    for client in (world.client(), bob.client):
        for path in ("/api/posts", f"/api/posts/{post['id']}", "/api/posts?creator=ann"):
            answer = await client.get(path)
            assert "secret words" not in answer.text
            body = answer.json()
            seen = body["post"] if "post" in body else body["posts"][0]
            assert seen["access"] == {"tier": "premium", "isLocked": True}
            assert seen["content"]["title"] == "Look"
            assert seen["content"]["text"] == ""


@pytest.mark.parametrize(
    ("draft", "path"),
    [
        ({"title": "a" * 201}, "title"),
        ({"text": "a" * 10_001}, "text"),
        ({"text": "a", "category": "a" * 41}, "category"),
        ({"text": "a", "tags": ["a"] * 11}, "tags"),
        ({"text": "a", "tags": ["a", "b" * 41]}, "tags[1]"),
        ({"text": "a", "tags": [" "]}, "tags[0]"),
        ({"title": "", "text": None, "tags": ["a"]}, ""),
    ],
)
async def test_a_draft_over_its_limits_is_refused_whole(
    world: World, draft: dict[str, object], path: str
) -> None:
    ann = await world.person()
    answer = await ann.client.post("/api/posts", json=draft)
    assert path in paths(problem(answer, 422, "validation_failed"))
    assert await world.head() == 0
    assert (await ann.client.get("/api/me")).json()["user"]["postsCount"] == 0


async def test_a_draft_at_its_limits_is_published(world: World) -> None:
    ann = await world.person()
    await ann.publish(
        title="😀" * 200, text="ж" * 10_000, category="c" * 40, tags=[f"{n:040}" for n in range(10)]
    )


async def test_every_problem_is_told_at_once(world: World) -> None:
    ann = await world.person()
    draft = {"title": "a" * 201, "text": "a" * 10_001, "tier": "gold"}
    answer = await ann.client.post("/api/posts", json=draft)
    assert paths(problem(answer, 422, "validation_failed")) == ["title", "text", "tier"]


async def test_editing_changes_what_is_sent_and_leaves_the_rest(world: World) -> None:
    ann = await world.person()
    post = await ann.publish(title="Title", text="text", category="news", tags=["a"])
    world.clock.forward(seconds=60)
    path = f"/api/posts/{post['id']}"
    answer = await ann.client.patch(path, json={"text": "new text", "category": None})
    assert answer.status_code == 200
    edited = answer.json()["post"]
    assert edited["content"] == {
        "title": "Title",
        "text": "new text",
        "category": None,
        "tags": ["a"],
    }
    assert edited["createdAt"] == post["createdAt"]
    assert edited["updatedAt"] == "2026-01-22T10:01:00.000Z"
    assert (await ann.client.get(path)).json() == answer.json()
    assert await world.head() == 2


async def test_an_edit_that_changes_nothing_is_no_event(world: World) -> None:
    ann = await world.person()
    post = await ann.publish(text="text")
    world.clock.forward(seconds=60)
    for draft in ({}, {"text": "text"}, {"title": None}, {"title": " "}):
        answer = await ann.client.patch(f"/api/posts/{post['id']}", json=draft)
        assert answer.status_code == 200
        assert answer.json()["post"] == post
    assert await world.head() == 1


@pytest.mark.parametrize(
    "draft", [{"text": ""}, {"text": None}, {"text": "a" * 10_001}, {"tier": "gold"}, {"id": "a"}]
)
async def test_a_bad_edit_changes_nothing(world: World, draft: dict[str, object]) -> None:
    ann = await world.person()
    post = await ann.publish(text="text")
    path = f"/api/posts/{post['id']}"
    problem(await ann.client.patch(path, json=draft), 422, "validation_failed")
    assert (await ann.client.get(path)).json()["post"] == post
    assert await world.head() == 1


async def test_only_its_author_changes_a_post(world: World) -> None:
    ann, bob, root = await world.person("ann"), await world.person("bob"), await world.admin()
    post = await ann.publish(text="mine")
    path = f"/api/posts/{post['id']}"
    for other in (bob, root):
        problem(await other.client.patch(path, json={"text": "x"}), 403, "forbidden")
    problem(await bob.client.delete(path), 403, "forbidden")
    assert (await ann.client.get(path)).json()["post"] == post


async def test_its_author_and_admins_delete_a_post(world: World) -> None:
    ann, root = await world.person("ann"), await world.admin()
    for person in (ann, root):
        post = await ann.publish()
        path = f"/api/posts/{post['id']}"
        answer = await person.client.delete(path)
        assert answer.status_code == 204
        assert answer.content == b""
        for method in ("GET", "PATCH", "DELETE"):
            body = {"text": "a"} if method == "PATCH" else None
            problem(await ann.client.request(method, path, json=body), 404, "not_found")
    assert (await ann.client.get("/api/posts")).json()["posts"] == []
    assert (await ann.client.get("/api/me")).json()["user"]["postsCount"] == 0


@pytest.mark.parametrize(
    "post_id", [NO_POST, "1", "%00", "..%2F..", "a" * 5000, "%F0%9F%98%80", "null", "' OR 1=1 --"]
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_id_that_is_none_is_not_found(world: World, method: str, post_id: str) -> None:
    ann = await world.person()
    body = {"text": "a"} if method == "PATCH" else None
    answer = await ann.client.request(method, f"/api/posts/{post_id}", json=body)
    problem(answer, 404, "not_found")


async def published(person: Person, count: int, **draft: object) -> list[str]:
    """The ids of new posts, newest first."""
    posts = [await person.publish(**{"text": str(n), **draft}) for n in range(count)]
    return [post["id"] for post in reversed(posts)]


class TestLists:
    async def test_the_newest_post_comes_first(self, world: World) -> None:
        ann = await world.person()
        ids = await published(ann, 3)
        body = (await ann.client.get("/api/posts")).json()
        assert [post["id"] for post in body["posts"]] == ids
        assert body["next"] is None
        assert set(body) == {"posts", "next", "cursor"}

    @pytest.mark.parametrize("path", ["/api/posts", "/api/feed"])
    async def test_pages_hold_every_post_once(self, world: World, path: str) -> None:
        ann = await world.person()
        ids = await published(ann, 7)
        seen, page, pages = [], "", 0
        while page is not None:
            answer = await ann.client.get(path, params={"limit": 3, "page": page})
            body = answer.json()
            assert len(body["posts"]) <= 3
            seen += [post["id"] for post in body["posts"]]
            page, pages = body["next"], pages + 1
        assert seen == ids
        assert pages == 3

    async def test_a_full_last_page_has_no_next(self, world: World) -> None:
        ann = await world.person()
        await published(ann, 2)
        assert (await ann.client.get("/api/posts?limit=2")).json()["next"] is None

    async def test_new_and_deleted_posts_do_not_shift_pages(self, world: World) -> None:
        ann = await world.person()
        ids = await published(ann, 6)
        page = (await ann.client.get("/api/posts?limit=3")).json()["next"]
        await ann.publish()
        await ann.client.delete(f"/api/posts/{ids[2]}")
        body = (await ann.client.get("/api/posts", params={"limit": 3, "page": page})).json()
        assert [post["id"] for post in body["posts"]] == ids[3:]

    async def test_twenty_are_shown_when_nothing_is_said(self, world: World) -> None:
        ann = await world.person()
        await published(ann, 21)
        body = (await ann.client.get("/api/posts")).json()
        assert len(body["posts"]) == 20
        assert len((await ann.client.get("/api/posts?limit=100")).json()["posts"]) == 21

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "abc", "1.5", "", "9" * 40, "null"])
    @pytest.mark.parametrize("path", ["/api/posts", "/api/feed"])
    async def test_a_limit_that_is_none_is_refused(
        self, world: World, path: str, limit: str
    ) -> None:
        ann = await world.person()
        answer = await ann.client.get(path, params={"limit": limit})
        assert paths(problem(answer, 422, "validation_failed")) == ["limit"]

    @pytest.mark.parametrize("page", ["x", "null", "a" * 21, "a" * 23, "é" * 22, "a" * 21 + "="])
    async def test_a_page_that_is_none_is_refused(self, world: World, page: str) -> None:
        answer = await world.client().get("/api/posts", params={"page": page})
        assert paths(problem(answer, 422, "validation_failed")) == ["page"]

    async def test_posts_of_one_creator_category_and_tag(self, world: World) -> None:
        ann, bob = await world.person("ann"), await world.person("bob")
        of_ann = await published(ann, 2, category="news", tags=["a", "b"])
        of_bob = await published(bob, 2, category="news", tags=["b"])
        expected = {
            f"creator={ann.id}": of_ann,
            "creator=ANN": of_ann,
            "creator=nobody": [],
            f"creator={NO_POST}": [],
            "category=news": of_bob + of_ann,
            "category=olds": [],
            "tag=a": of_ann,
            "tag=b": of_bob + of_ann,
            "tag=%00": [],
            "creator=bob&tag=a": [],
            "creator=bob&tag=b&category=news": of_bob,
            "creator=&tag=&category=&page=": of_bob + of_ann,
        }
        for query, ids in expected.items():
            body = (await world.client().get(f"/api/posts?{query}")).json()
            assert [post["id"] for post in body["posts"]] == ids, query
            assert body["cursor"]

    async def test_the_home_feed_holds_the_own_posts(self, world: World) -> None:
        ann, bob = await world.person("ann"), await world.person("bob")
        of_ann = await published(ann, 2)
        await published(bob, 2)
        body = (await ann.client.get("/api/feed")).json()
        assert [post["id"] for post in body["posts"]] == of_ann

    async def test_the_cursor_of_a_list_is_that_of_its_last_change(self, world: World) -> None:
        ann = await world.person()
        before = (await ann.client.get("/api/posts")).json()["cursor"]
        answer = (await ann.client.post("/api/posts", json={"text": "a"})).json()
        assert answer["cursor"] != before
        assert (await ann.client.get("/api/posts")).json()["cursor"] == answer["cursor"]
        assert (await ann.client.get("/api/feed")).json()["cursor"] == answer["cursor"]


class TestWithoutLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(
            settings, title_limit=0, text_limit=0, tags_limit=0, tag_limit=0, body_limit=0
        )

    async def test_nought_turns_a_limit_off(self, world: World) -> None:
        ann = await world.person()
        post = await ann.publish(
            title="a" * 1000, text="b" * 400_000, tags=[f"{n:100}" for n in range(50)]
        )
        assert len(post["content"]["text"]) == 400_000
        assert len(post["content"]["tags"]) == 50

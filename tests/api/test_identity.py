from dataclasses import replace
from typing import Any

import httpx
import pytest

from feedline.config import Settings
from feedline.feed.people import Identity
from tests.api.world import PASSWORD, World, login, problem

OWN = "http://feed.test"
FOREIGN = "https://evil.test"


async def test_a_token_wins_over_a_cookie(world: World) -> None:
    client = await world.browser("ann")
    bob = await world.person("bob")
    client.headers["authorization"] = f"Bearer {bob.token}"
    assert (await client.get("/api/me")).json()["user"]["username"] == "bob"
    client.headers["authorization"] = "Bearer nonsense"
    problem(await client.get("/api/me"), 401, "unauthenticated")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_the_scheme_is_bearer_in_any_case(world: World, scheme: str) -> None:
    ann = await world.person()
    ann.client.headers["authorization"] = f"{scheme} {ann.token}"
    assert (await ann.client.get("/api/me")).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "nonsense", "Bearer x"])
async def test_other_credentials_are_refused(world: World, header: str) -> None:
    client = world.client(headers={"authorization": header})
    for path in ("/api/me", "/api/posts", "/api/users/ann"):
        answer = await client.get(path)
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/me"),
        ("PATCH", "/api/me"),
        ("GET", "/api/feed"),
        ("POST", "/api/posts"),
        ("PATCH", "/api/posts/1"),
        ("DELETE", "/api/posts/1"),
        ("POST", "/api/auth/refresh"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/ticket"),
        ("POST", "/api/telemetry"),
    ],
)
async def test_without_credentials_nothing_is_done(world: World, method: str, path: str) -> None:
    problem(await world.client().request(method, path), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("PATCH", "/api/me", '{"colour": "red"}'),
        ("PATCH", "/api/me", "{"),
        ("POST", "/api/telemetry", '{"visible": 1}'),
        ("GET", "/api/feed?limit=0", ""),
        ("GET", "/api/posts?limit=0", ""),
        ("POST", "/api/notify/post-likes", "{}"),
        ("POST", "/api/notify/post-author", '{"post": {}, "authorId": 1}'),
    ],
)
async def test_whose_token_is_over_hears_that_whatever_is_sent(
    world: World, method: str, path: str, content: str
) -> None:
    ann, program = await world.person(), await world.program()
    by_program = path.startswith("/api/notify")
    client = program if by_program else ann.client
    sent: dict[str, Any] = {"content": content, "headers": {"content-type": "application/json"}}
    before = await client.request(method, path, **sent)
    assert before.status_code in (400, 422)
    await ann.client.post("/api/auth/logout")
    await world.store.write(lambda tx: tx.remove_service_token("shop"))
    problem(await client.request(method, path, **sent), 401, "unauthenticated")


async def test_a_browser_with_a_stale_cookie_hears_as_a_stranger_what_is_wrong(
    world: World,
) -> None:
    browser = await world.browser()
    ended = {"cookie": f"feedline_session={browser.cookies['feedline_session']}"}
    assert (await browser.post("/api/auth/logout")).status_code == 204
    client = world.client(headers=ended)
    problem(await client.get("/api/posts?limit=0"), 422, "validation_failed")
    problem(await client.get("/api/feed?limit=0"), 401, "unauthenticated")


async def test_a_token_in_the_url_is_no_credential(world: World) -> None:
    ann = await world.person()
    answer = await world.client().get(f"/api/me?token={ann.token}&access_token={ann.token}")
    problem(answer, 401, "unauthenticated")


async def test_a_forged_session_is_nobodys(world: World) -> None:
    ann, bob = await world.person("ann"), await world.person("bob")
    stolen = replace_user(world.identity(ann), bob.id)
    token = world.services.tokens.issue(stolen, world.clock.now)
    client = world.client(headers={"authorization": f"Bearer {token}"})
    problem(await client.get("/api/me"), 401, "unauthenticated")


async def test_a_token_is_over_when_its_time_is(world: World) -> None:
    ann = await world.person()
    world.clock.forward(seconds=world.services.settings.token_hours * 3600)
    problem(await ann.client.get("/api/me"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "cookie", ["feedline_session=", "feedline_session=nonsense", "other=1", "; ;=;"]
)
async def test_a_browser_with_a_stale_cookie_looks_as_a_stranger(world: World, cookie: str) -> None:
    client = world.client(headers={"cookie": cookie})
    assert (await client.get("/api/posts")).status_code == 200
    problem(await client.get("/api/me"), 401, "unauthenticated")


async def test_the_cookie_is_found_among_others(world: World) -> None:
    ann = await world.person()
    cookies = f"a=1; xfeedline_session=2; feedline_session={ann.token}; feedline_session=3"
    client = world.client(headers={"cookie": cookies})
    assert (await client.get("/api/me")).status_code == 200


async def post_by_cookie(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/api/posts", json={"text": "a"}, headers=names)


class TestForeignPages:
    """RFC 6454 section 7 (Origin) and Fetch Metadata (Sec-Fetch-Site)."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, allowed_origins=("http://app.feed.test",))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"origin": OWN},
            {"origin": OWN, "sec_fetch_site": "same-origin"},
            {"sec_fetch_site": "none"},
            {"origin": "http://app.feed.test"},
            {"origin": "http://app.feed.test", "sec_fetch_site": "same-site"},
        ],
    )
    async def test_own_pages_may_act_by_cookie(self, world: World, headers: dict[str, str]) -> None:
        client = await world.browser()
        assert (await post_by_cookie(client, **headers)).status_code == 201

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": FOREIGN},
            {"origin": "null"},
            {"origin": ""},
            {"origin": "http://feed.test.evil.test"},
            {"origin": "http://feed.test:8080"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
            {"sec_fetch_site": "nonsense"},
            {"origin": OWN, "sec_fetch_site": "cross-site"},
            {"origin": "http://other.feed.test", "sec_fetch_site": "same-site"},
        ],
    )
    async def test_foreign_pages_may_not(self, world: World, headers: dict[str, str]) -> None:
        client = await world.browser()
        problem(await post_by_cookie(client, **headers), 403, "forbidden")
        assert await world.head() == 0

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PATCH", "/api/me"),
            ("POST", "/api/auth/logout"),
            ("POST", "/api/auth/refresh"),
            ("POST", "/api/auth/ticket"),
            ("DELETE", "/api/posts/1"),
            ("POST", "/api/telemetry"),
        ],
    )
    async def test_nor_on_any_other_unsafe_method(
        self, world: World, method: str, path: str
    ) -> None:
        client = await world.browser()
        answer = await client.request(method, path, headers={"origin": FOREIGN})
        problem(answer, 403, "forbidden")
        assert (await client.get("/api/me")).status_code == 200

    async def test_reading_is_not_refused(self, world: World) -> None:
        client = await world.browser()
        answer = await client.get("/api/me", headers={"origin": FOREIGN})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers

    async def test_a_token_needs_no_origin(self, world: World) -> None:
        ann = await world.person()
        assert (await post_by_cookie(ann.client, origin=FOREIGN)).status_code == 201

    @pytest.mark.parametrize("path", ["/api/auth/login", "/api/auth/register"])
    async def test_nobody_is_signed_in_by_a_foreign_page(self, world: World, path: str) -> None:
        client = world.client()
        body = {"username": "ann", "password": PASSWORD}
        for headers in ({"origin": FOREIGN}, {"sec-fetch-site": "cross-site"}):
            answer = await client.post(path, json=body, headers=headers)
            problem(answer, 403, "forbidden")
            assert "set-cookie" not in answer.headers

    async def test_a_stale_token_does_not_stand_in_the_way_of_a_login(self, world: World) -> None:
        await world.person("ann")
        client = world.client(headers={"authorization": "Bearer x", "origin": OWN})
        assert (await login(client, "ann")).status_code == 200


def replace_user(identity: Identity, user_id: str) -> Identity:
    return Identity(user_id, identity.session_id, identity.expires_at)

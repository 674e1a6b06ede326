import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from feedline.api.accounts import TICKET_SECONDS
from feedline.api.identity import Authenticator
from feedline.config import Settings
from feedline.errors import Unauthenticated
from feedline.feed import accounts
from feedline.feed.instants import rfc3339
from feedline.feed.people import UserRow
from feedline.store.base import Transaction
from tests.api.world import PASSWORD, World, login, paths, problem, register

USER = {
    "id",
    "username",
    "name",
    "avatar",
    "isVerified",
    "role",
    "followersCount",
    "followingCount",
    "postsCount",
    "createdAt",
}


async def test_signing_up_signs_in(world: World) -> None:
    client = world.client()
    answer = await register(client, "Ann", name=" Ann A. ")
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"user", "token", "expiresAt"}
    assert set(body["user"]) == USER
    assert body["user"]["username"] == "Ann"
    assert body["user"]["name"] == "Ann A."
    lifetime = world.services.settings.token_hours * 3600
    assert body["expiresAt"] == rfc3339(world.clock.now + lifetime * 1000)
    assert answer.headers["set-cookie"] == (
        f"feedline_session={body['token']}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lifetime}"
    )
    assert (await client.get("/api/me")).json() == {"user": body["user"]}


async def test_over_https_the_cookie_is_for_https_alone(world: World) -> None:
    client = world.client(base_url="https://feed.test")
    assert "; Secure" in (await register(client, "ann")).headers["set-cookie"]


@pytest.mark.parametrize("username", ["ann", "ANN", "aNN"])
async def test_a_name_is_taken_in_any_case(world: World, username: str) -> None:
    await world.person("Ann")
    answer = await register(world.client(), username)
    assert paths(problem(answer, 409, "conflict")) == ["username"]
    assert "set-cookie" not in answer.headers


async def test_one_of_many_at_once_gets_the_name(world: World) -> None:
    answers = await asyncio.gather(*(register(world.client(), "ann") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"username": ""}, "username"),
        ({"username": "a" * 41}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": ".ann"}, "username"),
        ({"username": "ann\0"}, "username"),
        ({"username": "анна"}, "username"),
        ({"username": "ann\n"}, "username"),
        ({"username": "019be525-8500-7000-b4a0-7b31beb7c387"}, "username"),
        ({"username": 1}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "a" * 257}, "password"),
        ({"password": None}, "password"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_a_bad_registration_makes_nobody(
    world: World, change: dict[str, object], path: str
) -> None:
    body = {"username": "ann", "password": PASSWORD, **change}
    answer = await world.client().post("/api/auth/register", json=body)
    assert path in paths(problem(answer, 422, "validation_failed"))
    problem(await world.client().get("/api/users/ann"), 404, "not_found")


@pytest.mark.parametrize("password", ["пароль с ключом", "with\0inside it", "😀" * 8, "a" * 256])
async def test_any_password_of_fit_length_will_do(world: World, password: str) -> None:
    client = world.client()
    await client.post("/api/auth/register", json={"username": "ann", "password": password})
    assert (await login(client, "ann", password)).status_code == 200
    problem(await login(client, "ann", password + "."), 401, "unauthenticated")


async def test_signing_in_by_name_in_any_case(world: World) -> None:
    ann = await world.person("Ann")
    client = world.client()
    answer = await login(client, "aNN")
    assert answer.status_code == 200
    assert answer.json()["user"] == ann.user
    assert answer.json()["token"] != ann.token
    assert (await client.get("/api/me")).json() == {"user": ann.user}


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("ann", "wrong horse"),
        ("ann", ""),
        ("ann", "a" * 100_000),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("ann\0", PASSWORD),
        ("a" * 100_000, PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
async def test_a_wrong_login_does_not_say_what_was_wrong(
    world: World, username: str, password: str
) -> None:
    await world.person("ann")
    answer = await login(world.client(), username, password)
    body = problem(answer, 401, "unauthenticated")
    assert body["detail"] == "The username or the password is not right."
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "set-cookie" not in answer.headers


async def test_an_unknown_person_costs_a_hash_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = world.services.hasher
    checked = []
    original = hasher._matches

    def matches(stored: str, password: str) -> bool:
        checked.append(stored)
        return original(stored, password)

    monkeypatch.setattr(hasher, "_matches", matches)
    await login(world.client(), "nobody")
    assert checked == [hasher._nobody]


async def test_refreshing_goes_on_with_the_same_session(world: World) -> None:
    ann = await world.person()
    world.clock.forward(seconds=3600)
    answer = await ann.client.post("/api/auth/refresh")
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expiresAt"}
    assert "set-cookie" not in answer.headers
    tokens = world.services.tokens
    old = tokens.read(ann.token, world.clock.now)
    new = tokens.read(answer.json()["token"], world.clock.now)
    assert new.session_id == old.session_id
    assert new.expires_at == old.expires_at + 3_600_000


async def test_a_refreshed_session_outlasts_the_first_token(world: World) -> None:
    ann = await world.person()
    world.clock.forward(seconds=3600)
    token = (await ann.client.post("/api/auth/refresh")).json()["token"]
    world.clock.forward(seconds=world.services.settings.token_hours * 3600 - 1800)
    problem(await ann.client.get("/api/me"), 401, "unauthenticated")
    ann.client.headers["authorization"] = f"Bearer {token}"
    assert (await ann.client.get("/api/me")).status_code == 200


async def test_a_browser_gets_a_new_cookie_with_a_refresh(world: World) -> None:
    client = await world.browser()
    before = client.cookies["feedline_session"]
    world.clock.forward(seconds=3600)
    assert (await client.post("/api/auth/refresh")).status_code == 200
    assert client.cookies["feedline_session"] != before


async def test_signing_out_ends_the_session_everywhere_at_once(world: World) -> None:
    ann = await world.person()
    post = await ann.publish()
    other = world.client()
    await login(other, "ann")
    head = await world.head()
    answer = await ann.client.post("/api/auth/logout")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert await world.head() == head + 1
    for method, path in (
        ("GET", "/api/me"),
        ("PATCH", "/api/me"),
        ("GET", "/api/feed"),
        ("GET", "/api/posts"),
        ("GET", "/api/users/ann"),
        ("GET", f"/api/posts/{post['id']}"),
        ("PATCH", f"/api/posts/{post['id']}"),
        ("DELETE", f"/api/posts/{post['id']}"),
        ("POST", "/api/posts"),
        ("POST", "/api/auth/refresh"),
        ("POST", "/api/auth/ticket"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/telemetry"),
    ):
        body = {"text": "a"} if path.startswith("/api/posts") else {}
        answer = await ann.client.request(method, path, json=body)
        problem(answer, 401, "unauthenticated")
    assert (await other.get("/api/me")).status_code == 200


async def test_a_browser_that_signed_out_looks_as_a_stranger(world: World) -> None:
    client = await world.browser()
    cookie = client.cookies["feedline_session"]
    await client.post("/api/auth/logout")
    assert "feedline_session" not in client.cookies
    client.cookies["feedline_session"] = cookie
    assert (await client.get("/api/posts")).status_code == 200
    problem(await client.get("/api/me"), 401, "unauthenticated")


async def test_a_ticket_stands_for_its_owner_once(world: World) -> None:
    ann = await world.person()
    authenticator = Authenticator(world.services.passes, world.store, world.clock)
    answer = await ann.client.post("/api/auth/ticket")
    assert answer.status_code == 200
    assert answer.json()["expiresIn"] == TICKET_SECONDS
    ticket = answer.json()["ticket"]
    assert await authenticator.authenticate_ticket(ticket) == world.identity(ann)
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate_ticket(ticket)


async def test_a_ticket_is_soon_over_and_does_not_outlast_its_session(world: World) -> None:
    ann = await world.person()
    authenticator = Authenticator(world.services.passes, world.store, world.clock)
    late = (await ann.client.post("/api/auth/ticket")).json()["ticket"]
    world.clock.forward(seconds=TICKET_SECONDS + 1)
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate_ticket(late)
    orphan = (await ann.client.post("/api/auth/ticket")).json()["ticket"]
    await ann.client.post("/api/auth/logout")
    for ticket in (orphan, "", "made up", "\ud800"):
        with pytest.raises(Unauthenticated):
            await authenticator.authenticate_ticket(ticket)


async def test_tokens_are_checked_against_their_session(world: World) -> None:
    ann = await world.person()
    authenticator = Authenticator(world.services.passes, world.store, world.clock)
    assert await authenticator.authenticate_token(ann.token) == world.identity(ann)
    await ann.client.post("/api/auth/logout")
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate_token(ann.token)


class TestThrottling:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, login_failures_per_account=3, login_failures_per_address=5)

    async def test_an_account_waits_after_too_many_failures(self, world: World) -> None:
        await world.person("ann")
        for number, spelling in enumerate(("ann", "ANN", "Ann")):
            client = world.client(address=f"198.51.100.{number}")
            problem(await login(client, spelling, "wrong horse"), 401, "unauthenticated")
        answer = await login(world.client(), "ann")
        problem(answer, 429, "rate_limited")
        assert answer.headers["retry-after"] == "300"
        world.clock.forward(seconds=299)
        answer = await login(world.client(), "ann")
        assert answer.headers["retry-after"] == "1"
        world.clock.forward(seconds=1)
        assert (await login(world.client(), "ann")).status_code == 200

    async def test_an_address_waits_whomever_it_tries(self, world: World) -> None:
        await world.person("ann")
        client = world.client()
        for number in range(5):
            problem(await login(client, f"user{number}"), 401, "unauthenticated")
        problem(await login(client, "ann"), 429, "rate_limited")
        assert (await login(world.client(address="192.0.2.99"), "ann")).status_code == 200

    async def test_successes_do_not_count(self, world: World) -> None:
        await world.person("ann")
        for _ in range(8):
            assert (await login(world.client(), "ann")).status_code == 200

    async def test_many_at_once_get_hardly_more_tries(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await world.person("ann")
        hasher = world.services.hasher
        tries = []

        def matches(_stored: str, password: str) -> bool:
            tries.append(password)
            return False

        monkeypatch.setattr(hasher, "_matches", matches)
        client = world.client()
        answers = await asyncio.gather(*(login(client, "ann", "guess") for _ in range(40)))
        at_once = world.services.settings.parallel_hashes
        assert len(tries) < 3 + at_once
        assert {answer.status_code for answer in answers} == {401, 429}

    async def test_a_refused_try_costs_no_hash_and_is_counted(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = world.client()
        for _ in range(3):
            await login(client, "ann")
        monkeypatch.setattr(world.services.hasher, "_matches", None)
        problem(await login(client, "ann"), 429, "rate_limited")
        metrics = (await client.get("/metrics")).text
        assert "feedline_logins_failed_total 3.0" in metrics
        assert "feedline_logins_throttled_total 1.0" in metrics


class TestUnthrottled:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, login_failures_per_account=0, login_failures_per_address=0)

    async def test_nought_turns_throttling_off(self, world: World) -> None:
        client = world.client()
        answers = [await login(client, "ann") for _ in range(12)]
        assert {answer.status_code for answer in answers} == {401}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda tx, row: accounts.set_password(tx, row, row, "another"), 401, "unauthenticated"),
        (lambda tx, row: accounts.disable(tx, row, row), 403, "forbidden"),
    ],
    ids=["another password", "shut out"],
)
async def test_who_is_kept_out_while_a_password_is_checked_is_not_let_in(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Transaction, UserRow], None],
    status: int,
    code: str,
) -> None:
    ann = await world.person("ann")
    verify = world.services.hasher.verify

    async def slowly(*args: Any, **options: Any) -> bool:
        right = await verify(*args, **options)
        await world.store.write(lambda tx: change(tx, existing(tx, ann.id)))
        return right

    monkeypatch.setattr(world.services.hasher, "verify", slowly)
    problem(await login(world.client(), "ann"), status, code)
    left = await world.store.read(lambda reads: reads.sessions_of(ann.id, world.clock.now, 10))
    assert left == []


def existing(tx: Transaction, user_id: str) -> UserRow:
    row = tx.user(user_id)
    assert row is not None
    return row

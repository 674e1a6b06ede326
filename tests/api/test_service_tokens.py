"""Tokens of other programs: they speak for no person, and end at once."""

from feedline.api.service_tokens import is_service_token, new_service_token, service_digest
from tests.api.world import World, problem


def test_tokens_differ_and_are_told_from_others() -> None:
    tokens = {new_service_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(is_service_token(token) and len(token) >= 43 for token in tokens)
    assert not is_service_token("eyJhbGciOiJIUzI1NiJ9.e30.x")


async def test_a_token_is_kept_as_its_digest_alone(world: World) -> None:
    program = await world.program()
    token = program.headers["authorization"].removeprefix("Bearer ")
    database = (world.services.settings.data / "feed.db-wal").read_bytes()
    assert service_digest(token) in database
    assert token.encode() not in database


async def test_a_program_reads_what_a_stranger_may(world: World) -> None:
    ann = await world.person()
    await ann.publish(text="for all")
    await ann.publish(text="secret", tier="vip")
    posts = (await (await world.program()).get("/api/posts")).json()["posts"]
    assert [post["content"]["text"] for post in posts] == ["", "for all"]


async def test_a_program_is_no_person(world: World) -> None:
    program = await world.program()
    for method, path in (
        ("GET", "/api/me"),
        ("GET", "/api/feed"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/refresh"),
    ):
        problem(await program.request(method, path), 403, "forbidden")
    problem(await program.post("/api/posts", json={"text": "x"}), 403, "forbidden")


async def test_a_token_that_is_not_known_is_refused_everywhere(world: World) -> None:
    program = await world.program()
    await world.store.write(lambda tx: tx.remove_service_token("shop"))
    for path in ("/api/posts", "/api/me"):
        problem(await program.get(path), 401, "unauthenticated")

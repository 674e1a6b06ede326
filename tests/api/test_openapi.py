import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from feedline.api.routes import operations
from feedline.config import Settings
from feedline.errors import CODES
from tests.api.world import World

# The calls of the protocol's sections 3, 4, 6, 7, 8 and 9 that this server has.
CALLS = {
    "POST /api/auth/register",
    "POST /api/auth/login",
    "POST /api/auth/refresh",
    "POST /api/auth/logout",
    "POST /api/auth/ticket",
    "GET /api/me",
    "PATCH /api/me",
    "GET /api/users",
    "GET /api/users/{idOrUsername}",
    "POST /api/posts",
    "GET /api/posts",
    "GET /api/feed",
    "PUT /api/users/{id}/follow",
    "PUT /api/users/{id}/block",
    "DELETE /api/users/{id}/block",
    "GET /api/me/blocks",
    "POST /api/reports",
    "GET /api/admin/reports",
    "POST /api/admin/reports/{id}",
    "DELETE /api/users/{id}/follow",
    "GET /api/users/{id}/subscribers",
    "PUT /api/users/{id}/subscribers/{subscriberId}",
    "DELETE /api/users/{id}/subscribers/{subscriberId}",
    "PUT /api/posts/{id}/like",
    "DELETE /api/posts/{id}/like",
    "GET /api/posts/{id}/comments",
    "POST /api/posts/{id}/comments",
    "DELETE /api/comments/{id}",
    "GET /api/notifications",
    "POST /api/notifications/read",
    "DELETE /api/notifications",
    "GET /api/posts/{id}",
    "PATCH /api/posts/{id}",
    "DELETE /api/posts/{id}",
    "POST /api/media",
    "GET /api/media/{id}",
    "GET /api/media/{id}/thumbnail",
    "GET /api/posts/{id}/blurred",
    "POST /api/notify/post-author",
    "POST /api/notify/new-post",
    "POST /api/notify/post-likes",
    "GET /api/stream",
    "GET /api/events",
    "GET /api/realtime",
    "GET /api/admin/realtime",
    "PUT /api/admin/realtime",
    "GET /api/admin/experiments",
    "POST /api/admin/experiments",
    "GET /api/admin/experiments/{name}",
    "POST /api/admin/experiments/{name}/stop",
    "GET /api/admin/audit",
    "GET /api/admin/figures",
    "GET /api/admin/tokens",
    "POST /api/admin/tokens",
    "DELETE /api/admin/tokens/{id}",
    "GET /api/admin/posts/{id}/story",
    "GET /api/posts/{id}/reach",
    "GET /api/admin/users",
    "PATCH /api/admin/users/{id}",
    "DELETE /api/admin/users/{id}",
    "GET /api/me/export",
    "PUT /api/me/password",
    "DELETE /api/me",
    "POST /api/telemetry",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/openapi.json",
}
Json = dict[str, Any]


async def document(world: World) -> Json:
    answer = await world.client().get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body: Json = answer.json()
    assert body["openapi"] == "3.1.0"
    return body


def described(body: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "$ref":
                yield part
            else:
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


async def test_every_call_is_documented_and_nothing_else(world: World) -> None:
    assert {call for call, _ in described(await document(world))} == CALLS


async def test_the_document_is_the_table(world: World) -> None:
    found = dict(described(await document(world)))
    for operation in operations(world.services):
        entry = found[f"{operation.method} {operation.path}"]
        assert entry["operationId"] == operation.name
        assert entry["summary"]
        assert str(operation.status) in entry["responses"]
        assert ("requestBody" in entry) == (operation.body is not None or operation.uploads)
        assert (entry["security"] == []) == (operation.auth == "none")


async def test_every_reference_leads_somewhere(world: World) -> None:
    body = await document(world)
    schemas = body["components"]["schemas"]
    named = {reference.removeprefix("#/components/schemas/") for reference in references(body)}
    assert named <= set(schemas)
    assert set(schemas) <= named | {"Problem"}
    for _, entry in described(body):
        for requirement in entry["security"]:
            assert set(requirement) <= set(body["components"]["securitySchemes"])


async def test_path_parameters_are_those_of_the_path(world: World) -> None:
    for call, entry in described(await document(world)):
        names = {one["name"] for one in entry["parameters"] if one["in"] == "path"}
        assert names == set(re.findall(r"{(\w+)}", call))


async def test_failures_are_problems_with_known_codes(world: World) -> None:
    seen = set()
    for _, entry in described(await document(world)):
        for status, answer in entry["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]
                codes = re.findall(r"`(\w+)`", answer["description"])
                assert all(CODES[code].status == int(status) for code in codes)
                seen |= set(codes)
    # A method that is not there is not a failure of one that is; nor is a node that has it not.
    assert seen == set(CODES) - {"method_not_allowed", "misdirected"}


async def test_publishing_is_documented_with_its_key(world: World) -> None:
    entry = dict(described(await document(world)))["POST /api/posts"]
    [key] = [one for one in entry["parameters"] if one["in"] == "header"]
    assert key["name"] == "Idempotency-Key"
    assert key["schema"]["maxLength"] == 128
    assert "Idempotency-Replayed" in entry["responses"]["201"]["headers"]


async def test_files_are_documented_with_their_parts(world: World) -> None:
    for path in ("/api/media/{id}", "/api/media/{id}/thumbnail"):
        entry = (await document(world))["paths"][path]["get"]
        assert {"200", "206", "304", "416"} <= set(entry["responses"])
        sent = {one["name"] for one in entry["parameters"] if one["in"] == "header"}
        assert sent == {"Range", "If-Range", "If-None-Match"}


async def test_what_a_program_may_not_ask_is_documented(world: World) -> None:
    program = await world.program()
    for call, entry in described(await document(world)):
        method, path = call.split()
        if method == "GET" and "{" not in path and path not in ("/api/stream", "/api/events"):
            assert str((await program.get(path)).status_code) in entry["responses"], call


async def test_lists_are_documented_with_their_query(world: World) -> None:
    entry = dict(described(await document(world)))["GET /api/posts"]
    query = {one["name"]: one["schema"] for one in entry["parameters"]}
    assert set(query) == {"limit", "page", "creator", "category", "tag", "Seen-Cursor"}
    limit = query["limit"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 20)


async def test_streams_and_polls_are_documented_though_served_elsewhere(world: World) -> None:
    found = dict(described(await document(world)))
    stream, poll = found["GET /api/stream"], found["GET /api/events"]
    assert list(stream["responses"]["200"]["content"]) == ["text/event-stream"]
    names = [one["name"] for one in stream["parameters"]]
    assert names == ["channels", "cursor", "ticket", "Last-Event-ID"]
    [wait] = [one["schema"] for one in poll["parameters"] if one["name"] == "wait"]
    assert (wait["minimum"], wait["maximum"], wait["default"]) == (0, 60, 25)
    for entry in (stream, poll):
        assert {"401", "403", "404", "422", "503"} <= set(entry["responses"])
    assert (await world.client().get("/api/stream")).status_code == 404


def string_part(schema: Json) -> Json:
    found: Json = next(one for one in schema["anyOf"] if one["type"] != "null")
    return found


async def test_limits_are_those_of_the_settings(world: World) -> None:
    draft = (await document(world))["components"]["schemas"]["Draft"]["properties"]
    assert string_part(draft["title"])["maxLength"] == 200
    assert string_part(draft["text"])["maxLength"] == 10_000
    assert string_part(draft["tags"])["maxItems"] == 10
    assert string_part(draft["tags"])["items"]["maxLength"] == 40
    assert string_part(draft["tier"])["enum"] == ["basic", "premium", "vip"]


class TestOtherLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, title_limit=7, text_limit=0, body_limit=0)

    async def test_limits_follow_the_settings(self, world: World) -> None:
        body = await document(world)
        draft = body["components"]["schemas"]["Draft"]["properties"]
        assert string_part(draft["title"])["maxLength"] == 7
        assert "maxLength" not in string_part(draft["text"])
        assert "413" not in body["paths"]["/api/posts"]["post"]["responses"]

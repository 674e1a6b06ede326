"""The opening handshake, byte by byte (RFC 6455 section 4.2)."""

import asyncio
import json
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.gateway.live import live
from tests.gateway.raw import ACCEPT, RawSocket, frame, message, raw, request
from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


async def refusal(server: ServerProcess, head: bytes) -> tuple[int, dict[str, str], str]:
    """The answer to a request that is no upgrade: status, headers and problem code."""
    async with raw(server) as connection:
        connection.send(head)
        answer = await connection.head()
        problem = json.loads(await connection.body(answer))
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status
        assert problem["title"]
        assert problem["detail"]
        return answer.status, answer.headers, problem["code"]


async def is_open(connection: RawSocket) -> bool:
    """Whether the answer to an upgrade is one, and messages go both ways."""
    answer = await connection.head()
    assert answer.headers["upgrade"].lower() == "websocket"
    assert answer.headers["connection"].lower() == "upgrade"
    assert answer.headers["sec-websocket-accept"] == ACCEPT
    assert "sec-websocket-extensions" not in answer.headers
    assert "sec-websocket-protocol" not in answer.headers
    connection.send(message(type="ping", id=1))
    return answer.status == 101 and await connection.message() == {"type": "pong", "id": 1}


# ---- refused


@pytest.mark.parametrize("version", ["8", "12", "14", "013", "", None])
async def test_another_version_is_told_which_one_to_use(
    shared: ServerProcess, version: str | None
) -> None:
    status, headers, _ = await refusal(shared, request(Sec_WebSocket_Version=version))
    assert status == 426
    assert headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize(
    "key", [None, "", "short", "not base64 at all!!!!!!!", "AAAA", "A" * 24, "A" * 10_000]
)
async def test_a_key_must_be_16_bytes_in_base64(shared: ServerProcess, key: str | None) -> None:
    assert (await refusal(shared, request(Sec_WebSocket_Key=key)))[0] == 400


@pytest.mark.parametrize("host", [None, ""])
async def test_a_host_must_be_named(shared: ServerProcess, host: str | None) -> None:
    assert (await refusal(shared, request(Host=host)))[0] == 400


@pytest.mark.parametrize("target", ["/", "/ws/", "/ws2", "/api/posts", "/api/stream", "//ws"])
async def test_there_is_one_address(shared: ServerProcess, target: str) -> None:
    status, _, code = await refusal(shared, request(target=target))
    assert (status, code) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_only_get_begins_a_websocket(shared: ServerProcess, method: str) -> None:
    status, _, code = await refusal(shared, request(method, Content_Length="0"))
    assert (status, code) == (405, "method_not_allowed")


async def test_a_plain_request_to_the_address_is_answered_by_http(shared: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=shared.url, timeout=30) as client:
        answer = await client.get("/ws")
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_http_1_0_is_too_old(shared: ServerProcess) -> None:
    async with raw(shared) as connection:
        connection.send(request().replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert (await connection.head()).status == 400
        await connection.ended()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://"]
)
async def test_a_foreign_page_may_not_use_the_cookie(
    shared: ServerProcess, ann: Person, origin: str
) -> None:
    head = request(Origin=origin, Cookie=f"feedline_session={ann.token}")
    status, _, code = await refusal(shared, head)
    assert (status, code) == (403, "forbidden")


# ---- accepted


async def test_the_example_of_the_standard(shared: ServerProcess) -> None:
    async with raw(shared) as connection:
        connection.send(request())
        assert await is_open(connection)


@pytest.mark.parametrize(
    "changes",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "keep-alive,upgrade"},
        {"Connection": "UPGRADE"},
        {"Upgrade": "WebSocket"},
        {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
        {"Sec_WebSocket_Protocol": "chat, superchat"},
        {"X_Forwarded_For": "10.0.0.1"},
        {"Cookie": "other=" + "x" * 8192},
        {"Origin": "https://evil.example"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_headers_that_browsers_and_proxies_send(
    shared: ServerProcess, changes: dict[str, str]
) -> None:
    async with raw(shared) as connection:
        connection.send(request(**changes))
        assert await is_open(connection)


async def test_header_names_have_no_case(shared: ServerProcess) -> None:
    async with raw(shared) as connection:
        connection.send(request().replace(b"Sec-WebSocket", b"sec-webSOCKET"))
        assert await is_open(connection)


async def test_the_session_cookie_counts_among_8_kib_of_others(
    shared: ServerProcess, ann: Person
) -> None:
    cookies = f"a={'x' * 4096}; feedline_session={ann.token}; b={'y' * 4096}"
    async with raw(shared) as connection:
        connection.send(request(Cookie=cookies))
        assert await is_open(connection)
        connection.send(message(type="connect"))
        assert (await connection.message())["userId"] == ann.id


async def test_the_own_page_may_use_the_cookie(shared: ServerProcess, ann: Person) -> None:
    host = f"127.0.0.1:{shared.port}"
    cookie = f"feedline_session={ann.token}"
    async with raw(shared) as connection:
        connection.send(request(Host=host, Origin=f"http://{host}", Cookie=cookie))
        assert await is_open(connection)


async def test_a_foreign_page_may_use_a_token_of_its_own(
    shared: ServerProcess, ann: Person
) -> None:
    cookie, bearer = f"feedline_session={ann.token}", f"Bearer {ann.token}"
    async with raw(shared) as connection:
        connection.send(request(Origin="https://evil.example", Cookie=cookie, Authorization=bearer))
        assert await is_open(connection)
        connection.send(message(type="connect"))
        assert (await connection.message())["userId"] == ann.id


async def test_a_request_may_arrive_byte_by_byte(shared: ServerProcess) -> None:
    async with raw(shared) as connection:
        for byte in request():
            connection.send(bytes([byte]))
            await asyncio.sleep(0)  # a segment of its own
        assert await is_open(connection)


async def test_an_upgrade_may_follow_other_requests_on_the_connection(
    shared: ServerProcess,
) -> None:
    async with raw(shared) as connection:
        for _ in range(3):
            connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = await connection.head()
            await connection.body(answer)
            assert answer.status == 200
        connection.send(request())
        assert await is_open(connection)


# ---- hostile


async def is_healthy(server: ServerProcess, person: Person) -> bool:
    """Whether others are served as ever: by HTTP and live."""
    async with live(person, "public") as neighbour:
        await person.publish("all is well")
        return await neighbour.hear_posts(1) == ["all is well"]


@pytest.mark.parametrize("chunk", [1_000, 100_000])
async def test_a_head_without_end_is_cut_off(
    shared: ServerProcess, ann: Person, chunk: int
) -> None:
    async with raw(shared) as connection:
        connection.send(b"GET /ws HTTP/1.1\r\nHost: x\r\nX-Long: ")
        sent = 0
        while not connection.reader.at_eof() and sent < 2_000_000:
            connection.send(b"x" * chunk)
            sent += chunk
            await asyncio.sleep(0)
            if connection.writer.transport.is_closing():
                break
        rest = await connection.ended()
        assert not rest or rest.startswith(b"HTTP/1.1 400 ")
    assert await is_healthy(shared, ann)


async def test_heads_that_never_end_hold_up_nobody(shared: ServerProcess, ann: Person) -> None:
    async with AsyncExitStack() as stack:
        for size in range(1, 100):
            connection = await stack.enter_async_context(raw(shared))
            connection.send(request()[:size])
        assert await is_healthy(shared, ann)


@pytest.mark.parametrize(
    "noise",
    [
        b"\x00" * 1_000,
        b"\xff" * 100_000,
        b"\r\n" * 10_000,
        b"GET\r\n\r\n",
        b"GET /ws HTTP/9.9\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost\r\n\r\n",
        (
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello"
        ),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_noise_harms_nobody_else(shared: ServerProcess, ann: Person, noise: bytes) -> None:
    async with raw(shared) as connection:
        connection.send(noise)
        connection.send(noise)
        assert await is_healthy(shared, ann)


@pytest.mark.parametrize(
    "early",
    [b"garbage" * 100, request(), frame(1, b"too early")],
    ids=["garbage", "a request", "a frame"],
)
async def test_bytes_that_come_before_the_upgrade_was_answered_harm_nobody_else(
    shared: ServerProcess, ann: Person, early: bytes
) -> None:
    async with raw(shared) as connection:
        connection.send(request() + early)
        assert (await connection.head()).status == 101
        assert await is_healthy(shared, ann)


async def test_hanging_up_at_any_moment_harms_nobody_else(
    shared: ServerProcess, ann: Person
) -> None:
    whole = request(Authorization=f"Bearer {ann.token}") + message(type="connect")
    for size in range(0, len(whole), 7):
        async with raw(shared) as connection:
            connection.send(whole[:size])
    assert await is_healthy(shared, ann)
    assert not [line for line in shared.log if "Traceback" in line]

"""Server-sent events: opening, resuming, what comes, bounds, and every way to end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from feedline.api.tokens import Tokens, load_secret
from feedline.feed.people import Identity
from tests.gateway.events import EventReader, ServerSent, Stream, live_stream, streaming
from tests.gateway.live import (
    PATIENCE,
    Crowd,
    crowd,
    eventually,
    head,
    live,
    none_open,
    open_sockets,
)
from tests.gateway.raw import RawSocket, raw
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

MIB = 2**20
SMALL = 4096  # bytes of the client's receive buffer: the kernel takes little for it
LARGE = "😀" * 9_000


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    # Without the events that are kept for everybody, what grows is what single readers cost.
    return {
        "FEEDLINE_CHANNEL_LIMIT": "20",
        "FEEDLINE_RING_EVENTS": "0",
        "FEEDLINE_STALL_SECONDS": "60",
        "FEEDLINE_SILENCE_SECONDS": "0",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def impatient(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[ServerProcess, Crowd]]:
    """A server that fills every silence, and soon gives up on a reader."""
    data = tmp_path_factory.mktemp("impatient") / "data"
    settings = {
        "FEEDLINE_COMMENT_SECONDS": "0.1",
        "FEEDLINE_HEARTBEAT_SECONDS": "1",
        "FEEDLINE_STALL_SECONDS": "2",
    }
    async with serving(data, environment=settings) as server, crowd(server) as join:
        yield server, join


@asynccontextmanager
async def stranger(server: ServerProcess, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with these headers and nothing else."""
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


async def refused(
    client: httpx.AsyncClient, *channels: str, method: str = "GET", **query: str
) -> tuple[int, str]:
    """Status and code of an answer that must be a problem."""
    params = {"channels": ",".join(channels), **query}
    answer = await client.request(method, "/api/stream", params=params)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


async def ticket_of(person: Person) -> str:
    ticket: str = (await person.http.post("/api/auth/ticket")).json()["ticket"]
    return ticket


# ---- opening


async def test_a_stream_opens_is_live_and_is_not_kept_back_by_proxies(
    ann: Person, bob: Person
) -> None:
    here = await head(ann)
    async with streaming(ann.http, "public") as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.headers["content-type"] == "text/event-stream"
        assert stream.answer.headers["cache-control"] == "no-store"
        assert stream.answer.headers["x-accel-buffering"] == "no"
        assert "access-control-allow-origin" not in stream.answer.headers
        connected = await stream.expect("connected")
        assert connected["userId"] == ann.id
        assert connected["cursor"] == here
        assert connected["channels"] == [{"channel": "public", "ok": True}]
        assert stream.reader.retry is not None
        assert 1_000 <= stream.reader.retry <= 4_000
        assert await stream.expect("caught_up") == {"type": "caught_up", "cursor": here}
        made = await bob.publish("live\nand\r\nwhole \u2028 \u0085 😀")
        event = await stream.expect("post_created")
        assert event["cursor"] == made["cursor"] == stream.reader.last_id
        assert event["post"]["content"]["text"] == made["post"]["content"]["text"]


async def test_a_cookie_a_header_and_a_ticket_open_a_stream(
    shared: ServerProcess, ann: Person
) -> None:
    async with (
        stranger(shared, Cookie=f"a=b; feedline_session={ann.token}") as browser,
        streaming(browser) as stream,
    ):
        assert (await stream.expect("connected"))["userId"] == ann.id
    async with stranger(shared, Origin="https://elsewhere.example") as page:
        ticket = await ticket_of(ann)
        async with streaming(page, ticket=ticket) as stream:
            assert stream.answer.headers["access-control-allow-origin"] == "*"
            assert (await stream.expect("connected"))["userId"] == ann.id
        assert await refused(page, ticket=ticket) == (401, "unauthenticated")


async def test_who_is_not_signed_in_is_refused(shared: ServerProcess, ann: Person) -> None:
    bad: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Basic {ann.token}"},
        {"Authorization": "Bearer no", "Cookie": f"feedline_session={ann.token}"},
        {"Cookie": "feedline_session=old"},
    ]
    for headers in bad:
        async with stranger(shared, **headers) as client:
            assert await refused(client, "public") == (401, "unauthenticated")
            assert await refused(client, "public", token=ann.token) == (401, "unauthenticated")
            assert await refused(client, ticket="none") == (401, "unauthenticated")


async def test_a_foreign_page_may_not_use_the_cookie(shared: ServerProcess, ann: Person) -> None:
    cookie = f"feedline_session={ann.token}"
    async with stranger(shared, Cookie=cookie, Origin="https://elsewhere.example") as page:
        assert await refused(page, "public") == (403, "forbidden")
    async with (
        stranger(shared, Cookie=cookie, Origin=shared.url) as page,
        streaming(page, "public") as stream,
    ):
        await stream.expect("connected")


async def test_one_refused_channel_refuses_the_request(ann: Person, bob: Person) -> None:
    locked = await bob.http.post("/api/posts", json={"text": "secret", "tier": "vip"})
    before = await none_open(ann)
    for channel, answer in {
        f"feed:{bob.id}": (403, "forbidden"),
        f"notifications:{bob.id}": (403, "forbidden"),
        f"post:{locked.json()['post']['id']}": (403, "forbidden"),
        "creator:nobody": (404, "not_found"),
        "post:nothing": (404, "not_found"),
        "nowhere": (404, "not_found"),
        "x" * 5_000: (404, "not_found"),
        "\0": (404, "not_found"),
    }.items():
        assert await refused(ann.http, "public", channel) == answer
        assert await refused(ann.http, channel, cursor="0-0") == answer
    assert await open_sockets(ann) == before


async def test_requests_that_make_no_sense(ann: Person) -> None:
    many = [f"creator:{number}" for number in range(21)]
    assert await refused(ann.http, *many) == (422, "validation_failed")
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert await refused(ann.http, method=method) == (405, "method_not_allowed")
    answer = await ann.http.head("/api/stream")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


# ---- resuming


async def test_what_was_missed_comes_first(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    posts = [await bob.publish(f"missed {number}") for number in range(3)]
    async with streaming(ann.http, "public", cursor=cursor) as stream:
        assert (await stream.expect("connected"))["cursor"] == cursor
        assert await stream.hear_posts(3) == ["missed 0", "missed 1", "missed 2"]
        assert (await stream.expect("caught_up"))["cursor"] == posts[-1]["cursor"]
        await bob.publish("new")
        assert await stream.hear_posts(1) == ["new"]
    # As a browser does it: the address stays, and the last id wins over it.
    again = streaming(ann.http, "public", cursor=cursor, last_event_id=posts[1]["cursor"])
    async with again as stream:
        assert (await stream.expect("connected"))["cursor"] == posts[1]["cursor"]
        assert await stream.hear_posts(2) == ["missed 2", "new"]
        await stream.expect("caught_up")
    async with streaming(ann.http, "public", cursor=cursor, last_event_id="") as stream:
        assert (await stream.expect("connected"))["cursor"] == cursor


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [("nonsense", "unknown_epoch"), ("0-0", "unknown_epoch"), ("ahead", "cursor_ahead")],
)
async def test_a_position_that_cannot_be_served(
    ann: Person, bob: Person, cursor: str, reason: str
) -> None:
    here = await head(ann)
    if cursor == "ahead":
        cursor = f"{here.rpartition('-')[0]}-{2**62}"
    async with streaming(ann.http, "public", last_event_id=cursor) as stream:
        await stream.expect("connected")
        resync = await stream.expect("resync")
        assert resync == {"type": "resync", "reason": reason, "cursor": here}
        assert stream.reader.last_id == here
        await bob.publish("live all the same")
        assert await stream.hear_posts(1) == ["live all the same"]


# ---- what comes


async def test_the_author_gets_their_own_posts_without_any_channel(
    ann: Person, bob: Person
) -> None:
    cursor = await head(ann)
    async with live_stream(ann) as stream:
        await bob.publish("of somebody else")
        answer = await ann.http.post(
            "/api/posts", json={"text": "mine", "tier": "vip"}, headers={"Idempotency-Key": "k1"}
        )
        event = await stream.expect("post_created")
        assert event["post"]["id"] == answer.json()["post"]["id"]
        assert event["post"]["clientId"] == "k1"
    async with streaming(ann.http, cursor=cursor) as stream:
        await stream.expect("connected")
        assert await stream.hear() == event
        await stream.expect("caught_up")
    async with streaming(bob.http, "public", cursor=cursor) as stream:
        await stream.expect("connected")
        await stream.expect("post_created")
        seen = (await stream.expect("post_created"))["post"]
        assert (seen["clientId"], seen["content"]["text"]) == (None, "")
        assert seen["access"] == {"tier": "vip", "isLocked": True}


async def test_streams_and_sockets_are_told_the_same(ann: Person, bob: Person) -> None:
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(live(ann, "public"))
        streams = [await stack.enter_async_context(live_stream(ann, "public")) for _ in range(3)]
        post_id = (await bob.publish("new"))["post"]["id"]
        await bob.http.patch(f"/api/posts/{post_id}", json={"text": "changed"})
        await bob.http.delete(f"/api/posts/{post_id}")
        for kind in ("post_created", "post_updated", "post_deleted"):
            message = await socket.expect(kind)
            assert [await stream.hear() for stream in streams] == [message] * 3


async def test_what_was_deleted_is_replayed_empty(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    post_id = (await bob.publish("gone text"))["post"]["id"]
    await bob.http.delete(f"/api/posts/{post_id}")
    async with streaming(ann.http, "public", cursor=cursor) as stream:
        await stream.expect("connected")
        assert await stream.hear_posts(1) == [""]
        assert (await stream.expect("post_deleted"))["postId"] == post_id
        await stream.expect("caught_up")


async def test_silence_is_filled_with_comments_and_heartbeats(
    impatient: tuple[ServerProcess, Crowd],
) -> None:
    _, join = impatient
    person = await join("quiet")
    async with live_stream(person) as stream:
        heartbeat = await stream.expect("heartbeat")
        assert heartbeat["cursor"] == stream.reader.last_id == await head(person)
        assert stream.reader.comments >= 3


# ---- slow readers


async def open_raw(connection: RawSocket, person: Person, channels: str) -> None:
    """Begins a stream by hand."""
    connection.send(
        f"GET /api/stream?channels={channels} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {person.token}\r\n\r\n".encode()
    )
    assert (await connection.head()).status == 200


async def read_chunk(connection: RawSocket) -> bytes:
    """The next piece of a chunked body (RFC 9112 section 7.1); empty at its end."""
    async with asyncio.timeout(PATIENCE):
        size = int(await connection.reader.readline(), 16)
        data = await connection.reader.readexactly(size)
        assert await connection.reader.readexactly(2) == b"\r\n"
    return data


async def read_until(connection: RawSocket, reader: EventReader, cursor: str) -> list[ServerSent]:
    events: list[ServerSent] = []
    while reader.last_id != cursor:
        events += reader.feed(await read_chunk(connection))
    return events


def resident(server: ServerProcess) -> int:
    """Bytes of memory that a server holds."""
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * 4096


async def test_readers_that_stop_cost_little_and_miss_nothing(
    shared: ServerProcess, ann: Person, bob: Person
) -> None:
    for number in range(100):  # fills the caches that a server has anyway
        await bob.publish(f"{number} {LARGE}")
    async with AsyncExitStack() as stack:
        stopped = [await stack.enter_async_context(raw(shared, SMALL)) for _ in range(10)]
        for connection in stopped:
            await open_raw(connection, ann, "public")
            connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        neighbour = await stack.enter_async_context(live_stream(ann, "public"))
        before = resident(shared)
        cursors = []
        for number in range(150):  # 5 MB
            cursors.append((await bob.publish(f"{number} {LARGE}"))["cursor"])
            await neighbour.hear_posts(1)
        grown = resident(shared) - before
        assert grown < 10 * 256 * 1024 + 12 * MIB, f"{grown / MIB:.1f} MiB"
        for connection in stopped:
            connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        readers = [EventReader() for _ in stopped]
        for events in await asyncio.gather(*map(read_until, stopped, readers, cursors[-1:] * 10)):
            assert [e.id for e in events if e.kind == "post_created"] == cursors
        last = (await bob.publish("live again"))["cursor"]
        for connection, reader in zip(stopped, readers, strict=True):
            [event] = await read_until(connection, reader, last)
            assert event.kind == "post_created"


async def test_a_reader_that_never_reads_is_cut(
    impatient: tuple[ServerProcess, Crowd],
) -> None:
    server, join = impatient
    person, author = await join("stalled"), await join("author")
    before = await none_open(person)
    async with raw(server, SMALL) as connection:
        await open_raw(connection, person, "public")
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        async with live_stream(person, "public") as neighbour:
            for number in range(100):  # 3.6 MB
                await author.publish(f"{number} {LARGE}")
                assert (await next_post(neighbour)).startswith(f"{number} ")

            async def cut() -> bool:
                return await open_sockets(person) == before + 1

            await eventually(cut)
            await author.publish("all is well")
            assert await next_post(neighbour) == "all is well"


async def next_post(stream: Stream) -> str:
    """The text of the next post, whatever heartbeats come before it."""
    while (message := await stream.hear())["type"] == "heartbeat":
        pass
    text: str = message["post"]["content"]["text"]
    return text


# ---- ends


async def goodbye(stream: Stream) -> dict[str, Any]:
    """The last event of a stream that ends by itself."""
    while (event := await stream.event()) is not None:
        last = event
    assert (last.kind, last.id) == ("close", None)
    data: dict[str, Any] = json.loads(last.data)
    return data


async def test_signing_out_ends_the_streams_of_the_session(join: Crowd, ann: Person) -> None:
    eve = await join("eve")
    async with live_stream(eve, "public") as stream, live_stream(ann) as other:
        await eve.http.post("/api/auth/logout")
        assert await goodbye(stream) == {"type": "close", "code": 4003, "reason": "signed out"}
        await ann.publish("goes on")
        assert await other.hear_posts(1) == ["goes on"]
    assert await refused(eve.http) == (401, "unauthenticated")


async def test_a_token_that_expires_ends_streams_and_polls(
    shared: ServerProcess, ann: Person
) -> None:
    tokens = Tokens(load_secret(shared.data))
    now = time.time_ns() // 1_000_000
    identity = tokens.read(ann.token, now)
    soon = Identity(identity.user_id, identity.session_id, now + 4_000)
    token = tokens.issue(soon, now)
    async with (
        stranger(shared, Authorization=f"Bearer {token}") as client,
        streaming(client, "public") as stream,
    ):
        await stream.expect("connected")
        query = {"cursor": await head(ann), "wait": "60"}
        polled = await client.get("/api/events", params=query, timeout=PATIENCE)
        assert (polled.status_code, polled.json()["code"]) == (401, "unauthenticated")
        assert (await goodbye(stream))["code"] == 4003


async def test_streams_and_polls_count_as_connections(tmp_path: Path) -> None:
    settings = {"FEEDLINE_CONNECTIONS_PER_USER": "2"}
    async with (
        serving(tmp_path / "data", environment=settings) as server,
        crowd(server) as join,
    ):
        person, other = await join("ann"), await join("bob")
        async with live_stream(person), live(person):
            answer = await person.http.get("/api/stream")
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert int(answer.headers["retry-after"]) > 0
            answer = await person.http.get("/api/events")
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert (await other.http.get("/api/events")).status_code == 200

        async def released() -> bool:
            return await open_sockets(person) == 0

        await eventually(released)
        assert (await person.http.get("/api/events")).status_code == 200


async def test_a_client_that_leaves_is_noticed(shared: ServerProcess, ann: Person) -> None:
    before = await none_open(ann)
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(live_stream(ann, "public"))
        async with raw(shared) as cut:
            await open_raw(cut, ann, "public")
            assert await open_sockets(ann) == before + 6

    async def released() -> bool:
        return await open_sockets(ann) == before

    await eventually(released)


async def test_a_stop_ends_all_streams_and_the_server_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server, crowd(server) as join, AsyncExitStack() as st:
        person = await join("ann")
        streams = [await st.enter_async_context(live_stream(person, "public")) for _ in range(20)]
        stalled = await st.enter_async_context(raw(server, SMALL))
        await open_raw(stalled, person, "public")
        stalled.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(50):
            await person.publish(f"{number} {LARGE}")
        async with asyncio.timeout(30):
            status, *ends = await asyncio.gather(server.stop(), *map(goodbye, streams))
        assert status == 0
        assert {end["code"] for end in ends} == {1012}
        assert not [line for line in server.log if "ERROR" in line or "Traceback" in line]

"""Long-poll: what is there comes at once, what is not is waited for, and nothing is missed."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.events import poll, texts
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
from tests.gateway.raw import raw
from tests.processes import LIMITS, Person, ServerProcess, serving
from tests.system.breaking import PAGE

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

AT_ONCE = 30.0  # seconds; far below any wait that a test asks for


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {"FEEDLINE_CHANNEL_LIMIT": "20"}


def place(cursor: str) -> int:
    return int(cursor.rpartition("-")[2])


async def refused(client: httpx.AsyncClient, query: str, method: str = "GET") -> tuple[int, str]:
    """Status and code of an answer that must be a problem."""
    answer = await client.request(method, f"/api/events?{query}", timeout=PATIENCE)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["code"]


@asynccontextmanager
async def waiting(
    person: Person, *channels: str, cursor: str, wait: float = 60
) -> AsyncIterator["asyncio.Task[dict[str, Any]]"]:
    """A poll that the server has begun to wait for."""
    before = await none_open(person)
    asking = asyncio.create_task(poll(person.http, *channels, cursor=cursor, wait=wait))

    async def begun() -> bool:
        return await open_sockets(person) > before

    try:
        await eventually(begun)
        yield asking
    finally:
        asking.cancel()


async def publish_many(author: Person, count: int) -> None:
    for start in range(0, count, 50):
        numbers = range(start, min(start + 50, count))
        await asyncio.gather(*(author.publish(f"{number}") for number in numbers))


# ---- asking


async def test_without_a_cursor_the_answer_is_where_the_log_stands(ann: Person) -> None:
    await ann.publish("before")
    async with asyncio.timeout(AT_ONCE):
        found = await poll(ann.http, "public", wait=60)
    assert found == {"events": [], "cursor": await head(ann)}


async def test_what_is_there_comes_at_once_and_is_not_kept(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    for number in range(3):
        await bob.publish(f"missed {number}")
    async with asyncio.timeout(AT_ONCE):
        found = await poll(ann.http, "public", cursor=cursor, wait=60)
    assert texts(found) == ["missed 0", "missed 1", "missed 2"]
    assert found["cursor"] == found["events"][-1]["cursor"] == await head(ann)
    assert set(found) == {"events", "cursor"}
    answer = await ann.http.get("/api/events", params={"channels": "public", "cursor": cursor})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_what_is_not_there_is_waited_for(ann: Person, bob: Person) -> None:
    async with waiting(ann, "public", cursor=await head(ann)) as asking:
        await bob.publish("new")
        async with asyncio.timeout(AT_ONCE):
            found = await asking
    assert texts(found) == ["new"]
    assert found["cursor"] == await head(ann)


async def test_what_concerns_others_is_passed_over(ann: Person, bob: Person, join: Crowd) -> None:
    cara = await join("cara")
    begin = await head(ann)
    async with waiting(ann, f"creator:{cara.id}", cursor=begin) as asking:
        await publish_many(bob, 20)
        await bob.http.patch("/api/me", json={"name": "Bob"})
        await cara.publish("awaited")
        async with asyncio.timeout(AT_ONCE):
            assert texts(await asking) == ["awaited"]
    found = await poll(ann.http, cursor=begin, wait=0)
    assert found == {"events": [], "cursor": await head(ann)}  # over the events of others


async def test_after_the_wait_the_answer_is_empty_and_current(ann: Person, bob: Person) -> None:
    begin = await head(ann)
    started = time.monotonic()
    async with waiting(ann, cursor=begin, wait=2) as asking:
        made = await bob.publish("of no concern")
        found = await asking
    assert time.monotonic() - started >= 2
    assert found == {"events": [], "cursor": made["cursor"]}


async def test_authors_get_their_own_posts_whatever_the_channels(ann: Person, bob: Person) -> None:
    async with waiting(ann, cursor=await head(ann)) as asking:
        await bob.publish("of somebody else")
        await ann.http.post(
            "/api/posts", json={"text": "mine", "tier": "vip"}, headers={"Idempotency-Key": "k2"}
        )
        async with asyncio.timeout(AT_ONCE):
            [event] = (await asking)["events"]
    assert event["post"]["clientId"] == "k2"
    found = await poll(bob.http, "public", cursor=event["cursor"], wait=0)
    assert found["events"] == []
    before = f"{event['cursor'].rpartition('-')[0]}-{place(event['cursor']) - 1}"
    [seen] = (await poll(bob.http, "public", cursor=before, wait=0))["events"]
    assert (seen["post"]["clientId"], seen["post"]["content"]["text"]) == (None, "")


async def test_polls_and_sockets_are_told_the_same(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    async with live(ann, "public") as socket:
        post_id = (await bob.publish("new"))["post"]["id"]
        await bob.http.patch(f"/api/posts/{post_id}", json={"text": "changed"})
        messages = [await socket.hear() for _ in range(2)]
        assert (await poll(ann.http, "public", cursor=cursor))["events"] == messages
        await bob.http.delete(f"/api/posts/{post_id}")
        messages.append(await socket.hear())
    events = (await poll(ann.http, "public", cursor=cursor))["events"]
    assert [event["type"] for event in events] == [message["type"] for message in messages]
    assert "changed" not in json.dumps(events)
    assert events[2] == messages[2]


# ---- much


async def test_an_answer_has_at_most_500_events(ann: Person, bob: Person) -> None:
    begin = await head(ann)
    await publish_many(bob, 1_001)
    seen, cursor, more = [], begin, []
    for _ in range(3):
        found = await poll(ann.http, "public", cursor=cursor, wait=0)
        cursor = found["cursor"]
        seen.append(len(found["events"]))
        more.append(found.get("more"))
        if found["events"]:
            assert found["events"][-1]["cursor"] == cursor
    assert (seen, more) == ([500, 500, 1], [True, True, None])
    exactly = f"{begin.rpartition('-')[0]}-{place(begin) + 501}"
    found = await poll(ann.http, "public", cursor=exactly, wait=0)
    assert (len(found["events"]), found.get("more")) == (500, None)


async def test_large_events_come_in_several_answers(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    for number in range(40):  # 1.4 MB
        await bob.publish(f"{number} " + "😀" * 9_000)
    seen: list[str] = []
    answers = 0
    more = True
    while more:
        found = await poll(ann.http, "public", cursor=cursor, wait=0)
        seen += [text.split()[0] for text in texts(found)]
        cursor, more = found["cursor"], found.get("more", False)
        answers += 1
    assert seen == [str(number) for number in range(40)]
    assert answers == 2


async def test_the_search_goes_on_over_events_of_others(tmp_path: Path) -> None:
    program = ("tests.system.breaking", str(tmp_path / "trap"))  # whose pages are small
    async with (
        serving(tmp_path / "data", program=program) as server,
        crowd(server) as join,
    ):
        ann, bob, dora = await join("ann"), await join("bob"), await join("dora")
        cursor = await head(ann)
        await publish_many(bob, 2 * PAGE + 10)
        await dora.publish("behind them")
        await publish_many(bob, PAGE + 10)
        await dora.publish("and the last")
        found = await poll(ann.http, f"creator:{dora.id}", cursor=cursor, wait=0)
        assert texts(found) == ["behind them", "and the last"]
        assert found["cursor"] == await head(ann)


async def test_many_wait_and_all_are_answered(ann: Person, bob: Person) -> None:
    cursor = await head(ann)
    before = await none_open(ann)
    async with httpx.AsyncClient(
        base_url=ann.http.base_url, headers=ann.headers, limits=LIMITS, timeout=30
    ) as client:
        asking = [
            asyncio.create_task(poll(client, "public", cursor=cursor, wait=60)) for _ in range(60)
        ]

        async def all_wait() -> bool:
            return await open_sockets(ann) == before + 60

        await eventually(all_wait)
        await bob.publish("for all")
        async with asyncio.timeout(AT_ONCE):
            answers = await asyncio.gather(*asking)
    assert all(texts(found) == ["for all"] for found in answers)


async def test_following_by_polls_alone_is_exact(ann: Person, join: Crowd) -> None:
    writers = [await join(f"poll-writer{number}") for number in range(3)]
    begin = cursor = await head(ann)
    writing = asyncio.gather(*(publish_many(writer, 100) for writer in writers))
    events: list[dict[str, Any]] = []
    while len(events) < 300:
        found = await poll(ann.http, "public", cursor=cursor, wait=10)
        assert found["events"]
        events += found["events"]
        cursor = found["cursor"]
    await writing
    places = [place(event["cursor"]) for event in events]
    assert places == list(range(place(begin) + 1, place(begin) + 301))


# ---- refusals, resyncs, ends


async def test_who_may_not_is_refused(shared: ServerProcess, ann: Person, bob: Person) -> None:
    async with httpx.AsyncClient(base_url=shared.url, timeout=30) as stranger:
        assert await refused(stranger, "channels=public") == (401, "unauthenticated")
        assert await refused(stranger, "wait=99") == (401, "unauthenticated")
        cookie = {"Cookie": f"feedline_session={ann.token}"}
        assert (await stranger.get("/api/events", headers=cookie)).status_code == 200
        cookie["Origin"] = "https://elsewhere.example"
        assert (await stranger.get("/api/events", headers=cookie)).status_code == 403
    assert await refused(ann.http, f"channels=public,feed:{bob.id}") == (403, "forbidden")
    assert await refused(ann.http, "channels=nowhere,public") == (404, "not_found")
    many = ",".join(f"creator:{number}" for number in range(21))
    assert await refused(ann.http, f"channels={many}") == (422, "validation_failed")
    for wait in ("60.5", "61", "-1", "nan", "soon", ""):
        assert await refused(ann.http, f"wait={wait}") == (422, "validation_failed")
    for method in ("POST", "DELETE"):
        assert await refused(ann.http, "", method) == (405, "method_not_allowed")
    assert (await ann.http.head("/api/events")).status_code == 405


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [("nonsense", "unknown_epoch"), ("0-0", "unknown_epoch"), ("ahead", "cursor_ahead")],
)
async def test_a_position_that_cannot_be_served(ann: Person, cursor: str, reason: str) -> None:
    here = await head(ann)
    if cursor == "ahead":
        cursor = f"{here.rpartition('-')[0]}-{place(here) + 1}"
    async with asyncio.timeout(AT_ONCE):
        found = await poll(ann.http, "public", cursor=cursor, wait=60)
    assert found == {"events": [], "cursor": here, "resync": reason}


async def test_a_position_that_the_log_no_longer_has(tmp_path: Path) -> None:
    environment = {"FEEDLINE_LOG_DAYS": "0", "FEEDLINE_LOG_EVENTS": "5"}
    async with serving(tmp_path / "data", environment=environment) as server, crowd(server) as join:
        person = await join("ann")
        cursor = await head(person)
        for number in range(12):
            await person.publish(f"number {number}")
        await server.stop()
        await server.start()  # the log is trimmed right after a start

        async def trimmed() -> bool:
            return (await poll(person.http, cursor=cursor, wait=0)).get("resync") is not None

        await eventually(trimmed)
        found = await poll(person.http, cursor=cursor)
        assert found == {"events": [], "cursor": await head(person), "resync": "cursor_expired"}


async def test_signing_out_ends_the_wait(join: Crowd) -> None:
    eve = await join("eve")
    async with waiting(eve, "public", cursor=await head(eve)) as asking:
        await eve.http.post("/api/auth/logout")
        async with asyncio.timeout(AT_ONCE):
            with pytest.raises(AssertionError, match="unauthenticated"):
                await asking


async def test_a_client_that_leaves_is_noticed(shared: ServerProcess, ann: Person) -> None:
    before, cursor = await none_open(ann), await head(ann)
    async with raw(shared) as connection:
        connection.send(
            f"GET /api/events?wait=60&cursor={cursor} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {ann.token}\r\n\r\n".encode()
        )

        async def open_are(count: int) -> bool:
            return await open_sockets(ann) == count

        await eventually(lambda: open_are(before + 1))
    await eventually(lambda: open_are(before))


async def test_a_stop_answers_all_who_wait(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server, crowd(server) as join:
        person = await join("ann")
        cursor = await head(person)
        async with waiting(person, "public", cursor=cursor) as asking:
            async with asyncio.timeout(AT_ONCE):
                assert await server.stop() == 0
            assert await asking == {"events": [], "cursor": cursor}
        assert not [line for line in server.log if "ERROR" in line or "Traceback" in line]


# ---- a proxy that buffers


@asynccontextmanager
async def buffering_proxy(server: ServerProcess) -> AsyncIterator[str]:
    """A proxy that hands on an answer only when it has all of it; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", server.port)
        upstream.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        answer = await upstream_reader.read()  # to its end
        upstream.close()
        writer.write(answer)
        await writer.drain()
        writer.close()

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with proxy:
        yield f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"


async def test_it_works_through_a_proxy_that_buffers(
    shared: ServerProcess, ann: Person, bob: Person
) -> None:
    async with (
        buffering_proxy(shared) as address,
        httpx.AsyncClient(base_url=address, headers=ann.headers, timeout=30) as client,
    ):
        cursor = (await poll(client, "public"))["cursor"]
        for number in range(3):
            before = await none_open(ann)
            asking = asyncio.create_task(poll(client, "public", cursor=cursor, wait=60))

            async def begun(before: int = before) -> bool:
                return await open_sockets(ann) > before

            await eventually(begun)
            await bob.publish(f"through {number}")
            async with asyncio.timeout(AT_ONCE):
                found = await asking
            assert texts(found) == [f"through {number}"]
            cursor = found["cursor"]

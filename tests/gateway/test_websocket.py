"""Connections: who may have one, what is answered to what is said, and how they end."""

import asyncio
import contextlib
import json
import time
from typing import Any

import httpx
import pytest
import websockets

from feedline.api.tokens import Tokens, load_secret
from feedline.feed.people import Identity
from tests.gateway.live import (
    PATIENCE,
    Crowd,
    Live,
    eventually,
    head,
    live,
    none_open,
    open_sockets,
    opened,
)
from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


async def get_ticket(person: Person) -> str:
    answer = await person.http.post("/api/auth/ticket")
    ticket: str = answer.json()["ticket"]
    return ticket


# ---- credentials


async def test_a_bearer_token_opens_a_connection(shared: ServerProcess, ann: Person) -> None:
    async with opened(shared, Authorization=f"Bearer {ann.token}") as connection:
        connected = await connection.connect()
        assert connected["userId"] == ann.id
        assert connected["heartbeat"] == 25
        assert connected["channels"] == []
        assert connected["cursor"] == await head(ann)
        assert (await connection.expect("caught_up"))["cursor"] == connected["cursor"]


async def test_so_does_the_cookie(shared: ServerProcess, ann: Person) -> None:
    cookie = f"theme=dark; feedline_session={ann.token}; other=1"
    async with opened(shared, Cookie=cookie) as connection:
        assert (await connection.connect())["userId"] == ann.id


async def test_so_does_a_ticket_but_once(shared: ServerProcess, ann: Person) -> None:
    ticket = await get_ticket(ann)
    async with opened(shared, f"?ticket={ticket}") as connection:
        assert (await connection.connect())["userId"] == ann.id
    async with opened(shared, f"?ticket={ticket}") as connection:
        assert await connection.closed() == 4001


async def test_so_does_a_token_in_the_first_message(shared: ServerProcess, ann: Person) -> None:
    async with opened(shared) as connection:
        assert (await connection.connect(token=ann.token))["userId"] == ann.id


async def test_the_token_of_the_first_message_counts_where_a_cookie_is_stale(
    shared: ServerProcess, ann: Person
) -> None:
    async with opened(shared, Cookie="feedline_session=old") as connection:
        assert (await connection.connect(token=ann.token))["userId"] == ann.id


async def test_every_connection_has_a_session_of_its_own(ann: Person) -> None:
    async with ann.socket() as one, ann.socket() as other:
        first, second = await Live(one).connect(), await Live(other).connect()
        assert first["sessionId"] != second["sessionId"]


@pytest.mark.parametrize(
    "authorization", ["Bearer nonsense", "Bearer ", "Bearer", "Basic YTpi", "nonsense"]
)
async def test_a_bad_token_is_told_after_the_upgrade(
    shared: ServerProcess, authorization: str
) -> None:
    async with opened(shared, Authorization=authorization) as connection:
        assert await connection.closed() == 4001


async def test_a_bad_ticket_is_told_after_the_upgrade(shared: ServerProcess) -> None:
    async with opened(shared, "?ticket=nonsense") as connection:
        assert await connection.closed() == 4001


async def test_a_jwt_is_no_ticket(shared: ServerProcess, ann: Person) -> None:
    async with opened(shared, f"?ticket={ann.token}") as connection:
        assert await connection.closed() == 4001


@pytest.mark.parametrize("fields", [{"token": "nonsense"}, {"token": ""}, {"token": None}, {}])
async def test_connect_without_good_credentials_ends_it(
    shared: ServerProcess, fields: dict[str, Any]
) -> None:
    async with opened(shared) as connection:
        await connection.say("connect", **fields)
        assert await connection.closed() == 4001


async def test_a_stale_cookie_alone_is_no_credential(shared: ServerProcess) -> None:
    async with opened(shared, Cookie="feedline_session=old") as connection:
        await connection.say("connect")
        assert await connection.closed() == 4001


async def test_a_token_of_another_installation_is_refused(
    shared: ServerProcess, ann: Person
) -> None:
    forged = Tokens(b"x" * 32).issue(Identity(ann.id, "s", 2**42), 0)
    async with opened(shared, Authorization=f"Bearer {forged}") as connection:
        assert await connection.closed() == 4001


# ---- messages out of turn or out of shape

NONSENSE: list[str | bytes] = [
    "nonsense",
    "",
    "[]",
    "null",
    '{"type":"connected"}',
    '{"type":7}',
    '{"no":"type"}',
    '{"type":"subscribe","channel":1}',
    '{"type":"subscribe","channel":"public","cursor":7}',
    '{"type":"connect","channels":"public"}',
    '{"type":"ping","id":{}}',
    "[" * 5_000,
    b'{"type":"ping"}',
    b"",
    b"\xff\xfe",
]


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_nonsense_is_answered_and_the_connection_stays(
    ann: Person, nonsense: str | bytes
) -> None:
    async with live(ann) as connection:
        await connection.socket.send(nonsense)
        error = await connection.expect("error")
        assert error["code"] == "bad_request"
        assert error["message"]
        await connection.say("ping", id=1)
        assert await connection.hear() == {"type": "pong", "id": 1}


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_nonsense_before_connect_spoils_nothing(ann: Person, nonsense: str | bytes) -> None:
    async with ann.socket() as socket:
        connection = Live(socket)
        await socket.send(nonsense)
        assert (await connection.expect("error"))["code"] == "bad_request"
        assert (await connection.connect("public"))["channels"] == [
            {"channel": "public", "ok": True}
        ]


async def test_a_second_connect_is_refused_and_changes_nothing(ann: Person, bob: Person) -> None:
    async with live(ann, "public") as connection:
        await connection.say("connect", channels=[])
        assert (await connection.expect("error"))["code"] == "bad_request"
        await bob.publish("still heard")
        assert await connection.hear_posts(1) == ["still heard"]


@pytest.mark.parametrize("kind", ["subscribe", "unsubscribe"])
async def test_connect_comes_first(ann: Person, kind: str) -> None:
    async with ann.socket() as socket:
        connection = Live(socket)
        await connection.say(kind, id="early", channel="public")
        error = await connection.expect("error")
        assert (error["id"], error["code"]) == ("early", "bad_request")
        await connection.go_live()


@pytest.mark.parametrize("message_id", [0, 7, -1, 2**53, "", "a", "é😀"])
async def test_answers_carry_the_id_of_what_they_answer(ann: Person, message_id: int | str) -> None:
    async with live(ann) as connection:
        await connection.say("ping", id=message_id)
        assert (await connection.expect("pong"))["id"] == message_id
        await connection.say("subscribe", id=message_id, channel="public")
        assert (await connection.expect("subscribed"))["id"] == message_id
        assert (await connection.expect("caught_up"))["id"] == message_id
        await connection.say("unsubscribe", id=message_id, channel="public")
        assert (await connection.expect("unsubscribed"))["id"] == message_id
        await connection.say("subscribe", id=message_id, channel="nowhere")
        assert (await connection.expect("error"))["id"] == message_id
        await connection.say("subscribe", id=message_id)
        assert (await connection.expect("error"))["id"] == message_id


async def test_answers_to_what_has_no_id_have_none(ann: Person) -> None:
    async with live(ann) as connection:
        await connection.say("ping")
        assert await connection.hear() == {"type": "pong"}
        await connection.say("subscribe", channel="public")
        assert "id" not in await connection.expect("subscribed")
        assert "id" not in await connection.expect("caught_up")


async def test_applied_has_no_answer(ann: Person) -> None:
    async with live(ann) as connection:
        await connection.say("applied", cursor=await head(ann))
        await connection.say("applied", cursor="nonsense")
        await connection.say("ping", id=1)
        assert await connection.hear() == {"type": "pong", "id": 1}


async def receipts(person: Person) -> int:
    """How many receipts were counted, as the server says itself."""
    text = (await person.http.get("/metrics")).text
    (line,) = (x for x in text.splitlines() if x.startswith("feedline_applied_seconds_count"))
    return int(float(line.split()[1]))


async def test_a_receipt_of_what_came_live_is_counted_once(ann: Person) -> None:
    counted, begin = await receipts(ann), await head(ann)
    async with live(ann, "public") as connection:
        await ann.publish("live")
        event = await connection.expect("post_created")
        for _ in range(2):
            await connection.say("applied", cursor=event["cursor"])
        await connection.say("applied", cursor=begin)
        await connection.say("ping", id=1)
        await connection.expect("pong")
    assert await receipts(ann) == counted + 1
    async with live(ann, "public") as late:  # which came after it was there
        await late.say("applied", cursor=event["cursor"])
        await late.say("ping", id=1)
        await late.expect("pong")
    assert await receipts(ann) == counted + 1


async def test_ping_frames_are_answered(ann: Person) -> None:
    async with live(ann) as connection:
        for payload in (b"", b"x", b"y" * 125):
            await asyncio.wait_for(await connection.socket.ping(payload), PATIENCE)


async def test_commands_are_carried_out_in_the_order_they_came(ann: Person) -> None:
    async with ann.socket() as socket:
        connection = Live(socket)
        await connection.say("connect")
        for number in range(10):
            await connection.say("subscribe", id=number, channel="public")
            await connection.say("unsubscribe", id=number, channel="public")
        answers = [await connection.hear() for _ in range(2 + 3 * 10)]
        assert [a["type"] for a in answers[:2]] == ["connected", "caught_up"]
        assert [a["id"] for a in answers if a["type"] == "subscribed"] == list(range(10))
        assert [a["id"] for a in answers if a["type"] == "unsubscribed"] == list(range(10))


# ---- limits


async def test_a_message_of_64_kib_is_taken(ann: Person) -> None:
    async with live(ann) as connection:
        text = json.dumps({"type": "ping", "id": 1})
        await connection.socket.send(text.ljust(64 * 1024))
        await connection.expect("pong")


@pytest.mark.parametrize("size", [64 * 1024 + 1, 300_000])
async def test_a_larger_message_ends_the_connection(ann: Person, size: int) -> None:
    async with live(ann) as connection:
        await connection.socket.send("x" * size)
        assert await connection.closed() == 1009


async def test_fragments_count_together(ann: Person) -> None:
    async with live(ann) as connection:
        await connection.socket.send(["x" * 30_000, "x" * 30_000, "x" * 30_000])
        assert await connection.closed() == 1009


async def test_too_many_messages_are_refused_and_then_end_the_connection(ann: Person) -> None:
    async with ann.socket() as socket:
        connection = Live(socket)
        with contextlib.suppress(websockets.ConnectionClosed):
            for number in range(300):
                await connection.say("ping", id=number)
        messages = await connection.hear_until_closed()
        pongs = [m["id"] for m in messages if m["type"] == "pong"]
        refused = [m for m in messages if m.get("code") == "rate_limited"]
        assert len(pongs) >= 50
        assert pongs[:50] == list(range(50))
        assert [m["id"] for m in refused] == list(range(len(pongs), len(pongs) + 50))
        assert await connection.closed() == 4008


async def test_a_burst_within_the_rate_is_served(ann: Person) -> None:
    async with live(ann) as connection:
        for number in range(49):
            await connection.say("ping", id=number)
        assert [(await connection.expect("pong"))["id"] for _ in range(49)] == list(range(49))


# ---- the end of a session


@pytest.mark.alone
@pytest.mark.light
async def test_signing_out_closes_the_sockets_of_that_session_only(
    shared: ServerProcess, join: Crowd
) -> None:
    eve = await join("eve")
    again = await eve.http.post(
        "/api/auth/login", json={"username": "eve", "password": "correct horse"}
    )
    other = again.json()["token"]
    async with (
        live(eve, "public") as one,
        opened(shared, Cookie=f"feedline_session={eve.token}") as unconnected,
        opened(shared, Authorization=f"Bearer {other}") as elsewhere,
    ):
        await elsewhere.go_live()
        # The token in the cookie is looked up once the pong is here, or at the latest by connect.
        await unconnected.connect()
        begin = time.monotonic()
        assert (await eve.http.post("/api/auth/logout")).status_code == 204
        assert [await one.closed(), await unconnected.closed()] == [4003, 4003]
        assert time.monotonic() - begin < 1
        await elsewhere.say("ping")
        await elsewhere.expect("pong")
    async with opened(shared, Authorization=f"Bearer {eve.token}") as late:
        assert await late.closed() == 4001


async def test_signing_out_while_connecting_lets_nobody_slip_in(
    shared: ServerProcess, join: Crowd
) -> None:
    for attempt in range(5):
        person = await join(f"quick{attempt}")
        async with opened(shared, Authorization=f"Bearer {person.token}") as connection:
            await connection.say("connect", channels=["public"])
            await person.http.post("/api/auth/logout")
            assert await connection.closed() in (4001, 4003)


async def test_a_token_that_expires_ends_the_connection(shared: ServerProcess, ann: Person) -> None:
    tokens = Tokens(load_secret(shared.data))
    now = time.time_ns() // 1_000_000
    identity = tokens.read(ann.token, now)
    soon = Identity(identity.user_id, identity.session_id, now + 4_000)
    async with opened(shared, Authorization=f"Bearer {tokens.issue(soon, now)}") as connection:
        await connection.go_live()
        assert await connection.closed() == 4003
        assert time.time_ns() // 1_000_000 >= now + 3_000


async def closed(person: Person, remaining: int) -> bool:
    return await open_sockets(person) == remaining


async def test_closed_connections_are_forgotten(shared: ServerProcess, ann: Person) -> None:
    before = await none_open(ann)
    async with live(ann), live(ann), opened(shared):
        assert await open_sockets(ann) == before + 3
    await eventually(lambda: closed(ann, before))


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
async def test_a_goodbye_is_answered_with_its_own_code(ann: Person, code: int) -> None:
    async with live(ann) as connection:
        await connection.socket.close(code, "bye")
        assert connection.socket.close_code == code


async def test_the_api_of_a_session_ends_with_its_sockets(
    shared: ServerProcess, join: Crowd
) -> None:
    person = await join("gone")
    await person.http.post("/api/auth/logout")
    async with httpx.AsyncClient(base_url=shared.url, headers=person.headers, timeout=30) as client:
        assert (await client.get("/api/me")).status_code == 401

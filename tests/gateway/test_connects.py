"""How often one may begin a connection: who opens and closes in a loop is held to a rate."""

import contextlib
from collections.abc import Awaitable, Callable

import pytest
import websockets

from tests.gateway.events import streaming
from tests.gateway.live import Live, live, opened
from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

LIMIT = 6
TRIES = 40  # far more than are let in meanwhile: after the first few that is one in 50 s


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {
        "FEEDLINE_CONNECTS_PER_USER": str(LIMIT),
        "FEEDLINE_CONNECTS_PER_ADDRESS": str(LIMIT),
    }


async def tries_until_refused(connect: Callable[[], Awaitable[int]]) -> list[int]:
    """What became of one try after the other; the last was refused."""
    found: list[int] = []
    while not found or found[-1] not in (4010, 429):
        assert len(found) < TRIES, found
        found.append(await connect())
    return found


async def test_a_person_in_a_loop_is_told_to_pause_and_others_are_not(
    ann: Person, bob: Person
) -> None:
    async def socket() -> int:
        async with ann.socket() as socket:
            connection = Live(socket)
            with contextlib.suppress(websockets.ConnectionClosed):
                await connection.go_live("public")
                return 0
            return await connection.closed()

    async def stream() -> int:
        async with streaming(ann.http, "public") as opened_stream:
            return opened_stream.answer.status_code

    assert len(await tries_until_refused(socket)) > LIMIT
    assert (await tries_until_refused(stream))[-1] == 429
    async with streaming(ann.http, "public") as refused:
        if refused.answer.status_code == 429:
            assert int(refused.answer.headers["Retry-After"]) > 0
    answer = await ann.http.get("/api/events", params={"channels": "public"})
    assert answer.status_code == 200, "polls are no connections"
    async with live(bob, "public", token=bob.token):
        pass


async def test_sockets_that_do_not_say_whose_they_are_count_by_address(
    shared: ServerProcess, bob: Person
) -> None:
    async def stranger() -> int:
        async with opened(shared) as connection:
            with contextlib.suppress(websockets.ConnectionClosed):
                await connection.say("connect", token="none")
            return await connection.closed()

    found = await tries_until_refused(stranger)
    assert len(found) > LIMIT
    assert set(found[:-1]) == {4001}
    async with live(bob, "public"):
        pass  # who brings credentials is not touched


async def test_who_says_again_who_they_are_counts_once(
    join: Callable[[str], Awaitable[Person]],
) -> None:
    cleo = await join("cleo")
    for _ in range(LIMIT):
        async with live(cleo, "public", token=cleo.token):
            pass

"""How many sockets one may have."""

import asyncio

import pytest

from tests.gateway.live import Crowd, eventually, live, open_sockets, opened
from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {
        "FEEDLINE_CONNECTIONS_PER_USER": "2",
        "FEEDLINE_CONNECTIONS_PER_ADDRESS": "4",
    }


async def test_a_person_has_so_many_sockets_and_no_more(ann: Person, bob: Person) -> None:
    async with live(ann, "public"), live(ann, "public"):
        async with ann.socket() as third:
            await asyncio.wait_for(third.wait_closed(), 30)
            assert third.close_code == 4010
        async with live(bob, "public"):
            pass  # others are not touched


async def test_a_socket_that_ends_makes_room(ann: Person) -> None:
    for _ in range(4):
        async with live(ann, "public"):
            pass


async def test_an_address_has_so_many_sockets_and_no_more(
    shared: ServerProcess, ann: Person, bob: Person, join: Crowd
) -> None:
    cleo = await join("cleo")

    async def none_left() -> bool:
        return await open_sockets(ann) == 0

    await eventually(none_left)
    async with live(ann), live(ann), live(bob), live(bob), opened(shared) as fifth:
        assert await fifth.closed() == 4010
    await eventually(none_left)
    async with live(cleo, "public"):
        pass

"""How long a peer may be silent."""

import time

import pytest

from tests.gateway.live import live
from tests.gateway.raw import CLOSE, PING, raw_live
from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

SILENCE = 3  # seconds


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {"FEEDLINE_SILENCE_SECONDS": str(SILENCE)}


@pytest.mark.alone
@pytest.mark.light
async def test_a_peer_without_a_sign_of_life_is_asked_and_then_let_go_and_a_quiet_one_stays(
    shared: ServerProcess, ann: Person
) -> None:
    begin = time.monotonic()
    async with live(ann, "public") as quiet, raw_live(shared, ann) as dead:
        opcodes = []
        while CLOSE not in opcodes:
            received = await dead.frame()
            assert received is not None
            opcodes.append(received.opcode)
        assert PING in opcodes
        assert SILENCE <= time.monotonic() - begin < 3 * SILENCE
        assert quiet.socket.close_code is None  # it answers pings, and says nothing else
        await quiet.say("ping", id=1)
        assert (await quiet.hear())["type"] == "pong"

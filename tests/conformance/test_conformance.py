"""The frames layer of a live server is that of RFC 6455."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conformance.autobahn import (
    CASES,
    INSTALL_SECONDS,
    RUN_SECONDS,
    by_section,
    ensure_wstest,
    failed,
    fuzz,
    python27,
    summary,
)
from tests.conformance.echo import Echo, echoing
from tests.conformance.vectors import MESSAGE_LIMIT, Vector, vectors
from tests.gateway.raw import CLOSE, Frame, RawSocket, frame, raw, request

VECTORS = list(vectors())
RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())
LEAST_OK = 296


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def echo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Echo]:
    data = tmp_path_factory.mktemp("echo") / "data"
    async with echoing(data, message_limit=MESSAGE_LIMIT) as server:
        yield server
        assert not server.log, "".join(server.log)


# ---- the project's own vectors


def test_the_vectors_have_names_of_their_own_and_cover_every_section() -> None:
    assert len({(vector.section, vector.name) for vector in VECTORS}) == len(VECTORS)
    assert {vector.section for vector in VECTORS} == {1, 2, 3, 4, 5, 6, 7, 9, 10}
    assert len(VECTORS) > 200


@pytest.mark.system
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v.section}: {v.name}")
async def test_vector(echo: Echo, vector: Vector) -> None:
    async with raw(echo) as connection:
        connection.send(request())
        assert (await connection.head()).status == 101
        sending = asyncio.create_task(send_all(connection, vector.writes))
        answers, code = await hear_to_the_end(connection)
        await sending
    assert tuple(answers) == vector.answers
    assert code == vector.close


async def send_all(connection: RawSocket, writes: tuple[bytes, ...]) -> None:
    """Sends each piece on its own, as far as TCP lets it."""
    try:
        for data in writes:
            connection.send(data)
            await connection.writer.drain()
            await asyncio.sleep(0)
    except ConnectionError:
        pass  # the server has ended it


async def hear_to_the_end(connection: RawSocket) -> tuple[list[Frame], int]:
    """What comes before the server's goodbye, and the goodbye's code."""
    answers: list[Frame] = []
    while (received := await connection.frame()).opcode != CLOSE:
        answers.append(received)
    connection.send(frame(CLOSE, received.payload[:2]))
    assert await connection.ended() == b""
    return answers, received.close_code


# ---- Autobahn, where its interpreter is


def passes(score: Counter[str]) -> bool:
    return score["OK"] >= LEAST_OK and set(score) <= {"OK", "NON-STRICT", "INFORMATIONAL"}


def test_the_recorded_run_is_a_whole_one_without_failures() -> None:
    assert RECORDED["cases"] == CASES
    assert RECORDED["failed"] == []
    assert passes(Counter(RECORDED["score"]))


if python27() is not None:

    @pytest.mark.system
    @pytest.mark.timeout(INSTALL_SECONDS + RUN_SECONDS)
    async def test_autobahn(tmp_path: Path) -> None:
        verdicts = await fuzz(await asyncio.to_thread(ensure_wstest), tmp_path)
        assert len(verdicts) == CASES
        assert failed(verdicts) == []
        assert passes(sum(by_section(verdicts).values(), Counter())), summary(verdicts)

"""`kill -9` at the places where it hurts most: nothing is lost, doubled or out of order.

``FEEDLINE_TEST_FAULTS=20`` has each of them that many times.
"""

import asyncio
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL

import psycopg
import pytest

from tests.forkserver import fork
from tests.postgres import databases
from tests.processes import Person, ServerProcess, serving
from tests.store.opening import contents
from tests.system import breaking
from tests.system.breaking import Trap
from tests.system.follower import Follower
from tests.system.trial import PATIENCE, Report, Trial, nodes_on, trial

pytestmark = pytest.mark.system

EACH = int(os.environ.get("FEEDLINE_TEST_FAULTS", "1"))  # times
PLACES = (
    breaking.BEFORE_COMMIT,
    breaking.BEFORE_ANSWER,
    breaking.BEFORE_PUBLISH,
    breaking.BEFORE_DISPATCH,
    breaking.IN_REPLAY,
    breaking.IN_TRIM,
    breaking.BETWEEN_TRIMS,
)
KEPT = 600  # events: a reader may be away for ten seconds, and is not asked to load all anew
# The log is trimmed all the time, and what is replayed comes from it and not from memory.
SETTINGS = {
    "FEEDLINE_LOG_DAYS": "0",
    "FEEDLINE_LOG_EVENTS": str(KEPT),
    "FEEDLINE_RING_EVENTS": "1",
}


def program(trap: Trap) -> tuple[str, ...]:
    return ("tests.system.breaking", str(trap.file))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("where", ["SQLite", "PostgreSQL"])
async def test_whoever_dies_at_a_named_place_takes_nothing_along(
    tmp_path: Path, where: str, seed: int, report: Report
) -> None:
    rng = random.Random(seed)
    trap = Trap(tmp_path / "trap")
    async with (
        nodes_on(where, tmp_path, program(trap), SETTINGS) as nodes,
        trial(nodes, where, report, seed=seed) as people,
    ):
        await people.write_at_once(KEPT)
        for at in rng.sample(PLACES * EACH, len(PLACES) * EACH):
            async with people.fault(f"kill -9 {at}", rng.randint(1, 20)):
                after = 2 if at == breaking.IN_REPLAY else rng.randint(0, 5)
                trap.set(at, SIGKILL, after)
                await _die(nodes[-1], people, at)
                await nodes[-1].start()


async def _die(node: ServerProcess, people: Trial, at: str) -> None:
    """Waits for the end of a node; for one in a replay, with somebody who replays."""
    tasks = []
    if at == breaking.IN_REPLAY:
        late = Follower(people.readers[-1].person, ["public"], _older_cursor(people))
        tasks.append(asyncio.create_task(late.follow()))
    try:
        async with asyncio.timeout(PATIENCE):
            assert await node.ended() == -SIGKILL
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _older_cursor(people: Trial) -> str:
    """Of a moment some pages ago."""
    answers = list(people.ledger.answers.values())
    cursor: str = json.loads(answers[-5 * breaking.PAGE])["cursor"]
    return cursor


# ---- the commands


@pytest.fixture
async def installation(tmp_path: Path) -> Path:
    """One on SQLite with something in it."""
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        for number in range(5):
            await ann.publish(str(number))
        await server.stop()
    return tmp_path / "data"


async def run(trap: Trap, *words: str) -> int:
    process = await fork((*program(trap), *words), dict(os.environ))
    return await asyncio.wait_for(process.wait(), PATIENCE)


def counts(url: str) -> dict[str, int]:
    """How many rows of what is written by hand there are in a database of PostgreSQL."""
    with psycopg.connect(url) as connection:
        return {
            table: len(connection.execute(f"SELECT FROM {table}".encode()).fetchall())
            for table in ("users", "posts", "events", "answers")
        }


async def test_a_copy_that_dies_has_copied_all_or_nothing(
    tmp_path: Path, installation: Path
) -> None:
    trap, url = Trap(tmp_path / "trap"), databases().fresh()
    before = contents(installation / "feedline.db")
    trap.set(breaking.IN_COPY, SIGKILL)
    assert await run(trap, "copy", str(installation), url) == -SIGKILL
    assert set(counts(url).values()) == {0}
    trap.set(breaking.AFTER_COPY, SIGKILL)
    assert await run(trap, "copy", str(installation), url) == -SIGKILL
    assert counts(url) == {table: len(before[table]) for table in counts(url)}
    assert await run(trap, "copy", str(installation), url) == 1, "it is taken by now"
    assert contents(installation / "feedline.db") == before
    databases().drop(url)


def _to_sqlite(folder: Path) -> tuple[str, ...]:
    return ("--data", str(folder / "new"))


def _to_postgres(folder: Path) -> tuple[str, ...]:
    return ("--data", str(folder / "new"), "--database", databases().empty())


@pytest.mark.parametrize("target", [_to_sqlite, _to_postgres])
async def test_a_first_start_that_dies_in_its_migration_can_be_repeated(
    tmp_path: Path, target: Callable[[Path], tuple[str, ...]]
) -> None:
    trap, (_, data, *options) = Trap(tmp_path / "trap"), target(tmp_path)
    trap.set(breaking.IN_MIGRATION, SIGKILL)
    assert await run(trap, "serve", "--port", "0", "--data", data, *options) == -SIGKILL
    async with serving(Path(data), *options) as server:
        ann = await Person.register(server, "ann")
        assert (await ann.publish("news"))["post"]["content"]["text"] == "news"

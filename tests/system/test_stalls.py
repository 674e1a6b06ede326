"""A transaction that is begun and does not end: others wait for it a little, and never for ever."""

import asyncio
import os
import signal
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.conftest import Figures
from tests.processes import ServerProcess
from tests.system import breaking
from tests.system.breaking import Trap
from tests.system.trial import PATIENCE, Report, Trial, nodes_on, trial

pytestmark = pytest.mark.system

STALL = float(os.environ.get("FEEDLINE_TEST_STALL_SECONDS", "6"))  # longer than any limit there is
LOCKS = ("UPDATE log_head SET seq = seq", "LOCK TABLE posts")
PROMPT = 2.0  # seconds until people try another node
CUT_OFF = 5.0  # seconds after which PostgreSQL ends a transaction in which nothing happens
REFUSED = 10.0  # seconds after which a write that waits for a lock is refused, at the latest


@pytest.mark.timeout(180)
async def test_a_node_that_stops_in_a_commit_is_cut_off_and_comes_back(
    tmp_path: Path, report: Report, figures: Figures
) -> None:
    """It holds the head of the log, which every post needs."""
    trap = Trap(tmp_path / "trap")
    program = ("tests.system.breaking", str(trap.file))
    async with (
        nodes_on("PostgreSQL", tmp_path, program) as nodes,
        trial(nodes, "PostgreSQL", report, patience=PROMPT) as people,
        people.fault(f"a node stopped in a commit for {STALL:.0f} s"),
    ):
        trap.set(breaking.BEFORE_COMMIT, signal.SIGSTOP)
        async with asyncio.timeout(PATIENCE):
            while trap.is_set:
                await asyncio.sleep(0.01)
        since = time.monotonic()
        await people.more(len(people.authors) + 1)
        waited = time.monotonic() - since
        await asyncio.sleep(max(0.0, STALL - waited))
        os.kill(nodes[-1].pid, signal.SIGCONT)
    figures(f"the others waited {waited:.1f} s for a node that stopped in a commit")
    assert waited < CUT_OFF + PATIENCE


@pytest.mark.timeout(180)
async def test_while_an_operator_holds_a_lock_writes_are_refused_and_all_else_goes_on(
    tmp_path: Path, report: Report
) -> None:
    async with (
        nodes_on("PostgreSQL", tmp_path) as nodes,
        trial(nodes, "PostgreSQL", report) as people,
    ):
        for lock in LOCKS:
            async with people.fault(f"`{lock}`, not committed for {STALL:.0f} s"):
                with psycopg.connect(_database(nodes[0])) as operator:
                    operator.execute(lock.encode())
                    since = time.monotonic()
                    await _refused(people)
                    assert time.monotonic() - since < REFUSED + PATIENCE
                    async with httpx.AsyncClient(
                        headers=people.authors[0].headers, timeout=30
                    ) as client:
                        assert (await client.get(f"{nodes[0].url}/api/me")).status_code == 200
                    await asyncio.sleep(max(0.0, STALL - (time.monotonic() - since)))
                    operator.rollback()
        assert [reader.connections for reader in people.readers] == [1, 1]


async def _refused(people: Trial) -> None:
    """Waits until every author was told that it does not work now."""
    statuses = people.ledger.statuses
    before = statuses[503]
    async with asyncio.timeout(REFUSED + PATIENCE):
        while statuses[503] < before + len(people.authors):
            await asyncio.sleep(0.01)


def _database(node: ServerProcess) -> str:
    options = node.options
    return options[options.index("--database") + 1]

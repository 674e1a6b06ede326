"""A disk whose system calls fail under a server: refused, never acknowledged, over when it is."""

import asyncio
import contextlib
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.processes import ServerProcess
from tests.system.trial import PATIENCE, Report, Trial, nodes_on, trial

pytestmark = pytest.mark.system

SYNC, WRITE = "fsync,fdatasync", "pwrite64,ftruncate"
FAULTS = {
    "every fsync fails (EIO)": f"{SYNC}:error=EIO",
    "every second fsync fails (EIO)": f"{SYNC}:error=EIO:when=1+2",
    "every write fails (ENOSPC)": f"{WRITE}:error=ENOSPC",
    "every third write fails (EIO)": f"{WRITE}:error=EIO:when=1+3",
}


@asynccontextmanager
async def failing(node: ServerProcess, calls: str) -> AsyncIterator[None]:
    """System calls of a process fail for the time of a block."""
    strace = shutil.which("strace")
    assert strace is not None, "there is no strace: run tests/ensure_programs.sh"
    names = calls.partition(":")[0]
    process = await asyncio.create_subprocess_exec(
        *(strace, "-f", "-qq", "-o", "/dev/null", "-p", str(node.pid)),
        *("-e", f"trace={names}", "-e", f"inject={calls}"),
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while not _is_traced(node.pid):
                await asyncio.sleep(0.01)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


def _is_traced(pid: int) -> bool:
    """Whether all threads of a process are."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return all("TracerPid:\t0\n" not in _status(thread) for thread in threads)


def _status(thread: Path) -> str:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
        return (thread / "status").read_text()
    return ""


@pytest.mark.timeout(120)
async def test_calls_that_fail_are_told_and_forgotten(tmp_path: Path, report: Report) -> None:
    async with (
        nodes_on("SQLite", tmp_path) as nodes,
        trial(nodes, "SQLite", report) as people,
    ):
        for name, calls in FAULTS.items():
            async with people.fault(name), failing(nodes[0], calls):
                await _refused(people)
        async with people.fault("kill -9 after all of that"):
            await nodes[0].kill()
            await nodes[0].start()


async def _refused(people: Trial) -> None:
    """Waits until some posts were refused."""
    statuses = people.ledger.statuses
    before = statuses[503]
    async with asyncio.timeout(PATIENCE):
        while statuses[503] < before + 10:
            await asyncio.sleep(0.01)

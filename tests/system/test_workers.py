"""Several processes on one port: one that dies is replaced, and all are without a gap."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

from tests.postgres import databases
from tests.processes import SHARED_TLS, Person, ServerProcess, serving
from tests.system.checker import require
from tests.system.follower import Follower
from tests.system.writer import Ledger, all_texts

pytestmark = pytest.mark.system

WORKERS = 2
PATIENCE = 120.0  # seconds; workers are given 25 to leave, one after the other


def workers(server: ServerProcess) -> set[int]:
    """The processes that serve, by what the kernel says of the supervisor's children."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return {int(pid) for pid in children.split()}


def alive(processes: set[int]) -> list[int]:
    return [pid for pid in processes if Path(f"/proc/{pid}").exists()]


async def until(server: ServerProcess, gone: set[int]) -> None:
    """Waits until there are as many workers as there should be, and none of the old ones."""
    async with asyncio.timeout(PATIENCE):
        while len(workers(server)) != WORKERS or workers(server) & gone:
            await asyncio.sleep(0.05)


@pytest.fixture
def options() -> tuple[str, ...]:
    return ("--workers", str(WORKERS), "--database", databases().fresh())


async def test_without_a_shared_database_it_says_what_is_missing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "feedline", "serve", "--workers=2", "--data", str(tmp_path)),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "1000"},
    )
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 1
    assert "set --database" in said.decode()


@pytest.mark.timeout(400)
async def test_workers_are_replaced_under_load_and_nothing_is_lost(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    ledger, end = Ledger(), asyncio.Event()
    settings = {"FEEDLINE_HEARTBEAT_SECONDS": "0.5"}
    async with serving(tmp_path / "data", *options, environment=settings) as server:
        await until(server, set())
        people = [await Person.register(server, f"author{n}") for n in range(4)]
        begin = (await people[0].http.get("/api/posts")).json()["cursor"]
        followers = [Follower(person, ["public"], begin) for person in people[:2]]
        following = [asyncio.create_task(follower.follow()) for follower in followers]
        writing = [asyncio.create_task(ledger.keep_publishing(p, end)) for p in people]
        await ledger.reach(20)
        for how in ("killed", "renewed", "renewed"):
            old = workers(server)
            if how == "killed":
                old = {min(old)}
                os.kill(min(old), signal.SIGKILL)
            else:
                broken = ledger.broken
                os.kill(server.pid, signal.SIGHUP)
            await until(server, old)
            if how == "renewed":
                assert ledger.broken == broken, "a request was not answered"
            await ledger.reach(len(ledger.answers) + 20)
        end.set()
        await asyncio.gather(*writing)
        final = (await people[0].http.get("/api/posts")).json()["cursor"]
        async with asyncio.timeout(30):
            await asyncio.gather(*(follower.reach(final) for follower in followers))
        for task in following:
            task.cancel()
        stored = await all_texts(people[0])
        old = workers(server)
        assert await server.stop() == 0
        assert alive(old) == []
    require(ledger, followers, stored, begin, final)


async def test_workers_end_with_their_supervisor(tmp_path: Path, options: tuple[str, ...]) -> None:
    async with serving(tmp_path / "data", *options) as server:
        await until(server, set())
        orphans = workers(server)
        await server.kill()
        async with asyncio.timeout(PATIENCE):
            while alive(orphans):
                await asyncio.sleep(0.05)
        await server.start()
        await Person.register(server, "ann")


@pytest.mark.timeout(300)
async def test_one_worker_tells_of_all(tmp_path: Path, options: tuple[str, ...]) -> None:
    async with serving(tmp_path / "data", *options) as server:
        await until(server, set())
        await Person.register(server, "ann")

        async def get(path: str) -> httpx.Response:
            # On a connection of its own, which the worker that is stopped can't have.
            async with httpx.AsyncClient(
                base_url=server.url, timeout=PATIENCE, verify=SHARED_TLS
            ) as client:
                return await client.get(path)

        async def states() -> dict[str, str]:
            checks = (await get("/readyz")).json()["checks"]
            return {name: state for name, state in checks.items() if name.startswith("worker ")}

        async def reached(wanted: dict[str, str]) -> None:
            async with asyncio.timeout(PATIENCE):
                while await states() != wanted:
                    await asyncio.sleep(0.05)

        await reached({"worker 0": "ok", "worker 1": "ok"})
        pids = workers(server)
        text = (await get("/metrics")).text
        for number in range(WORKERS):
            assert f'feedline_worker_up{{worker="{number}"}} 1.0' in text
        counted = re.findall(r"^feedline_people_registered_total{.*} (.*)$", text, re.MULTILINE)
        assert sum(map(float, counted)) == 1
        stopped = max(pids)
        os.kill(stopped, signal.SIGSTOP)
        try:
            async with asyncio.timeout(PATIENCE):
                while "no answer" not in (await states()).values():
                    await asyncio.sleep(0.05)
        finally:
            os.kill(stopped, signal.SIGKILL)
        await until(server, {stopped})
        await reached({"worker 0": "ok", "worker 1": "ok"})

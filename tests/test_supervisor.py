"""What the supervisor does about workers that end, and when all of them are to be new."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from feedline.supervisor import FIRST_PAUSE, Supervisor
from tests.simulation.clock import run_virtually

WORKERS = 2
PATIENCE = 30.0


class Worker:
    """One without a process, which gets ready and ends as a test wants it."""

    def __init__(self, slot: int) -> None:
        self.slot = slot
        self.pid = slot
        self.may_be_ready = asyncio.Event()
        self.may_be_ready.set()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def ready(self) -> bool:
        await self.may_be_ready.wait()
        return True

    async def stop(self, seconds: float = 0) -> int:
        return await self.leave()

    async def leave(self) -> int:
        if not self.ended.done():
            self.ended.set_result(0)
        return await self.ended


class Workers:
    """All that were ever started."""

    def __init__(self) -> None:
        self.started: list[Worker] = []
        self.slow: Callable[[Worker], bool] = lambda _: False

    def new(self, slot: int) -> Any:
        worker = Worker(slot)
        self.started.append(worker)
        if self.slow(worker):
            worker.may_be_ready.clear()
        return worker

    @property
    def here(self) -> list[Worker]:
        return [worker for worker in self.started if not worker.ended.done()]

    async def have_started(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.started) < count:
                await asyncio.sleep(0)


@asynccontextmanager
async def supervised(workers: Workers, folder: Path) -> AsyncIterator[Supervisor]:
    with socket.socket() as listener:
        chief = Supervisor(listener, WORKERS, 0, folder=folder)
        chief._new = workers.new  # type: ignore[method-assign]
        ready = asyncio.Event()
        running = asyncio.create_task(chief.run(ready.set))
        await ready.wait()
        await workers.have_started(WORKERS)
        yield chief
        chief._stop()
        assert await running == 0
    assert workers.here == []


async def begin_to_replace(workers: Workers, chief: Supervisor) -> None:
    """New workers are wanted, and the first of them is slow to get ready."""
    workers.slow = lambda worker: len(workers.started) == WORKERS + 1
    chief._wanted.set()
    await workers.have_started(WORKERS + 1)


def test_who_asks_for_new_workers_while_some_are_replaced_gets_new_ones(tmp_path: Path) -> None:
    async def check() -> None:
        workers = Workers()
        async with supervised(workers, tmp_path) as chief:
            await begin_to_replace(workers, chief)
            chief._wanted.set()  # those that are there by now, one that begins among them, are old
            old = workers.started[:]
            old[-1].may_be_ready.set()
            await workers.have_started(3 * WORKERS)
            await asyncio.sleep(1)
            assert len(workers.here) == WORKERS
            assert not set(workers.here) & set(old)

    run_virtually(check())


def test_a_worker_that_dies_while_it_is_replaced_is_not_started_again(tmp_path: Path) -> None:
    async def check() -> None:
        workers = Workers()
        async with supervised(workers, tmp_path) as chief:
            await begin_to_replace(workers, chief)
            workers.started[0].ended.set_result(-9)
            await asyncio.sleep(FIRST_PAUSE / 2)  # its place is to be filled in a moment
            workers.started[-1].may_be_ready.set()
            await workers.have_started(2 * WORKERS)
            await asyncio.sleep(1)
            assert len(workers.started) == 2 * WORKERS
            assert len(workers.here) == WORKERS

    run_virtually(check())

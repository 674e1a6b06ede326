"""The measurements, one after the other, against a server of their own."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvloop

from feedline.benchmark.load import Client, Crowd, open_crowd
from feedline.benchmark.process import ServerProcess, allow_files, choose_cores, own_server

WRITERS = 16
_AUTHOR_POSTS = 200
_AUTHOR_PAUSE = 0.004  # seconds; each post finds the server idle
_ROUNDS = 25  # of the fan-out
_ROUND_PAUSE = 0.06  # longer than a window in which writes are joined: each post goes out alone
_WARM_UP_SOCKETS = 20  # load what the first sockets load, once
_SETTLE_SECONDS = 0.6


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles by nearest rank, in milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Spread":
        ordered = sorted(samples)
        return cls(*(ordered[min(len(ordered) - 1, int(len(ordered) * p))] for p in (0.5, 0.99)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was found."""

    sockets: int
    pinned: bool
    posts_per_second: float
    acknowledgement: Spread
    author: Spread
    memory_kib: float  # for each socket
    delivery: Spread
    delivery_cpu_us: float  # CPU of the server for each delivery


Step = Callable[[str, int], Callable[[], None]]
"""Begins a step of so many parts, with a name; what it returns is called for each part."""


def measure(sockets: int, seconds: float, step: Step) -> Figures:
    """Raises StartupError if this machine is not set up for it, or something gets lost."""
    allow_files(sockets)
    cores = choose_cores()
    before = os.sched_getaffinity(0)
    with own_server(cores[0] if cores else None) as server:
        try:
            if cores:
                os.sched_setaffinity(0, {cores[1]})
            return uvloop.run(_measure(server, sockets, seconds, step, pinned=bool(cores)))
        finally:
            os.sched_setaffinity(0, before)


async def _measure(
    server: ServerProcess, sockets: int, seconds: float, step: Step, *, pinned: bool
) -> Figures:
    token, user_id = await _register(server.port)
    acknowledgements, rate = await _publish(server, token, seconds, step)
    author = await _author(server, token, user_id, step)
    async with _crowd(server, token, "public", _WARM_UP_SOCKETS, _ignore):
        pass
    await asyncio.sleep(_SETTLE_SECONDS)
    empty = server.memory_kib()
    opened = step(f"opening {sockets:,} sockets", sockets)
    async with _crowd(server, token, "public", sockets, opened) as crowd:
        await asyncio.sleep(_SETTLE_SECONDS)
        memory = (server.memory_kib() - empty) / sockets
        cpu = await _fan_out(server, token, crowd, step)
        return Figures(
            sockets=sockets,
            pinned=pinned,
            posts_per_second=rate,
            acknowledgement=Spread.of(acknowledgements),
            author=Spread.of(author),
            memory_kib=memory,
            delivery=Spread.of(crowd.latencies),
            delivery_cpu_us=cpu / crowd.deliveries * 1e6,
        )


async def _register(port: int) -> tuple[str, str]:
    client = Client(port)
    person = {"username": "bench", "password": secrets.token_hex(16)}
    answer = await client.post("/api/auth/register", person)
    client.close()
    return answer["token"], answer["user"]["id"]


async def _publish(
    server: ServerProcess, token: str, seconds: float, step: Step
) -> tuple[list[float], float]:
    """Writers in a closed loop; their times, and posts a second."""
    done = step(f"{WRITERS} writers publish", round(seconds * 10))
    samples: list[float] = []
    start = time.monotonic()
    end = start + seconds

    async def write() -> None:
        client = Client(server.port, token)
        while time.monotonic() < end:
            samples.append(await client.publish())
        client.close()

    async def tell() -> None:
        for _ in range(round(seconds * 10)):
            await asyncio.sleep(0.1)
            done()

    await asyncio.gather(tell(), *(write() for _ in range(WRITERS)))
    return samples, len(samples) / (time.monotonic() - start)


async def _author(server: ServerProcess, token: str, user_id: str, step: Step) -> list[float]:
    """One author publishes and waits for the post on a socket of their own."""
    done = step("an author sees their own post", _AUTHOR_POSTS)
    client = Client(server.port, token)
    async with _crowd(server, token, f"feed:{user_id}", 1, _ignore) as own:
        for number in range(_AUTHOR_POSTS):
            await client.publish()
            await own.wait_for(number + 1)
            await asyncio.sleep(_AUTHOR_PAUSE)
            done()
        client.close()
        return own.latencies


async def _fan_out(server: ServerProcess, token: str, crowd: Crowd, step: Step) -> float:
    """One post at a time to all sockets; CPU seconds of the server."""
    done = step(f"posts go to {len(crowd.readers):,} sockets", _ROUNDS)
    client = Client(server.port, token)
    await client.publish()  # loads what the first one loads
    await crowd.wait_for(len(crowd.readers))
    crowd.reset()
    before = server.cpu_seconds()
    for number in range(_ROUNDS):
        await asyncio.sleep(_ROUND_PAUSE)
        await client.publish()
        await crowd.wait_for((number + 1) * len(crowd.readers))
        done()
    client.close()
    return server.cpu_seconds() - before


@asynccontextmanager
async def _crowd(
    server: ServerProcess, token: str, channel: str, count: int, opened: Callable[[], None]
) -> AsyncIterator[Crowd]:
    crowd = await open_crowd(server.port, token, channel, count, opened)
    try:
        yield crowd
    finally:
        crowd.close()


def _ignore() -> None:
    pass

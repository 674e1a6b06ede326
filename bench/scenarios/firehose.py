"""A steady stream of posts to many: what joining writes saves, and how much one core can push."""

import time

from bench.load import STAMP_FORMAT, Audience, Received, Sockets, Workload, Written
from bench.machine import Cpu, cpu_used
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "200 posts a second to all sockets, then as many as go; beside one post at a time"

_RATE = 200  # posts a second
_SECONDS_FACTOR = 8 / 5  # of the stream, for each second of a run of writers
_WRITERS = 16
_PUSHERS = 8
_TEXT_BYTES = 280
_PAUSE_SECONDS = 0.1  # longer than a window, so that each post goes out alone
_WARM_UP_ROUNDS = 3


def run(rig: Rig) -> list[Row]:
    with rig.server() as server:
        author, reader = server.register("author"), server.register("reader")
        audience = Audience(
            connections=rig.scale.stream, token=reader.token, channels=["public"], awake=True
        )
        with rig.sockets(server, audience) as sockets:
            single = _one_by_one(rig, server, author, sockets)
            seconds = round(rig.scale.seconds * _SECONDS_FACTOR)
            rig.step(f"firehose: {_RATE} posts a second for {seconds} s")
            steady = Workload(writers=_WRITERS, seconds=seconds, rate=_RATE)
            stream = _stream(rig, server, author, sockets, steady)
            rig.step("firehose: as many as go")
            flat_out = Workload(writers=_PUSHERS, seconds=rig.scale.seconds)
            pushed = _stream(rig, server, author, sockets, flat_out)
    return [
        Row("feedline", "one at a time", single),
        Row("feedline", f"{_RATE} posts/s", _beside(stream, single)),
        Row("feedline", "as many as go", _beside(pushed, single)),
    ]


def _beside(figures: dict[str, float], single: dict[str, float]) -> dict[str, float]:
    return {**figures, "ratio": figures["cpu_us"] / single["cpu_us"]}


def _one_by_one(rig: Rig, server: Server, author: User, sockets: Sockets) -> dict[str, float]:
    _rounds(server, author, sockets, _WARM_UP_ROUNDS)
    sockets.reset()
    rig.step("firehose: one post at a time")
    before = cpu_used(server.pid)
    _rounds(server, author, sockets, rig.scale.rounds)
    used = cpu_used(server.pid) - before
    received = sockets.report_all(each=rig.scale.rounds)
    sockets.reset()
    return {**_costs(used, received), "ratio": 1.0}


def _rounds(server: Server, author: User, sockets: Sockets, rounds: int) -> None:
    already = sockets.report().deliveries
    for number in range(1, rounds + 1):
        server.publish(author, STAMP_FORMAT.format(time.monotonic_ns()).ljust(_TEXT_BYTES, "x"))
        sockets.wait_for(already + number * sockets.connections)
        time.sleep(_PAUSE_SECONDS)


def _stream(
    rig: Rig, server: Server, author: User, sockets: Sockets, workload: Workload
) -> dict[str, float]:
    sockets.reset()
    before, start = cpu_used(server.pid), time.monotonic()
    with rig.writers(server, [author], workload) as writers:
        written = writers.finish()
    sockets.wait_for(written.created * sockets.connections)
    used, seconds = cpu_used(server.pid) - before, time.monotonic() - start
    received = sockets.report_all(each=written.created)
    return {**_rates(written, received, seconds), **_costs(used, received)}


def _rates(written: Written, received: Received, seconds: float) -> dict[str, float]:
    return {
        "posts_per_s": written.created / seconds,
        "deliveries_per_s": received.deliveries / seconds,
    }


def _costs(used: Cpu, received: Received) -> dict[str, float]:
    return {
        "cpu_us": used.total / received.deliveries * 1e6,
        "p50_ms": received.latency.p50_ms,
        "p99_ms": received.latency.p99_ms,
    }

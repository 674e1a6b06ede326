"""What one reader who has stopped reading changes for the others."""

from contextlib import ExitStack
from statistics import median

from bench.load import Audience, Percentiles, Workload
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "100 posts a second to healthy sockets, without and with one that never reads"

_RATE = 100  # posts a second: the stalled socket is full within seconds
_WRITERS = 8
_TURNS = 3  # without and with, in turn, so that a busy neighbour falls on both alike


def run(rig: Rig) -> list[Row]:
    with rig.server() as server:
        author, reader = server.register("author"), server.register("reader")
        healthy = Audience(connections=rig.scale.healthy, token=reader.token, channels=["public"])
        found: dict[int, list[Percentiles]] = {0: [], 1: []}
        for turn in range(2 * _TURNS):
            stalled = turn % 2
            rig.step(f"slow_reader: turn {turn + 1} of {2 * _TURNS}")
            found[stalled].append(_turn(rig, server, author, healthy, stalled))
    without, with_one = (_figures(found[stalled]) for stalled in (0, 1))
    change = (with_one["p99_ms"] / without["p99_ms"] - 1) * 100
    return [
        Row("feedline", "all read", without),
        Row("feedline", "one stalled", {**with_one, "p99_change_percent": change}),
    ]


def _turn(rig: Rig, server: Server, author: User, healthy: Audience, stalled: int) -> Percentiles:
    seconds = 2 * rig.scale.seconds  # the stalled socket is full after some 3 s
    with rig.sockets(server, healthy) as sockets, ExitStack() as stack:
        if stalled:
            stuck = Audience(
                connections=1, token=healthy.token, channels=healthy.channels, stalled=True
            )
            stack.enter_context(rig.sockets(server, stuck))
        workload = Workload(writers=_WRITERS, seconds=seconds, rate=_RATE)
        with rig.writers(server, [author], workload) as writers:
            written = writers.finish()
        sockets.wait_for(written.created * sockets.connections)
        return sockets.report_all(each=written.created).latency


def _figures(turns: list[Percentiles]) -> dict[str, float]:
    return {
        "turns": len(turns),
        "p50_ms": median(turn.p50_ms for turn in turns),
        "p99_ms": median(turn.p99_ms for turn in turns),
        "max_ms": max(turn.max_ms for turn in turns),
    }

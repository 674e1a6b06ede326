"""Everybody drops and comes back at the same moment, 500 events behind, as posts keep flowing."""

import time

from bench.errors import expect
from bench.load import Audience, Workload
from bench.machine import cpu_used
from bench.results import Row
from bench.rig import Rig

TITLE = "all sockets drop and resume with a cursor, 500 events behind; posts keep coming"

_BEHIND = 500  # events that each has to be sent again
_PAUSE_MS = 50  # between the posts that keep coming
_CALM_SECONDS = 2.0  # after all are back: what still comes is in order too


def run(rig: Rig) -> list[Row]:
    connections = rig.scale.connections
    with rig.server() as server:
        author, reader = server.register("author"), server.register("reader")
        audience = Audience(
            connections=connections,
            token=reader.token,
            channels=["public"],
            at_once=connections,  # nobody waits for anybody
        )
        with rig.sockets(server, audience) as sockets:
            cursor = server.publish(author, "Whoever has read this far comes back here.")
            rig.step(f"storm: {_BEHIND} posts")
            with rig.writers(server, [author], Workload(count=_BEHIND)) as writers:
                expect("posts", expected=_BEHIND, counted=writers.finish().created)
            sockets.wait_for(_BEHIND * connections)
            rig.step(f"storm: {connections:,} sockets come back")
            flow = Workload(pause_ms=_PAUSE_MS, first_serial=_BEHIND + 1)
            with rig.writers(server, [author], flow) as others:
                before = cpu_used(server.pid)
                back = sockets.resume(cursor, serial=1)
                used = cpu_used(server.pid) - before
                time.sleep(_CALM_SECONDS)
                meanwhile = others.stop()
            sockets.wait_for((_BEHIND + meanwhile.created) * connections)
            sockets.report_all(each=_BEHIND + meanwhile.created)
    figures = {
        "connections": connections,
        "half_live_s": back.half_seconds,
        "all_live_s": back.seconds,
        "events_per_s": _BEHIND * connections / back.seconds,
        "server_cpu_s": used.total,
        "posts_meanwhile": meanwhile.created,
        "POST_p50_ms": meanwhile.latency.p50_ms,
        "POST_p99_ms": meanwhile.latency.p99_ms,
    }
    return [Row("feedline", "", figures)]

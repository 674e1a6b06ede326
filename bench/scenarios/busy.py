"""How long a POST takes while the same process serves many sockets."""

from dataclasses import asdict

from bench.load import Audience, Workload, Written
from bench.machine import cpu_used
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "from sending a POST to its 201, idle and while posts of others go to all sockets"

_WARM_UP_POSTS = 50
_PAUSE_MS = 100
_OTHERS_PAUSE_MS = 150  # as in author_latency: the fan-out is busy most of the time


def run(rig: Rig) -> list[Row]:
    posts = rig.scale.busy_posts
    with rig.server() as server:
        author, other, reader = (server.register(name) for name in ("author", "other", "reader"))
        rig.step(f"busy: {posts:,} posts, server idle")
        _write(rig, server, author, Workload(count=_WARM_UP_POSTS, pause_ms=5))
        workload = Workload(count=posts, pause_ms=_PAUSE_MS)
        idle = _write(rig, server, author, workload)
        audience = Audience(
            connections=rig.scale.connections,
            token=reader.token,
            channels=["public"],
            background=True,
        )
        with (
            rig.sockets(server, audience) as crowd,
            rig.writers(server, [other], Workload(pause_ms=_OTHERS_PAUSE_MS)) as others,
        ):
            rig.step(f"busy: {posts:,} posts, {rig.scale.connections:,} sockets served")
            before = cpu_used(server.pid)
            busy = _write(rig, server, author, workload)
            used = cpu_used(server.pid) - before
            everything = busy.created + others.stop().created
            crowd.wait_for(everything * crowd.connections)
            crowd.report_all(each=everything)
    ratio = busy.latency.p50_ms / idle.latency.p50_ms
    load = used.total / (busy.created / busy.per_second) * 100
    return [
        Row("feedline", "idle", {**asdict(idle.latency), "p50_ratio": 1.0}),
        Row(
            "feedline",
            f"{rig.scale.connections:,} sockets",
            {**asdict(busy.latency), "p50_ratio": ratio, "core_percent": load},
        ),
    ]


def _write(rig: Rig, server: Server, author: User, workload: Workload) -> Written:
    with rig.writers(server, [author], workload) as writers:
        return writers.finish()

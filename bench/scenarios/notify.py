"""What it takes to show an author a post that another program keeps."""

import http.client
import json
import subprocess
import sys
from dataclasses import asdict, replace

from bench.load import Audience, Workload
from bench.machine import cpu_used
from bench.results import Row
from bench.rig import Rig
from bench.server import Server

TITLE = "POST /api/notify/post-author until its durable 202, and to the author's own WebSocket"

_WARM_UP = 50
_PAUSE_MS = 5  # each finds the server idle


def run(rig: Rig) -> list[Row]:
    posts = rig.scale.posts
    with rig.server() as server:
        author, token = server.register("author"), _service_token(server)
        post = {"id": "post-{serial}", "title": "Benchmark", "content": "{text}", "likes": 0}
        workload = Workload(
            count=_WARM_UP,
            pause_ms=_PAUSE_MS,
            path="/api/notify/post-author",
            body=json.dumps({"authorId": author.id, "post": post}),
            expect=http.client.ACCEPTED,
        )
        own = Audience(connections=1, token=author.token, channels=[f"feed:{author.id}"])
        with rig.sockets(server, own) as sockets:
            for count, first in ((_WARM_UP, 1), (posts, _WARM_UP + 1)):
                rig.step(f"notify: {count:,} posts")
                sockets.reset()
                before = cpu_used(server.pid)
                with rig.program(
                    server, token, replace(workload, count=count, first_serial=first)
                ) as writers:
                    written = writers.finish()
                used = cpu_used(server.pid) - before
                sockets.wait_for(written.created)
            received = sockets.report_all(each=posts)
    figures = {
        "posts": written.created,
        **asdict(written.latency),
        "socket_p50_ms": received.latency.p50_ms,
        "socket_p99_ms": received.latency.p99_ms,
        "event_bytes": received.payload_bytes,
        "cpu_us_each": used.total / written.created * 1e6,
    }
    return [Row("feedline", "idle", figures)]


def _service_token(server: Server) -> str:
    command = [sys.executable, "-m", "feedline", "token", "create", "--data", str(server.data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

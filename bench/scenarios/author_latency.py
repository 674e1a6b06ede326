"""How soon authors see their own post on their own socket."""

from dataclasses import asdict, dataclass

from bench.load import Audience, Received, Sockets, Workload, Written
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "from sending the POST to the author's own WebSocket"

_WARM_UP_POSTS = 50
_IDLE_PAUSE_MS = 5  # each post finds the server idle
_BUSY_PAUSE_MS = 150  # two writers with this pause keep the fan-out busy most of the time


@dataclass(frozen=True, slots=True)
class _Author:
    user: User
    sockets: Sockets  # one

    def publish(self, rig: Rig, server: Server, workload: Workload) -> tuple[Received, Written]:
        self.sockets.reset()
        with rig.writers(server, [self.user], workload) as writers:
            written = writers.finish()
        self.sockets.wait_for(written.created)
        return self.sockets.report_all(each=written.created), written


def run(rig: Rig) -> list[Row]:
    with rig.server() as server:
        user = server.register("author")
        own = Audience(connections=1, token=user.token, channels=[f"feed:{user.id}"])
        with rig.sockets(server, own) as sockets:
            author = _Author(user, sockets)
            idle = _while_idle(rig, server, author)
            busy = _while_served(rig, server, author)
    return [
        Row("feedline", "idle", _figures(*idle)),
        Row("feedline", f"{rig.scale.connections:,} sockets", _figures(*busy)),
    ]


def _while_idle(rig: Rig, server: Server, author: _Author) -> tuple[Received, Written]:
    rig.step(f"author_latency: {rig.scale.posts:,} posts, server idle")
    author.publish(rig, server, Workload(count=_WARM_UP_POSTS, pause_ms=_IDLE_PAUSE_MS))
    return author.publish(rig, server, Workload(count=rig.scale.posts, pause_ms=_IDLE_PAUSE_MS))


def _while_served(rig: Rig, server: Server, author: _Author) -> tuple[Received, Written]:
    """A second person posts as well, and every post of both goes to all connections."""
    connections, posts = rig.scale.connections, rig.scale.busy_posts
    reader, other = server.register("reader"), server.register("other")
    audience = Audience(
        connections=connections, token=reader.token, channels=["public"], background=True
    )
    with (
        rig.sockets(server, audience) as crowd,
        rig.writers(server, [other], Workload(pause_ms=_BUSY_PAUSE_MS)) as others,
    ):
        rig.step(f"author_latency: {posts:,} posts, {connections:,} sockets served")
        workload = Workload(count=posts, pause_ms=_BUSY_PAUSE_MS)
        received, written = author.publish(rig, server, workload)
        everything = written.created + others.stop().created
        crowd.wait_for(everything * connections)
        crowd.report_all(each=everything)
    return received, written


def _figures(received: Received, written: Written) -> dict[str, float]:
    return {
        "posts": written.created,
        **asdict(received.latency),
        "POST_p50_ms": written.latency.p50_ms,
        "POST_p99_ms": written.latency.p99_ms,
    }

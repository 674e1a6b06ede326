"""How many durable posts a second one core takes, and how long one post takes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from statistics import median

from bench.errors import BenchError, expect
from bench.load import Workload, Written
from bench.machine import Cpu, cpu_used
from bench.peers import PEERS, RunningPeer
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "POST /api/posts with a JWT until its durable 201; nobody listens"

_AUTHORS = 8
_WARM_UP_SECONDS = 1
_TURNS = 3  # a peer and Feedline, one after the other
_IDLE_PAUSE_MS = 5  # each post of the single writer finds the server idle


def run(rig: Rig) -> list[Row]:
    with rig.server() as server:
        authors = [server.register(f"author{n}") for n in range(_AUTHORS)]
        warm_up = _crowd(rig, _WARM_UP_SECONDS)
        created = _write(rig, server, authors, warm_up).created
        rows = []
        for name, workload in _cases(rig).items():
            rig.step(f"publish: {name}")
            before = cpu_used(server.pid)
            written = _write(rig, server, authors, workload)
            used = cpu_used(server.pid) - before
            created += written.created
            rows.append(Row("feedline", name, _figures(workload, written, used)))
        for name in rig.peers:
            if PEERS[name].publishes:
                more, beside = _beside(rig, name, server, authors)
                created += more
                rows.append(beside)
        _check_all_are_there(server, authors, created)
    return rows


def _beside(rig: Rig, name: str, server: Server, authors: Sequence[User]) -> tuple[int, Row]:
    """A peer and Feedline in turn: what Feedline created meanwhile, and the peer's row."""
    workload = _crowd(rig, rig.scale.seconds)
    created, ratios = 0, []
    try:
        with rig.peer(name) as peer:
            _write_peer(rig, peer, _crowd(rig, _WARM_UP_SECONDS))
            for turn in range(1, _TURNS + 1):
                rig.step(f"publish: {name}, turn {turn} of {_TURNS}")
                before = peer.cpu()
                written = _write_peer(rig, peer, workload)
                used = peer.cpu() - before
                ours = _write(rig, server, authors, workload)
                created += ours.created
                ratios.append(ours.per_second / written.per_second)
    except (BenchError, OSError) as error:
        return created, Row(name, "", {}, str(error) or repr(error))
    figures = {**_figures(workload, written, used), "feedline_times": median(ratios)}
    return created, Row(name, f"{rig.scale.writers} writers", figures)


def _write_peer(rig: Rig, peer: RunningPeer, workload: Workload) -> Written:
    with rig.peer_writers(peer, workload) as writers:
        return writers.finish()


def _cases(rig: Rig) -> Mapping[str, Workload]:
    many, seconds = rig.scale.writers, rig.scale.seconds
    return {
        f"{many} writers": _crowd(rig, seconds),
        f"{many} writers with keys": replace(_crowd(rig, seconds), keys=True),
        "1 writer, idle": Workload(seconds=seconds, pause_ms=_IDLE_PAUSE_MS),
    }


def _crowd(rig: Rig, seconds: int) -> Workload:
    return Workload(writers=rig.scale.writers, seconds=seconds, awake=True)


def _write(rig: Rig, server: Server, authors: Sequence[User], workload: Workload) -> Written:
    with rig.writers(server, authors, workload) as writers:
        return writers.finish()


def _check_all_are_there(server: Server, authors: Sequence[User], created: int) -> None:
    counted = sum(server.posts_of(author) for author in authors)
    expect("acknowledged posts", expected=created, counted=counted)


def _figures(workload: Workload, written: Written, used: Cpu) -> dict[str, float]:
    latency = asdict(written.latency)
    if workload.pause_ms is not None:
        return latency  # a rate, and a cost with the rest in the pauses, would say nothing
    cost = used.total / written.created * 1e6
    return {"posts_per_s": written.per_second, "cpu_us_per_post": cost, **latency}

"""What a delivery and a post cost one node, and two and three that share the work."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median

from bench.load import STAMP_FORMAT, Audience, Sockets, Workload
from bench.machine import Cpu, cpu_used
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "one, two and three nodes on one database, in turn: CPU of all of them together"

_MOST = 3
_TEXT_BYTES = 280
_WARM_UP_ROUNDS = 3
_PAUSE_SECONDS = 0.05
_IDLE_SECONDS = 3.0
_TURNS = 3  # of writers


@dataclass(frozen=True, slots=True)
class _Nodes:
    """An installation, and who receives on each of its nodes."""

    servers: Sequence[Server]
    sockets: Sequence[Sockets]
    author: User

    @property
    def name(self) -> str:
        count = len(self.servers)
        return "1 node" if count == 1 else f"{count} nodes"

    def cpu(self) -> list[Cpu]:
        """Of each node."""
        return [cpu_used(server.pid) for server in self.servers]

    def round(self, number: int) -> None:
        """One post, at one node after the other, to everybody on all of them."""
        text = STAMP_FORMAT.format(time.monotonic_ns()).ljust(_TEXT_BYTES, "x")
        self.servers[number % len(self.servers)].publish(self.author, text)
        for sockets in self.sockets:
            sockets.wait_for(number * sockets.connections)
        time.sleep(_PAUSE_SECONDS)

    def idle(self) -> Cpu:
        """CPU seconds a second of all nodes, while nothing happens."""
        before = self.cpu()
        time.sleep(_IDLE_SECONDS)
        return _spent(before, self.cpu()) * (1 / _IDLE_SECONDS)


def run(rig: Rig) -> list[Row]:
    with ExitStack() as stack:
        quiet = [_open(rig, stack, count) for count in range(1, _MOST + 1)]
        with ExitStack() as listening:
            rows = _fan_out(rig, [_listen(rig, listening, nodes) for nodes in quiet])
        return rows + _publish(rig, quiet)


def _open(rig: Rig, stack: ExitStack, count: int) -> _Nodes:
    servers = stack.enter_context(rig.nodes(count))
    return _Nodes(servers, [], servers[0].register("author"))


def _listen(rig: Rig, stack: ExitStack, nodes: _Nodes) -> _Nodes:
    """The same number of sockets, whatever the number of nodes that share them."""
    audience = Audience(
        connections=rig.scale.connections // len(nodes.servers),
        token=nodes.servers[0].register("reader").token,
        channels=["public"],
        awake=True,
    )
    sockets = [stack.enter_context(rig.sockets(server, audience)) for server in nodes.servers]
    return replace(nodes, sockets=sockets)


def _fan_out(rig: Rig, found: Sequence[_Nodes]) -> list[Row]:
    """Rounds of all in turn, so that whatever else the machine does falls on all alike."""
    for nodes in found:
        for number in range(1, _WARM_UP_ROUNDS + 1):
            nodes.round(number)
    idle = [nodes.idle() for nodes in found]
    for nodes in found:
        for sockets in nodes.sockets:
            sockets.reset()
    used, took = [Cpu(0, 0) for _ in found], [0.0 for _ in found]
    for number in range(1, rig.scale.rounds + 1):
        rig.step(f"nodes: round {number} of {rig.scale.rounds}")
        for index, nodes in enumerate(found):
            before, since = nodes.cpu(), time.monotonic()
            nodes.round(number)
            used[index] += _spent(before, nodes.cpu())
            took[index] += time.monotonic() - since
    return [
        _fan_out_row(rig, nodes, used[index] - idle[index] * took[index])
        for index, nodes in enumerate(found)
    ]


def _fan_out_row(rig: Rig, nodes: _Nodes, used: Cpu) -> Row:
    received = [sockets.report_all(each=rig.scale.rounds) for sockets in nodes.sockets]
    deliveries = sum(each.deliveries for each in received)
    figures = {
        "cpu_us": used.total / deliveries * 1e6,
        "p50_ms": max(each.latency.p50_ms for each in received),
        "p99_ms": max(each.latency.p99_ms for each in received),
    }
    return Row("delivery", nodes.name, figures)


def _publish(rig: Rig, found: Sequence[_Nodes]) -> list[Row]:
    """All writers at the first node: what a post costs there, and at each that hears of it."""
    workload = Workload(writers=rig.scale.writers, seconds=rig.scale.seconds, awake=True)
    turns: list[list[_Turn]] = [[] for _ in found]
    for turn in range(1, _TURNS + 1):
        for index, nodes in enumerate(found):
            rig.step(f"nodes: posts, turn {turn} of {_TURNS}, {nodes.name}")
            turns[index].append(_write(rig, nodes, workload))
    return [_publish_row(nodes, turns[index]) for index, nodes in enumerate(found)]


@dataclass(frozen=True, slots=True)
class _Turn:
    """What was written, how fast, and the CPU seconds of each node."""

    created: int
    per_second: float
    spent: Sequence[float]


def _write(rig: Rig, nodes: _Nodes, workload: Workload) -> _Turn:
    before = nodes.cpu()
    with rig.writers(nodes.servers[0], [nodes.author], workload) as writers:
        written = writers.finish()
    time.sleep(_PAUSE_SECONDS)
    spent = [(after - first).total for first, after in zip(before, nodes.cpu(), strict=True)]
    return _Turn(written.created, written.per_second, spent)


def _publish_row(nodes: _Nodes, turns: Sequence[_Turn]) -> Row:
    """Medians of the turns."""
    figures = {
        "posts_per_s": median(turn.per_second for turn in turns),
        "writes_us": median(turn.spent[0] / turn.created * 1e6 for turn in turns),
    }
    others = len(nodes.servers) - 1
    if others:
        heard = (sum(turn.spent[1:]) / others / turn.created * 1e6 for turn in turns)
        figures["hears_us"] = median(heard)
    return Row("post", nodes.name, figures)


def _spent(before: Sequence[Cpu], after: Sequence[Cpu]) -> Cpu:
    return sum((b - a for a, b in zip(before, after, strict=True)), Cpu(0, 0))

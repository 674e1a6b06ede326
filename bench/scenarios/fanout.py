"""What one delivery of one event costs the server, beside the least that it can cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException

from bench.errors import BenchError
from bench.load import STAMP_FORMAT, Audience, Floor, Received, Sockets
from bench.machine import Cpu, cpu_used
from bench.results import Row
from bench.rig import Rig

TITLE = "one post at a time to all sockets; CPU of the server for each delivery"

_TEXT_BYTES = 280
_WARM_UP_ROUNDS = 3
_PAUSE_SECONDS = 0.05  # after each round, so that none runs into the next
_IDLE_SECONDS = 3.0
_SIDE_SECONDS = 25.0  # for the rounds of one side


@dataclass(frozen=True, slots=True)
class _Side:
    """One of those compared: what makes it send, what it has used, and who receives."""

    send: Callable[[], object]
    cpu: Callable[[], Cpu]
    sockets: Sockets

    def rounds(self, first: int, last: int) -> None:
        for number in range(first, last + 1):
            self.send()
            self.sockets.wait_for(number * self.sockets.connections)
            time.sleep(_PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class _Floor:
    """What is always beside the one that is measured."""

    program: Floor
    sockets: Sockets

    def side(self) -> _Side:
        return _Side(self.program.broadcast, lambda: self.program.cpu, self.sockets)


def run(rig: Rig) -> list[Row]:
    connections = rig.scale.connections
    with rig.server() as server:
        author, reader = server.register("author"), server.register("reader")
        audience = Audience(
            connections=connections, token=reader.token, channels=["public"], awake=True
        )
        with rig.sockets(server, audience) as sockets:
            feedline = _Side(
                lambda: server.publish(author, _text(_TEXT_BYTES)),
                lambda: cpu_used(server.pid),
                sockets,
            )
            feedline.rounds(1, _WARM_UP_ROUNDS)
            # The floor sends frames of the size that Feedline sends.
            payload = round(sockets.report().payload_bytes)
            with rig.floor(connections, payload) as floor_parts:
                floor = _Floor(*floor_parts)
                own, least = _measure(rig, "feedline", feedline, floor)
    rows = [Row("feedline", "", own), Row("floor", "", least)]
    rows += [_beside(rig, name, payload) for name in rig.peers]
    return rows


def _beside(rig: Rig, name: str, payload: int) -> Row:
    """A peer and the floor in turn; one that cannot be had or breaks is no end of the run."""
    connections = rig.scale.connections
    try:
        with (
            rig.peer(name) as peer,
            rig.peer_sockets(peer, connections) as sockets,
            rig.floor(connections, payload) as floor_parts,
        ):
            side = _Side(lambda: peer.broadcast(_text(payload)), peer.cpu, sockets)
            side.rounds(1, _WARM_UP_ROUNDS)
            figures, _ = _measure(rig, name, side, _Floor(*floor_parts))
    except (BenchError, OSError, HTTPException) as error:
        return Row(name, "", {}, str(error) or repr(error))
    return Row(name, "", figures)


def _text(length: int) -> str:
    return STAMP_FORMAT.format(time.monotonic_ns()).ljust(length, "x")


def _measure(
    rig: Rig, name: str, side: _Side, floor: _Floor
) -> tuple[dict[str, float], dict[str, float]]:
    """The figures of a side, and those of the floor beside it.

    CPU is that of all rounds, without what is used when nothing is sent. The two take turns, so
    that whatever else the machine does falls on both alike. One that is slow has fewer rounds.
    """
    idle_per_second = _idle(rig, name, side)
    least = floor.side()
    side.sockets.reset()
    least.sockets.reset()
    before, least_before, start = side.cpu(), least.cpu(), time.monotonic()
    rounds = 0
    while rounds < rig.scale.rounds and time.monotonic() < start + _SIDE_SECONDS:
        rounds += 1
        rig.step(f"fanout: {name}, round {rounds} of {rig.scale.rounds}")
        side.rounds(rounds, rounds)
        least.rounds(rounds, rounds)
    used = side.cpu() - before - idle_per_second * (time.monotonic() - start)
    bottom = (least.cpu() - least_before).total
    return (
        _figures(used, bottom, side.sockets.report_all(each=rounds)),
        _figures(least.cpu() - least_before, bottom, least.sockets.report_all(each=rounds)),
    )


def _idle(rig: Rig, name: str, side: _Side) -> Cpu:
    """CPU seconds a second while connections are open and nothing is sent."""
    rig.step(f"fanout: {name} at rest")
    before = side.cpu()
    time.sleep(_IDLE_SECONDS)
    return (side.cpu() - before) * (1 / _IDLE_SECONDS)


def _figures(cpu: Cpu, least: float, received: Received) -> dict[str, float]:
    deliveries = received.deliveries
    return {
        "bytes": round(received.payload_bytes),
        "user_us": cpu.user / deliveries * 1e6,
        "system_us": cpu.system / deliveries * 1e6,
        "cpu_us": cpu.total / deliveries * 1e6,
        "ratio": cpu.total / least,
        "p50_ms": received.latency.p50_ms,
        "p99_ms": received.latency.p99_ms,
    }

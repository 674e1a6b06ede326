"""The C load programs as objects: sockets that receive, writers that post, and the floor."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from bench.child import Child
from bench.errors import BenchError, expect
from bench.machine import Cpu
from bench.server import User

_PATIENCE = 60.0  # for an answer that comes late on a busy machine; nothing is lost before that
LIFE_SECONDS = 900  # of a load program that nobody stops
_SPIN_US = 2_000  # longer than most gaps: between deliveries of one event, and between answers
_STALLED_BUFFER = 16_384  # bytes that the kernel takes for a reader who has stopped
STAMP_FORMAT = "@t={:020d}@"  # as in load.h


@dataclass(frozen=True, slots=True)
class Percentiles:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Received:
    """What a set of sockets got since it was last reset."""

    deliveries: int
    fewest: int  # on one connection
    most: int
    misplaced: int  # out of the order of sending; counted after a resumption
    payload_bytes: float
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class Back:
    """How soon connections that had dropped were live again."""

    half_seconds: float  # until half of them were
    seconds: float  # until all were


@dataclass(frozen=True, slots=True)
class Launch:
    """Where a load program runs and what it leaves behind."""

    program: Path
    core: int | None
    log: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Connections that all do the same: connect as one user and subscribe, or only open."""

    connections: int
    token: str | None = None
    channels: Sequence[str] = ()
    background: bool = False  # they share a core with what is being timed, which goes first
    awake: bool = False  # no sender pays for waking them up between two deliveries
    at_once: int | None = None  # connections that are being made at the same moment
    stalled: bool = False  # they are subscribed, and then never read again
    people: Path | None = None  # each is another of these; {me} in a channel stands for their id
    arguments: Sequence[str] = ()  # what a server that is not Feedline asks for

    def command(self, program: Path, port: int) -> list[str]:
        command = ["nice", "-n", "10"] if self.background else []
        command += [str(program), "--port", str(port), "--seconds", str(LIFE_SECONDS)]
        command += ["--connections", str(self.connections)]
        if self.awake:
            command += ["--spin-us", str(_SPIN_US)]
        if self.at_once is not None:
            command += ["--at-once", str(self.at_once)]
        if self.stalled:
            command += ["--stall", "--receive-buffer", str(_STALLED_BUFFER)]
        if self.people is not None:
            command += ["--people", str(self.people)]
        if self.token is not None:
            command += ["--bearer", self.token]
        if self.people is not None or self.token is not None:
            command += ["--message", self.connect_message()]
            command += ["--acknowledgement", '"type":"caught_up"']
        return [*command, *self.arguments]

    def connect_message(self, cursor: str | None = None) -> str:
        message = {"type": "connect", "channels": list(self.channels)}
        return json.dumps(message if cursor is None else {**message, "cursor": cursor})


class Sockets(Child):
    """WebSocket connections that count and time what they are sent."""

    def __init__(self, launch: Launch, port: int, audience: Audience) -> None:
        self.audience = audience
        self.connections = audience.connections
        command = audience.command(launch.program, port)
        super().__init__("wsload", command, core=launch.core, log=launch.log)

    def wait_ready(self) -> Back:
        ready = self.hear("ready", timeout=_PATIENCE)
        if ready["connections"] != self.connections:
            raise self.failure(f"opened {ready['connections']} of {self.connections} connections")
        return Back(ready["half_seconds"], ready["seconds"])

    def resume(self, cursor: str, serial: int) -> Back:
        """Drop all, come back with a cursor, and from the post ``serial`` on check the order."""
        self.say(f"resume {serial} {self.audience.connect_message(cursor)}")
        return self.wait_ready()

    def reset(self) -> None:
        self.say("reset")

    def wait_for(self, deliveries: int, seconds: float = _PATIENCE) -> None:
        """Wait until so many have come since the last reset; fewer means that some are lost."""
        self.say(f"await {deliveries} {round(seconds * 1000)}")
        counted = self.hear("awaited", timeout=seconds + _PATIENCE)["deliveries"]
        if counted < deliveries:
            self.report()  # raises when connections were closed: the better explanation
        expect("deliveries", expected=deliveries, counted=counted)

    def report(self) -> Received:
        self.say("report")
        found = self.hear("report", timeout=_PATIENCE)
        if found["closed"]:
            raise BenchError(
                f"{found['closed']} of {self.connections} connections were closed by the server, "
                f"the last with code {found['close_code']}"
            )
        return Received(
            deliveries=found["deliveries"],
            fewest=found["fewest"],
            most=found["most"],
            misplaced=found["misplaced"],
            payload_bytes=found["payload_bytes"],
            latency=_percentiles(found),
        )

    def report_all(self, each: int) -> Received:
        """The report, after a check that every connection got exactly ``each`` deliveries."""
        found = self.report()
        expect("deliveries on the connection with the fewest", expected=each, counted=found.fewest)
        expect("deliveries on the connection with the most", expected=each, counted=found.most)
        expect("deliveries out of their order", expected=0, counted=found.misplaced)
        return found


@dataclass(frozen=True, slots=True)
class Written:
    """What a set of writers did; every request was answered as it should be."""

    created: int
    per_second: float
    latency: Percentiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Writers, until ``seconds`` have passed or ``count`` posts are written.

    In a closed loop, but with a ``rate`` (posts a second): then posts are due at fixed moments.
    """

    writers: int = 1
    seconds: int = LIFE_SECONDS
    count: int | None = None
    pause_ms: int | None = None  # on average; half to one and a half of it
    rate: int | None = None
    first_serial: int = 1  # posts are numbered, so that receivers can check their order
    keys: bool = False  # an Idempotency-Key on every post
    awake: bool = False  # no server pays for waking the writers up with each answer
    method: str = "POST"
    path: str = "/api/posts"
    body: str | None = None  # {text} and {serial} stand for those of a post
    expect: int = HTTPStatus.CREATED
    people: Path | None = None  # each request is that of another of these

    def command(self, program: Path, port: int, tokens: Sequence[str]) -> list[str]:
        command = [str(program), "--port", str(port), "--writers", str(self.writers)]
        command += ["--seconds", str(self.seconds)]
        for token in tokens:
            command += ["--bearer", token]
        if self.count is not None:
            command += ["--count", str(self.count)]
        if self.pause_ms is not None:
            command += ["--pause-ms", str(self.pause_ms)]
        if self.rate is not None:
            command += ["--rate", str(self.rate)]
        if self.first_serial != 1:
            command += ["--first-serial", str(self.first_serial)]
        if self.keys:
            command.append("--idempotency-keys")
        if self.awake:
            command += ["--spin-us", str(_SPIN_US)]
        command += ["--method", self.method, "--path", self.path, "--expect", str(self.expect)]
        if self.body is not None:
            command += ["--body", self.body]
        if self.people is not None:
            command += ["--people", str(self.people)]
        return command


class Writers(Child):
    """Connections that POST one post after another; the tokens are spread over them."""

    def __init__(
        self, launch: Launch, port: int, tokens: Sequence[str], workload: Workload
    ) -> None:
        self._seconds = workload.seconds
        command = workload.command(launch.program, port, tokens)
        super().__init__("httpload", command, core=launch.core, log=launch.log)

    def finish(self) -> Written:
        """Wait until it has done what it was told to do."""
        found = self.hear("report", timeout=self._seconds + _PATIENCE)
        if found["created"] != found["sent"] or found["broken"]:
            raise self.failure(
                f"sent {found['sent']} requests: {found['created']} were carried out, "
                f"{found['refused']} refused, {found['unanswered']} not answered, "
                f"{found['broken']} connections broken"
            )
        return Written(found["created"], found["per_second"], _percentiles(found))

    def stop(self) -> Written:
        """Send no more, and wait for what is outstanding."""
        self.hang_up()
        return self.finish()


class Floor(Child):
    """A bare loop of ``send()`` over all connections: the least that a fan-out can cost."""

    def __init__(self, launch: Launch, connections: int, payload: int) -> None:
        command = [str(launch.program), "--connections", str(connections)]
        command += ["--payload", str(payload), "--seconds", str(LIFE_SECONDS)]
        super().__init__("floor", command, core=launch.core, log=launch.log)
        self.port: int = self.hear("listening", timeout=_PATIENCE)["port"]
        self.cpu = Cpu(0, 0)  # of the loops alone

    def broadcast(self) -> None:
        self.say("broadcast")
        done = self.hear("broadcast", timeout=_PATIENCE)
        expect("frames that the floor could not send", expected=0, counted=done["lost"])
        self.cpu += Cpu(done["user_us"] / 1e6, done["system_us"] / 1e6)


def people_file(path: Path, people: Iterable[User]) -> Path:
    """Writes down who the load programs are."""
    path.write_text("".join(f"{person.token} {person.id}\n" for person in people))
    return path


def _percentiles(found: dict[str, float]) -> Percentiles:
    return Percentiles(found["p50_ms"], found["p95_ms"], found["p99_ms"], found["max_ms"])

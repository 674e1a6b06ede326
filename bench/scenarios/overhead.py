"""What measuring costs: Feedline with telemetry and trails, beside Feedline without either."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import fmean, median

from bench.load import STAMP_FORMAT, Audience, Sockets, Workload, people_file
from bench.machine import cpu_seconds
from bench.population import Follows, Population
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "CPU of the server with telemetry and trails, beside that without"

_WITHOUT = {"telemetry": "false", "trail_hours": "0"}
ON, OFF = ("on", "on again"), ("off", "off again")
SIDES: Mapping[str, Mapping[str, str]] = {ON[0]: {}, OFF[0]: _WITHOUT, ON[1]: {}, OFF[1]: _WITHOUT}
"""Four servers at once. Two of each kind, so that one pair of on and off can be compared with the
other: what they differ by is chance."""

_ROUNDS_A_START = 13  # of the scale; memory lies differently at each start of the servers
_POSTS = 2  # of a turn, one at a time: the shorter, the more alike is what others do meanwhile
_PAUSE_SECONDS = 0.05  # after each, so that none runs into the next
_TEXT_BYTES = 280
_WRITERS, _WRITTEN = 16, 900  # of a turn, as quickly as they go; a node keeps trails of more posts
_SETTLED_TURNS = 5  # of those that last for seconds
_SETTLE_SECONDS = 2.5  # longer than trails wait to be written


@dataclass(frozen=True, slots=True)
class _Subject:
    """One of the servers, an author and those who follow them."""

    server: Server
    author: User
    followers: list[User]


Turn = Callable[[_Subject], int]
"""Has a server do something; how many things it did."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """What one start of all servers came to, in one case."""

    on_us: float
    off_us: float
    overhead: float
    control: float


def run(rig: Rig) -> list[Row]:
    found: dict[str, list[_Compared]] = {}
    starts = max(1, rig.scale.rounds // _ROUNDS_A_START)
    for start in range(1, starts + 1):
        with _subjects(rig) as subjects:
            for case, compared in _cases(rig, subjects, f"start {start} of {starts}"):
                found.setdefault(case, []).append(compared)
    return [_row(case, compared) for case, compared in found.items()]


@contextmanager
def _subjects(rig: Rig) -> Iterator[dict[str, _Subject]]:
    readers = rig.scale.connections // 2
    everybody = Follows(reader=1, readers=readers, creator=0, creators=1, follows=1)
    population = Population(people=1 + readers, follows=[everybody])
    with ExitStack() as stack:
        subjects = {}
        for side, settings in SIDES.items():
            server = stack.enter_context(rig.server(population, settings))
            author, *followers = population.users(server.data, range(1 + readers))
            subjects[side] = _Subject(server, author, followers)
        yield subjects


def _cases(rig: Rig, subjects: dict[str, _Subject], where: str) -> Iterator[tuple[str, _Compared]]:
    def step(case: str) -> None:
        rig.step(f"overhead: {case}, {where}")

    settled = min(_SETTLED_TURNS, rig.scale.rounds)
    for case, audience in (
        ("all on public", _on_public),
        ("each on its own feed", _on_own_feeds),
    ):
        with ExitStack() as stack:
            sockets = {
                id(one): stack.enter_context(rig.sockets(one.server, audience(rig, one)))
                for one in subjects.values()
            }
            step(f"a post to {case}")
            yield f"a delivery, {case}", _compare(subjects, _fan_out(sockets), rig.scale.rounds)
    step("posts")
    yield "a post, nobody there", _compare(subjects, _publishing(rig), settled)
    step("sockets that come and go")
    yield "a socket that comes and goes", _compare(subjects, _joining(rig), settled)


def _on_public(_rig: Rig, subject: _Subject) -> Audience:
    connections, token = len(subject.followers), subject.followers[0].token
    return Audience(connections=connections, token=token, channels=["public"], awake=True)


def _on_own_feeds(rig: Rig, subject: _Subject) -> Audience:
    path = people_file(rig.folder / f"followers-{subject.server.port}", subject.followers)
    connections = len(subject.followers)
    return Audience(connections=connections, people=path, channels=["feed:{me}"], awake=True)


def _fan_out(sockets: Mapping[int, Sockets]) -> Turn:
    def turn(subject: _Subject) -> int:
        receivers = sockets[id(subject)]
        receivers.reset()
        for number in range(1, _POSTS + 1):
            text = STAMP_FORMAT.format(time.monotonic_ns()).ljust(_TEXT_BYTES, "x")
            subject.server.publish(subject.author, text)
            receivers.wait_for(number * receivers.connections)
            time.sleep(_PAUSE_SECONDS)
        return receivers.report_all(each=_POSTS).deliveries

    return turn


def _publishing(rig: Rig) -> Turn:
    workload = Workload(writers=_WRITERS, count=_WRITTEN, awake=True)

    def turn(subject: _Subject) -> int:
        with rig.writers(subject.server, [subject.author], workload) as writers:
            created = writers.finish().created
        time.sleep(_SETTLE_SECONDS)
        return created

    return turn


def _joining(rig: Rig) -> Turn:
    def turn(subject: _Subject) -> int:
        with rig.sockets(subject.server, _on_own_feeds(rig, subject)) as sockets:
            joined = sockets.connections
        time.sleep(_SETTLE_SECONDS)
        return joined

    return turn


def _compare(subjects: dict[str, _Subject], turn: Turn, turns: int) -> _Compared:
    """Turns of all sides in turn, there and back again; the first turns are warm-up."""
    costs: dict[str, list[float]] = {side: [] for side in subjects}
    order = list(subjects)
    for number in range(turns + 1):
        for side in order:
            cost = _cost(subjects[side], turn)
            if number:
                costs[side].append(cost)
        order.reverse()

    def of(*sides: str) -> list[float]:
        return [fmean(beside) for beside in zip(*(costs[side] for side in sides), strict=True)]

    return _Compared(
        on_us=median(of(*ON)) * 1e6,
        off_us=median(of(*OFF)) * 1e6,
        overhead=_ratio(of(*ON), of(*OFF)),
        control=_ratio(of(ON[0], OFF[0]), of(ON[1], OFF[1])),
    )


def _cost(subject: _Subject, turn: Turn) -> float:
    """CPU seconds of the server for each of the things that it did."""
    before = cpu_seconds(subject.server.pid)
    done = turn(subject)
    return (cpu_seconds(subject.server.pid) - before) / done


def _ratio(costs: list[float], others: list[float]) -> float:
    """By how many percent the one costs more; of turns that were beside each other."""
    return (median(one / other for one, other in zip(costs, others, strict=True)) - 1) * 100


def _row(case: str, found: list[_Compared]) -> Row:
    overheads = [one.overhead for one in found]
    controls = [one.control for one in found]
    figures = {
        "on_us": fmean(one.on_us for one in found),
        "off_us": fmean(one.off_us for one in found),
        "overhead_percent": fmean(overheads),
        "least_percent": min(overheads),
        "most_percent": max(overheads),
        "chance_percent": max(map(abs, controls)),
    }
    return Row("feedline", case, figures)

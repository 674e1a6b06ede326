"""What a replica of the database spares the primary, and what one costs that lags."""

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psycopg

from bench.errors import BenchError
from bench.machine import cpu_of_tree
from bench.reading import read_homes
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User

TITLE = "GET /api/feed without a replica of the database, with one, and with one that lags"

_AUTHORS = 20
_POSTS = 10  # of each
_READS = 300  # in a row
_TURNS = 5
_WRITES = 50  # posts a second beside reads
_IDLE_SECONDS = 3.0
_PATIENCE = 60.0
_PARENT = re.compile(r"^PPid:\s*(\d+)", re.MULTILINE)


def run(rig: Rig) -> list[Row]:
    with rig.beside_replica() as (plain, followed):
        case = _Case(rig, plain, followed)
        rows = case.in_turns()
        with _writing(plain, case.reader):
            rows.append(case.row(followed, f"a replica, {_WRITES} posts/s", _TURNS))
        with case.held_back():
            plain.publish(case.reader, "what the replica does not have")
            rows.append(case.row(followed, "a replica that lags, at first"))
            _await_replica(followed, is_up=False)
            rows.append(case.row(followed, "a replica that lags"))
    return rows


class _Case:
    """A reader with a feed, two servers on one database, and who is at work behind them."""

    def __init__(self, rig: Rig, plain: Server, followed: Server) -> None:
        self._rig = rig
        self._plain, self._followed = plain, followed
        self._servers = [_postmaster(address) for address in (rig.database, rig.replica)]
        self.reader = self._settle()
        _await_replica(followed, is_up=True)
        for server in (plain, followed):
            read_homes(server, self.reader, _READS)  # which prepares statements
        self._idle = self._spent_by(lambda: time.sleep(_IDLE_SECONDS))

    def in_turns(self) -> list[Row]:
        """So that whatever else the machine does falls on both alike."""
        found: dict[str, list[_Turn]] = {"no replica": [], "a replica": []}
        for turn in range(1, _TURNS + 1):
            self._rig.step(f"replicas: turn {turn} of {_TURNS}")
            found["no replica"].append(self._turn(self._plain))
            found["a replica"].append(self._turn(self._followed))
        return [_row(case, turns) for case, turns in found.items()]

    def row(self, server: Server, case: str, turns: int = 1) -> Row:
        self._rig.step(f"replicas: {case}")
        return _row(case, [self._turn(server) for _ in range(turns)])

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """The replica shows nothing new for the time of a block."""
        with psycopg.connect(self._rig.replica, autocommit=True) as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
            try:
                yield
            finally:
                connection.execute("SELECT pg_wal_replay_resume()")

    def _settle(self) -> User:
        reader = self._plain.register("reader")
        for number in range(_AUTHORS):
            self._rig.step(f"replicas: author {number + 1} of {_AUTHORS}")
            author = self._plain.register(f"author{number}")
            self._plain.call("PUT", f"/api/users/{author.id}/follow", token=reader.token)
            for post in range(_POSTS):
                self._plain.publish(author, f"post {post} ".ljust(280, "x"))
        return reader

    def _turn(self, server: Server) -> "_Turn":
        answered = _answered(server)
        times: list[float] = []
        primary, replica, seconds = self._spent_by(
            lambda: times.extend(read_homes(server, self.reader, _READS))
        )
        return _Turn(
            times,
            (primary - self._idle[0] / self._idle[2] * seconds) / _READS * 1e6,
            (replica - self._idle[1] / self._idle[2] * seconds) / _READS * 1e6,
            (_answered(server) - answered) / _READS * 100,
        )

    def _spent_by(self, work: Callable[[], object]) -> tuple[float, float, float]:
        """CPU seconds of the primary and the replica, and how long it took."""
        before = [cpu_of_tree(pid).total for pid in self._servers]
        began = time.monotonic()
        work()
        took = time.monotonic() - began
        after = [cpu_of_tree(pid).total for pid in self._servers]
        return after[0] - before[0], after[1] - before[1], took


class _Turn:
    """The times of a row of reads, and what each of them took."""

    def __init__(
        self, times: Sequence[float], primary_us: float, replica_us: float, percent: float
    ) -> None:
        self.times = times
        self.primary_us, self.replica_us, self.percent = primary_us, replica_us, percent


def _row(case: str, turns: Sequence[_Turn]) -> Row:
    times = sorted(each for turn in turns for each in turn.times)
    figures = {
        "p50_ms": median(times),
        "p99_ms": times[len(times) * 99 // 100],
        "primary_cpu_us": median(turn.primary_us for turn in turns),
        "replica_cpu_us": median(turn.replica_us for turn in turns),
        "by_replica_percent": median(turn.percent for turn in turns),
    }
    return Row("feedline", case, figures)


@contextmanager
def _writing(server: Server, author: User) -> Iterator[None]:
    """Posts for the time of a block."""
    done = threading.Event()

    def write() -> None:
        while not done.wait(1 / _WRITES):
            server.publish(author, "beside reads ".ljust(280, "x"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def _await_replica(server: Server, *, is_up: bool) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if _metric(server, "feedline_replica_up") == is_up:
            return
        time.sleep(0.05)
    raise BenchError(f"the replica did not {'follow' if is_up else 'lag'}")


def _answered(server: Server) -> float:
    return _metric(server, 'feedline_replica_reads_total{outcome="answered"')


def _metric(server: Server, name: str) -> float:
    """0 if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


def _postmaster(address: str) -> int:
    """The process that all connections of a server descend from; it has to be on this machine."""
    with psycopg.connect(address) as connection:
        status = Path(f"/proc/{connection.info.backend_pid}/status")
        if not status.exists():
            raise BenchError(f"The processes of {address} are not on this machine.")
        parent = _PARENT.search(status.read_text())
    assert parent is not None
    return int(parent[1])

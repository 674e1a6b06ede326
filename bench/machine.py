"""The machine: which cores to use, what to write beside the figures, what a process has used."""

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.errors import BenchError

_TICKS = os.sysconf("SC_CLK_TCK")
_ALL_THREADS = 2  # CPUCLOCK_SCHED of Linux


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the server and that of the load; None: there is only one, nothing is pinned."""

    server: int | None
    load: int | None

    def __str__(self) -> str:
        if self.server is None:
            return (
                "one core for server and load together, unpinned: figures are no more than a hint"
            )
        return f"server on core {self.server}, load on core {self.load}"


def choose_cores() -> Cores:
    """Two cores that do not share their execution units, if there are such."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return Cores(None, None)
    server, others = allowed[0], allowed[1:]
    siblings = _siblings(server)
    return Cores(server, next((core for core in others if core not in siblings), others[0]))


def _siblings(core: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        ranges = path.read_text().strip().split(",")
    except OSError:
        return {core}
    found: set[int] = set()
    for part in ranges:
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Pin this thread; a child that is started inside inherits it before it makes threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if core is None else {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_descriptors(needed: int) -> None:
    """Raise the soft limit of this process and its children to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchError(
            f"{needed:,} open files a process are needed and {hard:,} are allowed: "
            "raise `ulimit -Hn` or ask for fewer --connections"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU time in seconds."""

    user: float
    system: float

    def __add__(self, more: "Cpu") -> "Cpu":
        return Cpu(self.user + more.user, self.system + more.system)

    def __sub__(self, earlier: "Cpu") -> "Cpu":
        return Cpu(self.user - earlier.user, self.system - earlier.system)

    def __mul__(self, factor: float) -> "Cpu":
        return Cpu(self.user * factor, self.system * factor)

    @property
    def total(self) -> float:
        return self.user + self.system


def cpu_used(pid: int) -> Cpu:
    """CPU time of all threads of a process since its start (proc(5): fields 14 and 15 of stat)."""
    # The name in field 2 may hold spaces and parentheses: the fields are counted behind it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Cpu(int(fields[11]) / _TICKS, int(fields[12]) / _TICKS)


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, to the nanosecond and not to the tick."""
    # clock_getcpuclockid(3), which Python has not: the number of a clock is made from the process.
    return time.clock_gettime(~pid << 3 | _ALL_THREADS)


def cpu_of_tree(pid: int) -> Cpu:
    """The same for a process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum((cpu_of_tree(int(child)) for child in children), cpu_used(pid))


def resident_kib(pid: int) -> int:
    """Resident memory of a process (VmRSS). Socket buffers of the kernel are not in it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise BenchError(f"process {pid} has no memory any more")


def describe(cores: Cores) -> dict[str, object]:
    """What has to stand beside the figures, for anyone who wants to compare."""
    return {
        "machine": {
            "cpu": _cpu_model(),
            "cores": os.cpu_count(),
            "kernel": platform.release(),
            "layout": str(cores),
        },
        "versions": {
            platform.python_implementation(): platform.python_version(),
            "Feedline": _feedline_version(),
            **{name: version(name) for name in ("uvloop", "uvicorn", "apsw")},
        },
        "commit": _commit(),
    }


def load() -> str:
    """Processes that wanted a core in the last minute, 5 and 15 minutes, this bench's included."""
    return " / ".join(f"{average:.1f}" for average in os.getloadavg())


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _feedline_version() -> str | None:
    try:
        return version("feedline")
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit this was run from, with ``-dirty`` when files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    where = Path(__file__).parent
    try:
        answer = subprocess.run(command, cwd=where, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def require_linux() -> None:
    if sys.platform != "linux":
        raise BenchError("epoll and /proc are needed: run this on Linux")

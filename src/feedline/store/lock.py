"""One server for one data directory."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from feedline.errors import DataDirectoryInUse, DataDirectoryUnusable


class DataLock:
    """Holds a data directory for this process. The kernel lets go of it when the process ends."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Makes the directory if need be, and holds it.

        Raises DataDirectoryInUse if another process does, DataDirectoryUnusable if nobody can.
        """
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 32).decode(errors="replace").strip()
            os.close(file)
            raise DataDirectoryInUse(str(self._directory), holder) from None
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return self

    def _open(self) -> int:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            return os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            problem = error.strerror or str(error)
            raise DataDirectoryUnusable(str(self._directory), problem) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

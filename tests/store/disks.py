"""Disks that fail, and disks whose power is cut: what SQLite does goes through them.

While one of them is plugged in, every connection that is opened uses it.
"""

# ruff: noqa: N802 - SQLite's own names

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple, TypeVar

import apsw

_REAL = "unix"
_SECTOR = 512  # what a disk writes whole or not at all

AnyDisk = TypeVar("AnyDisk", bound="Disk")
Name = str | apsw.URIFilename | None


class Disk(apsw.VFS):
    """A disk that does as the real one, and tells its methods of each write."""

    def __init__(self) -> None:
        super().__init__("tests", _REAL, makedefault=True)

    def xOpen(self, name: Name, flags: list[int]) -> "DiskFile":
        return DiskFile(self, _path_of(name), name, flags)

    def writes(self, path: str, offset: int, data: bytes) -> None:
        """Called before a write."""

    def truncates(self, path: str, size: int) -> None:
        """Called before a file is made shorter or longer."""

    def syncs(self, path: str) -> None:
        """Called before what was written to a file is forced to the disk."""


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, path: str, name: Name, flags: list[int]) -> None:
        super().__init__(_REAL, name, [_writable(flags[0]), flags[1]])
        self._disk = disk
        self._path = path

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.writes(self._path, offset, data)
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self._disk.truncates(self._path, size)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._disk.syncs(self._path)
        super().xSync(flags)


@contextmanager
def plugged_in(disk: AnyDisk) -> Iterator[AnyDisk]:
    """The disk in use for the time of a block."""
    try:
        yield disk
    finally:
        apsw.set_default_vfs(_REAL)
        disk.unregister()


class FailingDisk(Disk):
    """A disk that can be told to fail, at once or some operations later."""

    def __init__(self) -> None:
        super().__init__()
        self._error: type[apsw.Error] | None = None
        self._operation = ""
        self._left = 0

    def fail(
        self, error: type[apsw.Error], operation: Literal["write", "sync"], after: int = 0
    ) -> None:
        """From now on an operation fails, but not for its next ``after`` times."""
        self._error, self._operation, self._left = error, operation, after

    def recover(self) -> None:
        self._error = None

    def writes(self, path: str, offset: int, data: bytes) -> None:
        self._try("write")

    def syncs(self, path: str) -> None:
        self._try("sync")

    def _try(self, operation: str) -> None:
        if self._error is None or operation != self._operation:
            return
        if self._left > 0:
            self._left -= 1
        else:
            raise self._error


class Write(NamedTuple):
    path: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    path: str
    size: int


class Sync(NamedTuple):
    path: str


class Delete(NamedTuple):
    path: str


Operation = Write | Truncate | Sync | Delete


class RecordingDisk(Disk):
    """A disk that keeps the minutes, so that a power cut at any moment can be played."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[Operation] = []

    def xDelete(self, name: str, syncdir: bool) -> None:
        super().xDelete(name, syncdir)
        self.operations.append(Delete(_path_of(name)))

    def writes(self, path: str, offset: int, data: bytes) -> None:
        self.operations.append(Write(path, offset, bytes(data)))

    def truncates(self, path: str, size: int) -> None:
        self.operations.append(Truncate(path, size))

    def syncs(self, path: str) -> None:
        self.operations.append(Sync(path))


class Replica:
    """What is on a disk for certain, and what was written since and may be or not."""

    def __init__(self) -> None:
        self._certain: dict[str, bytearray] = {}
        self._pending: dict[str, list[Write | Truncate]] = {}

    def apply(self, operation: Operation) -> None:
        path = operation.path
        match operation:
            case Sync():
                file = self._certain.setdefault(path, bytearray())
                for change in self._pending.pop(path, []):
                    _change(file, change)
            case Delete():  # SQLite syncs the directory where a deletion must last
                self._certain.pop(path, None)
                self._pending.pop(path, None)
            case _:
                self._pending.setdefault(path, []).append(operation)

    def cut(self, folder: Path, chances: Random) -> None:
        """Leaves in a folder what a power cut now might leave.

        Each change that was not synced is there, or is not, or is there in part (a torn
        write), whatever the order in which they were made.
        """
        share = chances.choice((0.0, 0.5, 0.9, 1.0))
        for path in {**self._certain, **self._pending}:
            file = bytearray(self._certain.get(path, b""))
            for change in self._pending.get(path, []):
                for part in _sectors(change, chances):
                    if chances.random() < share:
                        _change(file, part)
            (folder / Path(path).name).write_bytes(file)


def _sectors(change: Write | Truncate, chances: Random) -> list[Write | Truncate]:
    """A change, or the parts in which it is torn."""
    if isinstance(change, Truncate) or chances.random() < 0.5:
        return [change]
    return [
        Write(change.path, change.offset + start, change.data[start : start + _SECTOR])
        for start in range(0, len(change.data), _SECTOR)
    ]


def _change(file: bytearray, change: Write | Truncate) -> None:
    match change:
        case Truncate(size=size):
            del file[size:]
            file.extend(bytes(size - len(file)))
        case Write(offset=offset, data=data):
            file.extend(bytes(max(0, offset - len(file))))
            file[offset : offset + len(data)] = data


def _writable(flags: int) -> int:
    # Whoever closes a database last tries to lock it for writing, readers too. The real disk
    # refuses that to them in silence; here it would be an exception that nobody catches.
    if flags & apsw.SQLITE_OPEN_READONLY:
        return flags & ~apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_READWRITE
    return flags


def _path_of(name: Name) -> str:
    return name.filename() if isinstance(name, apsw.URIFilename) else name or ""

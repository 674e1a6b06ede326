"""The data directory: whose it is, what it lies on, what is free, and how long a sync takes."""

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from statistics import median

from feedline.api.tokens import load_secret
from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.errors import SecretUnsafe

_LITTLE = 1024**3
_TOO_LITTLE = 100 * 1024**2
_SLOW = 0.020  # seconds; a post is not answered before a sync
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph"}
_MEMORY = {"tmpfs", "ramfs"}

_DIRECTORY = Subject("directory")
_DISK = Subject("disk")


def check_disk(settings: Settings) -> Findings:
    data = settings.data
    if not data.is_dir():
        yield _absent(data)
        return
    if not os.access(data, os.R_OK | os.X_OK):
        yield _DIRECTORY.failure(f"{data} can't be read.", _owner_advice(data))
        return
    yield _modes(data)
    yield from _file_system(data, is_database=not settings.database)
    yield _room(data)
    yield _sync(data)
    if not settings.database:
        yield _secret(data)


def _absent(data: Path) -> Finding:
    above = next(folder for folder in data.absolute().parents if folder.exists())
    if data.exists() or not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        return _DIRECTORY.failure(
            f"{data} is no directory, and can't be made one.",
            "Make it for the user that serves, or name another with --data.",
        )
    return _DIRECTORY.ok(f"{data.absolute()} is made at the first start.")


def _owner_advice(data: Path) -> str:
    return f"Run this as the user that serves, or give it the directory: chown -R USER {data}."


def _modes(data: Path) -> Finding:
    status = data.stat()
    if status.st_uid != os.geteuid():
        return _DIRECTORY.warning(
            f"{data} is of user {status.st_uid}, and this is user {os.geteuid()}.",
            _owner_advice(data),
        )
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return _DIRECTORY.warning(
            f"Others can look into {data.absolute()}.", f"chmod 700 {data.absolute()}."
        )
    return _DIRECTORY.ok(f"{data.absolute()} is for its owner alone.")


def _file_system(data: Path, *, is_database: bool) -> Findings:
    kind = _kind(data)
    if kind in _NETWORK and is_database:
        yield _DISK.failure(
            f"{data} is on a network file system ({kind}), on which SQLite loses what it took.",
            "Use a local disk, or PostgreSQL: --database postgresql://...",
        )
    elif kind in _MEMORY:
        yield _DISK.warning(
            f"{data} is in memory ({kind}) and gone after a restart.", "Use a disk."
        )
    elif kind == "overlay":
        yield _DISK.warning(
            f"{data} is in the container's own layer and gone with it.",
            "Mount a volume for it.",
        )


def _kind(data: Path) -> str:
    """The type of the file system, by the longest mount point above. See proc_pid_mountinfo(5)."""
    path = str(data.resolve())
    best, kind = "", "unknown"
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        left, _, right = line.partition(" - ")
        point = left.split()[4].encode().decode("unicode_escape")
        is_above = path == point or path.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind


def _room(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    says = f"{free / 1024**3:,.1f} GiB are free"
    advice = "Make room, or lower log_days, media_quota or notification_days."
    if free < _TOO_LITTLE:
        return _DISK.failure(f"{says}: soon all writes will be refused with 503.", advice)
    if free < _LITTLE:
        return _DISK.warning(f"{says}.", advice)
    return _DISK.ok(f"{says}.")


def _sync(data: Path) -> Finding:
    """Writes a file of its own and removes it."""
    try:
        with tempfile.TemporaryFile(dir=data, prefix=".doctor-") as file:
            seconds = median(_timed_sync(file.fileno()) for _ in range(5))
    except OSError as error:
        problem = error.strerror or str(error)
        return _DISK.failure(f"{data} can't be written: {problem}.", _owner_advice(data))
    says = f"A write with a sync takes {seconds * 1000:.1f} ms"
    if seconds > _SLOW:
        return _DISK.warning(
            f"{says}; every post waits for one.",
            "Use a local SSD, and let nothing else write much to it.",
        )
    return _DISK.ok(f"{says}.")


def _timed_sync(file: int) -> float:
    began = time.perf_counter()
    os.write(file, bytes(4096))
    os.fdatasync(file)
    return time.perf_counter() - began


def _secret(data: Path) -> Finding:
    subject = Subject("secret")
    if not (data / "secret").exists():
        return subject.ok("It is made at the first start.")
    try:
        load_secret(data)
    except SecretUnsafe as error:
        return subject.failure(f"{error.path} can't be trusted: {error.problem}", error.advice)
    except OSError as error:
        return subject.failure(f"It can't be read: {error.strerror}.", _owner_advice(data))
    return subject.ok("It is for its owner alone.")
